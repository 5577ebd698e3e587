"""The runner's locks on PostgreSQL: advisory locks, which hold for one database, and for a session or a transaction.

PostgreSQL documentation, "Explicit Locking", section "Advisory Locks". They are polled: a session that waits
inside ``pg_advisory_lock()`` holds a snapshot, and ``CREATE INDEX CONCURRENTLY`` of the holder would wait for it
for ever, without a deadlock that the server could see.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from whimbrel.backends.locks import Holder, TwoLocks, lock_number, own_connection, row_of, rows_of, this_process
from whimbrel.backends.postgresql.pooler import never_prepare
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


# Nobody may end the transaction that holds a lock because it does nothing else; not every release has both.
_STAYS_OPEN = (
    "SELECT set_config(name, '0', true) FROM pg_settings "
    "WHERE name IN ('idle_in_transaction_session_timeout', 'transaction_timeout')"
)


class AdvisoryLocks(TwoLocks):
    """The runner's locks, for one version table."""

    _until = "false"  # a setting's third argument: until the session ends

    def __init__(self, connection: Connection, history: str) -> None:
        """Know the numbers."""
        own, statement = lock_number("whimbrel", history), lock_number("whimbrel statement", history)
        super().__init__(connection, str(own), str(statement))

    def _introduce(self, connection: Connection) -> None:
        row_of(connection, f"SELECT set_config('application_name', {literal(this_process())}, {self._until})")

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


class TransactionLocks(AdvisoryLocks):
    """The same locks where the next transaction may be another session's: each is held by a transaction.

    That of the first stays open, on the connection of its own, for as long as the run takes: a pooler leaves it a
    session of the server, and ends that with the client. It reads nothing and has no snapshot, so it hinders neither
    VACUUM nor ``CREATE INDEX CONCURRENTLY``. The second is taken by each of the migration's transactions. The numbers
    are those of `AdvisoryLocks`, so that a runner with a session and one without keep each other away.
    """

    _until = "true"

    def __init__(self, connection: Connection, history: str) -> None:
        """Say what the migration's transactions begin with."""
        super().__init__(connection, history)
        self.guard = f"pg_try_advisory_xact_lock({self._statement})"
        never_prepare(connection)

    def take(self) -> bool:
        """Try to take the first, and see that the last statement of whoever had it before has ended."""
        own = self._own_connection
        if own is None:
            own = self._own_connection = own_connection(self._connection, "READ COMMITTED")
            never_prepare(own)
        if not self._has_own:
            own.begin()
            self._has_own = bool(row_of(own, f"SELECT pg_try_advisory_xact_lock({self._own})")[0])
        if not self._has_own:
            own.rollback()
            return False
        if row_of(own, f"SELECT count(*) FROM pg_locks l WHERE {_advisory(self._statement)}")[0]:
            return False
        self._introduce(own)
        rows_of(own, _STAYS_OPEN)
        return True

    def _let_go(self) -> None:
        if self._own_connection is not None:
            self._own_connection.rollback()  # a session that is cut off in a transaction is lost to the pooler


def _advisory(name: str) -> str:
    unsigned = int(name) & 0xFFFF_FFFF_FFFF_FFFF
    return _ADVISORY.format(high=unsigned >> 32, low=unsigned & 0xFFFF_FFFF)
