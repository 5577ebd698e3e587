"""SQLite: its error texts, and transactions that hold schema changes too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import event

from whimbrel.backends.generic import Backend, Tables, Trouble, TroubleKind, first_line

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.exc import DBAPIError

_SENTENCES = (
    ("unable to open database", TroubleKind.UNREACHABLE, "make the folder of the database file, or correct its path"),
    ("not a database", TroubleKind.UNREACHABLE, "correct the path: the file is no SQLite database"),
    ("already exists", TroubleKind.TABLE_EXISTS, ""),
    ("is locked", TroubleKind.LOCKED, "end the process that has the database file open in a transaction"),
    ("Cannot add a NOT NULL column", TroubleKind.NULL_VALUES, ""),
    ("NOT NULL constraint failed", TroubleKind.NULL_VALUES, ""),
    ("UNIQUE constraint failed", TroubleKind.DUPLICATE_VALUES, ""),
)  # fmt: skip

_LEGACY = -1  # sqlite3.LEGACY_TRANSACTION_CONTROL, from Python 3.12 on


class SQLite(Backend):
    """SQLite 3.35 and later."""

    name = "SQLite"
    transactional_ddl = True
    limits_text_length = False
    keeps_locks = False  # while we only read there is no transaction: the driver begins one before it writes

    def trouble(self, error: DBAPIError) -> Trouble:
        """Return what an error of sqlite3 or aiosqlite means; SQLite has sentences, no codes."""
        words = first_line(error.orig)
        for part, kind, advice in _SENTENCES:
            if part in words:
                return Trouble(kind, words, advice)
        return Trouble(TroubleKind.OTHER, words)

    def tables(self, connection: Connection) -> Tables:
        """Change tables from their stored texts."""
        from whimbrel.backends.sqlite.alter_batch import SQLiteTables

        return SQLiteTables(connection)

    def prepare(self, connection: Connection, lock_timeout: float) -> None:
        """Begin real transactions, so that a failed revision leaves nothing behind.

        SQLite can roll back schema changes; Python's sqlite3 only begins a transaction before
        INSERT, UPDATE and DELETE (its documentation, "Transaction control via the isolation_level
        attribute"), so everything before the first of these would stay. The driver's own way is
        put back when the connection returns to its pool.
        """
        fairy: Any = connection.connection
        before = getattr(fairy.dbapi_connection, "isolation_level", None)
        if before is None or getattr(fairy.dbapi_connection, "autocommit", _LEGACY) != _LEGACY:
            return  # the app begins its transactions itself
        fairy.dbapi_connection.isolation_level = None

        def restore(dbapi_connection: Any) -> None:
            dbapi_connection.isolation_level = before

        fairy._connection_record.finalize_callback.append(restore)

        def begin(begun: Connection) -> None:
            if begun.get_execution_options().get("isolation_level") == "AUTOCOMMIT":
                return  # an autocommit_block()
            begun.connection.cursor().execute("BEGIN")

        event.listen(connection, "begin", begin)
        if connection.in_transaction():
            begin(connection)
