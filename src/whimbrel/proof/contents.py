"""The contents of a database: its rows in a form in which they can be compared, and the positions of its counters."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from whimbrel.backends.rows import rows_for
from whimbrel.snapshot import Key, Snapshot, Table

if TYPE_CHECKING:
    from sqlalchemy import Connection

Line = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """The rows of one table.

    Attributes:
        columns: Their names, without the computed ones.
        key: The columns that tell the rows apart; empty where none do.
        lines: The values, in the order of the columns.
    """

    columns: tuple[str, ...]
    key: tuple[str, ...]
    lines: tuple[Line, ...]

    def column(self, name: str) -> tuple[str | None, ...]:
        """Return the values of a column."""
        at = self.columns.index(name)
        return tuple(line[at] for line in self.lines)


@dataclass(frozen=True, slots=True)
class Contents:
    """The contents of one database.

    Attributes:
        tables: The rows of each table.
        positions: What each sequence or counting column has given last.
    """

    tables: Mapping[Key, Held] = field(default_factory=dict)
    positions: Mapping[Key, int] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many rows there are."""
        return sum(len(one.lines) for one in self.tables.values())


def contents(connection: Connection, side: Snapshot) -> Contents:
    """Read all rows."""
    rows = rows_for(side.kind, side.default_schema)
    found = {one.key: _held(connection, rows, one) for one in side.tables() if not one.partition_of}
    return Contents(found, dict(rows.positions(connection, side)))


def _held(connection: Connection, rows: Any, table: Table) -> Held:
    columns = tuple(one.name for one in table.columns_in_order() if one.generated is None)
    key = table.primary_key.columns if table.primary_key else ()
    if not columns:
        return Held((), (), ())
    how = {"no_parameters": True}
    lines = connection.exec_driver_sql(rows.read(table, columns), execution_options=how).all()
    return Held(columns, key, tuple(tuple(map(canonical, line)) for line in lines))


def canonical(value: Any) -> str | None:
    """Write a value so that it is the same text whatever type a driver makes of it."""
    if value is None or isinstance(value, str):
        return value
    return next((write(value) for kinds, write in _WRITERS if isinstance(value, kinds)), str(value))


def _number(value: Any) -> str:
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if not number.is_finite():
        return str(number)
    return f"{number.normalize():f}" if abs(number) < Decimal("1e40") else str(number.normalize())


def _moment(value: datetime) -> str:
    return (value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value).isoformat(" ")


_WRITERS: tuple[tuple[Any, Any], ...] = (
    (bool, lambda value: "1" if value else "0"),
    ((int, float, Decimal), _number),
    (datetime, _moment),
    ((date, time), lambda value: value.isoformat()),
    (timedelta, lambda value: f"{value.total_seconds()} s"),
    ((bytes, bytearray, memoryview), lambda value: f"x{bytes(value).hex()}"),
    ((dict, list, tuple), lambda value: json.dumps(value, sort_keys=True, default=canonical)),
)


def alike(one: str | None, other: str | None) -> bool:
    """Tell whether two values are the same, if types may have changed between them."""
    if one is None or other is None:
        return one is other
    return one == other or one.rstrip() == other.rstrip() or plainest(one) == plainest(other)


_WORDS = {"true": "1", "t": "1", "false": "0", "f": "0", "b'\\x01'": "1", "x01": "1", "x00": "0"}


def plainest(text: str) -> str:
    """Return a value without what its type adds: zeros behind the point, a time of midnight, dashes, blanks in JSON."""
    word = text.strip().casefold()
    word = _WORDS.get(word, word)
    try:
        return _number(Decimal(word))
    except ArithmeticError:
        pass
    if word[:1] in '{["':
        try:
            return json.dumps(json.loads(text), sort_keys=True)
        except ValueError:
            pass
    return word.replace("-", "").removesuffix(".000000").removesuffix(" 00:00:00").removesuffix("+00")
