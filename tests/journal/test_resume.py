"""What the next run makes of a revision that was interrupted, where it cannot simply go on."""

import pytest
import sqlalchemy as sa

from tests.core.applications import application
from tests.core.repository import add_chain, add_script, lay_out, tables, versions
from tests.journal.test_crash import BREAKS
from tests.support.project import Project
from whimbrel import upgrade
from whimbrel.errors import CannotTell, LeaseLost, NotResumable, ScriptChanged

pytestmark = pytest.mark.parametrize("backend", ["postgresql"], indirect=True)

TABLE = 'op.create_table("t", sa.Column("n", sa.Integer))\n    op.execute("INSERT INTO t VALUES (0)")'
COUNT = "UPDATE t SET n = n + 1"
PROCEDURE = f"CREATE PROCEDURE count_up() LANGUAGE sql AS $$ {COUNT} $$"
# Its first statement is committed with the second, which refuses to run in a transaction.
CALLS = f'op.execute("{COUNT}")\n    with op.get_context().autocommit_block():\n        op.execute("CALL count_up()")'


def interrupted(project: Project, upgrade: str, at: str, further: str = "SELECT 1") -> None:
    """Leave a revision that was killed at a statement."""
    lay_out(project)
    project.write("breaks.py", BREAKS)
    project.write("hello.py", "import breaks\n" + project.read("hello.py"))
    add_script(project, "a", upgrade=f'{TABLE}\n    op.execute("{PROCEDURE}")\n    op.execute("{further}")')
    add_script(project, "b", "a", upgrade)
    project.flask("upgrade", "a")
    assert project.flask("upgrade", env={"BREAK": at}, check=False).rc != 0
    assert versions(project.database) == ["a"]


@pytest.mark.parametrize(("answer", "count"), [("--done", 2), ("--redo", 3)])
def test_a_statement_without_a_trace_is_asked_about(project: Project, answer: str, count: int) -> None:
    interrupted(project, CALLS, "kill:after:2")
    outcome = project.flask("upgrade", check=False)
    assert outcome.rc == CannotTell.exit_code == 3
    assert "CALL count_up()" in outcome.stderr
    assert "flask db resume --done" in outcome.stderr
    assert "statement 2 of revision b" in project.flask("resume", answer).stdout.lower()
    project.flask("upgrade")
    assert project.database.rows("SELECT n FROM t") == [(count,)]
    assert project.flask("resume", answer, check=False).rc == 1


def test_a_script_that_says_something_else_before_where_it_stopped_is_refused(project: Project) -> None:
    interrupted(project, CALLS, "kill:after:2")
    text = project.read("migrations/versions/b.py")
    project.write("migrations/versions/b.py", text.replace(COUNT, "UPDATE t SET n = n + 7", 1))
    outcome = project.flask("upgrade", check=False)
    assert outcome.rc == ScriptChanged.exit_code
    assert "statement 1 was UPDATE t SET n = n + 1" in outcome.stderr
    project.write("migrations/versions/b.py", text)
    project.flask("resume", "--done")
    project.flask("upgrade")
    assert versions(project.database) == ["b"]


def test_a_script_that_is_gone_is_named(project: Project) -> None:
    interrupted(project, CALLS, "kill:after:2")
    (project.path / "migrations/versions/b.py").unlink()
    outcome = project.flask("upgrade", check=False)
    assert outcome.rc == NotResumable.exit_code
    assert "Revision b was interrupted, and no script has that id." in outcome.stderr


def lay_out_large_read(project: Project) -> None:
    """Leave a revision that read 15,000 rows, more than are kept, and was killed after its first index."""
    index = 'op.create_index("ix_{0}", "t", ["n"], postgresql_concurrently=True)'
    block = f"with op.get_context().autocommit_block():\n        {index}"
    upgrade = f"""rows = op.get_bind().execute(sa.text("SELECT i, tag FROM big ORDER BY i")).all()
    op.execute(f"UPDATE t SET n = n + {{len(rows)}}")
    {block.format("one")}
    op.execute("{COUNT}")
    {block.format("two")}"""
    interrupted(
        project, upgrade, "kill:after:2", "CREATE TABLE big AS SELECT i, 1 AS tag FROM generate_series(1, 15000) i"
    )


def test_a_read_that_is_too_large_to_keep_is_made_again_however_often(project: Project) -> None:
    lay_out_large_read(project)
    assert project.flask("upgrade", env={"BREAK": "kill:after:4"}, check=False).rc != 0
    project.flask("upgrade")
    assert project.database.rows("SELECT n FROM t") == [(15001,)]


def test_a_large_read_that_gives_other_rows_now_is_refused(project: Project) -> None:
    lay_out_large_read(project)
    project.database.execute("UPDATE big SET tag = 2 WHERE i = 15000")
    outcome = project.flask("upgrade", check=False)
    assert outcome.rc == NotResumable.exit_code
    assert "it gives other rows now" in outcome.stderr
    assert versions(project.database) == ["a"]
    project.database.execute("UPDATE big SET tag = 1")
    project.flask("upgrade")


def test_a_downgrade_finishes_the_upgrade_first(project: Project) -> None:
    build = 'op.create_index("ix", "t", ["n"], postgresql_concurrently=True)'
    upgrade = f'op.execute("{COUNT}")\n    with op.get_context().autocommit_block():\n        {build}'
    interrupted(project, upgrade, "kill:after:2")
    add_script(project, "b", "a", upgrade, f'op.drop_index("ix", "t")\n    op.execute("{COUNT}")')
    outcome = project.flask("downgrade")
    assert "Revision b was interrupted in its upgrade" in outcome.stderr
    assert versions(project.database) == ["a"]
    assert project.database.rows("SELECT n FROM t") == [(2,)]


def test_no_further_revision_begins_when_the_lock_is_lost(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("whimbrel.run.lease.LOOKED_AT_AFTER", 0.0)
    lay_out(project)
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'whimbrel %'"
    here = "AND datname = current_database()"
    add_script(project, "a", upgrade=f'op.execute("{cut} {here}")')
    add_chain(project, "b")
    add_script(project, "b", "a")
    with application(project), pytest.raises(LeaseLost):
        upgrade()
    assert versions(project.database) == ["a"]
    assert "made_by_b" not in tables(project.database)
    project.flask("upgrade")


def test_without_the_right_to_make_its_tables_revisions_run_without_a_journal(project: Project) -> None:
    lay_out(project)
    add_script(project, "a", upgrade=TABLE)
    project.flask("upgrade")
    add_script(project, "b", "a", f'op.execute("{COUNT}")')
    name = f"{sa.make_url(project.database.url).database}_poor"
    project.database.execute("DROP TABLE whimbrel_revision", "DROP TABLE whimbrel_statement")
    project.database.execute(
        f"CREATE ROLE {name} LOGIN PASSWORD 'poor'",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON t, alembic_version TO {name}",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
    )
    try:
        poor = (
            sa.make_url(project.database.url).set(username=name, password="poor").render_as_string(hide_password=False)
        )
        outcome = project.flask("upgrade", env={"DATABASE_URL": poor})
        assert outcome.stderr.count("The journal's tables cannot be made or written here") == 1
        assert versions(project.database) == ["b"]
        assert project.database.rows("SELECT n FROM t") == [(1,)]
    finally:
        project.database.execute(f"DROP OWNED BY {name}", f"DROP ROLE {name}")


def test_the_record_of_a_revision_says_what_ran(project: Project) -> None:
    lay_out(project)
    add_script(project, "a", upgrade=TABLE)
    project.flask("upgrade")
    query = "SELECT revision, direction, heads, message, text, statements FROM whimbrel_revision"
    ((revision, direction, heads, message, text, statements),) = project.database.rows(query)
    assert (revision, direction, heads, message) == ("a", "upgrade", '["a"]', "make a")
    assert text == project.read("migrations/versions/a.py")
    assert "CREATE TABLE t" in statements
    assert "INSERT INTO t VALUES (0)" in statements


@pytest.mark.parametrize(("verb", "ends"), [("downgrade", ["a"]), ("upgrade", ["b"])])
def test_the_same_command_again_goes_no_further_than_it_would_have(
    project: Project, verb: str, ends: list[str]
) -> None:
    build = 'op.create_index("ix", "t", ["n"], postgresql_concurrently=True)'
    drop = 'op.drop_index("ix", "t", postgresql_concurrently=True)'
    block = "with op.get_context().autocommit_block():\n        {}"
    interrupted(project, block.format(build), "kill:after:1")
    add_script(project, "b", "a", block.format(build), block.format(drop))
    add_script(project, "c", "b")
    if verb == "downgrade":
        project.flask("upgrade", "b")
        assert project.flask("downgrade", env={"BREAK": "kill:after:1"}, check=False).rc != 0
    project.flask(verb, *(["+1"] if verb == "upgrade" else []))
    assert versions(project.database) == ends
