"""MariaDB and MySQL: their error numbers.

Error numbers: MariaDB documentation, "MariaDB Error Code Reference".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from whimbrel.backends.generic import Backend, Trouble, TroubleKind, first_line
from whimbrel.backends.locks import row_of
from whimbrel.backends.mysql.blockers import blockers_of
from whimbrel.backends.mysql.fingerprints import fingerprint_of, leaves_no_trace
from whimbrel.backends.mysql.locks import NamedLocks
from whimbrel.backends.mysql.session import MySQLSession
from whimbrel.backends.sessions import Blocker, Limits
from whimbrel.backends.statements import Outcome

if TYPE_CHECKING:
    from sqlalchemy import Connection, Dialect
    from sqlalchemy.exc import DBAPIError

    from whimbrel.backends.keeping import Keeping
    from whimbrel.backends.observing import Watch

_KINDS = {
    1044: TroubleKind.ACCESS_DENIED,
    1045: TroubleKind.ACCESS_DENIED,
    1698: TroubleKind.ACCESS_DENIED,
    1049: TroubleKind.DATABASE_MISSING,
    1050: TroubleKind.TABLE_EXISTS,
    1205: TroubleKind.LOCKED,
    1213: TroubleKind.LOCKED,
    1142: TroubleKind.FORBIDDEN,
    1143: TroubleKind.FORBIDDEN,
    1227: TroubleKind.FORBIDDEN,
    1290: TroubleKind.READ_ONLY,
    1792: TroubleKind.READ_ONLY,
    1836: TroubleKind.READ_ONLY,
    1048: TroubleKind.NULL_VALUES,
    1138: TroubleKind.NULL_VALUES,
    1062: TroubleKind.DUPLICATE_VALUES,
    2002: TroubleKind.UNREACHABLE,
    2003: TroubleKind.UNREACHABLE,
    2005: TroubleKind.UNREACHABLE,
    2006: TroubleKind.UNREACHABLE,
    2013: TroubleKind.UNREACHABLE,
}

_ADVICE = {
    TroubleKind.UNREACHABLE: "start the server, or correct host and port in the database URL",
    TroubleKind.ACCESS_DENIED: "correct user and password in the database URL",
    TroubleKind.DATABASE_MISSING: "create it (CREATE DATABASE …), or correct its name in the database URL",
    TroubleKind.READ_ONLY: "name the primary server in the database URL, one without read_only",
    TroubleKind.FORBIDDEN: "name an account in the database URL that may do it, or give this one the right: GRANT …",
    TroubleKind.LOCKED: "end the session that holds the lock: SHOW PROCESSLIST, then KILL ID",
}
# Who has no right to a database is told the same whether it exists or not.
_NO_RIGHT = "create it (CREATE DATABASE …; GRANT ALL ON NAME.* TO …), or correct its name in the database URL"

_SIZES = """
SELECT table_name, table_rows, data_length + index_length FROM information_schema.tables
WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'
"""


class MySQL(Backend):
    """MariaDB 10.6 and later; MySQL 8.0 and later."""

    name = "MariaDB/MySQL"
    transactional_ddl = False

    def name_of(self, dialect: Dialect) -> str:
        """Return which of the two it is."""
        return "MariaDB" if getattr(dialect, "is_mariadb", False) else "MySQL"

    def trouble(self, error: DBAPIError) -> Trouble:
        """Return what an error of pymysql, mysqlclient or aiomysql means."""
        arguments: tuple[Any, ...] = getattr(error.orig, "args", ())
        number = arguments[0] if arguments and isinstance(arguments[0], int) else None
        words = str(arguments[1]) if number is not None and len(arguments) > 1 else first_line(error.orig)
        kind = _KINDS.get(number or 0, TroubleKind.OTHER)
        return Trouble(kind, words, _NO_RIGHT if number == 1044 else _ADVICE.get(kind, ""))

    def prepare(self, connection: Connection, limits: Limits, guard: str = "") -> MySQLSession:
        """Limit what statements may wait and run, until the session is given back."""
        return MySQLSession(connection, limits)

    def lock(self, connection: Connection, history: str) -> NamedLocks:
        """Return named locks."""
        return NamedLocks(connection, history)

    def home(self, connection: Connection) -> str:
        """Return the database."""
        return str(row_of(connection, "SELECT DATABASE()")[0] or "")

    def autocommits(self, driver_connection: Any) -> bool:
        """Ask PyMySQL, mysqlclient or asyncmy."""
        ask = getattr(driver_connection, "get_autocommit", None)
        return bool(ask()) if ask is not None else super().autocommits(driver_connection)

    def fingerprint(self, connection: Connection, statement: str) -> str:
        """Return a digest of what the server shows of the objects that a statement names."""
        return fingerprint_of(connection, statement)

    def outcome(self, connection: Connection, statement: str, fingerprint: str) -> Outcome:
        """Compare what the server shows; what leaves no trace there is done again where that does no harm.

        A schema change takes effect whole or not at all (MariaDB documentation, "Atomic DDL", from 10.6 on).
        """
        if leaves_no_trace(statement):
            return Outcome.UNKNOWN
        return Outcome.DID_NOT if fingerprint_of(connection, statement) == fingerprint else Outcome.HAPPENED

    def sizes(self, connection: Connection) -> tuple[tuple[str, int | None, int | None], ...]:
        """Return what the statistics say."""
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")
        return tuple((name, rows, size) for name, rows, size in connection.exec_driver_sql(_SIZES))

    def watch(self, connection: Connection) -> Watch:
        """Return what tries on clones how tables are changed."""
        from whimbrel.backends.mysql.observe import MySQLWatch  # only what runs on scratch is observed

        return MySQLWatch(connection)

    def keeping(self, connection: Connection) -> Keeping:
        """Keep what scripts drop."""
        from whimbrel.backends.mysql.keeping import MySQLKeeping

        return MySQLKeeping(connection)

    def blockers(self, connection: Connection, statement: str) -> tuple[Blocker, ...]:
        """Return the sessions that have a lock on the statement's table, or an open transaction."""
        return blockers_of(connection, statement)
