"""A migration's session on SQLite: real transactions, which hold schema changes too.

SQLite can roll back schema changes; Python's sqlite3 only begins a transaction before INSERT, UPDATE and DELETE
(its documentation, "Transaction control via the isolation_level attribute"), so everything before the first of
these would stay.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

from whimbrel.backends.sessions import Limits, Session

if TYPE_CHECKING:
    from sqlalchemy import Connection

_LEGACY = -1  # sqlite3.LEGACY_TRANSACTION_CONTROL, from Python 3.12 on


class SQLiteSession(Session):
    """A session that begins its transactions itself, unless the app does so."""

    def __init__(self, connection: Connection, limits: Limits) -> None:
        """Begin the transactions that SQLAlchemy begins from now on, and the one that is open.

        The driver's own way is put back when the connection returns to its pool.
        """
        super().__init__(connection)
        fairy: Any = connection.connection
        before = getattr(fairy.dbapi_connection, "isolation_level", None)
        self._begins = before is not None and getattr(fairy.dbapi_connection, "autocommit", _LEGACY) == _LEGACY
        if not self._begins:
            return  # the app begins its transactions itself
        fairy.dbapi_connection.isolation_level = None

        def restore(dbapi_connection: Any) -> None:
            dbapi_connection.isolation_level = before

        fairy._connection_record.finalize_callback.append(restore)
        event.listen(connection, "begin", lambda _: self.begin())
        if connection.in_transaction():
            self.begin()

    def begin(self) -> None:
        """Begin a transaction that takes no lock before it has to: who finds nothing to do hinders nobody."""
        if self._begins and self.connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
            self.run("BEGIN")

    def begin_change(self) -> None:
        """Take the lock for writing at once, and wait for it as long as the connection's timeout says.

        A transaction that has read and would write then is refused without waiting where another has written meanwhile
        (SQLite documentation, "Transactions", section "DEFERRED, IMMEDIATE, and EXCLUSIVE transactions").
        """
        if self._begins:
            self.run("COMMIT")
            self.run("BEGIN IMMEDIATE")

    def canceller(self) -> Callable[[], None] | None:
        """Return SQLite's own interrupt, which may be called from any thread."""
        interrupt = getattr(self.connection.connection.dbapi_connection, "interrupt", None)
        return None if self.connection.dialect.is_async else interrupt
