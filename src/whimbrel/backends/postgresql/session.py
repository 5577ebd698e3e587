"""A migration's session on PostgreSQL: its limits hold for a transaction, never for the session.

Behind a pooler, a setting for the session would stay with whoever gets the server's session next.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

from whimbrel.backends.locks import lost, own_connection, row_of
from whimbrel.backends.postgresql.pooler import number_told, stays_behind
from whimbrel.backends.sessions import Limits, Session
from whimbrel.backends.statements import literal

if TYPE_CHECKING:
    from sqlalchemy import Connection

log = logging.getLogger("whimbrel.run")

# An account may have a limit of its own (ALTER ROLE … SET), which is obeyed.
_LIMIT = (
    "set_config('{name}', CASE current_setting('{name}') WHEN '0' THEN '{value}ms' "
    "ELSE current_setting('{name}') END, true)"
)


class PostgreSQLSession(Session):
    """A session whose transactions have limits, and see that the runner's lock is still held.

    Args:
        connection: The migration's connection.
        limits: How long its statements may take.
        guard: What the runner's lock asks of each transaction; nothing where the session is ours.
    """

    def __init__(self, connection: Connection, limits: Limits, guard: str = "") -> None:
        """Prepare the transactions that SQLAlchemy begins from now on, and the one that is open."""
        super().__init__(connection)
        self._guard = guard
        given = {"lock_timeout": limits.lock_timeout, "statement_timeout": limits.statement_timeout}
        settings = [_LIMIT.format(name=name, value=int(one * 1000)) for name, one in given.items() if one]
        first = [guard] if guard else []
        self._setting = f"SELECT {', '.join([*first, *settings])}" if first or settings else ""
        if self._setting:
            event.listen(connection, "begin", lambda _: self.begin())
        if guard:
            event.listen(connection, "before_cursor_execute", self._warn)
        if connection.in_transaction():
            self.begin()

    def begin(self) -> None:
        """Limit the transaction.

        Raises:
            LeaseLost: Another run has the lock.
        """
        told: Any = self.run(self._setting) if self._setting else None
        if self._guard and told[0] is not True:
            raise lost("another run has taken it")

    def _warn(self, connection: Connection, cursor: Any, statement: str, *rest: Any) -> None:
        if stays_behind(statement):
            log.warning(
                "%s: this stays in a session of the pooler's, which is another client's with the next transaction. "
                "Say it for the transaction only (SET LOCAL, ON COMMIT DROP), or name a way round the pooler in "
                "MIGRATE_DIRECT_URL.",
                " ".join(statement.split())[:120],
            )

    def transaction_settings(self) -> tuple[str, ...]:
        """Return what brings back a ``SET LOCAL`` of ``search_path`` or ``role``: tenants are chosen by them."""
        path, role = self.run("SELECT current_setting('search_path'), current_setting('role')")
        texts = {"search_path": path, "role": role}
        return tuple(_set_local(name, value) for name, value in texts.items())

    def canceller(self) -> Callable[[], None] | None:
        """Return what asks the server, on another connection, to cancel the statement."""
        if self.connection.dialect.is_async:
            return None  # its connections belong to the event loop, and its driver cancels by itself
        if self._guard:  # the number of a session would be somebody else's a transaction later
            return getattr(self.connection.connection.driver_connection, "cancel", None)
        number = number_told(self.connection)

        def cancel() -> None:
            with own_connection(self.connection) as other:
                row_of(other, f"SELECT pg_cancel_backend({number})")

        return cancel


def _set_local(name: str, value: str) -> str:
    return f"SELECT set_config('{name}', {literal(value)}, true)"
