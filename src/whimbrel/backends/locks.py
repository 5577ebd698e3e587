"""``Lock``: what only one runner at a time holds on a target, and connections of their own to hold it on."""

from __future__ import annotations

import hashlib
import os
import socket
from contextlib import suppress
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy.exc import DBAPIError

from whimbrel.errors import LeaseLost

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lock.

    Attributes:
        words: Who it is, from where and since when.
        remedy: How to end it, as a statement or command; empty if nothing is known.
    """

    words: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class TableLock:
    """A lock on a table that a statement takes.

    Attributes:
        table: The table, with its schema unless that is where names without one lead.
        mode: The server's name for it.
    """

    table: str
    mode: str


class Lock(Protocol):
    """A lock on a target. It is never waited for inside the server: who waits there can hinder others.

    Attributes:
        guard: What each transaction of the migration has to select at its start, and true if the lock is still ours;
            empty where it holds without that.
    """

    guard: str

    def take(self) -> bool:
        """Try to take it; tell whether it is ours now."""
        ...

    def holder(self) -> Holder | None:
        """Return who holds it, where that can be told."""
        ...

    def is_held(self) -> bool:
        """Tell whether it is still ours; a connection may have been lost."""
        ...

    def release(self) -> None:
        """Give it back; never raises."""
        ...


class TwoLocks:
    """The runner's lock where it belongs to a session: one lock on a connection of its own, one on the migration's.

    The first is free as soon as its holder is gone, and tells who that is. A server goes on with the last
    statement of a client that was killed, though; the second is free when that has ended, too.

    Args:
        connection: The migration's connection.
        own: What the first lock is called.
        statement: What the second is called.
    """

    guard = ""

    def __init__(self, connection: Connection, own: str, statement: str) -> None:
        """Open nothing yet."""
        self._connection = connection
        self._own_connection: Connection | None = None
        self._own, self._statement = own, statement
        self._has_own = False

    def take(self) -> bool:
        """Try to take both."""
        if self._own_connection is None:
            self._own_connection = self._another()
        self._has_own = self._has_own or bool(row_of(self._own_connection, self._try(self._own))[0])
        if not self._has_own or not row_of(self._connection, self._try(self._statement))[0]:
            return False
        if self._own_connection is not self._connection:
            self._introduce(self._own_connection)
        return True

    def holder(self) -> Holder | None:
        """Return who has the one that is missing; nobody where this account may not see it."""
        asked = self._own_connection or self._connection
        missing = self._holder(asked, self._statement if self._has_own else self._own)
        return missing or (None if self._has_own else self._holder(asked, self._statement))

    def is_held(self) -> bool:
        """Ask the server; a lost connection has lost its lock."""
        try:
            return self._own_connection is not None and bool(row_of(self._own_connection, self._is_mine(self._own))[0])
        except Exception:  # whatever the driver says of it, it is gone
            return False

    def release(self) -> None:
        """Give both back; the migration's connection may be the app's, and go on."""
        with suppress(Exception):
            self._let_go()
        own, self._own_connection, self._has_own = self._own_connection, None, False
        if own is self._connection:
            with suppress(Exception):
                row_of(self._connection, self._give_back(self._own))
        elif own is not None:
            with suppress(Exception):
                own.invalidate()
            with suppress(Exception):
                own.close()

    def _another(self) -> Connection:
        """Open a connection of its own; where the server gives this account no further one, the migration's does."""
        try:
            return own_connection(self._connection)
        except DBAPIError:
            return self._connection

    def _let_go(self) -> None:
        """Give back what would stay with a connection that is not closed."""
        row_of(self._connection, self._give_back(self._statement))

    def _introduce(self, connection: Connection) -> None:
        """Let others see who has it, where the server has a place for that."""

    def _try(self, name: str) -> str:
        raise NotImplementedError

    def _is_mine(self, name: str) -> str:
        raise NotImplementedError

    def _give_back(self, name: str) -> str:
        raise NotImplementedError

    def _holder(self, connection: Connection, name: str) -> Holder | None:
        raise NotImplementedError


class NoLock:
    """For servers and databases that nobody else can reach, or that have no lock to offer."""

    guard = ""

    def take(self) -> bool:
        """Succeed."""
        return True

    def holder(self) -> Holder | None:
        """Return nobody."""
        return None

    def is_held(self) -> bool:
        """Succeed."""
        return True

    def release(self) -> None:
        """Have nothing to give back."""


def own_connection(connection: Connection, isolation_level: str = "AUTOCOMMIT") -> Connection:
    """Open another connection to where one leads, outside of its pool."""
    from sqlalchemy import NullPool

    engine: Engine = connection.engine
    twin: Any = copy(engine)
    twin.pool = NullPool(engine.pool._creator, dialect=engine.dialect)
    opened: Connection = twin.connect().execution_options(isolation_level=isolation_level)
    return opened


def rows_of(connection: Connection, query: str, *values: Any) -> list[Any]:
    """Return the rows of a query that runs beside SQLAlchemy's notion of transactions.

    Args:
        connection: The connection; who listens to its statements hears nothing of this one.
        query: The query, with the driver's own placeholders.
        values: What they stand for.

    Raises:
        DBAPIError: The server refuses it.
    """
    driver: Any = connection.connection.dbapi_connection
    cursor = driver.cursor()
    try:
        cursor.execute(query, values) if values else cursor.execute(query)
        return list(cursor.fetchall())
    except connection.dialect.loaded_dbapi.Error as error:
        raise DBAPIError(query, None, error) from error
    finally:
        cursor.close()
        if not connection.in_transaction():
            with suppress(connection.dialect.loaded_dbapi.Error):  # of a lost connection nothing is to be ended
                driver.rollback()  # the driver may have begun one that nobody else would end


def row_of(connection: Connection, query: str) -> Any:
    """Return the first row of such a query; None if there is none."""
    rows = rows_of(connection, query)
    return rows[0] if rows else None


def lock_number(*parts: str) -> int:
    """Return the number (64 bits, signed) that stands for a name where locks have numbers."""
    digest = hashlib.blake2b("\0".join(parts).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def lost(why: str = "its connection was cut") -> LeaseLost:
    """Return the error for a lock that is no longer ours."""
    return LeaseLost(
        f"The lock that keeps other runners away is lost: {why}.",
        why="The revisions that are finished stay; no further one was begun.",
        do="flask db upgrade   (goes on where this run stopped)",
    )


def this_process() -> str:
    """Return who we are, short enough for a server's lists: ``whimbrel web-1:4242 since 16:34:09Z``."""
    since = datetime.now(UTC).strftime("%H:%M:%SZ")
    return f"whimbrel {socket.gethostname()[:30]}:{os.getpid()} since {since}"
