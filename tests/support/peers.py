"""Released versions of Flask-Migrate, each in an environment of its own that is made once and kept.

What they write is made at test time by running them; nothing of theirs is copied into this repository.
The environments lie in `${XDG_CACHE_HOME:-~/.cache}/whimbrel/peers`, one folder for each version, Python
and set of companions, so that a change of any of them makes a new one.
"""

import contextlib
import functools
import hashlib
import importlib.metadata
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.support.forks import run_python
from tests.support.project import Outcome, Project

# Flask-Script asks for Flask 1, and that for a Werkzeug, Jinja2, MarkupSafe and click of its time.
FLASK_1 = (
    "flask==1.1.4", "werkzeug==1.0.1", "jinja2==2.11.3", "markupsafe==2.0.1", "itsdangerous==1.1.0",
    "click==7.1.2", "flask-script==2.0.6", "flask-sqlalchemy==2.5.1", "sqlalchemy==1.4.54", "alembic==1.7.7",
)  # fmt: skip
FLASK_2 = ("flask==2.2.5", "werkzeug==2.3.8", "flask-sqlalchemy==2.5.1", "sqlalchemy==1.4.54")
OLD_DRIVERS = ("psycopg2-binary", "pymysql")
# The last that SQLAlchemy 1.4 can use.
OLD_ASYNC_DRIVERS = ("aiosqlite==0.20.0", "asyncpg==0.30.0", "aiomysql==0.2.0")

# Only 4.1.0 is compared line by line, so it gets what the running tests have.
SHARED = (
    "flask", "werkzeug", "click", "sqlalchemy", "alembic", "mako", "greenlet", "flask-sqlalchemy",
    "flask-sqlalchemy-lite", "psycopg", "psycopg-binary", "pymysql", "asyncpg", "aiomysql", "aiosqlite",
)  # fmt: skip

# 1.0 looks for Flask-Script in `flask.ext`, which Flask 1 has no longer.
FLASK_EXT = """
import sys, types
import flask_script
sys.modules["flask.ext"] = types.ModuleType("flask.ext")
sys.modules["flask.ext.script"] = flask_script
"""
# Flask-Migrate 1 has no `flask db`, only a Flask-Script command.
FLASK_SCRIPT = (
    FLASK_EXT
    + """
import importlib, os
from flask_migrate import MigrateCommand
sys.path.insert(0, os.getcwd())
manager = flask_script.Manager(importlib.import_module(os.environ["FLASK_APP"]).app, with_default_commands=False)
manager.add_command("db", MigrateCommand)
sys.argv[0] = "flask"
manager.run()
"""
)
FUNCTIONS = """
import importlib, os, sys
sys.path.insert(0, os.getcwd())
from flask_migrate import *
with importlib.import_module(os.environ["FLASK_APP"]).app.app_context():
"""


@dataclass(frozen=True, slots=True)
class Release:
    """A released version, what it is installed with, and how it is called."""

    version: str
    companions: tuple[str, ...]
    speaks_flask_db: bool = True
    has_psycopg3: bool = False

    @property
    def requirements(self) -> tuple[str, ...]:
        """List what pip is given."""
        return (f"flask-migrate=={self.version}", *self.companions)


def current_companions() -> tuple[str, ...]:
    """Pin what the running tests have, as far as it is installed."""
    found = []
    for name in SHARED:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found.append(f"{name}=={importlib.metadata.version(name)}")
    return tuple(found)


RELEASES = {
    "1.0.0": Release("1.0.0", (*FLASK_1, *OLD_DRIVERS), speaks_flask_db=False),
    "1.8.1": Release("1.8.1", (*FLASK_1, *OLD_DRIVERS), speaks_flask_db=False),
    "2.7.0": Release("2.7.0", (*FLASK_2, "alembic==1.7.7", *OLD_DRIVERS)),
    "3.1.0": Release("3.1.0", (*FLASK_2, "alembic==1.10.4", *OLD_DRIVERS, *OLD_ASYNC_DRIVERS)),
    "4.1.0": Release("4.1.0", current_companions(), has_psycopg3=True),
}


class Peer:
    """A released Flask-Migrate, installed."""

    def __init__(self, release: Release, home: Path) -> None:
        self.release = release
        self.version = release.version
        self._python = _python_of(home)

    def __repr__(self) -> str:
        return f"Peer({self.version!r})"

    def flask(
        self,
        project: Project,
        *args: str,
        env: Mapping[str, str] | None = None,
        check: bool = True,
    ) -> Outcome:
        """Run its `flask db ARGS` in the project's folder.

        Raises:
            AssertionError: with `check`, when it ends with anything but 0; both streams are in the text.
        """
        call = ("-m", "flask") if self.release.speaks_flask_db else ("-c", FLASK_SCRIPT)
        return self.run(project, *call, "db", *args, env=env, check=check)

    def call(self, project: Project, *calls: str) -> None:
        """Call its Python functions, such as `upgrade()`, in one process: quicker than a process for each."""
        program = FUNCTIONS + "\n".join(f"    {call}" for call in calls)
        self.run(project, "-c", program if self.release.speaks_flask_db else FLASK_EXT + program)

    def run(
        self,
        project: Project,
        *args: str,
        env: Mapping[str, str] | None = None,
        check: bool = True,
    ) -> Outcome:
        """Run its Python with any arguments in the project's folder, as `flask()` does."""
        environment = self._suited(project.environment() | dict(env or {}))
        outcome = Outcome(*run_python(args, project.path, environment, python=str(self._python)))
        if check and outcome.rc != 0:
            raise AssertionError(
                f"Flask-Migrate {self.version}: {' '.join(args)} ended with {outcome.rc}\n"
                f"--- stdout\n{outcome.stdout}\n--- stderr\n{outcome.stderr}"
            )
        return outcome

    def _suited(self, environment: dict[str, str]) -> dict[str, str]:
        # A path to our sources would have it import our `flask_migrate`.
        environment = {key: value for key, value in environment.items() if key != "PYTHONPATH"}
        if self.release.has_psycopg3:
            return environment
        other = {
            key: value.replace("postgresql+psycopg:", "postgresql+psycopg2:", 1) for key, value in environment.items()
        }
        if not self.release.speaks_flask_db:
            # They hand the URL to an ini file, where a percent sign has to be doubled.
            other = {key: value.replace("%", "%%") if "://" in value else value for key, value in other.items()}
        # Of the old ones only what they write counts, not what their companions say about this Python.
        return other | {"PYTHONWARNINGS": "ignore"}


@functools.cache
def peer(version: str) -> Peer:
    """Return the released version, installing it if that was not done before.

    Raises:
        RuntimeError: it cannot be installed; pip's own words are in the text.
    """
    release = RELEASES[version]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "whimbrel" / "peers"
    home = cache / _name(release)
    cache.mkdir(parents=True, exist_ok=True)
    with _alone(cache / f"{home.name}.lock"):
        if not (home / "complete").exists():
            _install(release, home)
    return Peer(release, home)


def _name(release: Release) -> str:
    recipe = "\n".join((sys.version, sys.base_prefix, *release.requirements))
    digest = hashlib.sha256(recipe.encode()).hexdigest()[:8]
    return f"{release.version}-python{sys.version_info.major}.{sys.version_info.minor}-{digest}"


def _install(release: Release, home: Path) -> None:
    shutil.rmtree(home, ignore_errors=True)
    pip = [str(_python_of(home)), "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
    for command in ([sys.executable, "-m", "venv", str(home)], [*pip, *release.requirements]):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(
                f"Flask-Migrate {release.version} cannot be installed for the tests that compare with it.\n"
                f"{' '.join(command)}\n{done.stdout}{done.stderr}"
            )
    (home / "complete").touch()


def _python_of(home: Path) -> Path:
    return home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


@contextlib.contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Hold a file lock: pytest-xdist's workers all want the same environment at the same time."""
    with lock.open("a") as file:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined, unused-ignore]
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield
