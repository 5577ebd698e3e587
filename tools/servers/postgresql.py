"""How to have a throwaway PostgreSQL server."""

from functools import partial
from pathlib import Path

from tools import debian
from tools.servers.recipe import PASSWORD, PASSWORD_IN_URL, USER, Programs, Recipe, newest, on_path

NAME = "PostgreSQL"
NEEDED = (13, 0)
FOLDERS = ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "opt/homebrew/opt/postgresql@*/bin")

# Nothing here outlives the run, so nothing waits for a disk.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_connections": "200",
}


def packages() -> list[str]:
    """Name the packages that hold the server."""
    # `postgresql` only means the newest one: where it is installed, apt would fetch nothing else again.
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    return [f"postgresql-{path.parent.parent.name}" for path in installed[-1:]] or ["postgresql"]


def find(root: Path) -> Programs | None:
    """Find the newest server that is new enough; `initdb` lies beside it."""
    folders = [folder for pattern in FOLDERS for folder in root.glob(pattern)]
    candidates = [folder / "postgres" for folder in folders]
    if root == debian.INSTALLED:
        candidates += on_path("postgres")
    return newest((path for path in candidates if path.with_name("initdb").is_file()), NEEDED, root)


def recipe(programs: Programs, folder: Path, port: int) -> Recipe:
    """Say how to have a server in a folder, on a port."""
    data = folder / "data"
    settings = [f"--{key}={value}" for key, value in SETTINGS.items()]
    return Recipe(
        url=f"postgresql+psycopg://{USER}:{PASSWORD_IN_URL}@127.0.0.1:{port}/postgres",
        files={"password": PASSWORD},
        initialise=[
            str(programs.server.with_name("initdb")),
            *("--pgdata", str(data), "--username", USER, "--pwfile", str(folder / "password")),
            *("--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-sync"),
        ],
        serve=[str(programs.server), "-D", str(data), f"--port={port}", *settings],
        is_ready=partial(_is_ready, data / "postmaster.pid"),
        accounts=("postgres", "nobody"),
        environ=programs.environ() | {"LC_ALL": "C", "TZ": "UTC"},
    )


def _is_ready(status: Path) -> bool:
    """Look where `pg_ctl` looks: the eighth line of the lock file (src/include/utils/pidfile.h)."""
    try:
        lines = status.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return False
    return len(lines) > 7 and lines[7].strip() == "ready"
