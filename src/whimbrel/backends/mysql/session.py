"""A migration's session on MariaDB and MySQL: its limits are the session's, and put back at the end."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from whimbrel.backends.locks import own_connection, row_of
from whimbrel.backends.sessions import Limits, Session

if TYPE_CHECKING:
    from sqlalchemy import Connection


class MySQLSession(Session):
    """A session with limits."""

    def __init__(self, connection: Connection, limits: Limits) -> None:
        """Set the limits; one of the session's own that is narrower is left as it is."""
        super().__init__(connection)
        self._before: list[tuple[str, object]] = []
        if limits.lock_timeout:
            self._limit("lock_wait_timeout", max(1, round(limits.lock_timeout)))
        if limits.statement_timeout:
            self._limit(*self._statement_limit(limits.statement_timeout))

    def canceller(self) -> Callable[[], None] | None:
        """Return what asks the server, on another connection, to end the statement."""
        if self.connection.dialect.is_async:
            return None  # its connections belong to the event loop
        number = self.run("SELECT CONNECTION_ID()")[0]

        def cancel() -> None:
            with own_connection(self.connection) as other, suppress(Exception):
                row_of(other, f"KILL QUERY {number}")

        return cancel

    def end(self) -> None:
        """Set the limits as they were."""
        for name, value in self._before:
            with suppress(Exception):  # of a connection that is lost nobody has the settings
                self.run(f"SET SESSION {name} = {value}")
        self._before = []

    def _limit(self, name: str, value: float) -> None:
        before = self.run(f"SELECT @@SESSION.{name}")[0]
        if not before or before > value:
            self.run(f"SET SESSION {name} = {value}")
            self._before.append((name, before))

    def _statement_limit(self, seconds: float) -> tuple[str, float]:
        """MariaDB counts seconds and takes every statement; MySQL milliseconds, and SELECT only."""
        if getattr(self.connection.dialect, "is_mariadb", False):
            return "max_statement_time", seconds
        return "max_execution_time", round(seconds * 1000)
