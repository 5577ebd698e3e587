"""Databases that are emptied again and again: a fresh one for each of hundreds of cases would take too long."""

import atexit
import functools
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tests.support.databases import Database, create_database
from whimbrel.backends import backend_for
from whimbrel.backends.reflect import reflect
from whimbrel.backends.sessions import Limits
from whimbrel.snapshot import Snapshot


class Ground:
    """A database that belongs to this process, on which one case after the other plays."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.kind = database.kind
        self.engine = sa.create_engine(database.url, poolclass=sa.NullPool)
        if self.kind == "sqlite":
            sa.event.listen(self.engine, "connect", _without_waiting_for_the_disk)

    def emptied(self) -> "Ground":
        """Remove all that is in it."""
        if self.kind == "sqlite":
            Path(str(self.engine.url.database)).unlink(missing_ok=True)
        elif self.kind == "postgresql":
            self._empty_postgresql()
        else:
            name = self.engine.url.database
            made = f"CREATE DATABASE {name} CHARACTER SET utf8mb4"
            self.database.execute(f"DROP DATABASE {name}", made, f"USE {name}")
        return self

    def build(self, metadata: sa.MetaData, prepare: Sequence[str] = ()) -> "Ground":
        """Run statements, and make all that the models say."""
        self.database.execute(*prepare)
        with self.engine.begin() as connection:
            metadata.create_all(connection)
        return self

    def picture(self) -> Snapshot:
        """Reflect it."""
        with self.engine.connect() as connection:
            return reflect(connection)

    def schema(self) -> str:
        """Write its schema down, by means that are none of Whimbrel's."""
        return self.database.schema()

    @contextmanager
    def migrating(self) -> Iterator[sa.Connection]:
        """Lend a connection as a revision has it."""
        with self.engine.connect() as connection:
            backend_for(connection.dialect.name).prepare(connection, Limits(10))
            yield connection

    def _empty_postgresql(self) -> None:
        names = "SELECT quote_ident(nspname) FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema)'"
        extensions = "SELECT quote_ident(extname) FROM pg_extension WHERE extname <> 'plpgsql'"
        self.database.execute(
            *(f"DROP EXTENSION {name} CASCADE" for (name,) in self.database.rows(extensions)),
            *(f"DROP SCHEMA {name} CASCADE" for (name,) in self.database.rows(names)),
            "CREATE SCHEMA public",
        )


@functools.cache
def ground(kind: str, name: str) -> Ground:
    """Return this process's database of a kind and a name; it goes when the process ends.

    The name of the database stays the same for all cases, as that of a real one does.
    """
    where = Path(tempfile.gettempdir()) / f"whimbrel_grounds_{os.getpid()}"
    where.mkdir(exist_ok=True)
    made = create_database(kind, where)
    atexit.register(_gone, made, where)
    return Ground(made)


@functools.cache
def postgresql_version() -> int:
    """Return the major version of the server that the tests run on."""
    ((version,),) = ground("postgresql", "target").database.rows("SELECT current_setting('server_version_num')")
    return int(version) // 10000


def _gone(database: Database, where: Path) -> None:
    database.drop()
    if where.exists() and not any(where.iterdir()):
        where.rmdir()


def _without_waiting_for_the_disk(connection: Any, _: Any) -> None:
    connection.execute("PRAGMA synchronous = OFF")
