"""SQLite: its error texts, and transactions that hold schema changes too."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from whimbrel.backends.generic import Backend, Tables, Trouble, TroubleKind, first_line
from whimbrel.backends.locks import Lock, NoLock, rows_of
from whimbrel.backends.sessions import Limits
from whimbrel.backends.sqlite.locks import FileLock
from whimbrel.backends.sqlite.session import SQLiteSession

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection
    from sqlalchemy.exc import DBAPIError

    from whimbrel.backends.keeping import Keeping
    from whimbrel.backends.observing import Watch

_SENTENCES = (
    (
        "readonly database",
        TroubleKind.READ_ONLY,
        "let this account write the database file and its folder; a URL with mode=ro only reads",
    ),
    ("unable to open database", TroubleKind.UNREACHABLE, "make the folder of the database file, or correct its path"),
    ("not a database", TroubleKind.UNREACHABLE, "correct the path: the file is no SQLite database"),
    ("already exists", TroubleKind.TABLE_EXISTS, ""),
    ("is locked", TroubleKind.LOCKED, "end the process that has the database file open in a transaction"),
    ("Cannot add a NOT NULL column", TroubleKind.NULL_VALUES, ""),
    ("NOT NULL constraint failed", TroubleKind.NULL_VALUES, ""),
    ("UNIQUE constraint failed", TroubleKind.DUPLICATE_VALUES, ""),
)  # fmt: skip


class SQLite(Backend):
    """SQLite 3.35 and later."""

    name = "SQLite"
    transactional_ddl = True
    limits_text_length = False
    keeps_locks = False  # while we only read there is no transaction: the driver begins one before it writes

    def trouble(self, error: DBAPIError) -> Trouble:
        """Return what an error of sqlite3 or aiosqlite means; SQLite has sentences, no codes."""
        words = first_line(error.orig)
        for part, kind, advice in _SENTENCES:
            if part in words:
                return Trouble(kind, words, advice)
        return Trouble(TroubleKind.OTHER, words)

    def tables(self, connection: Connection) -> Tables:
        """Change tables from their stored texts."""
        from whimbrel.backends.sqlite.alter_batch import SQLiteTables

        return SQLiteTables(connection)

    def prepare(self, connection: Connection, limits: Limits, guard: str = "") -> SQLiteSession:
        """Begin real transactions."""
        return SQLiteSession(connection, limits)

    def lock(self, connection: Connection, history: str) -> Lock:
        """Return a lock file beside the database; a database in memory nobody else can reach."""
        file = next((row[2] for row in rows_of(connection, "PRAGMA database_list") if row[1] == "main"), "")
        return FileLock(file) if file else NoLock()

    def is_there(self, url: URL) -> bool:
        """Tell whether the file is there; SQLite makes one that is not."""
        return url.database is not None and Path(url.database).is_file()

    def sizes(self, connection: Connection) -> tuple[tuple[str, int | None, int | None], ...]:
        """Count the rows: SQLite has no statistics of its own, and counting is quick."""
        query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'"
        names = [row[0] for row in connection.exec_driver_sql(query)]
        quoted = {name: '"' + name.replace('"', '""') + '"' for name in names}
        count = "SELECT count(*) FROM {}"
        return tuple(
            (name, connection.exec_driver_sql(count.format(own)).scalar_one(), None) for name, own in quoted.items()
        )

    def watch(self, connection: Connection) -> Watch:
        """Return what tells a table that is built again from one that is not."""
        from whimbrel.backends.sqlite.observe import SQLiteWatch  # only what runs on scratch is observed

        return SQLiteWatch(connection)

    def keeping(self, connection: Connection) -> Keeping:
        """Keep what scripts drop."""
        from whimbrel.backends.sqlite.keeping import SQLiteKeeping

        return SQLiteKeeping(connection)
