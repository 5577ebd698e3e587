"""Questions to the database about the rows that a change concerns; none leaves a lock behind.

They are asked while a person may think about the answer for an hour, and a table that has been read is
locked against every ALTER until the transaction ends. Rolling back to a savepoint lets the lock go.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import ColumnElement, Connection, Text, cast, column, func, select, table, true
from sqlalchemy.exc import DBAPIError

from whimbrel.backends import backend_for
from whimbrel.commands.names import Names
from whimbrel.compare.renames import Candidate
from whimbrel.snapshot import Key

# More rows than these are not counted: it would take minutes on the tables where nobody wants to wait.
MOST_COUNTED = 1_000_000


@contextmanager
def locks_let_go(connection: Connection) -> Iterator[None]:
    """Undo whatever is done, with its locks; an error of the server's stays without consequences too."""
    if not backend_for(connection.dialect.name).keeps_locks:
        yield
        return
    savepoint = connection.begin_nested()
    try:
        yield
    finally:
        savepoint.rollback()


def rows_at_stake(connection: Connection, candidate: Candidate, old: Names) -> int | None:
    """Count the rows that hold what is lost if a pair is no rename; None where that is not known."""
    pair = candidate.pair
    if pair.kind == "value":
        return _rows_with_value(connection, pair.old.owner, pair.old.name, old)
    found = old.tables.get(pair.old.name if pair.kind == "table" else pair.old.owner)
    if found is None:
        return None
    is_there = column(pair.old.name).is_not(None) if pair.kind == "column" else None
    return count_rows(connection, found.key, old, is_there)


def count_rows(
    connection: Connection, key: Key, names: Names, condition: ColumnElement[bool] | None = None
) -> int | None:
    """Count the rows of a table, up to `MOST_COUNTED`; None where the server refuses."""
    schema = None if key.schema in ("", names.side.default_schema) else key.schema
    rows = select(true().label("one")).select_from(table(key.name, schema=schema))
    if condition is not None:
        rows = rows.where(condition)
    counted = select(func.count()).select_from(rows.limit(MOST_COUNTED).subquery())
    try:
        with locks_let_go(connection):
            return int(connection.execute(counted).scalar_one())
    except DBAPIError:
        return None


def in_words(rows: int) -> str:
    """Return a number of rows as a person reads it."""
    if rows >= MOST_COUNTED:
        return f"more than {MOST_COUNTED:,} rows"
    return f"{rows:,} row{'' if rows == 1 else 's'}"


def _rows_with_value(connection: Connection, enum: str, value: str, names: Names) -> int | None:
    counts = [
        count_rows(connection, one.key, names, cast(column(part.name), Text) == value)
        for name, one in names.tables.items()
        for part in one.columns
        if names.enum(f"{name}.{part.name}") == enum and not part.type.endswith("[]")
    ]
    known = [one for one in counts if one is not None]
    return sum(known) if known else None
