"""Whether a pooler stands between us and PostgreSQL, and what must not be done then.

A pooler in transaction mode, such as PgBouncer, gives each transaction whichever session of the server is free. What
holds for a session lands in one that somebody else has next.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from whimbrel.backends.locks import row_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

# Beside CREATE TEMPORARY TABLE and SET: the locks of sessions.
_STAYS = re.compile(
    r"^\s*(SET|LISTEN|PREPARE|CREATE\s+((LOCAL|GLOBAL)\s+)?TEMP(ORARY)?)\s|\bpg_(try_)?advisory_lock(_shared)?\s*\(",
    re.IGNORECASE,
)
_ENDS = re.compile(
    r"^\s*(SET\s+(LOCAL|TRANSACTION|CONSTRAINTS)|PREPARE\s+TRANSACTION)\s|\bON\s+COMMIT\s+DROP\b", re.IGNORECASE
)


def session_is_ours(connection: Connection) -> bool:
    """Tell whether a connection has a session of the server to itself.

    A client is told at the start by which number its statements can be cancelled (PostgreSQL documentation,
    "Frontend/Backend Protocol", "Canceling Requests in Progress"). The server gives the number of the session's
    process. A pooler has to give one of its own, since the session will be others'; also in its session mode, which
    is taken for the other here, and takes no harm. A driver that does not tell the number gets the same.
    """
    number: int = row_of(connection, "SELECT pg_backend_pid()")[0]
    return number_told(connection) == number


def never_prepare(connection: Connection) -> None:
    """Keep psycopg 3 from preparing what it has run five times: the next session does not know it."""
    driver: Any = connection.connection.driver_connection
    if hasattr(driver, "prepare_threshold"):
        driver.prepare_threshold = None


def stays_behind(statement: str) -> bool:
    """Tell whether a statement leaves something in the session beyond its transaction, as far as its words tell."""
    return _STAYS.search(statement) is not None and _ENDS.search(statement) is None


def number_told(connection: Connection) -> int | None:
    """Return the number by which the driver was told to cancel what it runs; None where it does not say."""
    driver: Any = connection.connection.driver_connection
    if hasattr(driver, "get_server_pid"):  # asyncpg
        return int(driver.get_server_pid())
    if hasattr(driver, "info"):  # psycopg, psycopg2
        return int(driver.info.backend_pid)
    return None
