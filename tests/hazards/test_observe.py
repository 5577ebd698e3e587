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


LATE = """\
connection = op.get_bind()
connection.exec_driver_sql("COMMIT")
connection.exec_driver_sql("BEGIN")
connection.exec_driver_sql("SELECT 1").all()
op.execute("PRAGMA user_version")
op.create_index("ix_users_age", "users", ["age"])
op.execute("UPDATE users SET age = 1")
"""


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_the_first_write_of_a_transaction_locks_the_file_and_the_others_run_under_it(stage: Stage) -> None:
    seen = [one for one in stage.observe(LATE).statements if "BEGIN" not in one.sql and "COMMIT" not in one.sql]
    assert [(one.sql.split()[0], one.locked is not None, one.takes_lock) for one in seen] == [
        ("CREATE", True, True),
        ("UPDATE", True, False),
    ]
    first, second = (one.locked or 0.0 for one in seen)
    assert first >= seen[0].seconds > 0
    assert second >= first + seen[1].seconds


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_runners_transaction_has_the_file_from_the_start(stage: Stage) -> None:
    (seen,) = stage.observe('op.create_index("ix_users_age", "users", ["age"])').statements
    assert seen.locked is not None
    assert seen.locked >= seen.seconds
    assert not seen.takes_lock


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_statement_in_no_transaction_leaves_the_file_free(stage: Stage) -> None:
    body = 'with op.get_context().autocommit_block():\n    op.create_index("ix_users_age", "users", ["age"])'
    assert [one.locked for one in stage.observe(body).statements] == [None]


CHECKED = "CREATE TABLE t (a INTEGER CONSTRAINT ck_a CHECK (a > 0), b INTEGER, CHECK (b < a))"


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("body", "effects", "rules"),
    [
        ('op.drop_constraint("ck_a", "t", type_="check")', [("-", "ck_a")], {"guard-dropped"}),
        ('op.create_check_constraint("ck_b", "t", "b > 0")', [("+", "ck_b")], {"rows-in-the-way"}),
        ('op.alter_column("t", "b", new_column_name="c")', [], set()),
        ('op.rename_table("t", "u")', [], set()),
        ('op.drop_table("t")', [("-", "(b < a)"), ("-", "ck_a")], set()),
    ],
)
def test_what_becomes_of_a_check_is_seen_on_sqlite(
    stage: Stage, body: str, effects: list[tuple[str, str]], rules: set[str]
) -> None:
    seen = [one for each in stage.observe(body, CHECKED).statements for one in each.effects if one.kind == "constraint"]
    assert sorted(("+" if one.is_made else "-", one.fact.name) for one in seen) == effects
    found = {one.rule for one in stage.hazards(body, CHECKED)}
    assert found & {"guard-dropped", "rows-in-the-way"} == rules


ALONE = 'with op.get_context().autocommit_block():\n    op.execute("{}")'


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    ("statement", "locks", "effects", "rule"),
    [
        ("DROP TABLE orders", {"orders": "ACCESS EXCLUSIVE", "users": "ACCESS EXCLUSIVE"}, "table", "table-dropped"),
        ("ALTER TABLE users ADD z int", {"users": "ACCESS EXCLUSIVE"}, "column", ""),
        ("ALTER TABLE users ALTER age TYPE bigint", {"users": "ACCESS EXCLUSIVE"}, "column", "type-rewrites"),
        ("CREATE INDEX i ON users (age)", {"users": "SHARE"}, "index", "index-without-concurrently"),
        ("CREATE TABLE z (a int)", {}, "table", ""),
    ],
)
def test_a_statement_that_commits_by_itself_is_seen_with_its_locks_on_postgresql(
    stage: Stage, statement: str, locks: dict[str, str], effects: str, rule: str
) -> None:
    (seen,) = stage.observe(ALONE.format(statement)).statements
    held = {one.table: one.mode for one in seen.locks if not one.index and one.mode != "ACCESS SHARE"}
    assert (held, seen.transaction, seen.is_measured) == (locks, "", True)
    assert effects in {one.kind for one in seen.effects}
    assert not rule or rule in {one.rule for one in stage.hazards(ALONE.format(statement))}


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_a_statement_that_commits_by_itself_has_committed_when_it_has_been_seen(stage: Stage) -> None:
    body = (
        "import contextlib\nwith op.get_context().autocommit_block():\n"
        '    op.execute("ALTER TABLE users ADD z int")\n'
        "    with contextlib.suppress(sa.exc.DBAPIError):\n"
        '        op.execute("ALTER TABLE users ADD z int")\n'
        '    op.execute("CALL fill()")\n'
        '    op.execute("ALTER TABLE users ADD y int")'
    )
    before = (
        "CREATE PROCEDURE fill() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO roles VALUES (1); COMMIT; "
        "INSERT INTO roles VALUES (2); END $$"
    )
    seen = stage.observe(body, before).statements
    made = [(one.sql.split()[0], [e.fact.name for e in one.effects], bool(one.error)) for one in seen]
    assert made == [("ALTER", ["z"], False), ("ALTER", [], True), ("CALL", [], False), ("ALTER", ["y"], False)]
    columns = "SELECT column_name FROM information_schema.columns WHERE table_name = 'users'"
    assert {("z",), ("y",)} <= set(stage.database.rows(columns))
    assert len(stage.database.rows("SELECT id FROM roles")) == 2


TWICE = "INSERT INTO users (id, email) VALUES (1, 'a'), (2, 'a')"


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_an_index_that_a_broken_build_leaves_is_seen(stage: Stage) -> None:
    body = (
        "import contextlib\nwith op.get_context().autocommit_block(), contextlib.suppress(sa.exc.DBAPIError):\n"
        '    op.create_index("uq", "users", ["email"], unique=True, postgresql_concurrently=True)'
    )
    (seen,) = stage.observe(body, TWICE).statements
    assert [(one.fact.kind, one.fact.name, one.is_made, one.fact.get("valid")) for one in seen.effects] == [
        ("index", "uq", True, "")
    ]
    left = [one for one in stage.hazards(body, TWICE) if one.rule == "not-validated"]
    assert [one.what for one in left] == ["leaves index uq of users not valid"]
    assert "DROP INDEX CONCURRENTLY uq" in left[0].do


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_what_is_left_not_valid_is_an_effect_until_it_is_validated(stage: Stage) -> None:
    add, validate = (
        "ALTER TABLE users ADD CONSTRAINT ck CHECK (age > 0) NOT VALID",
        "ALTER TABLE users VALIDATE CONSTRAINT ck",
    )
    first, second = stage.observe(f'op.execute("{add}")\nop.execute("{validate}")').statements
    assert [(one.is_made, one.fact.get("validated")) for one in first.effects] == [(True, "")]
    assert [one.change("validated") for one in second.effects] == [("", "true")]


TRIED = """\
asked = "SELECT @@SESSION.lock_wait_timeout, @@SESSION.innodb_lock_wait_timeout, @@SESSION.foreign_key_checks"
before = op.get_bind().exec_driver_sql(asked).one()
op.execute("ALTER TABLE users ADD x int")
op.execute("ALTER TABLE orders DROP FOREIGN KEY fk_user")
assert op.get_bind().exec_driver_sql(asked).one() == before, before
"""


@pytest.mark.parametrize("backend", ["mariadb"], indirect=True)
def test_what_was_tried_on_clones_leaves_nothing_behind(stage: Stage) -> None:
    seen = stage.observe(TRIED).statements
    assert [{one.table for one in each.locks} for each in seen] == [{"orders"}, {"users"}]
    assert {row[0] for row in stage.database.rows("SHOW TABLES")} == {"users", "orders", "roles"}
    waiting = "SELECT count(*) FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()"
    assert stage.database.rows(waiting) == [(0,)]
