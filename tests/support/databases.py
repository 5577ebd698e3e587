"""Databases made for one test each, on the servers that the environment names.

Which kinds take part is settled once, by `WHIMBREL_TEST_BACKENDS` (a comma list; absent: all). MySQL takes
part only where `WHIMBREL_TEST_MYSQL_URL` names a server, because we start none.
"""

import contextlib
import os
import uuid
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tests.support import schema
from tools.servers import enabled_backends, url_variable

BACKENDS = enabled_backends(os.environ)


class Database:
    """One database, from its making to `drop()`."""

    def __init__(self, kind: str, url: str) -> None:
        self.kind = kind
        self.url = url
        self._engine = _engine(url)

    def __repr__(self) -> str:
        return f"Database({self.kind!r}, {self._engine.url!r})"

    def execute(self, *statements: str) -> None:
        """Run statements, each committed by itself; `%` and `:` mean nothing special in them."""
        with self._engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Fetch what a query returns, as plain tuples."""
        with self._engine.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(query)]

    def schema(self) -> str:
        """Write down the schema so that two databases of a kind can be compared.

        The version table and `whimbrel_*` are left out, and so is the order of columns, which a
        downgrade cannot bring back.
        """
        return schema.READERS[self.kind](self.rows)

    def drop(self) -> None:
        """Remove the database, whoever is still connected to it."""
        self._engine.dispose()
        if self.kind == "sqlite":
            _remove_sqlite(self._engine.url)
        else:
            _drop_on_server(self.kind, str(self._engine.url.database))


def create_database(kind: str, where: Path) -> Database:
    """Make an empty database under a name of its own; SQLite's is a file in the folder `where`."""
    name = f"test_{uuid.uuid4().hex[:16]}"
    if kind == "sqlite":
        return Database(kind, _text(sa.URL.create("sqlite", database=str(where / f"{name}.db"))))
    with _server(kind).connect() as connection:
        # template0: nobody can be connected to it, so tests in parallel never find it in use.
        options = "ENCODING 'UTF8' TEMPLATE template0" if kind == "postgresql" else "CHARACTER SET utf8mb4"
        connection.exec_driver_sql(f"CREATE DATABASE {name} {options}")
    return Database(kind, _text(server_url(kind).set(database=name)))


def server_url(kind: str) -> sa.URL:
    """Return the URL of the server of a kind, as the environment names it."""
    variable = url_variable(kind)
    if not os.environ.get(variable):
        raise LookupError(f"{variable} is not set; tests/conftest.py sets it before the first test.")
    return sa.make_url(os.environ[variable])


def _drop_on_server(kind: str, name: str) -> None:
    with _server(kind).connect() as connection:
        if kind == "postgresql":
            connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            return
        # A session that was left in a transaction would hold the DROP up until it ends.
        sessions = connection.exec_driver_sql(
            f"SELECT id FROM information_schema.processlist WHERE db = '{name}'"
        ).scalars()
        for session in list(sessions):
            with contextlib.suppress(sa.exc.OperationalError):  # it has just ended by itself
                connection.exec_driver_sql(f"KILL {session}")
        connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name}")


def _remove_sqlite(url: sa.URL) -> None:
    database = Path(str(url.database))
    for path in database.parent.glob(f"{database.name}*"):
        path.unlink(missing_ok=True)


def _server(kind: str) -> sa.Engine:
    return _engine(_text(server_url(kind)))


def _engine(url: str) -> sa.Engine:
    """Make an engine that keeps no connection open, so that a test's database can always be dropped."""
    return sa.create_engine(
        url,
        poolclass=sa.NullPool,
        isolation_level="AUTOCOMMIT",
        execution_options={"no_parameters": True},
    )


def _text(url: sa.URL) -> str:
    return url.render_as_string(hide_password=False)
