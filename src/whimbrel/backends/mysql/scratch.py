"""MariaDB and MySQL: databases like the target, made and dropped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection

# No database, no table, no function or procedure, no referenced table, no sequence.
_MISSING = {1049, 1146, 1305, 1630, 1824, 4091}
_DUPLICATE = {1007, 1050, 1304, 1826}
_NO_RIGHT = {1044, 1045, 1142, 1227, 1410}
_DROP_WAIT = 5  # seconds for sessions that have a table of the scratch database in a transaction

_TRAITS = text(
    """
    SELECT DATABASE() AS db, CURRENT_USER() AS account, VERSION() AS version, UNIX_TIMESTAMP() AS clock,
           @@character_set_database AS charset, @@collation_database AS collation, @@SESSION.sql_mode AS sql_mode
    """
)

_LEFTOVERS = text(
    r"""
    SELECT s.schema_name AS name FROM information_schema.schemata s
    WHERE s.schema_name LIKE :start AND s.schema_name REGEXP :pattern
      AND UNIX_TIMESTAMP() - CAST(SUBSTRING_INDEX(SUBSTR(s.schema_name, :length + 1), '_', 1) AS UNSIGNED) > :seconds
      AND NOT EXISTS (SELECT 1 FROM information_schema.processlist p
                      WHERE SUBSTRING_INDEX(p.db, '_', 4) = SUBSTRING_INDEX(s.schema_name, '_', 4))
    ORDER BY 1 LIMIT 5
    """
)

_SESSIONS = text("SELECT id FROM information_schema.processlist WHERE db = :name AND id <> CONNECTION_ID()")


PATIENCE = 3  # seconds; who waits longer for a lock on scratch waits for somebody in the same process


@dataclass(frozen=True, slots=True)
class MySQLScratch:
    """What a database must have to be like the one that was read."""

    maintenance_database: ClassVar[str] = ""
    in_memory: ClassVar[bool] = False
    schemas_are_databases: ClassVar[bool] = True
    faster_with_indexes_inside: ClassVar[bool] = True
    schema_missing: ClassVar[frozenset[str]] = frozenset()

    database: str
    account: str
    product: str
    clock: int
    may_create: bool
    may_create_schema: bool
    charset: str
    collation: str
    sql_mode: str

    @classmethod
    def read(cls, connection: Connection) -> MySQLScratch:
        """Read the traits of the database that a connection is in, and of its session."""
        row = connection.execute(_TRAITS).one()
        name = "MariaDB" if "mariadb" in row.version.lower() else "MySQL"
        return cls(
            database=row.db or "",
            account=row.account,
            product=f"{name} {'.'.join(row.version.split('.')[:2])}",
            clock=int(row.clock),
            may_create=True,  # grants are patterns; only the server knows
            may_create_schema=False,
            charset=row.charset,
            collation=row.collation,
            sql_mode=row.sql_mode,
        )

    def create(self, connection: Connection, name: str) -> None:
        """Make an empty database with the same character set and collation."""
        _run(connection, f"CREATE DATABASE {_quoted(name)} CHARACTER SET {self.charset} COLLATE {self.collation}")

    def carry(self, connection: Connection, name: str, *, elsewhere: bool) -> tuple[str, ...]:
        """A database has no settings here; those of the session are in `session()`."""
        return ()

    def drop(self, connection: Connection, name: str) -> None:
        """Drop a database; sessions that hold it up with an open transaction are ended."""
        _run(connection, f"SET SESSION lock_wait_timeout = {_DROP_WAIT}")
        for session in connection.execute(_SESSIONS, {"name": name}).scalars().all():
            with suppress(DBAPIError):  # it has just ended by itself, or is not ours to end
                _run(connection, f"KILL {int(session)}")
        _run(connection, f"DROP DATABASE IF EXISTS {_quoted(name)}")

    @staticmethod
    def drop_unused(connection: Connection, name: str) -> None:
        """Drop a database that nobody is connected to."""
        _run(connection, f"SET SESSION lock_wait_timeout = {_DROP_WAIT}")
        _run(connection, f"DROP DATABASE IF EXISTS {_quoted(name)}")

    def session(self) -> tuple[str, ...]:
        """Return the statements that make a session like one of the target."""
        patience = f"SET SESSION lock_wait_timeout = {PATIENCE}, innodb_lock_wait_timeout = {PATIENCE}"
        return (f"SET SESSION sql_mode = '{self.sql_mode}'", patience)

    def missing_right(self) -> str:
        """Return the statement that gives the account what it lacks."""
        user, _, host = self.account.rpartition("@")
        return rf"GRANT ALL ON `whimbrel\_scratch\_%`.* TO '{user}'@'{host}'"

    @staticmethod
    def leftovers(connection: Connection, prefix: str, pattern: str, seconds: int) -> tuple[str, ...]:
        """Return scratch databases older than so many seconds and without a session."""
        start = prefix.replace("_", r"\_") + "%"
        values = {"start": start, "pattern": pattern, "length": len(prefix), "seconds": seconds}
        return tuple(connection.execute(_LEFTOVERS, values).scalars())

    @staticmethod
    def database_of(cursor: Any, wanted: str) -> str:
        """Return the database that a cursor of the driver works in."""
        cursor.execute("SELECT DATABASE()")
        row = cursor.fetchone()
        value = next(iter(row.values())) if isinstance(row, dict) else row[0]
        return str(value)

    @staticmethod
    def place(url: URL, name: str) -> URL:
        """Return the URL of a database beside the one of a URL."""
        return url.set(database=name)

    @staticmethod
    def address(cargs: Sequence[Any], cparams: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the server and the database that arguments of a driver lead to; empty if that is unknown."""
        database = cparams.get("database") or cparams.get("db")
        host = str(cparams.get("host") or "localhost")
        if not database:
            return ()
        return (_LOCAL.get(host, host), str(cparams.get("port") or 3306), str(database))

    @staticmethod
    def is_right_missing(error: DBAPIError) -> bool:
        """Tell whether the account may not do it."""
        return _code(error) in _NO_RIGHT

    @staticmethod
    def missing_object(error: DBAPIError) -> str:
        """Return the server's code if a statement needs an object that is not there, else nothing."""
        code = _code(error)
        return str(code) if code in _MISSING else ""

    @staticmethod
    def is_duplicate(error: DBAPIError) -> bool:
        """Tell whether a statement makes an object that is there already."""
        return _code(error) in _DUPLICATE

    @staticmethod
    def create_schema(name: str) -> str:
        """Return the statement that makes a schema."""
        return f"CREATE SCHEMA {_quoted(name)}"

    @staticmethod
    def seeding() -> tuple[str, ...]:
        """Return what a session needs before objects are copied."""
        return ()


_LOCAL = {"127.0.0.1": "localhost", "::1": "localhost"}


def _run(connection: Connection, statement: str) -> None:
    connection.exec_driver_sql(statement, execution_options={"no_parameters": True})


def _code(error: DBAPIError) -> int:
    arguments: tuple[Any, ...] = getattr(error.orig, "args", ())
    return arguments[0] if arguments and isinstance(arguments[0], int) else 0


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
