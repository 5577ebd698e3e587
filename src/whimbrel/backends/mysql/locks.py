"""The runner's locks on MariaDB and MySQL: ``GET_LOCK``, whose names hold for the whole server.

MariaDB documentation, "GET_LOCK": it belongs to the session and is free when that ends; names have up to 64
characters and no database, so the database's name is part of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from whimbrel.backends.locks import Holder, TwoLocks, lock_number, row_of

if TYPE_CHECKING:
    from sqlalchemy import Connection


class NamedLocks(TwoLocks):
    """The runner's locks, for one version table."""

    def __init__(self, connection: Connection, history: str) -> None:
        """Know the names."""
        database = str(row_of(connection, "SELECT DATABASE()")[0])
        super().__init__(
            connection,
            f"whimbrel {lock_number(database, history):x}",
            f"whimbrel statement {lock_number(database, history):x}",
        )

    def _try(self, name: str) -> str:
        return f"SELECT GET_LOCK('{name}', 0)"

    def _give_back(self, name: str) -> str:
        return f"SELECT RELEASE_LOCK('{name}')"

    def _is_mine(self, name: str) -> str:
        return f"SELECT IS_USED_LOCK('{name}') = CONNECTION_ID()"

    def _holder(self, connection: Connection, name: str) -> Holder | None:
        row = row_of(
            connection,
            f"SELECT l.id, p.user, p.host, p.time, p.info FROM (SELECT IS_USED_LOCK('{name}') AS id) l "
            "LEFT JOIN information_schema.processlist p ON p.id = l.id WHERE l.id IS NOT NULL",
        )
        if row is None:
            return None
        number, user, host, seconds, info = row
        if user is None:  # without the right PROCESS an account sees its own sessions only
            return Holder(f"connection {number}, of another account", f"KILL {number}")
        doing = f"running for {seconds} s: {' '.join(str(info).split())[:120]}" if info else f"idle for {seconds} s"
        return Holder(f"connection {number}, user {user} from {host}, {doing}", f"KILL {number}")
