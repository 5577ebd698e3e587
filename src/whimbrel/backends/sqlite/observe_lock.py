"""How long a transaction keeps others from writing to a SQLite file: from its first write until it ends.

Another connection is asked whether it could write (SQLite documentation, "File Locking And Concurrency": who holds
RESERVED or more is the only one). That holds for databases in memory that connections share, too.
"""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from whimbrel.backends.locks import row_of

if TYPE_CHECKING:
    from sqlalchemy import Connection


class FileLock:
    """The lock for writing that a migration's connection holds, or does not hold.

    Attributes:
        seconds: For how long it had been held when the last statement ended; None if it is not held.
        is_taken_now: Whether the last statement has taken it.
    """

    def __init__(self, connection: Connection) -> None:
        """Ask nothing yet."""
        self._connection = connection
        self._since: float | None = None
        self._began = 0.0
        self.seconds: float | None = None
        self.is_taken_now = False

    def forget(self) -> None:
        """Hear that a transaction was begun or ended."""
        self._since = None

    def before(self) -> None:
        """Look whether it is held before a statement runs."""
        self._began = time.perf_counter()
        if not self._is_in_transaction():
            self._since = None
        elif self._since is None and self._is_held():
            self._since = self._began
        self.is_taken_now = False

    def after(self) -> None:
        """Look whether it is held when a statement has run."""
        if not self._is_in_transaction():
            self._since, self.seconds = None, None
            return
        if self._since is None and self._is_held():
            self._since, self.is_taken_now = self._began, True
        self.seconds = None if self._since is None else time.perf_counter() - self._since

    def _is_in_transaction(self) -> bool:
        driver: Any = self._connection.connection.dbapi_connection
        return bool(getattr(driver, "in_transaction", False))

    def _is_held(self) -> bool:
        """Ask another connection, which does not wait; where there can be none, nothing is known to be held."""
        driver: Any = getattr(self._connection.dialect, "dbapi", None)
        file = str(row_of(self._connection, "SELECT file FROM pragma_database_list WHERE name = 'main'")[0] or "")
        if not file or getattr(driver, "__name__", "").partition(".")[0] != "sqlite3":
            return False  # a second library in one process would break the first one's locks
        # Not by way of the engine: what an app does on each new connection may itself wait for the lock.
        place = Path(file).as_uri() if Path(file).exists() else f"file:{file}?vfs=memdb"
        try:
            with closing(driver.connect(place, uri=True, timeout=0, isolation_level=None)) as opened:
                opened.execute("BEGIN IMMEDIATE")
                opened.execute("ROLLBACK")
        except driver.Error as error:
            return "locked" in str(error)
        return False
