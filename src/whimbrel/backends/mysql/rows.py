"""Rows in MariaDB and MySQL."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from whimbrel.backends.rows import DOUBLE, SINGLE, Holds, Rows, Value, integer, numbers_in
from whimbrel.snapshot import Column, Key, Snapshot, Table
from whimbrel.snapshot import Sequence as NumberSequence

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.exc import DBAPIError

_BITS = {"tinyint": 8, "smallint": 16, "mediumint": 24, "int": 32, "bigint": 64}
_LENGTHS = {"tinytext": 60, "tinyblob": 200}
_BINARY = ("binary", "varbinary", "blob", "tinyblob", "mediumblob", "longblob")
_SPATIAL = {
    "point": "POINT(1 1)",
    "linestring": "LINESTRING(0 0,1 1)",
    "polygon": "POLYGON((0 0,1 0,1 1,0 0))",
    "geometry": "POINT(1 1)",
}
_PLAIN = {
    "float": SINGLE,
    "double": DOUBLE,
    "date": Holds("date", 1000, 9999),
    "json": Holds("json"),
    "uuid": Holds("uuid"),
    "inet4": Holds("inet", samples=("0.0.0.0", "192.168.1.5")),
    "inet6": Holds("inet", samples=("::", "::1")),
    "year": Holds("integer", 1901, 2155),
    **{name: Holds("spatial", samples=(text,)) for name, text in _SPATIAL.items()},
}
# No column, no table, no routine, a view that cannot be read, no sequence.
_LACKS = {1054, 1146, 1305, 1356, 4091}
_JSON = re.compile(r"json_valid\(", re.IGNORECASE)


class MySQLRows(Rows):
    """Rows in MariaDB and MySQL."""

    def holds(self, column: Column, types: Snapshot) -> Holds:
        """Return what a column can hold."""
        word, numbers = re.split(r"[( ]", column.type, maxsplit=1)[0].lower(), numbers_in(column.type)
        if column.type == "tinyint(1)":
            return Holds("boolean")
        if word in _BITS:
            return integer(_BITS[word], unsigned="unsigned" in column.type)
        if word in ("enum", "set"):
            return Holds("choice", samples=self.ddl.labels("enum" + column.type[len(word) :]))
        if word not in _PLAIN and any(_JSON.search(one) for one in column.options):
            return Holds("json")
        return _PLAIN.get(word) or _measured(word, numbers)

    def value(self, table: Table, column: str, value: Value) -> str:
        """Write a value; bytes, bits and shapes are no text."""
        found = table.column(column)
        if not isinstance(value, str) or found is None:
            return super().value(table, column, value)
        holds = self.holds(found, _NO_TYPES)
        family = holds.family
        if family == "bytes":
            return f"x'{value.encode().hex()}'"
        if family == "bits":
            return f"b'{value}'" if len(value) == holds.length else value
        if family == "spatial":
            return f"ST_GeomFromText('{value}')"
        return self.ddl.literal(value)

    def shown(self, column: Any) -> str:
        """Read a column; bits as the number that they are, however many there are."""
        name = super().shown(column)
        return f"{name} + 0" if column.type.startswith("bit") else name

    def begin(self) -> tuple[str, ...]:
        """Look at no foreign key while there are rows to come."""
        return ("SET SESSION foreign_key_checks = 0",)

    def fired(self) -> tuple[str, ...]:
        """Return what takes away what a rollback leaves of the statements that fire triggers."""
        return ("DROP TEMPORARY TABLE IF EXISTS whimbrel_rows",)

    def lacks(self, error: DBAPIError) -> bool:
        """Tell whether a statement failed since it names what is not there."""
        return bool(error.orig and error.orig.args and error.orig.args[0] in _LACKS)

    def positions(self, connection: Connection, side: Snapshot) -> Mapping[Key, int]:
        """Read what AUTO_INCREMENT and sequences have given."""
        counting = {
            one.name: one.part_key(column) for one in side.tables() for column in one.columns if column.autoincrement
        }
        found: dict[Key, int] = {}
        if counting:
            statement = (
                "SELECT table_name, auto_increment FROM information_schema.tables WHERE table_schema = database()"
            )
            known = dict(map(tuple, connection.exec_driver_sql(statement).all()))
            found = {key: int(known.get(name) or 1) - 1 for name, key in counting.items()}
        for one in side.objects:
            if isinstance(one, NumberSequence):
                row = connection.exec_driver_sql(
                    f"SELECT next_not_cached_value FROM {self.ddl.name(one.name)}"
                ).scalar_one()
                found[one.key] = int(row) - 1
        return found

    def move(self, connection: Connection, side: Snapshot, steps: int) -> None:
        """Move AUTO_INCREMENT and sequences on."""
        for key, position in self.positions(connection, side).items():
            if key.kind == "sequence":
                connection.exec_driver_sql(f"SELECT NEXTVAL({self.ddl.name(key.name)})").close()
            elif key.kind == "column":
                connection.exec_driver_sql(
                    f"ALTER TABLE {self.ddl.name(key.name)} AUTO_INCREMENT = {position + 1 + steps}"
                )


def _measured(word: str, numbers: list[int]) -> Holds:
    """Return what a type holds whose length or precision is told."""
    length = numbers[0] if numbers else _LENGTHS.get(word, 0)
    if word == "decimal":
        length, scale = (*numbers, 10, 0)[:2]
        return Holds("decimal", length=length, scale=scale)
    if word in ("datetime", "timestamp", "time"):
        return _moment(word, numbers)
    if word == "bit":
        return Holds("bits", length=length or 1)
    return Holds("bytes" if word in _BINARY else "text", length=length)


def _moment(word: str, numbers: list[int]) -> Holds:
    scale = 6 if numbers == [6] else 0
    if word == "time":
        return Holds("time", scale=scale)
    # A TIMESTAMP ends in January 2038, wherever the server's clock is.
    return (
        Holds("timestamp", 1971, 2037, scale=scale)
        if word == "timestamp"
        else Holds("timestamp", 1000, 9999, scale=scale)
    )


_NO_TYPES = Snapshot("mariadb", "", ())
ROWS = MySQLRows
