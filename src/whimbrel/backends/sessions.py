"""``Session``: what a migration's connection needs to be told, at the start of each transaction and in all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a server may take.

    Attributes:
        lock_timeout: How long a statement may wait for a lock, in seconds; 0 for ever.
        statement_timeout: How long a statement may run, in seconds; 0 for ever.
    """

    lock_timeout: float = 0.0
    statement_timeout: float = 0.0


class Session:
    """The migration's connection while revisions run. These answers hold for a server that nothing is known of.

    Args:
        connection: The migration's connection.
    """

    def __init__(self, connection: Connection) -> None:
        """Know the connection."""
        self.connection = connection

    def begin(self) -> None:
        """Say what a transaction has to be told that was begun beside SQLAlchemy."""

    def transaction_settings(self) -> tuple[str, ...]:
        """Return the statements that bring back what ``env.py`` has set for its transaction only."""
        return ()

    def begin_change(self) -> None:
        """Prepare the transaction that has just begun for a revision."""

    def canceller(self) -> Callable[[], None] | None:
        """Return what ends the running statement from another thread; None where that cannot be done."""
        return None

    def end(self) -> None:
        """Put back what was set for the whole session; the connection may be the app's, and go on."""

    def run(self, statement: str) -> Any:
        """Run a statement beside SQLAlchemy's notion of transactions; return its first row, if it has rows.

        Raises:
            DBAPIError: The server refuses it.
        """
        return run_beside(self.connection, statement)


def run_beside(connection: Connection, statement: str) -> Any:
    """Run a statement beside SQLAlchemy's notion of transactions; return its first row, if it has rows.

    Raises:
        DBAPIError: The server refuses it.
    """
    driver: Any = connection.connection.dbapi_connection  # not what the journal has put before it
    cursor = driver.cursor()
    try:
        cursor.execute(statement)
        return cursor.fetchone() if cursor.description else None
    except connection.dialect.loaded_dbapi.Error as error:
        if connection.dialect.is_disconnect(error, driver, cursor):
            connection.invalidate(error)  # else SQLAlchemy would roll back, and log that it cannot
        raise DBAPIError(statement, None, error) from error
    finally:
        cursor.close()


@dataclass(frozen=True, slots=True)
class Blocker:
    """A session that may be in the way.

    Attributes:
        words: Which it is, what it does, and for how long.
        remedy: How to end it, as a statement.
    """

    words: str
    remedy: str
