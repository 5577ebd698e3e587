"""What a killed process leaves is dropped later; what is in use, young or not ours never is."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from tests.scratch.accounts import as_root
from tests.scratch.support import NO_SETTINGS, engine_of, exists
from tests.support.databases import BACKENDS, Database, server_url
from whimbrel.scratch import lease, reap

pytestmark = pytest.mark.parametrize("backend", [kind for kind in BACKENDS if kind != "sqlite"], indirect=True)

# Old enough for a test; what other tests hold at the same time is younger while nobody is connected to it.
OLD = 5
HOLDER = """
import sys, time
import sqlalchemy as sa
from whimbrel.scratch import lease
from whimbrel.settings import Settings
with lease(sa.create_engine(sys.argv[1]), Settings()) as scratch:
    print(scratch.name, flush=True)
    time.sleep(600)
"""


@pytest.fixture
def server(backend: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(server_url(backend), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        yield connection


def _wait_until_dropped(server: sa.Connection, name: str) -> bool:
    """It has to get old, and the server needs a moment to notice that the client is dead."""
    for _ in range(150):
        if name in reap(server, older_than=OLD):
            return True
        time.sleep(0.1)
    return False


def test_what_a_killed_process_holds_is_dropped_once_it_is_old(
    backend: str, database: Database, server: sa.Connection
) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, database.url], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    name = holder.stdout.readline().strip()
    assert exists(backend, name)
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    holder.stdout.close()
    assert name not in reap(server)  # it could be of a live process between two connections
    assert exists(backend, name)
    assert _wait_until_dropped(server, name)
    assert not exists(backend, name)


def test_a_lease_takes_away_what_is_old(backend: str, database: Database) -> None:
    old, young = f"whimbrel_scratch_{int(time.time()) - 4000}_00000000", f"whimbrel_scratch_{int(time.time())}_00000000"
    like_ours = [
        "whimbrel_scratch_1_report",
        "whimbrel_scratch_12_0000000",
        "whimbrel_scratches",
        "whimbrelXscratch_1_00000000",
    ]
    made = [old, young, *like_ours]
    as_root(backend, *(f"CREATE DATABASE {_quoted(backend, name)}" for name in made))
    engine = engine_of(database)
    try:
        with lease(engine, NO_SETTINGS):
            assert not exists(backend, old)
        assert all(exists(backend, name) for name in [young, *like_ours])
    finally:
        as_root(backend, *(f"DROP DATABASE IF EXISTS {_quoted(backend, name)}" for name in made))
        engine.dispose()


def test_what_is_in_use_stays_however_old_it_is(backend: str, database: Database, server: sa.Connection) -> None:
    engine = engine_of(database)
    with lease(engine, NO_SETTINGS) as scratch, scratch.engine.connect() as connection:
        time.sleep(OLD + 1)
        assert scratch.name not in reap(server, older_than=OLD)
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1
        assert exists(backend, scratch.name)
    engine.dispose()


def _quoted(kind: str, name: str) -> str:
    return f'"{name}"' if kind == "postgresql" else f"`{name}`"
