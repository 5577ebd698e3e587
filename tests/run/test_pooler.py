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
from tests.run.test_one_at_a_time import HOLDS, let_go
from tests.support.databases import Database
from tests.support.pooler import pooler
from tests.support.project import Project
from whimbrel.backends import backend_for
from whimbrel.backends.postgresql.reflect import reflect
from whimbrel.backends.sessions import Limits
from whimbrel.errors import LeaseLost

pytestmark = pytest.mark.parametrize("backend", ["postgresql"], indirect=True)

SESSIONS = 12
SETTINGS = ("search_path", "lock_timeout", "statement_timeout", "application_name", "idle_in_transaction_session_timeout")


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
