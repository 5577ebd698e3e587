"""Trials: what a server can say of the values that are there, before anything is changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from sqlalchemy import Connection

from whimbrel.backends.ddl import Ddl, ddl_for
from whimbrel.snapshot import Column, Key, Snapshot, Table, Whole

_HOMES = {"postgresql": "postgresql", "mysql": "mysql", "mariadb": "mysql"}


@dataclass(frozen=True, slots=True)
class Cast:
    """A change of a column's type.

    Attributes:
        table: The table as it is called now.
        column: The column as it is now, under its old name.
        name: What the column will be called when its type changes.
        new: The type that it gets.
        expression: The value that it gets, as SQL; empty for the server's own cast.
        options: What else the column becomes, as in its `options`.
        others: The table's other columns, as they are now.
        types: The types that are made or changed before it.
        base: The type that the new one is over, where it is a domain.
    """

    table: Key
    column: Column
    name: str
    new: str
    expression: str = ""
    options: tuple[str, ...] = ()
    others: tuple[Column, ...] = ()
    types: tuple[Whole, ...] = ()
    base: str = ""


class Trials:
    """The answers for a server that says nothing by itself.

    Args:
        ddl: The server's statements.
    """

    def __init__(self, ddl: Ddl) -> None:
        """Keep the server's statements."""
        self.ddl = ddl

    def expression(self, table: str, expression: str) -> str:
        """Return a query that fails where an expression cannot be read; `table` is quoted."""
        return f"SELECT {expression} FROM {table} WHERE 1 = 0"

    def cast(self, cast: Cast) -> str | None:
        """Return a query that fails where a value cannot be cast; None where there is none."""
        return None

    def prepared(self, connection: Connection, cast: Cast) -> Cast:
        """Make the types of a cast that are not there as they will be, and return the cast to these.

        Runs in a transaction that is rolled back.
        """
        return cast

    def type(self, name: str) -> str | None:
        """Return a query that fails where a type is not there; None where the server has no types but its own."""
        return None

    def words(self, rows: Sequence[Sequence[Any]]) -> str | None:
        """Return what the rows of a trial say against it; None where a trial fails instead, or all is well."""
        return None

    def failing(self, connection: Connection, cast: Cast, most: int) -> tuple[tuple[str, int], ...]:
        """Return values that cannot be cast, and in how many rows they are, the most frequent first.

        Runs in a transaction that is rolled back. It may take some microseconds a row.
        """
        return ()

    def unplaced(self, connection: Connection, table: Table, wanted: Table, partitions: Sequence[Table]) -> int:
        """Count the rows that no partition takes; runs in a transaction that is rolled back.

        Args:
            connection: To the database.
            table: The table as it is.
            wanted: What it becomes.
            partitions: Its partitions, those that others are part of first.
        """
        return 0

    def renamed(self, cast: Cast, source: str) -> str:
        """Return a query for rows with the column under its new name, which a column that goes may have now."""
        old, new = self.ddl.name(cast.column.name), self.ddl.name(cast.name)
        names = [one.name for one in cast.others]
        kept = [self.ddl.name(one) for one in names if one != cast.name] if cast.name in names else ["rows_.*"]
        return f"SELECT {', '.join([*kept, f'{old} AS {new}'])} FROM {source} AS rows_"


def trials_for(side: Snapshot, wanted: Snapshot) -> Trials:
    """Return the trials of a database's server."""
    ddl = ddl_for(side.kind, side.default_schema, (*side.domains(), *wanted.domains()))
    if side.kind not in _HOMES:
        return Trials(ddl)
    made: Trials = import_module(f"whimbrel.backends.{_HOMES[side.kind]}.trials").TRIALS(ddl)
    return made
