"""Only what this history made is dropped; what others made is told, and left alone."""

import pytest
import sqlalchemy as sa

from tests.asking.stage import Models, Stage, all_of, table
from tests.core.repository import SCRIPT
from whimbrel.commands.ownership import Ownership, events_of
from whimbrel.snapshot import Key

ITEM = table("item", sa.Column("a", sa.Integer))
VIEW = "CREATE VIEW report AS SELECT id FROM item"


def and_view(models: Models, name: str = "report") -> Models:
    """Add a view that a DDL event makes."""

    def with_view(metadata: sa.MetaData) -> None:
        models(metadata)
        sa.event.listen(metadata, "after_create", sa.DDL(f"CREATE VIEW {name} AS SELECT id FROM item"))

    return with_view


def lines(stage: Stage, models: Models, **flags: list[str]) -> list[tuple[str, str]]:
    return [(line.sign, line.name) for line in stage.diff(models, **flags).databases[0].changes]


def test_tables_and_views_of_others_are_told_and_left_alone(stage: Stage) -> None:
    stage.begin(ITEM)
    stage.database.execute(VIEW, "CREATE TABLE celery_taskmeta (id INTEGER)")

    written = stage.migrate(ITEM)

    assert not written.scripts
    assert any("celery_taskmeta" in remark and "report" in remark for remark in written.remarks)
    assert "celery_taskmeta" in stage.check(ITEM).remarks[0]
    assert {one.split(".")[-1] for one in stage.diff(ITEM).databases[0].not_ours} == {
        "view report",
        "table celery_taskmeta",
    }


def test_another_applications_table_is_no_candidate_for_a_rename(stage: Stage) -> None:
    stage.begin(ITEM)
    stage.database.execute("CREATE TABLE things (id INTEGER NOT NULL PRIMARY KEY, b INTEGER, c INTEGER)")
    both = all_of(ITEM, table("thing", sa.Column("b", sa.Integer), sa.Column("c", sa.Integer)))

    assert lines(stage, both) == [("+", "thing")]
    assert not stage.diff(both).databases[0].candidates
    assert (">", "things") in lines(stage, both, rename=["things=thing"])


def test_a_name_can_be_said_to_be_ours(stage: Stage) -> None:
    stage.begin(ITEM)
    stage.database.execute(VIEW)

    stage.migrate(ITEM, ours=["report"])
    stage.upgrade(ITEM)

    assert not stage.diff(ITEM).databases[0].not_ours


def test_a_view_that_left_the_models_is_dropped(stage: Stage) -> None:
    stage.begin(and_view(ITEM))
    assert "view" in stage.snapshot.read_text()

    stage.migrate(ITEM)
    stage.upgrade(ITEM)

    assert not lines(stage, ITEM)
    assert not stage.diff(ITEM).databases[0].not_ours


def test_a_drop_is_written_again_after_its_script_was_thrown_away(stage: Stage) -> None:
    stage.begin(and_view(ITEM))
    for script in stage.migrate(ITEM).scripts:
        stage.folder.joinpath("versions", script.path).unlink()

    assert lines(stage, ITEM) == [("-", "report")]
    stage.migrate(ITEM)
    stage.upgrade(ITEM)
    stage.migrate(ITEM)

    assert "report" not in stage.snapshot.read_text()


def test_what_was_dropped_and_made_again_by_hand_is_not_ours(stage: Stage) -> None:
    stage.begin(and_view(ITEM))
    stage.migrate(ITEM)
    stage.upgrade(ITEM)
    stage.migrate(ITEM)
    stage.database.execute(VIEW)

    assert not lines(stage, ITEM)
    assert len(stage.diff(ITEM).databases[0].not_ours) == 1


def test_a_table_that_a_script_made_is_ours_without_a_snapshot_file(stage: Stage) -> None:
    other = table("other", sa.Column("b", sa.Text))
    stage.begin(all_of(ITEM, other))
    stage.snapshot.unlink()

    assert lines(stage, ITEM) == [("-", "other")]


def test_a_trigger_that_only_a_script_made_is_left_alone(stage: Stage) -> None:
    stage.begin(ITEM)
    hand_made = SCRIPT.format(
        message="by hand",
        revision="abc",
        after=_head(stage),
        upgrade=f"op.execute('{VIEW}')",
        downgrade="op.execute('DROP VIEW report')",
    )
    stage.folder.joinpath("versions", "abc.py").write_text(hand_made)
    stage.upgrade(ITEM)

    written = stage.migrate(ITEM)

    assert not written.scripts
    assert [one for one in written.remarks if "report" in one] == [
        next(one for one in written.remarks if one.startswith("Made by scripts"))
    ]


def _head(stage: Stage) -> str:
    with stage.project(ITEM) as project:
        return str(project.scripts.get_current_head())


SOURCE = '''
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "1"
NAME = "by_constant"
MANY = ["first", "second"]
SQL = """
CREATE OR REPLACE FUNCTION app.f(a integer) RETURNS integer LANGUAGE sql AS $$ SELECT 1 $$;
CREATE TRIGGER touched BEFORE UPDATE ON item FOR EACH ROW EXECUTE FUNCTION f();
"""


def upgrade():
    op.create_table("plain", sa.Column("color", sa.Enum("a", name="color")))
    op.create_table("placed", sa.Column("id", sa.Integer), schema="app")
    op.create_table(NAME)
    for name in MANY:
        op.create_table(name)
    op.create_table("short_lived")
    op.drop_table("short_lived")
    op.rename_table("plain", "renamed")
    op.execute(SQL)
    op.execute("CREATE MATERIALIZED VIEW IF NOT EXISTS \\"Big View\\" AS SELECT 1")
    op.execute("CREATE TABLE made_in_sql (id int); ALTER TABLE made_in_sql RENAME TO moved_in_sql")
    postgresql.ENUM("x", name="mood").create(op.get_bind())
    sa.Enum(name="gone").drop(op.get_bind())


def upgrade_other():
    op.create_table("of_another_bind")


def downgrade():
    op.create_table("only_on_the_way_back")
'''


@pytest.mark.parametrize(
    ("key", "made"),
    [
        (Key("table", "public", "plain"), False),
        (Key("table", "public", "renamed"), True),
        (Key("table", "app", "placed"), True),
        (Key("table", "public", "placed"), False),
        (Key("table", "public", "by_constant"), True),
        (Key("table", "public", "second"), True),
        (Key("table", "public", "short_lived"), False),
        (Key("table", "public", "made_in_sql"), False),
        (Key("table", "public", "moved_in_sql"), True),
        (Key("table", "public", "of_another_bind"), False),
        (Key("table", "public", "only_on_the_way_back"), False),
        (Key("enum", "public", "color"), True),
        (Key("enum", "public", "mood"), True),
        (Key("enum", "public", "gone"), False),
        (Key("function", "app", "f(integer)"), True),
        (Key("function", "public", "f(integer)"), False),
        (Key("trigger", "public", "item", "touched"), True),
        (Key("materialized_view", "public", "Big View"), True),
        (Key("view", "public", "plain"), False),
    ],
)
def test_scripts_are_read_for_what_they_make(key: Key, made: bool) -> None:
    owned = Ownership(frozenset(), lambda: [SOURCE], default_schema="public")

    assert owned.is_scripted(key) is made


def test_another_bind_has_its_own_functions() -> None:
    names = {event.name for event in events_of(SOURCE, "other")}

    assert "of_another_bind" in names
    assert "only_on_the_way_back" not in names


def test_the_last_script_counts() -> None:
    texts = [
        "def upgrade():\n    op.create_table('t')",
        "def upgrade():\n    op.drop_table('t')",
    ]

    assert Key("table", "", "t") not in Ownership(frozenset(), lambda: texts)
    assert Key("table", "", "t") in Ownership(frozenset(), lambda: texts[:1])


def test_a_script_that_cannot_be_read_makes_nothing() -> None:
    assert Key("table", "", "t") not in Ownership(frozenset(), lambda: ["def upgrade(:\n    op.create_table('t')"])
