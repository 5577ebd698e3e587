"""What the observer keeps apart: what others know, what was rolled back, what failed and was caught."""

from collections.abc import Iterator

import pytest

from tests.hazards.stage import Stage
from tests.support.databases import Database

CAUGHT = """\
import contextlib
with contextlib.suppress(sa.exc.DBAPIError), op.get_bind().begin_nested():
    op.add_column("users", sa.Column("nick", sa.Text()))
    op.execute("nonsense")
op.add_column("users", sa.Column("note", sa.Text()))
"""
LOOP = """\
connection = op.get_bind()
for name in sa.inspect(connection).get_table_names():
    if name != "roles":
        connection.execute(sa.text(f"ALTER TABLE {name} ADD COLUMN extra int"))
"""


@pytest.fixture
def stage(database: Database) -> Iterator[Stage]:
    return Stage(database)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_drop_that_nothing_keeps_is_worse_than_one_that_is_archived(stage: Stage) -> None:
    body = 'op.drop_column("users", "email")\nop.drop_table("roles")'
    kept, gone = (
        [one.severity.value for one in stage.hazards(body, keeps_drops=keeps) if one.name == "loses-data"]
        for keeps in (True, False)
    )
    assert (kept, gone) == (["note", "note"], ["warning", "warning"])


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_the_advice_is_for_the_server_that_is_judged_for(stage: Stage) -> None:
    body = 'op.alter_column("users", "age", nullable=False)'
    old, new = (
        next(one.do for one in stage.hazards(body, version=version) if one.rule == "not-null-scan")
        for version in ("15.4", "18.0")
    )
    assert "CHECK (age IS NOT NULL) NOT VALID" in old
    assert "NOT NULL age NOT VALID" in new


@pytest.mark.parametrize("backend", ["postgresql", "sqlite"], indirect=True)
def test_what_a_savepoint_has_undone_is_no_loss(stage: Stage) -> None:
    hazards = stage.hazards(CAUGHT)
    assert {one.rule for one in hazards} <= {"refused"}, hazards
    made = [e.fact.name for seen in stage.observe(CAUGHT).statements for e in seen.effects if e.is_made]
    assert made == ["nick", "note"]


def test_statements_that_a_script_sends_by_itself_are_seen_with_their_lines(stage: Stage) -> None:
    seen = stage.observe(LOOP).statements
    added = [(one.line, [(e.fact.table, e.fact.name) for e in one.effects]) for one in seen if one.effects]
    assert sorted(added) == [
        (9, [("orders", "extra")]),
        (9, [("users", "extra")]),
    ]


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_a_search_path_that_a_script_sets_renames_nothing(stage: Stage) -> None:
    before = "CREATE TYPE mood AS ENUM ('a');\nALTER TABLE users ADD COLUMN mood mood"
    body = (
        'op.execute("SET LOCAL search_path = pg_catalog")\n'
        'op.execute("ALTER TABLE public.users ADD COLUMN nick text")\n'
        "op.execute(\"UPDATE public.users SET nick = ''\")"
    )
    seen = stage.observe(body, before).statements
    assert [[(e.kind, e.fact.name) for e in one.effects] for one in seen] == [[], [("column", "nick")], []]
    assert {one.rule for one in stage.hazards(body, before)} == {"work-under-lock"}


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_statements_without_locks_are_of_the_same_transaction(stage: Stage) -> None:
    seen = stage.observe('op.execute("CREATE SCHEMA x")\nop.execute("CREATE TABLE x.t (id int)")').statements
    assert len({one.transaction for one in seen}) == 1


def test_what_a_script_does_with_its_own_new_table_hinders_nobody(stage: Stage) -> None:
    body = (
        'op.create_table("visits", sa.Column("id", sa.Integer, primary_key=True), sa.Column("n", sa.Integer))\n'
        'op.execute("INSERT INTO visits VALUES (1, 1)")\n'
        'op.execute("UPDATE visits SET n = 2")\n'
        'op.create_index("ix_visits_n", "visits", ["n"], unique=True)\n'
        'op.drop_table("visits")'
    )
    assert {one.rule for one in stage.hazards(body)} <= {"several-changes"}
