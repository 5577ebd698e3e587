"""Rows in SQLite: a type is a habit there, so what a column is called decides what is put into it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from whimbrel.backends.rows import DOUBLE, Holds, Rows, Value, integer, numbers_in
from whimbrel.snapshot import Column, Key, Snapshot, Table

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.exc import DBAPIError

_FAMILIES = (
    ("BOOL", Holds("boolean")),
    ("SMALLINT", integer(16)),
    ("BIGINT", integer(64)),
    ("INT", integer(32)),
    ("DATETIME", Holds("timestamp", 1, 9999, scale=6)),
    ("TIMESTAMP", Holds("timestamp", 1, 9999, scale=6)),
    ("DATE", Holds("date", 1, 9999)),
    ("TIME", Holds("time", scale=6)),
    ("JSON", Holds("json")),
    ("UUID", Holds("uuid")),
)
_OTHERS = (("BLOB", "bytes"), ("BINARY", "bytes"), ("CHAR", "text"), ("TEXT", "text"), ("CLOB", "text"))
_REALS = ("REAL", "FLOA", "DOUB")
_LACKS = ("no such table", "no such column", "no such function", "has no column named")
_DIGITS = 15  # a number is a float there


class SQLiteRows(Rows):
    """Rows in SQLite."""

    def holds(self, column: Column, types: Snapshot) -> Holds:
        """Return what a column's habits are."""
        word, numbers = column.type.upper(), numbers_in(column.type)
        for part, family in _OTHERS:
            if part in word:
                return Holds(family, length=numbers[0] if numbers else 0)
        for part, found in _FAMILIES:
            if part in word:
                return found
        if any(part in word for part in _REALS):
            return DOUBLE
        if "NUMERIC" in word or "DECIMAL" in word:
            length, scale = (*numbers, 0, 0)[:2] if numbers else (10, 2)
            return Holds("decimal", length=min(length, _DIGITS), scale=scale)
        return Holds("text", length=numbers[0] if numbers else 0)

    def value(self, table: Table, column: str, value: Value) -> str:
        """Write a value; a BLOB is no text."""
        found = table.column(column)
        if isinstance(value, str) and found is not None and self.holds(found, _NO_TYPES).family == "bytes":
            return f"x'{value.encode().hex()}'"
        return super().value(table, column, value)

    def shown(self, column: Any) -> str:
        """Read a column; a BLOB as its digits."""
        return super().shown(column)

    def begin(self) -> tuple[str, ...]:
        """Look at no foreign key: the app may have switched them on."""
        return ("PRAGMA foreign_keys = OFF", "PRAGMA recursive_triggers = OFF")

    def lacks(self, error: DBAPIError) -> bool:
        """Tell whether a statement failed since it names what is not there."""
        return any(words in str(error.orig) for words in _LACKS)

    def positions(self, connection: Connection, side: Snapshot) -> Mapping[Key, int]:
        """Read what AUTOINCREMENT has given."""
        counting = _counting(side)
        if not counting:
            return {}
        found = dict(map(tuple, connection.exec_driver_sql("SELECT name, seq FROM sqlite_sequence").all()))
        return {key: int(found.get(key.name, 0)) for key in counting}

    def move(self, connection: Connection, side: Snapshot, steps: int) -> None:
        """Move AUTOINCREMENT on."""
        if _counting(side):
            connection.exec_driver_sql(f"UPDATE sqlite_sequence SET seq = seq + {steps}")


def _counting(side: Snapshot) -> list[Key]:
    return [table.part_key(one) for table in side.tables() for one in table.columns if one.autoincrement]


_NO_TYPES = Snapshot("sqlite", "", ())
ROWS = SQLiteRows
