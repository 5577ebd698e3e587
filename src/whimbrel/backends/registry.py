"""From a dialect's name to its backend; a backend is imported when a database of its kind is met."""

from __future__ import annotations

from importlib import import_module

from whimbrel.backends.generic import Backend

_HOMES = {
    "postgresql": ("whimbrel.backends.postgresql", "PostgreSQL"),
    "mysql": ("whimbrel.backends.mysql", "MySQL"),
    "mariadb": ("whimbrel.backends.mysql", "MySQL"),
    "sqlite": ("whimbrel.backends.sqlite", "SQLite"),
}


def backend_for(dialect_name: str) -> Backend:
    """Return the backend of a dialect, by the dialect's name; unknown ones get the generic one."""
    if dialect_name not in _HOMES:
        return Backend()
    home, name = _HOMES[dialect_name]
    backend: Backend = getattr(import_module(home), name)()
    return backend


_BY_DRIVER = {
    "psycopg": "postgresql",
    "psycopg2": "postgresql",
    "asyncpg": "postgresql",
    "pymysql": "mysql",
    "MySQLdb": "mysql",
    "aiomysql": "mysql",
    "sqlite3": "sqlite",
    "aiosqlite": "sqlite",
}


def backend_of_error(error: BaseException | None) -> Backend:
    """Return the backend of the driver that raised an error."""
    while error is not None:
        driver = type(error).__module__.partition(".")[0]
        if driver in _BY_DRIVER:
            return backend_for(_BY_DRIVER[driver])
        error = error.__cause__
    return Backend()
