"""One runner at a time has a database; whoever waits is told for whom, and finds the work done."""

import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.core.repository import add_chain, add_script, lay_out, tables, versions
from tests.run.crowd import end, running, start, until, writing
from tests.support.databases import BACKENDS
from tests.support.project import Project
from whimbrel.errors import RunnerBusy

# Says that it has begun, and goes on when it is let.
HOLDS = """open("begun", "w").close()
    import os, time
    while not os.path.exists("go on"):
        time.sleep(0.02)
    op.create_table("made_by_a", sa.Column("id", sa.Integer, primary_key=True))"""

SERVERS = [kind for kind in BACKENDS if kind != "sqlite"]


def let_go(project: Project) -> None:
    project.write("go on", "")


def test_of_eight_runners_at_once_one_works_and_all_succeed(project: Project) -> None:
    lay_out(project)
    add_script(
        project,
        "t",
        upgrade='op.create_table("t", sa.Column("n", sa.Integer))\n    op.execute("INSERT INTO t VALUES (0)")',
    )
    once = 'op.execute("UPDATE t SET n = n + 1")'
    add_script(project, "a", "t", once)
    add_script(project, "b", "a", once)
    outcomes = [end(process) for process in [start(project, "upgrade") for _ in range(8)]]
    assert [outcome.rc for outcome in outcomes] == [0] * 8, [outcome.stderr for outcome in outcomes]
    assert project.database.rows("SELECT n FROM t") == [(2,)]
    assert versions(project.database) == ["b"]
    assert sum("Applied 3 revisions" in outcome.stdout for outcome in outcomes) == 1


def test_runners_race_while_other_clients_write(project: Project) -> None:
    lay_out(project)
    add_script(project, "t", upgrade='op.create_table("t", sa.Column("n", sa.Integer), sa.Column("m", sa.Integer))')
    project.flask("upgrade")
    chain = {
        "a": 'op.add_column("t", sa.Column("x", sa.Integer))',
        "b": 'op.execute("INSERT INTO t (m) VALUES (7)")',
        "c": 'op.create_index("ix_t_n", "t", ["n"])',
        "d": 'op.execute("UPDATE t SET m = m + 1 WHERE m IS NOT NULL")',
    }
    for revision, before in zip(chain, ["t", *chain], strict=False):
        add_script(project, revision, before, chain[revision])
    with writing(project.database.url, "INSERT INTO t (n) VALUES (1)") as done:
        outcomes = [end(process) for process in [start(project, "upgrade") for _ in range(4)]]
    assert [outcome.rc for outcome in outcomes] == [0] * 4, [outcome.stderr for outcome in outcomes]
    assert all(done), "both wrote"
    assert project.database.rows("SELECT m FROM t WHERE n IS NULL") == [(8,)]
    assert project.database.rows("SELECT count(*) FROM t WHERE n = 1 AND x IS NULL") == [(sum(done),)]
    assert versions(project.database) == ["d"]


def test_who_waits_is_told_for_whom_and_finds_the_work_done(project: Project) -> None:
    lay_out(project)
    add_script(project, "a", upgrade=HOLDS)
    with running(project, "upgrade") as first:
        until((project.path / "begun").exists)
        with running(project, "upgrade") as second:
            time.sleep(4)
            let_go(project)
            assert end(first).rc == 0
            outcome = end(second)
    assert outcome.rc == 0
    assert "Another run has done it" in outcome.stdout
    said = outcome.stderr
    assert "Waiting: the lock is held by" in said
    if project.database.kind != "mariadb":
        assert str(first.pid) in said, "the process"
    assert "since" in said or "idle for" in said


def test_waiting_has_a_limit(project: Project) -> None:
    lay_out(project)
    hello = project.read("hello.py")
    project.write("hello.py", hello.replace("db = ", 'app.config["MIGRATE_LOCK_WAIT"] = 0.5\ndb = ', 1))
    add_script(project, "a", upgrade=HOLDS)
    with running(project, "upgrade") as first:
        until((project.path / "begun").exists)
        outcome = project.flask("upgrade", check=False)
        assert outcome.rc == RunnerBusy.exit_code == 1
        assert "Error: Another run has this database" in outcome.stderr
        assert "It was waited for 0.5 s (MIGRATE_LOCK_WAIT). Nothing was changed." in outcome.stderr
        let_go(project)
        assert end(first).rc == 0
    assert versions(project.database) == ["a"]


def test_a_killed_runner_hinders_nobody(project: Project) -> None:
    lay_out(project)
    add_script(project, "a", upgrade=HOLDS)
    with running(project, "upgrade") as first:
        until((project.path / "begun").exists)
        first.send_signal(signal.SIGKILL)
        first.wait()
    let_go(project)
    began = time.monotonic()
    project.flask("upgrade")
    assert time.monotonic() - began < 15
    assert "made_by_a" in tables(project.database)


@pytest.mark.parametrize("backend", SERVERS, indirect=True)
def test_the_last_statement_of_a_killed_runner_is_waited_for(project: Project) -> None:
    """The server goes on with it, and it takes effect: whoever came before its end would run it a second time."""
    lay_out(project)
    sleep = {"postgresql": "SELECT pg_sleep(4)", "mariadb": "SELECT SLEEP(4)"}[project.database.kind]
    add_script(project, "a", upgrade=f'open("begun", "w").close()\n    op.execute("{sleep}")')
    with running(project, "upgrade") as first:
        until((project.path / "begun").exists)
        time.sleep(0.5)
        killed = time.monotonic()
        first.send_signal(signal.SIGKILL)
        first.wait()
    project.write("migrations/versions/a.py", project.read("migrations/versions/a.py").replace(sleep, "SELECT 1"))
    outcome = project.flask("upgrade")
    assert "Waiting: the lock is held by" in outcome.stderr
    assert sleep in outcome.stderr
    assert time.monotonic() - killed > 2
    assert versions(project.database) == ["a"]


def race_while_an_index_is_built_concurrently(project: Project, env: Mapping[str, str] | None = None) -> None:
    """Have a second runner wait for one that builds an index concurrently: neither may wait for the other for ever."""
    lay_out(project)
    add_chain(project, "a")
    build = """open("begun", "w").close()
    import time; time.sleep(1.5)
    with op.get_context().autocommit_block():
        op.create_index("ix", "made_by_a", ["id"], postgresql_concurrently=True)"""
    add_script(project, "b", "a", build)
    project.flask("upgrade", "a", env=env)
    with running(project, "upgrade", env=env) as first:
        until((project.path / "begun").exists)
        with running(project, "upgrade", env=env) as second:
            began = time.monotonic()
            assert end(first, 30).rc == 0
            assert time.monotonic() - began < 10
            assert end(second).rc == 0


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_a_waiting_runner_does_not_hinder_an_index_built_concurrently(project: Project) -> None:
    race_while_an_index_is_built_concurrently(project)


@pytest.mark.parametrize("backend", SERVERS, indirect=True)
def test_runners_of_two_version_tables_do_not_wait_for_each_other(project: Project) -> None:
    lay_out(project)
    add_script(project, "a", upgrade=HOLDS)
    hello = project.read("hello.py")
    table = 'Migrate(app, db, version_table=os.environ.get("VERSIONS", "alembic_version"))'
    project.write("hello.py", hello.replace("Migrate(app, db)", table))
    with running(project, "upgrade") as first:
        until((project.path / "begun").exists)
        add_script(project, "a", upgrade="pass")
        project.flask("upgrade", env={"VERSIONS": "other_version"})
        let_go(project)
        assert end(first).rc == 0


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_no_lock_file_is_left_beside_the_database(project: Project) -> None:
    lay_out(project)
    add_chain(project, "a")
    project.flask("upgrade")
    folder = Path(sa.make_url(project.database.url).database or "").parent
    assert [one.name for one in folder.iterdir() if "lock" in one.name] == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="One process at a time is enough there.")
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_lock_file_that_a_killed_runner_left_is_taken_over(project: Project) -> None:
    lay_out(project)
    add_chain(project, "a")
    database = sa.make_url(project.database.url).database
    Path(f"{database}.whimbrel-lock").write_text('{"pid": 1, "host": "elsewhere", "since": "long ago"}', "utf-8")
    outcome = project.flask("upgrade")
    assert "Waiting" not in outcome.stderr
    assert not Path(f"{database}.whimbrel-lock").exists()
