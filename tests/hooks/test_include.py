"""``include_object`` and ``include_name`` are called as by Alembic, and what they leave out stays as it is."""

from typing import Any

import pytest
import sqlalchemy as sa

from tests.asking.stage import Models, Stage, all_of, table
from tests.hooks.asked import Asked

ON_TWO = pytest.mark.parametrize("backend", ["sqlite", "postgresql"], indirect=True)
ITEM = table("item", sa.Column("a", sa.Integer), sa.Column("b", sa.String(20)))
LEGACY = table("legacy", sa.Column("x", sa.Integer))


def lines(stage: Stage, models: Models) -> list[tuple[str, str, str]]:
    return [(line.sign, line.kind, line.name) for line in stage.diff(models).databases[0].changes]


@ON_TWO
def test_a_table_that_goes_is_given_as_it_is_reflected(stage: Stage) -> None:
    stage.begin(all_of(ITEM, LEGACY))
    stage.options["include_object"] = asked = Asked()

    assert lines(stage, ITEM) == [("-", "table", "legacy")]

    thing, _, _, reflected, compare_to = asked.about("table", "legacy")
    assert isinstance(thing, sa.Table)
    assert set(thing.columns.keys()) == {"id", "x"}
    assert isinstance(thing.columns["x"].type, sa.Integer)
    assert thing.info == {}
    assert reflected is True
    assert compare_to is None


@ON_TWO
def test_a_table_that_comes_is_the_models_own(stage: Stage) -> None:
    stage.begin(ITEM)
    stage.options["include_object"] = asked = Asked()
    marked = table("legacy", sa.Column("x", sa.Integer, index=True), info={"owner": "us"})

    lines(stage, all_of(ITEM, marked))

    thing, _, _, reflected, compare_to = asked.about("table", "legacy")
    assert thing.info == {"owner": "us"}
    assert (reflected, compare_to) == (False, None)
    index, *_, reflected, compare_to = asked.about("index", "ix_legacy_x")
    assert index.table.name == "legacy"
    assert (reflected, compare_to) == (False, None)


@ON_TWO
def test_columns_are_given_with_what_they_are_compared_to(stage: Stage) -> None:
    stage.begin(ITEM)
    stage.options["include_object"] = asked = Asked()
    models = table("item", sa.Column("b", sa.String(40)), sa.Column("c", sa.Date, info={"mark": 1}))

    lines(stage, models)

    item, *_, reflected, there = asked.about("table", "item")
    assert "c" in item.columns
    assert "a" in there.columns
    assert reflected is False
    gone, *_, reflected, compare_to = asked.about("column", "a")
    assert (gone.table.name, reflected, compare_to) == ("item", True, None)
    new, *_, reflected, compare_to = asked.about("column", "c")
    assert (new.info, new.table.name, reflected, compare_to) == ({"mark": 1}, "item", False, None)
    after, *_, reflected, before = asked.about("column", "b")
    assert (after.type.length, before.type.length, reflected) == (40, 20, False)


def test_indexes_and_constraints_are_given_as_such(stage: Stage) -> None:
    def models(index: str, unique: str, target: str, column: str) -> Models:
        def both(metadata: sa.MetaData) -> None:
            sa.Table("one", metadata, sa.Column("id", sa.Integer, primary_key=True))
            sa.Table("two", metadata, sa.Column("id", sa.Integer, primary_key=True))
            sa.Table(
                "item",
                metadata,
                sa.Column("id", sa.Integer, primary_key=True),
                sa.Column("a", sa.Integer),
                sa.Column("b", sa.Integer),
                sa.Index(index, column),
                sa.UniqueConstraint(column, name=unique),
                sa.ForeignKeyConstraint([column], [f"{target}.id"], name=f"fk_{target}"),
            )

        return both

    stage.begin(models("ix_old", "uq_old", "one", "a"))
    stage.options["include_object"] = asked = Asked()

    lines(stage, models("ix_new", "uq_new", "two", "b"))

    # MariaDB does not tell the two apart, and Alembic then calls what is there an index.
    there = "index" if stage.database.kind == "mariadb" else "unique_constraint"
    for before, kind, old, new, of in (
        ("index", "index", "ix_old", "ix_new", sa.Index),
        (there, "unique_constraint", "uq_old", "uq_new", sa.UniqueConstraint),
        ("foreign_key_constraint", "foreign_key_constraint", "fk_one", "fk_two", sa.ForeignKeyConstraint),
    ):
        gone, *_, reflected, _ = asked.about(before, old)
        assert [one.name for one in gone.columns] == ["a"]
        assert (gone.table.name, reflected) == ("item", True)
        made, *_, reflected, _ = asked.about(kind, new)
        assert isinstance(made, of)
        assert [one.name for one in made.columns] == ["b"]
        assert (made.table.name, reflected) == ("item", False)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "leave",
    [
        pytest.param(lambda thing, name, kind, *_: kind == "table" and name.startswith("leg"), id="by a prefix"),
        pytest.param(
            lambda thing, name, kind, reflected, other: kind == "table" and reflected and other is None, id="never drop"
        ),
        pytest.param(lambda thing, name, kind, *_: kind == "table" and "x" in thing.columns, id="by its columns"),
        pytest.param(
            lambda thing, name, kind, *_: (thing if kind == "table" else thing.table).name == "legacy",
            id="by the table",
        ),
    ],
)
def test_a_table_that_is_left_out_is_not_dropped_nor_asked_about(stage: Stage, leave: Any) -> None:
    stage.begin(all_of(ITEM, LEGACY))
    stage.options["include_object"] = Asked(leave)

    assert lines(stage, ITEM) == []
    assert not stage.migrate(ITEM).scripts
    # Nor is it a candidate for a rename.
    both = all_of(ITEM, table("modern", sa.Column("y", sa.Integer)))
    assert lines(stage, both) == [("+", "table", "modern")]
    assert not stage.diff(both).databases[0].candidates


@ON_TWO
def test_a_model_that_is_marked_is_neither_made_nor_changed(stage: Stage) -> None:
    def skip(thing: Any, name: str, kind: str, reflected: bool, other: Any) -> bool:
        return not reflected and bool(thing.info.get("skip_autogenerate"))

    stage.options["include_object"] = Asked(skip)
    marked = table("legacy", sa.Column("x", sa.Integer, index=True), info={"skip_autogenerate": True})
    changed = table("legacy", sa.Column("y", sa.Integer, index=True), info={"skip_autogenerate": True})
    stage.begin(all_of(ITEM, marked))

    assert "legacy" not in stage.database.schema()
    stage.database.execute("CREATE TABLE legacy (id INTEGER NOT NULL PRIMARY KEY, x INTEGER)")
    assert lines(stage, all_of(ITEM, changed)) == []


def test_a_column_that_is_left_out_stays_while_its_table_changes(stage: Stage) -> None:
    stage.begin(ITEM)
    stage.options["include_object"] = Asked(lambda thing, name, kind, *_: kind == "column" and name in ("a", "own"))
    models = table("item", sa.Column("b", sa.String(20)), sa.Column("own", sa.Integer), sa.Column("c", sa.Date))

    written = stage.migrate(models)
    stage.upgrade(models)

    assert len(written.scripts) == 1
    assert set(columns(stage, "item")) == {"id", "a", "b", "c"}
    assert lines(stage, models) == []


@ON_TWO
def test_the_index_of_a_new_table_can_be_left_out(stage: Stage) -> None:
    stage.options["include_object"] = Asked(lambda thing, name, kind, *_: kind == "index")
    models = table("item", sa.Column("a", sa.Integer, index=True))
    stage.begin(models)

    engine = sa.create_engine(stage.database.url, poolclass=sa.NullPool)
    assert sa.inspect(engine).get_indexes("item") == []
    assert lines(stage, models) == []


@ON_TWO
def test_an_index_that_is_left_out_is_neither_dropped_nor_renamed(stage: Stage) -> None:
    def models(*names: str) -> Models:
        indexes = [lambda name=name: sa.Index(name, "a") for name in names]
        return table("item", sa.Column("a", sa.Integer), *indexes)

    stage.begin(models("keep_me"))
    stage.options["include_object"] = Asked(lambda thing, name, kind, *_: name == "keep_me")

    assert lines(stage, models()) == []
    assert ("-", "index", "item.keep_me") not in lines(stage, models("ix_other"))


@ON_TWO
def test_names_are_asked_about_with_their_parents(stage: Stage) -> None:
    stage.begin(all_of(ITEM, LEGACY))
    calls = []

    def include_name(name: str | None, kind: str, parents: dict[str, Any]) -> bool:
        calls.append((name, kind, dict(parents)))
        return not (kind == "column" and parents["schema_qualified_table_name"] == "item" and name == "a")

    stage.options["include_name"] = include_name
    models = all_of(table("item", sa.Column("b", sa.String(20))))

    assert lines(stage, models) == [("-", "table", "legacy")]
    item = {"schema_name": None, "table_name": "item", "schema_qualified_table_name": "item"}
    assert ("a", "column", item) in calls
    assert ("legacy", "table", {"schema_name": None, "schema_qualified_table_name": "legacy"}) in calls
    assert (None, "schema", {}) in calls


@ON_TWO
def test_only_the_models_own_names_is_what_alembics_manual_says(stage: Stage) -> None:
    stage.begin(ITEM)
    stage.database.execute("CREATE TABLE celery_taskmeta (id INTEGER)")
    stage.options["include_name"] = lambda name, kind, parents: kind != "table" or name == "item"

    assert not stage.migrate(ITEM).remarks


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_a_schema_that_is_left_out_is_not_looked_at(stage: Stage) -> None:
    def models(*columns: sa.Column[Any]) -> Models:
        def both(metadata: sa.MetaData) -> None:
            sa.event.listen(metadata, "before_create", sa.DDL("CREATE SCHEMA IF NOT EXISTS other"))
            for schema in (None, "other"):
                fresh = [one._copy() for one in columns]
                sa.Table("item", metadata, sa.Column("id", sa.Integer, primary_key=True), *fresh, schema=schema)

        return both

    stage.options["include_schemas"] = True
    stage.begin(models())
    stage.options["include_name"] = lambda name, kind, parents: kind != "schema" or name in (None, "public")

    assert lines(stage, models(sa.Column("a", sa.Integer))) == [("+", "column", "item.a")]


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_the_type_of_a_table_that_is_left_out_is_left_out_with_it(stage: Stage) -> None:
    legacy = table("legacy", lambda: sa.Column("mood", sa.Enum("sad", "glad", name="mood")))
    stage.options["include_object"] = Asked(lambda thing, name, kind, *_: kind == "table" and name == "legacy")
    stage.begin(all_of(ITEM, legacy))

    assert "mood" not in stage.database.schema()


def columns(stage: Stage, name: str) -> list[str]:
    engine = sa.create_engine(stage.database.url, poolclass=sa.NullPool)
    return [one["name"] for one in sa.inspect(engine).get_columns(name)]
