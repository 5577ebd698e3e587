"""Behind PgBouncer a scratch database works where its names do, and is refused in words where they do not."""

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.scratch.support import NO_SETTINGS, engine_of, fill, tables
from tests.support.databases import Database, server_url
from whimbrel.errors import Reason, ScratchUnavailable
from whimbrel.scratch import lease
from whimbrel.settings import Settings

PGBOUNCER = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")

pytestmark = [
    pytest.mark.parametrize("backend", ["postgresql"], indirect=True),
    pytest.mark.skipif(PGBOUNCER is None, reason="PgBouncer is not installed"),
]

# Which names the pooler knows: {0} is the target's, {1} leads to the server.
KNOWS = {"only the target": "{0} = {1}", "every name": "* = {1}", "one for all names": "* = {1} dbname={0}"}


@contextlib.contextmanager
def _pooler(folder: Path, database: Database, knows: str, mode: str) -> Iterator[Database]:
    url, real = server_url("postgresql"), sa.make_url(database.url)
    password = f" password={url.password}" if url.password else ""
    server = f"host={url.host} port={url.port} user={url.username}{password}"
    port = _free_port()
    lines = [
        "[databases]",
        KNOWS[knows].format(real.database, server),
        "[pgbouncer]",
        "listen_addr = 127.0.0.1",
        f"listen_port = {port}",
        "unix_socket_dir =",
        "auth_type = any",
        f"pool_mode = {mode}",
        "ignore_startup_parameters = extra_float_digits",
        *(["user = nobody"] if os.getuid() == 0 else []),
    ]
    (folder / "pgbouncer.ini").write_text("\n".join(lines))
    folder.chmod(0o755)
    assert PGBOUNCER is not None
    process = subprocess.Popen(
        [PGBOUNCER, "-q", str(folder / "pgbouncer.ini")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(port)
        yield Database("postgresql", real.set(host="127.0.0.1", port=port).render_as_string(hide_password=False))
    finally:
        process.terminate()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int) -> None:
    for _ in range(100):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise TimeoutError("PgBouncer does not listen.")


def _scratch_databases(database: Database) -> list[str]:
    return [name for (name,) in database.rows("SELECT datname FROM pg_database WHERE datname LIKE 'whimbrel%'")]


@pytest.mark.parametrize("mode", ["session", "transaction"])
def test_a_pooler_that_knows_every_name_is_no_hindrance(
    backend: str, database: Database, tmp_path: Path, mode: str
) -> None:
    with _pooler(tmp_path, database, "every name", mode) as pooled:
        engine = engine_of(pooled)
        with lease(engine, NO_SETTINGS) as scratch:
            fill(scratch.engine)
            assert tables(scratch.engine) == ["thing"]
            scratch.renew()
            assert tables(scratch.engine) == []
        assert tables(engine) == []
        assert scratch.name not in _scratch_databases(database)
        engine.dispose()


@pytest.mark.parametrize("knows", ["only the target", "one for all names"])
@pytest.mark.parametrize("driver", ["postgresql+psycopg", "postgresql+psycopg2"])
def test_a_pooler_that_leads_elsewhere_is_found_out_and_nothing_stays(
    backend: str, database: Database, tmp_path: Path, knows: str, driver: str
) -> None:
    before = _scratch_databases(database)
    with _pooler(tmp_path, database, knows, "transaction") as pooled:
        engine = engine_of(pooled, driver)
        with pytest.raises(ScratchUnavailable) as caught, lease(engine, NO_SETTINGS):
            pass
        assert caught.value.reason is Reason.NOT_REACHABLE
        assert "MIGRATE_SCRATCH_URL" in caught.value.do
        with lease(engine, Settings(scratch_url=(database.url,))) as scratch:
            fill(scratch.engine)
            assert tables(scratch.engine) == ["thing"]
        assert tables(engine) == []
        engine.dispose()
    assert set(_scratch_databases(database)) <= set(before)
