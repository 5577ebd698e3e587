"""``Rows``: how rows get into a server's tables and out of them, and what its types can hold."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from whimbrel.backends.ddl import Ddl, ddl_for

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.exc import DBAPIError

    from whimbrel.snapshot import Column, ForeignKey, Key, Snapshot, Table

_FOLDERS = {"postgresql": "postgresql", "mysql": "mysql", "mariadb": "mysql", "sqlite": "sqlite"}


@dataclass(frozen=True, slots=True)
class Raw:
    """A value that is an expression of the server's, not a text that it reads."""

    text: str


Value = str | Raw | None
Row = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Holds:
    """What a type can hold.

    Attributes:
        family: ``integer``, ``decimal``, ``float``, ``text``, ``bytes``, ``boolean``, ``date``, ``time``,
            ``timestamp``, ``uuid``, ``json``, ``bits``, ``choice`` (one of the samples), or empty if it is unknown.
        low: The least integer, or the first year.
        high: The greatest integer, or the last year.
        length: The number of characters, bytes, bits or digits; 0 if there is no limit. Of a float, the digits that it
            gives back as they were.
        scale: The number of digits after the point.
        samples: Values as the server reads them, where they are all that is known.
        array: How many dimensions of an array hold it.
        rules: Conditions on it, which call it VALUE.
    """

    family: str
    low: int = 0
    high: int = 0
    length: int = 0
    scale: int = 0
    samples: tuple[str, ...] = ()
    array: int = 0
    rules: tuple[str, ...] = ()


class Rows:
    """Rows in the SQL of the standard; a server's own class says where it differs.

    Attributes:
        keys_hold_rows: Whether foreign keys are looked at even while a scratch database is filled.

    Args:
        ddl: The server's statements.
    """

    keys_hold_rows = False

    def __init__(self, ddl: Ddl) -> None:
        """Keep what knows how names are written."""
        self.ddl = ddl

    def holds(self, column: Column, types: Snapshot) -> Holds:
        """Return what a column can hold.

        Args:
            column: The column.
            types: The snapshot with the types that have names.
        """
        return Holds("")

    def bulk(self, table: Table, columns: Sequence[str], rows: Sequence[Row]) -> str:
        """Put rows into a table, in one statement."""
        lines = ", ".join(f"({', '.join(self.value(table, name, row[name]) for name in columns)})" for row in rows)
        return (
            f"INSERT INTO {self.name(table)} ({self.ddl.names(tuple(columns))}) {self.overriding(table)}VALUES {lines}"
        )

    def breaking(self, table: Table, condition: str) -> str:
        """Remove the rows that a condition refuses."""
        return f"DELETE FROM {self.name(table)} WHERE NOT ({condition})"

    def within(self, key: str, bounds: Sequence[str]) -> str:
        """Return the condition that rows lie in one of some partitions.

        Args:
            key: The partition key.
            bounds: The bounds of each partition.
        """
        return "TRUE"

    def dangling(self, table: Table, key: ForeignKey) -> str:
        """Remove the rows that point to nothing."""
        name, target = self.name(table), self.ddl.qualified(key.schema, key.table)
        pairs = " AND ".join(
            f"whimbrel_t.{self.ddl.name(theirs)} = {name}.{self.ddl.name(mine)}"
            for mine, theirs in zip(key.columns, key.target, strict=False)
        )
        there = " AND ".join(f"{self.ddl.name(one)} IS NOT NULL" for one in key.columns)
        return f"DELETE FROM {name} WHERE {there} AND NOT EXISTS (SELECT 1 FROM {target} AS whimbrel_t WHERE {pairs})"

    def read(self, table: Table, columns: Sequence[str]) -> str:
        """Read the rows of a table."""
        return f"SELECT {', '.join(map(self.shown, (table.column(one) for one in columns)))} FROM {self.name(table)}"

    def shown(self, column: Any) -> str:
        """Read a column, as a value that can be compared."""
        return self.ddl.name(column.name)

    def value(self, table: Table, column: str, value: Value) -> str:
        """Write a value."""
        if isinstance(value, Raw):
            return value.text
        return "NULL" if value is None else self.ddl.literal(value)

    def name(self, table: Table) -> str:
        """Name a table."""
        return self.ddl.qualified(table.schema, table.name)

    def overriding(self, table: Table) -> str:
        """Return the words that let numbers be given that the server would choose."""
        return ""

    def begin(self) -> tuple[str, ...]:
        """Return what lets rows come in any order, as far as there is such a thing, for one session."""
        return ()

    def emptied(self, tables: Sequence[Table]) -> tuple[str, ...]:
        """Remove all rows of some tables, their counters staying."""
        return tuple(f"DELETE FROM {self.name(table)}" for table in tables)

    def firing(self, table: Table) -> Mapping[str, tuple[str, ...]]:
        """Return statements that fire a table's triggers, by their event; their transaction is to be rolled back."""
        columns = [one for one in table.columns_in_order() if one.generated is None]
        if not columns:
            return {}
        name, names = self.name(table), self.ddl.names(tuple(one.name for one in columns))
        same = ", ".join(
            f"{each} = {each}" for each in (self.ddl.name(one.name) for one in columns if not one.identity)
        )
        delete = f"DELETE FROM {name}"
        insert = f"INSERT INTO {name} ({names}) {self.overriding(table)}SELECT {names} FROM whimbrel_rows"
        aside = f"CREATE TEMPORARY TABLE whimbrel_rows AS SELECT {names} FROM {name}"
        update = {"UPDATE": (f"UPDATE {name} SET {same}",)} if same else {}
        return {**update, "DELETE": (delete,), "INSERT": (aside, delete, insert)}

    def reading(self, schema: str, name: str) -> str:
        """Read a view, without its rows."""
        return f"SELECT * FROM {self.ddl.qualified(schema, name)} WHERE 1 = 0"

    def fired(self) -> tuple[str, ...]:
        """Return what takes away what a rollback leaves of the statements that fire triggers."""
        return ()

    def lacks(self, error: DBAPIError) -> bool:
        """Tell whether a statement failed since it names what is not there."""
        return False

    def positions(self, connection: Connection, side: Snapshot) -> Mapping[Key, int]:
        """Return the numbers that sequences and counting columns have given last, by sequence or column."""
        return {}

    def move(self, connection: Connection, side: Snapshot, steps: int) -> None:
        """Move all sequences and counting columns on, past what is in their tables and some steps further."""


def rows_for(kind: str, default_schema: str) -> Rows:
    """Return how rows are written on a kind of server, as a snapshot names it."""
    module = import_module(f"whimbrel.backends.{_FOLDERS[kind]}.rows")
    rows: Rows = module.ROWS(ddl_for(kind, default_schema))
    return rows


_NUMBERS = re.compile(r"\d+")
SINGLE, DOUBLE = Holds("float", length=6), Holds("float", length=15)


def numbers_in(type_text: str) -> list[int]:
    """Return the numbers in a type's text, such as its length."""
    return [int(one) for one in _NUMBERS.findall(type_text.partition("(")[2])]


def integer(bits: int, *, unsigned: bool = False) -> Holds:
    """Return what an integer of some bits holds."""
    if unsigned:
        return Holds("integer", 0, 2**bits - 1)
    return Holds("integer", -(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
