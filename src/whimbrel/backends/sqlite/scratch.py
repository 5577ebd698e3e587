"""SQLite: databases in memory that several connections share.

``vfs=memdb`` with a name that begins with a slash is one database for the whole process, with the locks
of a file (SQLite source, memdb.c; since 3.36). It is gone when its last connection closes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from sqlalchemy import URL
    from sqlalchemy.exc import DBAPIError

OLDEST = (3, 36)
_MISSING = ("no such table", "no such function", "no such collation", "unknown database", "no such module")
_DUPLICATE = "already exists"


class SQLiteScratch:
    """What a scratch database in memory needs to know of SQLite."""

    in_memory: ClassVar[bool] = True
    schemas_are_databases: ClassVar[bool] = False
    faster_with_indexes_inside: ClassVar[bool] = False
    schema_missing: ClassVar[frozenset[str]] = frozenset()

    @staticmethod
    def place(url: URL, name: str) -> URL:
        """Return the URL of a database in memory."""
        return url.set(database=f"file:/{name}", query={"uri": "true", "vfs": "memdb"})

    @staticmethod
    def database_of(cursor: Any, wanted: str) -> str:
        """Return the name of the database in memory that a cursor works in, or the path of the file.

        Newer releases (seen with 3.46, not with 3.40) tell no name of one in memory: then it is the wanted one.
        """
        cursor.execute("PRAGMA database_list")
        return str(cursor.fetchone()[2] or wanted).removeprefix("/")

    @staticmethod
    def move_attached(cursor: Any, name: str) -> None:
        """Put databases in memory in the place of the files that the app attaches to its connections."""
        cursor.execute("PRAGMA database_list")
        attached = [row[1] for row in cursor.fetchall() if row[1] not in ("main", "temp") and row[2]]
        for schema in attached:
            cursor.execute(f"DETACH {_quoted(schema)}")
            cursor.execute(f"ATTACH 'file:/{name}.{schema.encode().hex()}?vfs=memdb' AS {_quoted(schema)}")

    @staticmethod
    def address(cargs: Sequence[Any], cparams: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the file that arguments of the driver lead to; empty if that is memory or unknown."""
        name = str(cargs[0] if cargs else cparams.get("database") or "")
        name = name.removeprefix("file:").partition("?")[0] if cparams.get("uri") else name
        return () if name in ("", ":memory:") else (str(Path(name).resolve()),)

    @staticmethod
    def missing_object(error: DBAPIError) -> str:
        """Return what the sentence begins with if a statement needs an object that is not there, else nothing."""
        sentence = str(error.orig)
        return next((words for words in _MISSING if words in sentence), "")

    @staticmethod
    def is_duplicate(error: DBAPIError) -> bool:
        """Tell whether a statement makes an object that is there already."""
        return _DUPLICATE in str(error.orig)

    @staticmethod
    def create_schema(name: str) -> str:
        """Return the statement that makes a schema."""
        return f"CREATE SCHEMA {_quoted(name)}"

    @staticmethod
    def seeding() -> tuple[str, ...]:
        """Return what a session needs before objects are copied."""
        return ()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
