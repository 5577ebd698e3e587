"""Who is in the way of a schema change on MariaDB and MySQL: whoever has used the table in a transaction still open.

Which session has a lock on which table is told by MySQL's ``performance_schema.metadata_locks``, by MariaDB's too
where that schema is on, and by its plugin METADATA_LOCK_INFO. Without these every open transaction may be the one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

from whimbrel.backends.locks import rows_of
from whimbrel.backends.mysql.fingerprints import mysql_literal
from whimbrel.backends.sessions import Blocker
from whimbrel.backends.statements import names_in

if TYPE_CHECKING:
    from sqlalchemy import Connection

# Each returns the numbers of the sessions that have a lock on one of the tables.
_HOLDERS = (
    (
        "SELECT DISTINCT t.processlist_id FROM performance_schema.metadata_locks m "
        "JOIN performance_schema.threads t ON t.thread_id = m.owner_thread_id "
        "WHERE m.lock_status = 'GRANTED' AND m.object_type = 'TABLE' "
        "AND m.object_schema = DATABASE() AND m.object_name IN ({names}) AND t.processlist_id <> CONNECTION_ID()"
    ),
    (
        "SELECT DISTINCT thread_id FROM information_schema.metadata_lock_info "
        "WHERE table_schema = DATABASE() AND table_name IN ({names}) AND thread_id <> CONNECTION_ID()"
    ),
)
# What runs without a transaction is no row of innodb_trx. Who waits for the same lock is in nobody's way yet.
_SESSIONS = """
SELECT p.id, p.user, p.host, p.db, p.command, p.time, p.info, timestampdiff(SECOND, t.trx_started, now())
FROM information_schema.processlist p LEFT JOIN information_schema.innodb_trx t ON t.trx_mysql_thread_id = p.id
WHERE p.id <> CONNECTION_ID() AND coalesce(p.state, '') <> 'Waiting for table metadata lock' AND {which}
ORDER BY p.db = DATABASE() DESC, t.trx_started IS NULL, t.trx_started, p.time DESC LIMIT 5
"""
# DATABASE() is the transaction's, not the tables': a session of another database may hold a lock in this one.
_IN_TRANSACTION = "(t.trx_id IS NOT NULL OR (p.command = 'Query' AND p.db = DATABASE()))"


def blockers_of(connection: Connection, statement: str) -> tuple[Blocker, ...]:
    """Return the sessions that are in the way of a statement, or may be; none where this account may not see them."""
    names = ", ".join(mysql_literal(name) for name in names_in(statement))
    numbers: list[Any] = []
    for query in _HOLDERS if names else ():
        numbers = numbers or [row[0] for row in _seen(connection, query.format(names=names))]
    which = f"p.id IN ({', '.join(map(str, numbers))})" if numbers else _IN_TRANSACTION
    return tuple(_blocker(*row, certain=bool(numbers)) for row in _seen(connection, _SESSIONS.format(which=which)))


def _seen(connection: Connection, query: str) -> list[Any]:
    """Return the rows of a query; none where there is no such table, or no right to it."""
    try:
        return rows_of(connection, query)
    except DBAPIError:
        return []


def _blocker(
    number: int,
    user: str,
    host: str,
    database: str | None,
    command: str,
    seconds: int,
    statement: str | None,
    open_for: int | None,
    *,
    certain: bool,
) -> Blocker:
    where = f"user {user} from {host}, in {database or 'no database'}"
    doing = f"runs for {seconds} s: {_short(statement)}" if statement else f"idle for {seconds} s"
    transaction = f", its transaction open for {open_for} s" if open_for is not None else ""
    table = "has a lock on the table" if certain else "may have a lock on the table"
    return Blocker(f"connection {number} ({where}), {table}, {doing}{transaction}", f"KILL {number}")


def _short(statement: str) -> str:
    return re.sub(r"\s+", " ", statement).strip()[:120]
