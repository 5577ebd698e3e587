"""The runner's locks on PostgreSQL: advisory locks, which hold for one database and one session.

PostgreSQL documentation, "Explicit Locking", section "Advisory Locks". They are polled: a session that waits
inside ``pg_advisory_lock()`` holds a snapshot, and ``CREATE INDEX CONCURRENTLY`` of the holder would wait for it
for ever, without a deadlock that the server could see.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from whimbrel.backends.locks import Holder, TwoLocks, lock_number, row_of, this_process
from whimbrel.backends.statements import literal

if TYPE_CHECKING:
    from sqlalchemy import Connection

_ADVISORY = (
    "l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 "
    "AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
    "AND l.classid::bigint = {high} AND l.objid::bigint = {low}"
)
_HOLDER = (
    "SELECT a.pid, a.usename, a.application_name, host(a.client_addr), a.state, "
    "left(regexp_replace(a.query, '\\s+', ' ', 'g'), 120), extract(epoch FROM clock_timestamp() - a.query_start)::int "
    "FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE "
)


class AdvisoryLocks(TwoLocks):
    """The runner's locks, for one version table."""

    def __init__(self, connection: Connection, history: str) -> None:
        """Know the numbers."""
        own, statement = lock_number("whimbrel", history), lock_number("whimbrel statement", history)
        super().__init__(connection, str(own), str(statement))

    def _introduce(self, connection: Connection) -> None:
        row_of(connection, f"SELECT set_config('application_name', {literal(this_process())}, false)")

    def _try(self, name: str) -> str:
        return f"SELECT pg_try_advisory_lock({name})"

    def _give_back(self, name: str) -> str:
        return f"SELECT pg_advisory_unlock({name})"

    def _is_mine(self, name: str) -> str:
        return f"SELECT count(*) FROM pg_locks l WHERE l.pid = pg_backend_pid() AND {_advisory(name)}"

    def _holder(self, connection: Connection, name: str) -> Holder | None:
        row = row_of(connection, _HOLDER + _advisory(name))
        if row is None:
            return None
        pid, user, application, host, state, query, seconds = row
        doing = f", running for {seconds} s: {query}" if state == "active" else ""
        if state is None:  # an account sees no more than this of another's sessions
            return Holder(f"pid {pid}, user {user}", f"SELECT pg_terminate_backend({pid})")
        where = f"from {host}" if host else "on the server's own machine"
        words = f"pid {pid}, user {user} {where} ({application or 'no application name'}){doing}"
        return Holder(words, f"SELECT pg_terminate_backend({pid})")


def _advisory(name: str) -> str:
    unsigned = int(name) & 0xFFFF_FFFF_FFFF_FFFF
    return _ADVISORY.format(high=unsigned >> 32, low=unsigned & 0xFFFF_FFFF)
