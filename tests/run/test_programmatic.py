"""`upgrade()` from an application's own code: from several threads at once, and while its event loop goes on."""

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.ext.asyncio import create_async_engine

from tests.core.applications import application
from tests.core.repository import add_script, lay_out, tables, versions
from tests.core.shapes import NO_POOL, async_url, models
from tests.run.crowd import end, running
from tests.support.project import Project
from whimbrel import Migrate, upgrade
from whimbrel.commands import Moved
from whimbrel.errors import RevisionFailed

# aiomysql under SQLAlchemy 2.0 warns of what MariaDB says about the version table.
pytestmark = pytest.mark.filterwarnings("ignore:Name .alembic_version_pkc. ignored")

ONCE = 'op.execute("UPDATE t SET n = n + 1")\n    import time; time.sleep(0.3)'


def laid_out(project: Project) -> None:
    """Write three scripts; the later ones count how often they were run."""
    lay_out(project)
    table = 'op.create_table("t", sa.Column("n", sa.Integer))\n    op.execute("INSERT INTO t VALUES (0)")'
    add_script(project, "t", upgrade=table)
    add_script(project, "a", "t", ONCE)
    add_script(project, "b", "a", ONCE)


@contextmanager
def surroundings_kept() -> Iterator[None]:
    """Make sure that what a process has once is afterwards as it was."""

    def seen() -> list[Any]:
        root = logging.getLogger()
        names = sorted(one.name for one in threading.enumerate() if one.name.startswith("whimbrel"))
        return [Path.cwd(), signal.getsignal(signal.SIGINT), dict(os.environ), root.handlers[:], root.level, names]

    before, wake = seen(), signal.set_wakeup_fd(-1)
    signal.set_wakeup_fd(wake)
    yield
    assert seen() == before
    assert signal.set_wakeup_fd(wake) == wake


def upgraded(app: Flask) -> Moved:
    with app.app_context():
        return upgrade()


def test_of_several_threads_one_works_and_all_succeed(project: Project) -> None:
    laid_out(project)
    with surroundings_kept(), application(project) as app, running(project, "upgrade") as process:
        with ThreadPoolExecutor(4) as pool:
            moved = list(pool.map(upgraded, [app] * 4))
        outcome = end(process)
    assert outcome.rc == 0, outcome.stderr
    done = [one.applied for one in moved if one.applied] + [("t", "a", "b")] * ("Applied 3" in outcome.stdout)
    assert done == [("t", "a", "b")]
    assert {one.heads for one in moved} == {("b",)}
    assert project.database.rows("SELECT n FROM t") == [(2,)]


@pytest.mark.parametrize("asynchronous", [False, True])
def test_an_event_loop_goes_on_while_threads_upgrade(project: Project, asynchronous: bool) -> None:
    laid_out(project)
    app, url = Flask("shop"), project.database.url
    engine: Any = sa.create_engine(url, **NO_POOL)
    if asynchronous:
        engine = create_async_engine(async_url(project.database), **NO_POOL)
    Migrate(app, metadata=models("posts"), engine=engine, directory=project.path / "migrations")
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(0.02)
            beats += 1

    async def serve() -> list[Moved]:
        heart = asyncio.create_task(beat())
        moved = await asyncio.gather(*(asyncio.to_thread(upgraded, app) for _ in range(3)))
        heart.cancel()
        return moved

    with surroundings_kept():
        moved = asyncio.run(serve())
    assert sorted(one.applied for one in moved) == [(), (), ("t", "a", "b")]
    assert beats > 10
    assert project.database.rows("SELECT n FROM t") == [(2,)]


def test_a_failure_in_one_thread_leaves_the_next_its_turn(project: Project) -> None:
    lay_out(project)
    add_script(project, "a", upgrade='op.create_table("t", sa.Column("n", sa.Integer))')
    add_script(project, "b", "a", 'raise ValueError("not yet")')
    with surroundings_kept(), application(project) as app, ThreadPoolExecutor(3) as pool:
        errors = [one.exception(60) for one in [pool.submit(upgraded, app) for _ in range(3)]]
    assert [type(error) for error in errors] == [RevisionFailed] * 3
    assert versions(project.database) == ["a"]
    assert "t" in tables(project.database)
