"""PgBouncer, from the distribution's package, before one test's database."""

import contextlib
import functools
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.support.databases import Database, server_url
from tools import debian
from tools.servers.recipe import Programs, on_path

# Which names the pooler knows: {0} is the target's, {1} leads to the server.
KNOWS = {"only the target": "{0} = {1}", "every name": "* = {1}", "one for all names": "* = {1} dbname={0}"}


@contextlib.contextmanager
def pooler(
    folder: Path, database: Database, knows: str = "only the target", mode: str = "transaction", sessions: int = 20
) -> Iterator[Database]:
    """Have a pooler for a while; yield the database as it is reached through it.

    Args:
        folder: Where its configuration goes.
        database: The database behind it.
        knows: A key of `KNOWS`.
        mode: Its `pool_mode`.
        sessions: How many sessions of the server it keeps for a database.
    """
    programs = _programs()
    url, real = server_url("postgresql"), sa.make_url(database.url)
    password = f" password={url.password}" if url.password else ""
    port = _free_port()
    lines = [
        "[databases]",
        KNOWS[knows].format(real.database, f"host={url.host} port={url.port} user={url.username}{password}"),
        "[pgbouncer]",
        "listen_addr = 127.0.0.1",
        f"listen_port = {port}",
        "unix_socket_dir =",
        "auth_type = any",
        f"pool_mode = {mode}",
        f"default_pool_size = {sessions}",
        "query_wait_timeout = 5",
        "ignore_startup_parameters = extra_float_digits",
        *(["user = nobody"] if os.getuid() == 0 else []),
    ]
    configuration = folder / f"pgbouncer-{port}.ini"
    configuration.write_text("\n".join(lines))
    process = subprocess.Popen(
        [programs.server, "-q", configuration],
        env=os.environ | programs.environ(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port)
        yield Database("postgresql", real.set(host="127.0.0.1", port=port).render_as_string(hide_password=False))
    finally:
        process.terminate()
        process.wait()


@functools.cache
def _programs() -> Programs:
    """Find PgBouncer, or fetch it as the servers are fetched; else the test is skipped."""
    installed = [] if debian.only_unpacked() else on_path("pgbouncer")
    if installed:
        return Programs(installed[0])
    try:
        root = debian.provide(["pgbouncer"])
    except debian.NotToBeHadError as error:
        pytest.skip(f"No PgBouncer can be had: {error}")
    found = shutil.which("pgbouncer", path=f"{root / 'usr/sbin'}:{root / 'usr/bin'}")
    if found is None:
        pytest.skip("The package of PgBouncer has no such program.")
    return Programs(Path(found), root)


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
