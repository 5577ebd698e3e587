"""Rows in PostgreSQL: every type reads its values from text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from whimbrel.backends.rows import DOUBLE, SINGLE, Holds, Raw, Rows, Value, integer, numbers_in
from whimbrel.snapshot import Column, Domain, Enum, Key, Snapshot, Table
from whimbrel.snapshot import Sequence as NumberSequence

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.exc import DBAPIError

_YEARS = (2, 9998)  # a driver of Python reads no others, wherever the server's clock is
_PLAIN = {
    "smallint": integer(16),
    "integer": integer(32),
    "bigint": integer(64),
    "oid": Holds("integer", 0, 2**31 - 1),
    "real": SINGLE,
    "double precision": DOUBLE,
    "boolean": Holds("boolean"),
    "text": Holds("text"),
    "citext": Holds("text"),
    "name": Holds("text", length=15),
    "bytea": Holds("bytes"),
    "date": Holds("date", *_YEARS),
    "uuid": Holds("uuid"),
    "json": Holds("json"),
    "jsonb": Holds("json"),
    "money": Holds("money", samples=("0", "12.34", "-5.00")),
    "interval": Holds("interval", samples=("00:00:00", "1 day 02:03:04", "30 days", "-1 day")),
    "inet": Holds("inet", samples=("0.0.0.0", "192.168.1.5", "::1", "10.0.0.0/8")),
    "cidr": Holds("cidr", samples=("0.0.0.0/0", "10.0.0.0/8", "::1/128")),
    "macaddr": Holds("macaddr", samples=("00:00:00:00:00:00", "08:00:2b:01:02:03")),
    "macaddr8": Holds("macaddr8", samples=("00:00:00:00:00:00:00:00", "08:00:2b:01:02:03:04:05")),
    "tsvector": Holds("tsvector", samples=("", "'a':1 'cat':2")),
    "tsquery": Holds("tsquery", samples=("", "'cat' & 'rat'")),
    "hstore": Holds("hstore", samples=("", "a=>1, b=>NULL")),
    "ltree": Holds("ltree", samples=("a", "a.b.c")),
    "xml": Holds("xml", samples=("<a/>", "<a>ö</a>")),
    "point": Holds("point", samples=("(0,0)", "(1.5,-2)")),
    "box": Holds("box", samples=("(1,1),(0,0)",)),
    "circle": Holds("circle", samples=("<(0,0),1>",)),
    "polygon": Holds("polygon", samples=("((0,0),(1,1),(1,0))",)),
    "int4range": Holds("range", samples=("empty", "[1,5)", "[10,)")),
    "int8range": Holds("range", samples=("empty", "[1,5)", "[10,)")),
    "numrange": Holds("range", samples=("empty", "[1.5,5]")),
    "daterange": Holds("range", samples=("empty", "[2020-01-01,2020-02-01)")),
    "tsrange": Holds("range", samples=("empty", "[2020-01-01 00:00,2020-02-01 00:00)")),
    "tstzrange": Holds("range", samples=("empty", "[2020-01-01 00:00+00,2020-02-01 00:00+00)")),
}
# No column, no table, no function or operator, no type, no schema.
_LACKS = {"42703", "42P01", "42883", "42704", "3F000"}
_TIME = re.compile(r"(time|timestamp)(?:\((\d)\))? with(out)? time zone\Z")


class PostgreSQLRows(Rows):
    """Rows in PostgreSQL."""

    keys_hold_rows = True

    def holds(self, column: Column, types: Snapshot) -> Holds:
        """Return what a column can hold."""
        return self._holds(column.type, types)

    def _holds(self, text: str, types: Snapshot) -> Holds:
        if text.endswith("[]"):
            inner = self._holds(text[:-2], types)
            return replace(inner, array=inner.array + 1)
        word = text.partition("(")[0].strip()
        numbers = numbers_in(text)
        if word in ("character varying", "character"):
            return Holds("text", length=numbers[0] if numbers else (1 if word == "character" else 0))
        if word == "numeric":
            return (
                Holds("decimal", length=numbers[0], scale=numbers[1]) if len(numbers) > 1 else Holds("decimal", scale=3)
            )
        if word in ("bit", "bit varying"):
            return Holds("bits", length=numbers[0] if numbers else 1)
        if found := _TIME.match(text):
            scale = 6 if found[2] is None or found[2] == "6" else 0
            return Holds("timestamp", *_YEARS, scale=scale) if found[1] == "timestamp" else Holds("time", scale=scale)
        return _PLAIN.get(text.rpartition(".")[2].replace('"', "")) or self._named(text, types)

    def _named(self, text: str, types: Snapshot) -> Holds:
        """Return what a type with a name of its own holds."""
        schema, _, name = text.replace('"', "").rpartition(".")
        schema = schema or types.default_schema
        enum, domain = (types.get(Key(kind, schema, name)) for kind in ("enum", "domain"))
        if isinstance(enum, Enum):
            return Holds("choice", samples=enum.labels)
        if isinstance(domain, Domain):
            inner = self._holds(domain.type, types)
            return replace(inner, rules=(*inner.rules, *(one.text for one in domain.checks)))
        return Holds("")

    def value(self, table: Table, column: str, value: Value) -> str:
        """Write a value; bytes are no text."""
        found = table.column(column)
        if isinstance(value, str) and found is not None and found.type == "bytea":
            return rf"'\x{value.encode().hex()}'"
        if isinstance(value, Raw) or value is None:
            return super().value(table, column, value)
        return self.ddl.literal(value)

    def shown(self, column: Any) -> str:
        """Read a column, as text where a driver would not know what to do with it."""
        name = super().shown(column)
        plain = column.type.startswith(("timestamp", "numeric", "integer", "bigint", "smallint", "boolean", "bytea"))
        return name if plain else f"{name}::text"

    def lacks(self, error: DBAPIError) -> bool:
        """Tell whether a statement failed since it names what is not there."""
        return (getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None)) in _LACKS

    def overriding(self, table: Table) -> str:
        """Let numbers be given that the server would choose."""
        return "OVERRIDING SYSTEM VALUE " if any(one.identity for one in table.columns) else ""

    def within(self, key: str, bounds: Sequence[str]) -> str:
        """Return the condition that rows lie in one of some partitions, as far as their key is one column."""
        column = re.match(r"(?:RANGE|LIST) \((\w+)\)\Z", key)
        if column is None or "DEFAULT" in bounds:
            return "TRUE"
        return " OR ".join(f"({_bound(column[1], one)})" for one in bounds)

    def emptied(self, tables: Sequence[Table]) -> tuple[str, ...]:
        """Remove all rows at once: foreign keys are looked at."""
        names = ", ".join(self.name(one) for one in tables)
        return (f"TRUNCATE {names}",) if names else ()

    def positions(self, connection: Connection, side: Snapshot) -> Mapping[Key, int]:
        """Read the sequences."""
        names = dict(_sequences(side, self))
        if not names:
            return {}
        parts = [
            f"SELECT {at}, CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM {name}"
            for at, name in enumerate(names.values())
        ]
        keys = list(names)
        return {keys[at]: int(value) for at, value in connection.exec_driver_sql(" UNION ALL ".join(parts))}

    def move(self, connection: Connection, side: Snapshot, steps: int) -> None:
        """Move the sequences on."""
        names = dict(_sequences(side, self))
        for key, name in names.items():
            highest = "0"
            if key.kind == "column":
                highest = f"(SELECT max({self.ddl.name(key.part)}) FROM {self.ddl.qualified(key.schema, key.name)})"
            position = f"greatest(coalesce({highest}, 0), last_value) + {steps}"
            connection.exec_driver_sql(f"SELECT setval({self.ddl.literal(name)}, {position}) FROM {name}")


def _bound(column: str, text: str) -> str:
    if found := re.match(r"FOR VALUES FROM \((.*)\) TO \((.*)\)\Z", text):
        low, high = found.groups()
        above = "TRUE" if low == "MINVALUE" else f"{column} >= {low}"
        return f"{above} AND {'TRUE' if high == 'MAXVALUE' else f'{column} < {high}'}"
    found = re.match(r"FOR VALUES IN \((.*)\)\Z", text)
    return f"{column} IN ({found[1]})" if found else "TRUE"


def _sequences(side: Snapshot, rows: Rows) -> Any:
    """Yield the sequences with their names; those behind a column by the column."""
    for one in side.objects:
        if isinstance(one, NumberSequence):
            yield one.key, rows.ddl.qualified(one.schema, one.name)
        elif isinstance(one, Table):
            for column in one.columns:
                if column.numbering is not None:
                    schema, _, name = column.numbering.sequence.rpartition(".")
                    yield one.part_key(column), rows.ddl.qualified(schema or one.schema, name)


ROWS = PostgreSQLRows
