"""What the snapshot file does not have is built alone, and comes out as if everything had been built."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
import sqlalchemy as sa

from tests.asking.stage import Models, Stage
from tests.scratch.support import Citext
from whimbrel.backends.reflect import reflect
from whimbrel.commands.remembered import Remembered, Wanted, always
from whimbrel.commands.snapshots import kept_file
from whimbrel.commands.wanted import OnScratch
from whimbrel.errors import WhimbrelError
from whimbrel.snapshot import Snapshot


def color(*more: str) -> sa.Enum:
    return sa.Enum("red", "green", *more, name="color")


def base(metadata: sa.MetaData) -> None:
    """Describe five tables, with what one table may have to do with another."""
    sa.Table(
        "person",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("email", sa.String(80), nullable=False),
        sa.Column("favourite", color()),
        sa.UniqueConstraint("email", name="person_email"),
    )
    sa.Table(
        "item",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(40), server_default="none"),
        sa.Column("shade", color(), server_default="red"),
        sa.Column("owner_id", sa.ForeignKey("person.id", name="item_owner", ondelete="CASCADE")),
        sa.Column("rest", sa.Integer),
        sa.CheckConstraint("rest > 0", name="item_rest"),
        sa.Index("ix_item_name", "name"),
    )
    sa.Table(
        "post",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("item_id", sa.ForeignKey("item.id", name="post_item")),
        sa.Column("author", sa.String(80), sa.ForeignKey("person.email", name="post_author")),
        sa.Column("parent_id", sa.ForeignKey("post.id", name="post_parent")),
    )
    for name, other in (("left", "right"), ("right", "left")):
        key = sa.ForeignKey(f"{other}.id", name=f"{name}_{other}", use_alter=True)
        sa.Table(name, metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("other", key))


Edit = Callable[[sa.MetaData], Any]


def column(table: str, *columns: sa.Column[Any]) -> Edit:
    return lambda metadata: [
        metadata.tables[table].append_column(one._copy(), replace_existing=True) for one in columns
    ]


def index(name: str, table: str, column: str) -> Edit:
    return lambda metadata: sa.Index(name, metadata.tables[table].c[column])


def recolored(metadata: sa.MetaData) -> None:
    for table, name, default in (("person", "favourite", None), ("item", "shade", "red")):
        one = sa.Column(name, color("blue"), server_default=default)
        metadata.tables[table].append_column(one, replace_existing=True)


def renamed(metadata: sa.MetaData) -> None:
    """Call a table and a column otherwise; what points to them follows."""
    for name in ("item", "post"):
        metadata.remove(metadata.tables[name])
    sa.Table(
        "thing",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("label", sa.String(40), server_default="none"),
        sa.Column("shade", color(), server_default="red"),
        sa.Column("owner_id", sa.ForeignKey("person.id", name="item_owner", ondelete="CASCADE")),
        sa.Column("rest", sa.Integer),
        sa.CheckConstraint("rest > 0", name="item_rest"),
        sa.Index("ix_item_name", "label"),
    )
    sa.Table(
        "post",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("item_id", sa.ForeignKey("thing.id", name="post_item")),
        sa.Column("author", sa.String(80), sa.ForeignKey("person.email", name="post_author")),
        sa.Column("parent_id", sa.ForeignKey("post.id", name="post_parent")),
    )


def new_table(metadata: sa.MetaData) -> None:
    sa.Table(
        "note",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("item_id", sa.ForeignKey("item.id", name="note_item")),
        sa.Column("writer", sa.String(80), sa.ForeignKey("person.email", name="note_writer")),
        sa.Column("writer_id", sa.ForeignKey("person.id", name="note_writer_id")),
        sa.Column("tone", color()),
    )


def without(*names: str) -> Edit:
    return lambda metadata: [metadata.remove(metadata.tables[name]) for name in names]


def with_view(metadata: sa.MetaData) -> None:
    sa.event.listen(metadata, "after_create", sa.DDL("CREATE VIEW report AS SELECT id FROM item"))
    column("item", sa.Column("more", sa.Integer))(metadata)


def all_changed(metadata: sa.MetaData) -> None:
    for table in metadata.tables.values():
        table.append_column(sa.Column("more", sa.Integer))


# What changes, and whether a part is enough.
CHANGES: dict[str, tuple[Edit, bool]] = {
    "a new column": (column("item", sa.Column("more", sa.Numeric(8, 2), server_default="1.5")), True),
    "a changed column": (column("item", sa.Column("name", sa.String(60), nullable=False)), True),
    "a comment": (lambda metadata: setattr(metadata.tables["item"], "comment", "what we sell"), True),
    "an index": (index("ix_item_rest", "item", "rest"), True),
    "a foreign key to a primary key": (
        column("left", sa.Column("person_id", sa.ForeignKey("person.id", name="left_person"))), True,
    ),
    "foreign keys to several keys of one table": (
        column(
            "left",
            sa.Column("person_id", sa.ForeignKey("person.id", name="left_person")),
            sa.Column("person_email", sa.String(80), sa.ForeignKey("person.email", name="left_email")),
        ), True,
    ),
    "a table that others point to": (column("person", sa.Column("more", sa.Integer)), True),
    "a table in a circle": (column("right", sa.Column("more", sa.Integer)), True),
    "a new table": (new_table, True),
    "a removed table": (without("post"), True),
    "a removed table and a changed one": (
        lambda metadata: [without("post")(metadata), column("item", sa.Column("more", sa.Text))(metadata)], True,
    ),
    "a renamed table and column": (renamed, True),
    "several tables": (
        lambda metadata: [column(one, sa.Column("more", sa.Text))(metadata) for one in ("item", "left")], True,
    ),
    "an enumeration of several tables": (recolored, True),
    "a DDL event": (with_view, False),
    "everything": (all_changed, False),
}  # fmt: skip
SERVERS = ["postgresql", "mariadb", "sqlite"]


@dataclass(slots=True)
class Counted:
    """Builds on scratch, and notes which tables were asked for."""

    build: OnScratch
    asked: list[set[str] | None] = field(default_factory=list)

    def __call__(self, connection: Any, metadatas: Sequence[Any], found: Snapshot, only: Any = None) -> Any:
        """Build."""
        self.asked.append(None if only is None else {table.name for table in only.tables})
        return self.build(connection, metadatas, found, only)


def both(stage: Stage, models: Models) -> tuple[Wanted, Wanted, list[set[str] | None]]:
    """Return the wanted side by the file and without it, and what was built for the former."""
    with stage.project(models) as project:
        (target,) = project.targets()
        counted = Counted(OnScratch(project))
        metadata = project.database.metadata
        with target.engine.connect() as connection:
            found = reflect(connection)
            kept = kept_file(stage.folder, "", found.kind)
            sides = []
            for may_remember in (True, False):
                side = Remembered(counted, always, may_remember)  # type: ignore[arg-type]
                with side(connection, [metadata], found, kept) as wanted:
                    sides.append(wanted)
    return sides[0], sides[1], counted.asked[:-1]


def edited(edit: Edit, models: Models = base) -> Models:
    def both(metadata: sa.MetaData) -> None:
        models(metadata)
        edit(metadata)

    return both


@pytest.mark.parametrize("change", CHANGES)
def test_a_part_gives_what_everything_gives(stage: Stage, change: str) -> None:
    edit, enough = CHANGES[change]
    stage.begin(base)

    by_part, by_all, asked = both(stage, edited(edit))

    assert by_part.own == by_all.own
    assert by_part.ddl == by_all.ddl or not asked
    assert (None not in asked) == enough


def test_only_what_changed_is_built(stage: Stage) -> None:
    stage.begin(base)

    assert both(stage, base)[2] == []
    assert both(stage, edited(column("post", sa.Column("more", sa.Integer))))[2] == [{"post"}]


@pytest.mark.parametrize("backend", ["postgresql", "mariadb"], indirect=True)
def test_what_the_server_refuses_beside_the_rest_is_refused(stage: Stage) -> None:
    """A part would pass; the foreign key of a table that stays as it is would not."""
    stage.begin(base)
    away = edited(without("post"), edited(column("item", sa.Column("id", sa.String(9), primary_key=True))))
    assert both(stage, away)[2] == [{"item"}]

    def with_post_as_it_was(metadata: sa.MetaData) -> None:
        base(metadata)
        post = metadata.tables["post"].c.item_id
        post.type  # noqa: B018  (a foreign key's column takes the type of what it points to when it is asked first)
        column("item", sa.Column("id", sa.String(9), primary_key=True))(metadata)
        post.type = sa.Integer()

    with pytest.raises(WhimbrelError, match="cannot be built"):
        both(stage, with_post_as_it_was)


@pytest.mark.parametrize("backend", ["postgresql", "sqlite"], indirect=True)
def test_a_name_that_another_table_has_is_refused(stage: Stage) -> None:
    stage.begin(base)

    with pytest.raises(WhimbrelError, match="cannot be built"):
        both(stage, edited(index("ix_item_name", "left", "other")))


@pytest.mark.parametrize("backend", ["mariadb"], indirect=True)
def test_a_foreign_key_with_another_s_name_is_refused(stage: Stage) -> None:
    stage.begin(base)
    twice = sa.Column("more", sa.Integer, sa.ForeignKey("person.id", name="item_owner"))

    with pytest.raises(WhimbrelError, match="cannot be built"):
        both(stage, edited(column("left", twice)))


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
class TestPostgreSQL:
    def test_names_that_the_server_chooses_are_those_of_the_whole(self, stage: Stage) -> None:
        def keyed(name: str, *columns: str) -> Edit:
            def edit(metadata: sa.MetaData) -> None:
                table = sa.Table(name, metadata, sa.Column("id", sa.Integer, primary_key=True))
                for one in columns:
                    table.append_column(sa.Column(one, sa.Integer))
                table.append_constraint(sa.UniqueConstraint(*columns))

            return edit

        # Both are called a_b_c_key, if the other is not there.
        before = edited(keyed("a_b", "c"))
        stage.begin(before)

        by_part, by_all, _ = both(stage, edited(keyed("a", "b", "c"), before))

        assert by_part.own == by_all.own

    def test_a_table_with_children_is_built_with_them(self, stage: Stage) -> None:
        def family(metadata: sa.MetaData) -> None:
            base(metadata)
            sa.Table("parent", metadata, sa.Column("a", sa.Integer))
            child = sa.Table("child", metadata, sa.Column("b", sa.Integer), postgresql_inherits="parent")
            child.add_is_dependent_on(metadata.tables["parent"])

        stage.begin(family)

        by_part, by_all, _ = both(stage, edited(column("parent", sa.Column("more", sa.Integer)), family))

        assert by_part.own == by_all.own

    def test_types_and_sequences_in_other_schemas(self, stage: Stage) -> None:
        def far(*more: str) -> Models:
            def models(metadata: sa.MetaData) -> None:
                numbers = sa.Sequence("numbers", schema="far", metadata=metadata)
                sa.Table(
                    "place",
                    metadata,
                    sa.Column("id", sa.Integer, numbers, server_default=numbers.next_value(), primary_key=True),
                    sa.Column("kind", sa.Enum("a", *more, name="kind", schema="far")),
                    schema="far",
                )
                sa.Table("visit", metadata, sa.Column("place_id", sa.ForeignKey("far.place.id", name="visit_place")))
                base(metadata)

            return models

        stage.begin(far("b"))

        for models in (far("b", "c"), edited(column("visit", sa.Column("more", sa.Integer)), far("b"))):
            by_part, by_all, asked = both(stage, models)
            assert by_part.own == by_all.own
            assert None not in asked

    def test_what_only_scripts_make_is_there_for_a_part(self, stage: Stage) -> None:
        stage.database.execute("CREATE EXTENSION citext")
        models = edited(column("person", sa.Column("nick", Citext())))
        stage.begin(models)

        by_part, by_all, asked = both(stage, edited(column("person", sa.Column("more", sa.Integer)), models))

        assert by_part.own == by_all.own
        assert asked == [{"person"}]
