"""Ctrl-C stops between statements, and cancels the one that runs on the server."""

import signal
import time

import pytest

from tests.core.repository import add_chain, add_script, lay_out, versions
from tests.run.crowd import end, running, until
from tests.support.databases import BACKENDS
from tests.support.project import Project
from whimbrel.errors import Interrupted

SLOW = {
    "postgresql": "SELECT pg_sleep(30)",
    "mariadb": "SELECT SLEEP(30)",
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
}
SERVERS = [kind for kind in BACKENDS if kind != "sqlite"]


RUNNING = {
    "postgresql": "SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND state = 'active' "
    "AND query LIKE",
    "mariadb": "SELECT count(*) FROM information_schema.processlist WHERE id <> CONNECTION_ID() AND info LIKE",
}


def runs_on(project: Project, words: str) -> bool:
    return bool(project.database.rows(f"{RUNNING[project.database.kind]} '{words}%'")[0][0])


def test_a_running_statement_is_cancelled_and_the_database_is_at_a_revision(project: Project) -> None:
    lay_out(project)
    add_chain(project, "a")
    slow = SLOW[project.database.kind]
    add_script(project, "b", "a", f'open("begun", "w").close()\n    op.execute("{slow}")')
    with running(project, "upgrade") as process:
        until((project.path / "begun").exists)
        time.sleep(0.7)
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        outcome = end(process, 20)
    assert time.monotonic() - began < 5
    assert outcome.rc == Interrupted.exit_code == 1
    assert "Error: Stopped by Ctrl-C in revision b." in outcome.stderr
    assert "at a." in outcome.stderr
    assert "Traceback" not in outcome.stderr
    assert versions(project.database) == ["a"]
    if project.database.kind != "sqlite":
        assert not runs_on(project, slow[:12])


def test_between_statements_it_stops_at_once(project: Project) -> None:
    lay_out(project)
    add_chain(project, "a")
    add_script(
        project, "b", "a", 'op.execute("SELECT 1")\n    open("begun", "w").close()\n    import time; time.sleep(20)'
    )
    with running(project, "upgrade") as process:
        until((project.path / "begun").exists)
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        outcome = end(process, 10)
    assert outcome.rc == 1
    assert "Error: Stopped by Ctrl-C in revision b." in outcome.stderr
    assert versions(project.database) == ["a"]
    project.flask("downgrade", "base")


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_a_driver_that_waits_in_c_is_no_hindrance(project: Project) -> None:
    pytest.importorskip("psycopg2")
    lay_out(project)
    add_script(project, "a", upgrade='open("begun", "w").close()\n    op.execute("SELECT pg_sleep(30)")')
    url = project.database.url.replace("postgresql+psycopg:", "postgresql+psycopg2:")
    with running(project, "upgrade", env={"DATABASE_URL": url}) as process:
        until((project.path / "begun").exists)
        time.sleep(0.7)
        process.send_signal(signal.SIGINT)
        outcome = end(process, 10)
    assert "Error: Stopped by Ctrl-C in revision a." in outcome.stderr
    assert not runs_on(project, "SELECT pg_sleep")
