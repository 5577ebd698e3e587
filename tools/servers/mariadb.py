"""How to have a throwaway MariaDB server."""

import socket
from functools import partial
from pathlib import Path

from tools import debian
from tools.servers.recipe import PASSWORD, PASSWORD_IN_URL, USER, Programs, Recipe, newest, on_path

NAME = "MariaDB"
NEEDED = (10, 6)

# The account may make and drop databases; '%' in the password is doubled nowhere, SQL does not care.
ACCOUNT = f"""
CREATE USER '{USER}'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';
GRANT ALL ON *.* TO '{USER}'@'127.0.0.1' WITH GRANT OPTION;
"""

# Nothing here outlives the run, so nothing waits for a disk.
SETTINGS = (
    "--bind-address=127.0.0.1",
    "--skip-name-resolve",
    "--skip-log-bin",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-doublewrite=0",
    "--innodb-use-native-aio=0",
    "--innodb-buffer-pool-size=64M",
    "--innodb-log-file-size=16M",
    "--max-connections=200",
    "--character-set-server=utf8mb4",
)

# The tables of the server itself, in the order in which `mariadb-install-db` makes them. We do not call that
# script: it cannot be run from a path with a space in it. Names are mysql_* before 11.0, mariadb_* since.
SYSTEM_TABLES = (
    "*_system_tables.sql",
    "*_performance_tables.sql",
    "*_system_tables_data.sql",
    "maria_add_gis_sp_bootstrap.sql",
    "*_sys_schema.sql",
)


def packages() -> list[str]:
    """Name the packages that hold the server."""
    return ["mariadb-server-core"]


def find(root: Path) -> Programs | None:
    """Find the server, if it is new enough."""
    candidates = [root / "usr/sbin/mariadbd", root / "opt/homebrew/opt/mariadb/bin/mariadbd"]
    if root == debian.INSTALLED:
        candidates += on_path("mariadbd")
    return newest(candidates, NEEDED, root)


def recipe(programs: Programs, folder: Path, port: int) -> Recipe:
    """Say how to have a server in a folder, on a port."""
    share = _share(programs.server)
    server = [
        str(programs.server),
        *("--no-defaults", f"--basedir={programs.server.parent.parent}", f"--datadir={folder / 'data'}"),
        *(f"--lc-messages-dir={share}", f"--character-sets-dir={share / 'charsets'}", f"--tmpdir={folder}"),
    ]
    return Recipe(
        url=f"mysql+pymysql://{USER}:{PASSWORD_IN_URL}@127.0.0.1:{port}/?charset=utf8mb4",
        files={"account.sql": ACCOUNT, "data/.keep": ""},
        initialise=[*server, "--bootstrap", "--log-warnings=0", "--max-allowed-packet=8M"],
        stdin=_system_tables(share),
        serve=[
            *(*server, *SETTINGS, f"--port={port}", f"--init-file={folder / 'account.sql'}"),
            # Both in the data folder, for the path of a socket may have no more than some 100 bytes.
            *("--socket=socket", "--pid-file=pid"),
        ],
        is_ready=partial(_is_ready, port),
        accounts=("mysql", "nobody"),
        environ=programs.environ(),
    )


def _share(server: Path) -> Path:
    """Find the folder of the server's messages, character sets and tables."""
    base = server.parent.parent
    places = [base / "share/mariadb", base / "share/mysql", base / "share"]
    return next((place for place in places if (place / "charsets").is_dir()), places[0])


def _system_tables(share: Path) -> bytes:
    scripts = [script for pattern in SYSTEM_TABLES for script in sorted(share.glob(pattern))]
    head = b"CREATE DATABASE IF NOT EXISTS mysql;\nUSE mysql;\nSET @auth_root_socket=NULL;\n"
    return head + b"\n".join(script.read_bytes() for script in scripts)


def _is_ready(port: int) -> bool:
    """Wait for its greeting: it listens long before it answers.

    A packet is three bytes of length, one of number, then the version of the protocol, which is 10.
    """
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            return connection.recv(5)[4:] == b"\n"
    except OSError:
        return False
