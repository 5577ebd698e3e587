"""Behind PgBouncer in transaction mode one runner at a time has a database, and nothing is left in its sessions."""

import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.core.repository import add_chain, add_script, lay_out, tables, versions
from tests.run.crowd import end, running, start, until
from tests.run.test_one_at_a_time import HOLDS, let_go, race_while_an_index_is_built_concurrently
from tests.support.databases import Database
from tests.support.pooler import pooler
from tests.support.project import Project
from whimbrel.backends import backend_for
from whimbrel.backends.postgresql.reflect import reflect
from whimbrel.backends.sessions import Limits
from whimbrel.errors import LeaseLost

pytestmark = pytest.mark.parametrize("backend", ["postgresql"], indirect=True)

SESSIONS = 12
SETTINGS = (
    "search_path",
    "lock_timeout",
    "statement_timeout",
    "application_name",
    "idle_in_transaction_session_timeout",
)


@pytest.fixture
def pooled(database: Database, tmp_path: Path) -> Iterator[Database]:
    """Lend the project's database as it is reached through the pooler."""
    with pooler(tmp_path, database, sessions=SESSIONS) as reached:
        yield reached


def through(reached: Database) -> dict[str, str]:
    return {"DATABASE_URL": reached.url}


def nothing_is_left(pooled: Database, direct: Database) -> bool:
    """Look into each of the pooler's sessions, and for locks and transactions that stay."""
    engine = sa.create_engine(pooled.url, poolclass=sa.NullPool, connect_args={"prepare_threshold": None})
    fresh = [direct.rows(f"SHOW {name}")[0][0] for name in SETTINGS]
    with ExitStack() as clients:
        found = {}
        for _ in range(SESSIONS):  # all at once: each client's transaction has a session to itself
            client = clients.enter_context(engine.connect())
            number = client.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
            found[number] = [client.exec_driver_sql(f"SHOW {name}").scalar_one() for name in SETTINGS]
            assert client.exec_driver_sql("SELECT name FROM pg_prepared_statements").all() == []
        assert len(found) == SESSIONS
        assert list(found.values()) == [fresh] * SESSIONS
    here = "database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    return direct.rows(f"SELECT * FROM pg_locks WHERE locktype = 'advisory' AND {here}") == []


def test_of_eight_runners_at_once_one_works_and_all_succeed(project: Project, pooled: Database) -> None:
    lay_out(project)
    make = 'op.create_table("t", sa.Column("n", sa.Integer))\n    op.execute("INSERT INTO t VALUES (0)")'
    add_script(project, "r0", upgrade=make)
    for n in range(1, 12):
        add_script(project, f"r{n}", f"r{n - 1}", 'op.execute("UPDATE t SET n = n + 1")')
    crowd = [start(project, "upgrade", env=through(pooled)) for _ in range(8)]
    outcomes = [end(process) for process in crowd]
    assert [outcome.rc for outcome in outcomes] == [0] * 8, [outcome.stderr for outcome in outcomes]
    assert project.database.rows("SELECT n FROM t") == [(11,)]
    assert versions(project.database) == ["r11"]
    assert sum("Applied 12 revisions" in outcome.stdout for outcome in outcomes) == 1
    assert nothing_is_left(pooled, project.database)


@pytest.mark.parametrize("first", ["direct", "pooled"])
def test_a_runner_with_a_session_and_one_without_keep_each_other_away(
    project: Project, pooled: Database, first: str
) -> None:
    lay_out(project)
    add_script(project, "a", upgrade=HOLDS)
    ways = [through(project.database), through(pooled)]
    one, other = ways if first == "direct" else reversed(ways)
    with running(project, "upgrade", env=one) as holder:
        until((project.path / "begun").exists)
        with running(project, "upgrade", env=other) as waits:
            time.sleep(3)
            assert waits.poll() is None
            let_go(project)
            assert end(holder).rc == 0
            outcome = end(waits)
    assert outcome.rc == 0, outcome.stderr
    assert "Another run has done it" in outcome.stdout
    assert "Waiting: the lock is held by pid" in outcome.stderr
    assert f":{holder.pid} since" in outcome.stderr
    assert nothing_is_left(pooled, project.database)


def test_a_killed_upgrade_hinders_nobody_and_leaves_nothing(project: Project, pooled: Database) -> None:
    lay_out(project)
    add_script(project, "a", upgrade=HOLDS)
    with running(project, "upgrade", env=through(pooled)) as first:
        until((project.path / "begun").exists)
        first.send_signal(signal.SIGKILL)
        first.wait()
    let_go(project)
    began = time.monotonic()
    outcome = project.flask("upgrade", env=through(pooled))
    assert time.monotonic() - began < 10
    assert "Applied 1 revision" in outcome.stdout
    assert nothing_is_left(pooled, project.database)


def test_the_last_statement_of_a_killed_runner_is_waited_for(project: Project, pooled: Database) -> None:
    lay_out(project)
    add_script(project, "a", upgrade='open("begun", "w").close()\n    op.execute("SELECT pg_sleep(4)")')
    with running(project, "upgrade", env=through(pooled)) as first:
        until((project.path / "begun").exists)
        time.sleep(0.5)
        killed = time.monotonic()
        first.send_signal(signal.SIGKILL)
        first.wait()
    add_script(project, "a")
    outcome = project.flask("upgrade", env=through(pooled))
    assert "running for" in outcome.stderr
    assert "SELECT pg_sleep(4)" in outcome.stderr
    assert time.monotonic() - killed > 2
    assert nothing_is_left(pooled, project.database)


def test_a_killed_migrate_leaves_nothing(project: Project, pooled: Database) -> None:
    lay_out(project)
    hold = "def hold(*_):\n    open('begun', 'w').close()\n    import time; time.sleep(30)\n\n"
    hello = project.read("hello.py")
    project.write(
        "hello.py", hello.replace("migrate = Migrate(app, db)", hold + "Migrate(app, db, include_object=hold)")
    )
    with running(project, "migrate", env=through(pooled)) as first:
        until((project.path / "begun").exists)
        first.send_signal(signal.SIGKILL)
        first.wait()
    assert nothing_is_left(pooled, project.database)
    project.write("hello.py", hello)
    outcome = project.flask("migrate", env=through(pooled))
    assert "Compared by Alembic" not in outcome.stderr, "the pooler knows no scratch database, and a schema will do"
    project.flask("upgrade", env=through(pooled))
    assert {"roles", "users"} <= tables(project.database)
    assert nothing_is_left(pooled, project.database)


def test_an_index_is_built_concurrently_while_another_runner_waits(project: Project, pooled: Database) -> None:
    race_while_an_index_is_built_concurrently(project, through(pooled))
    assert nothing_is_left(pooled, project.database)


def test_who_has_lost_the_lock_begins_no_further_transaction(database: Database, pooled: Database) -> None:
    engine, server = sa.create_engine(pooled.url, poolclass=sa.NullPool), backend_for("postgresql")
    with engine.connect() as first, engine.connect() as second:
        locks = [server.lock(connection, "versions") for connection in (first, second)]
        assert [lock.take() for lock in locks] == [True, False]
        server.prepare(first, Limits(), locks[0].guard)
        first.exec_driver_sql("SELECT 1")
        database.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND database = "
            "(SELECT oid FROM pg_database WHERE datname = current_database()) AND pid <> "
            f"{first.exec_driver_sql('SELECT pg_backend_pid()').scalar_one()}"
        )
        assert not locks[0].is_held()
        assert not locks[1].take(), "the transaction of the first is open"
        first.commit()
        assert locks[1].take()
        server.prepare(second, Limits(), locks[1].guard)
        second.exec_driver_sql("SELECT 1")
        with pytest.raises(LeaseLost):
            first.exec_driver_sql("SELECT 1")
        for lock in locks:
            lock.release()


def test_ctrl_c_cancels_the_running_statement(project: Project, pooled: Database) -> None:
    lay_out(project)
    add_script(project, "a", upgrade='open("begun", "w").close()\n    op.execute("SELECT pg_sleep(30)")')
    with running(project, "upgrade", env=through(pooled)) as first:
        until((project.path / "begun").exists)
        time.sleep(0.7)
        first.send_signal(signal.SIGINT)
        outcome = end(first, 10)
    assert "Error: Stopped by Ctrl-C in revision a." in outcome.stderr
    assert nothing_is_left(pooled, project.database)


def test_reading_the_schema_in_autocommit_changes_no_session(database: Database, pooled: Database) -> None:
    """The pooler gives the session that was used last to whoever comes next."""
    engine = sa.create_engine(pooled.url, isolation_level="AUTOCOMMIT", connect_args={"prepare_threshold": None})
    other, seen = sa.create_engine(pooled.url, poolclass=sa.NullPool), set()

    @sa.event.listens_for(engine, "before_cursor_execute")
    def look(*_: object) -> None:
        with other.connect() as connection:
            seen.add(connection.exec_driver_sql("SHOW search_path").scalar_one())

    with engine.connect() as connection:
        reflect(connection)
    engine.dispose()
    assert seen == {database.rows("SHOW search_path")[0][0]}


ASYNC_APP = """
import os
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.ext.asyncio import create_async_engine
from whimbrel import Migrate

app = Flask(__name__)
own = {{}} if "WITHOUT" in os.environ else {options}
Migrate(app, metadata=sa.MetaData(), engine=create_async_engine(os.environ["DATABASE_URL"], connect_args=own))
"""


def test_a_driver_that_prepares_statements_is_told_how_not_to(project: Project, pooled: Database) -> None:
    pytest.importorskip("asyncpg")
    lay_out(project)
    add_chain(project, "a", "b")
    options = '{"statement_cache_size": 0, "prepared_statement_cache_size": 0}'
    project.write("hello.py", ASYNC_APP.format(options=options))
    env = {"DATABASE_URL": pooled.url.replace("+psycopg:", "+asyncpg:")}
    project.flask("upgrade", "a", env=env | {"WITHOUT": "1"})  # its statements stay with the session
    outcome = project.flask("upgrade", env=env | {"WITHOUT": "1"}, check=False)
    assert outcome.rc == 1
    assert "prepared statement" in outcome.stderr
    assert "statement_cache_size" in outcome.stderr
    assert "MIGRATE_DIRECT_URL" in outcome.stderr
    assert "Traceback" not in outcome.stderr
    project.flask("upgrade", env=env)
    assert versions(project.database) == ["b"]


def test_a_pooler_with_one_session_for_all_is_said_to_have_too_few(
    project: Project, database: Database, tmp_path: Path
) -> None:
    lay_out(project)
    add_chain(project, "a")
    with pooler(tmp_path, database, sessions=1) as narrow:
        outcome = project.flask("upgrade", env=through(narrow), check=False)
        assert outcome.rc == 1
        assert "MIGRATE_DIRECT_URL" in outcome.stderr
        assert "two sessions" in outcome.stderr
        assert "Traceback" not in outcome.stderr
        assert versions(database) == []


@pytest.mark.parametrize(
    ("statement", "is_said"),
    [
        ("SET search_path TO other, public", True),
        ("SET LOCAL search_path TO public", False),
        ("CREATE TEMPORARY TABLE aside (n int)", True),
        ("CREATE TEMP TABLE aside (n int) ON COMMIT DROP", False),
    ],
)
def test_what_would_stay_in_a_session_is_said(
    project: Project, pooled: Database, statement: str, is_said: bool
) -> None:
    lay_out(project)
    does = f'op.execute("{statement}")'
    add_script(project, "a", upgrade=does, downgrade=does)
    outcome = project.flask("upgrade", env=through(pooled))
    assert ("stays in a session of the pooler's" in outcome.stderr) is is_said
    assert "stays in a session" not in project.flask("downgrade", env=through(project.database)).stderr
