"""From what Alembic, SQLAlchemy, the drivers and the file system raise to the family of errors.

Only situations that are known are translated. What is not known stays as it is, with its traceback.
"""

from __future__ import annotations

import socket
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic.script import revision as history
from alembic.util import CommandError
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from whimbrel.backends import TroubleKind, backend_of_error
from whimbrel.commands.failures import revision_failed
from whimbrel.errors import (
    BadDatabaseUrl,
    BrokenEnvironment,
    BrokenHistory,
    ChangeRefused,
    ConnectionFailed,
    DriverMissing,
    ExtensionMissing,
    FolderUnwritable,
    MultipleHeads,
    Refused,
    RevisionUnknown,
    WhimbrelError,
)
from whimbrel.run import Progress, Project
from whimbrel.scripts.script import shown_path
from whimbrel.targets import engines_of

NO_CHANGE = "Nothing was changed."


@contextmanager
def explained(project: Project | None = None, progress: Progress | None = None) -> Iterator[None]:
    """Raise known errors as members of the family.

    Args:
        project: The app's migrations, where there are any yet.
        progress: What the run has done, where revisions run.
    """
    try:
        yield
    except SystemExit as error:
        if progress is None or progress.step is None or project is None:
            raise
        raise revision_failed(project, progress, error) from error  # whoever migrates has to hear of it
    except Exception as error:
        if isinstance(error, WhimbrelError) and not isinstance(error, ChangeRefused):
            raise
        if progress is not None and progress.step is not None and project is not None:
            raise revision_failed(project, progress, error) from error
        known = _explain(error, project) or _broken_environment(error, project)
        if known is None:
            raise
        # A URL that cannot be used is in the text of what complains of it, password and all.
        raise known from (None if isinstance(known, BadDatabaseUrl) else error)


def explain_setup(error: BaseException) -> WhimbrelError | None:
    """Return the error of the family for one that arises while the app is made, if it is known."""
    if isinstance(error, WhimbrelError):
        return error
    return _explain(error, None)


def _explain(error: BaseException, project: Project | None) -> WhimbrelError | None:
    for kind, explain in _EXPLANATIONS:
        known: WhimbrelError | None = explain(error, project) if isinstance(error, kind) else None
        if known is not None:
            return known
    return None


def _broken_environment(error: Exception, project: Project | None) -> WhimbrelError | None:
    """Explain an error that a line of ``env.py`` raises by itself, not something that it calls."""
    if project is None:
        return None
    path = Path(project.scripts.env_py_location)
    innermost = traceback.extract_tb(error.__traceback__)[-1]
    file, line, words = innermost.filename, innermost.lineno, str(error)
    if isinstance(error, SyntaxError) and error.filename:
        file, line, words = error.filename, error.lineno, error.msg
    if not path.exists() or Path(file).resolve() != path.resolve():
        return None
    place = f"{shown_path(path)}, line {line}"
    return BrokenEnvironment(
        f"{place}: {type(error).__name__}: {words}",
        why=f"env.py fails before any script runs; one made years ago may not fit the packages of today. {NO_CHANGE}",
        do=f"edit {place}; or take the env.py of a new folder: flask db -d new-folder init",
    )


def _refused(error: Any, project: Project | None) -> WhimbrelError:
    cause = error.__cause__
    words = str(error)
    if isinstance(cause, history.MultipleHeads):
        return _several_heads(words, cause, project)
    if isinstance(cause, history.CycleDetected):
        return BrokenHistory(
            words,
            why="The scripts form a circle, so there is no order to run them in. " + NO_CHANGE,
            do="correct `down_revision` in the script that was added last",
        )
    if isinstance(cause, history.ResolutionError):
        return RevisionUnknown(
            words, why=f"No script in the migrations folder has it. {NO_CHANGE}", do="flask db history"
        )
    return Refused(
        words, why=f"Alembic refuses it. {NO_CHANGE}", do="flask db history -i   (shows where the database is)"
    )


def _several_heads(words: str, cause: Any, project: Project | None) -> MultipleHeads:
    heads = list(cause.heads)
    files = [f"{head} ({shown_path(project.scripts.get_revision(head).path)})" for head in heads] if project else heads
    return MultipleHeads(
        words,
        why=f"The history has {len(heads)} heads: {', '.join(files)}. {NO_CHANGE}",
        do="flask db merge heads   (or, to apply all of them: flask db upgrade heads)",
    )


def _history_error(error: Any, project: Project | None) -> WhimbrelError:
    wrapped = CommandError(str(error))
    wrapped.__cause__ = error
    return _refused(wrapped, project)


def _connection_failed(error: Any, project: Project | None) -> WhimbrelError | None:
    unquoted = _unquoted_url(project)
    if unquoted is not None:
        return unquoted
    backend = backend_of_error(error.orig)
    trouble = backend.trouble(error)
    if trouble.kind not in (TroubleKind.UNREACHABLE, TroubleKind.ACCESS_DENIED, TroubleKind.DATABASE_MISSING):
        return Refused(
            f"{backend.name} refuses: {trouble.words}",
            why=f"The transaction was rolled back. The statement: {' '.join((error.statement or '').split())[:200]}",
            do=trouble.advice or "see the server's own message above",
        )
    return ConnectionFailed(
        f"No connection to the database: {trouble.words}",
        why=f"{backend.name} gave no session ({trouble.kind.value}). {NO_CHANGE}",
        do=trouble.advice,
    )


def _drivers_own(error: Any, project: Project | None) -> WhimbrelError | None:
    """SQLAlchemy 2.0 lets asyncpg's own errors through where a connection is made."""
    if type(error).__module__.partition(".")[0] != "asyncpg":
        return None
    return _connection_failed(DBAPIError(None, None, error), project)


def _refused_socket(error: Any, project: Project | None) -> WhimbrelError | None:
    """Some drivers (asyncpg) let the operating system's own error through."""
    if isinstance(error, (ConnectionError, TimeoutError, socket.gaierror)):
        return _unquoted_url(project) or ConnectionFailed(
            f"No connection to the database: {error}",
            why=f"The server cannot be reached. {NO_CHANGE}",
            do="start the server, or correct host and port in the database URL",
        )
    if isinstance(error, (PermissionError, FileExistsError, NotADirectoryError, IsADirectoryError)) or error.errno in (
        28,
        30,
    ):
        return FolderUnwritable(
            f"{shown_path(error.filename or '')}: {error.strerror}.",
            why="The file system refuses to write there. The database was not changed.",
            do="give this account the right to write into the folder, or choose another one: flask db -d FOLDER …",
        )
    return None


def _bad_url(error: Any, project: Project | None) -> WhimbrelError | None:
    words = str(error).splitlines()[0]
    if not isinstance(error, NoSuchModuleError) and "URL" not in words:
        return None
    if not isinstance(error, NoSuchModuleError):
        words = "Could not parse the database URL."  # SQLAlchemy 2.0 quotes it, password and all.
    return _url_refused(words)


def _bad_port(error: Any, project: Project | None) -> WhimbrelError | None:
    """SQLAlchemy makes a number of the port and lets Python's own error through; it may quote a password."""
    module = traceback.extract_tb(error.__traceback__)[-1].filename
    if Path(module).parts[-3:] != ("sqlalchemy", "engine", "url.py"):
        return None
    return _url_refused("The port in the database URL is not a number.")


def _unquoted_url(project: Project | None) -> WhimbrelError | None:
    """Explain a URL with a bare "@" in the password: what follows it is taken for the host."""
    engines = () if project is None else engines_of(project.database).values()
    if not any("@" in (engine.url.host or "") for engine in engines):
        return None
    return _url_refused("The database URL has a bare '@' in its user or password.", do="write %40 for it")


def _url_refused(words: str, do: str = "") -> WhimbrelError:
    return BadDatabaseUrl(
        words,
        why="A database URL has the form kind+driver://user:password@host:port/name; in user and password, "
        f"@ is written %40, : %3A, / %2F and % %25. {NO_CHANGE}",
        do=do
        or "correct it, for instance: sqlite:///app.db, postgresql+psycopg://user@localhost/app, "
        "mysql+pymysql://user@localhost/app",
    )


_DRIVERS = {
    "psycopg2": "psycopg2-binary",
    "psycopg": "psycopg[binary]",
    "MySQLdb": "mysqlclient",
    **{
        name: name
        for name in ("asyncpg", "pymysql", "aiomysql", "asyncmy", "aiosqlite", "pg8000", "mariadb", "greenlet")
    },
}


def _driver_missing(error: Any, project: Project | None) -> WhimbrelError | None:
    package = _DRIVERS.get((error.name or "").partition(".")[0])
    if package is None:
        return None
    return DriverMissing(
        f"The database driver {error.name} is not installed.",
        why=f"The database URL asks for it. {NO_CHANGE}",
        do=f"pip install '{package}'   (or name another driver in the URL, as in mysql+pymysql://…)",
    )


def _outside_of_app(error: Any, project: Project | None) -> WhimbrelError | None:
    words = str(error)
    if "not registered with this 'SQLAlchemy' instance" in words:
        return ExtensionMissing(
            "The database extension is not set up for this app.",
            why=f"db.init_app(app) has not run. {NO_CHANGE}",
            do="call db.init_app(app) before Migrate(app, db)",
        )
    return None


_EXPLANATIONS: tuple[tuple[type[BaseException], Any], ...] = (
    (CommandError, _refused),
    (history.RevisionError, _history_error),
    (DBAPIError, _connection_failed),
    (ArgumentError, _bad_url),
    (NoSuchModuleError, _bad_url),
    (ModuleNotFoundError, _driver_missing),
    (OSError, _refused_socket),
    (ValueError, _bad_port),
    (RuntimeError, _outside_of_app),
    (Exception, _drivers_own),
)
