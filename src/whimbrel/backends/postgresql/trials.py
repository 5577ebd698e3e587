"""PostgreSQL's trials of casts. A function in the session's temporary schema catches the error of each value."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from whimbrel.backends.postgresql.trials_types import HOME, Meanwhile
from whimbrel.backends.trials import Cast, Trials
from whimbrel.snapshot import Column, Table

_LIMITED = re.compile(r"(?:(?P<text>character varying|character)|(?P<bits>bit varying|bit))\((?P<length>\d+)\)")


class PostgresqlTrials(Trials):
    """What PostgreSQL can say of the values that are there."""

    def cast(self, cast: Cast) -> str | None:
        """Cast all values, and count them so that the server really does it; tell those that would be cut too."""
        rows, condition = self._rows(cast, self._table(cast)), self._cut(cast)
        if condition is None:
            return f"SELECT count({self._value(cast)}) FROM {rows}"
        cut = f"FILTER (WHERE {condition})"
        example = f"min(left(({self._source(cast)})::text, 40))"
        return f"SELECT count({self._value(cast)}), count(*) {cut}, {example} {cut} FROM {rows}"

    def prepared(self, connection: Connection, cast: Cast) -> Cast:
        """Make the types as they will be in the session's temporary schema."""
        expression = cast.expression or self.ddl.cast(cast.name, cast.column.type, cast.new) or ""
        meanwhile = Meanwhile(self.ddl, cast.types).named_in(cast.new, expression)
        for statement in meanwhile.statements():
            _run(connection, statement)
        return replace(
            cast,
            new=meanwhile.moved(cast.new),
            base=self.ddl.base(cast.new),
            expression=meanwhile.moved(expression),
            column=meanwhile.retyped(cast.column),
            others=tuple(map(meanwhile.retyped, cast.others)),
        )

    def type(self, name: str) -> str | None:
        """Name a type."""
        return f"SELECT NULL::{name}"

    def words(self, rows: Sequence[Sequence[Any]]) -> str | None:
        """Say how many values are longer than the type allows, or shorter."""
        counted = rows[0] if rows else ()
        if len(counted) < 3 or not counted[1]:
            return None
        return f"{counted[1]:,} row{'s do' if counted[1] != 1 else ' does'} not have its length, such as {counted[2]!r}"

    def failing(self, connection: Connection, cast: Cast, most: int) -> tuple[tuple[str, int], ...]:
        """Cast each value by itself."""
        function, table = "pg_temp.whimbrel_fits", self._table(cast)
        name = self.ddl.name(cast.column.name)
        fits = f"count({self._value(cast)}) >= 0 AND NOT coalesce(bool_or({self._cut(cast) or 'false'}), false)"
        body = (
            f"BEGIN RETURN (SELECT {fits} FROM {self._rows(cast, '(SELECT one.*)')}); "
            "EXCEPTION WHEN others THEN RETURN false; END"
        )
        _run(
            connection,
            f"CREATE FUNCTION {function}(one {table}) RETURNS boolean LANGUAGE plpgsql AS $fits${body}$fits$",
        )
        found = _run(
            connection,
            f"SELECT left(each.{name}::text, 40), count(*) FROM {table} AS each WHERE NOT {function}(each) "
            f"GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {most:d}",
        )
        return tuple((str(value), int(count)) for value, count in found)

    def unplaced(self, connection: Connection, table: Table, wanted: Table, partitions: Sequence[Table]) -> int:
        """Ask temporary partitions, made in the same way, which rows they take."""
        there = self.ddl.qualified(table.schema, table.name)
        names = {f"{wanted.schema}.{wanted.name}": "whimbrel_parted"}
        _run(connection, f"CREATE TEMP TABLE whimbrel_parted (LIKE {there}) PARTITION BY {wanted.partition_by}")
        taken = ["false"]
        for at, one in enumerate(partitions):
            parent, _, bound = one.partition_of.partition(" ")
            name = names[f"{one.schema}.{one.name}"] = f"whimbrel_parted_{at}"
            further = f" PARTITION BY {one.partition_by}" if one.partition_by else ""
            _run(connection, f"CREATE TEMP TABLE {name} PARTITION OF pg_temp.{names[parent]} {bound}{further}")
        for one in partitions:
            if not one.partition_by:
                name = names[f"{one.schema}.{one.name}"]
                ((text,),) = _run(connection, f"SELECT pg_get_partition_constraintdef('pg_temp.{name}'::regclass)")
                taken.append(f"coalesce({text}, false)" if text else "true")
        ((count,),) = _run(connection, f"SELECT count(*) FROM {there} WHERE NOT ({' OR '.join(taken)})")
        return int(count)

    def _source(self, cast: Cast) -> str:
        return cast.expression or self.ddl.name(cast.name)

    def _cut(self, cast: Cast) -> str | None:
        """Return the condition of a value that a cast makes as long as the type is, and ALTER TABLE refuses."""
        limited = _LIMITED.fullmatch(cast.base)
        if limited is None:
            return None
        if limited["text"]:
            return f"char_length(rtrim(({self._source(cast)})::text, ' ')) > {limited['length']}"
        sign = ">" if limited["bits"] == "bit varying" else "<>"
        return f"char_length(({self._source(cast)})::text) {sign} {limited['length']}"

    def _value(self, cast: Cast) -> str:
        return f"({self._source(cast)})::{cast.new}"

    def _rows(self, cast: Cast, source: str) -> str:
        """Return the rows with the column under the name that it will have by then."""
        alias = self.ddl.name(cast.table.name)
        rows = self._retyped(cast, source if source.startswith("(") else f"(SELECT * FROM {source})")
        if cast.name == cast.column.name:
            return f"{rows} AS {alias}"
        return f"({self.renamed(cast, rows)}) AS {alias}"

    def _retyped(self, cast: Cast, rows: str) -> str:
        """Return rows with the columns of types that are made meanwhile; a value that is none by then is NULL."""
        columns = (cast.column, *cast.others)
        if not any(one.type.startswith(HOME) for one in columns):
            return rows
        return f"(SELECT {', '.join(map(self._column, columns))} FROM {rows} AS typed_)"

    def _column(self, column: Column) -> str:
        name = self.ddl.name(column.name)
        if not column.type.startswith(HOME):
            return name
        element = column.type.removesuffix("[]")
        labels, text = f"enum_range(NULL::{element})::text[]", f"{name}::text{column.type.removeprefix(element)}"
        return f"CASE WHEN ARRAY[{text}] <@ {labels} THEN {text}::{column.type} END AS {name}"

    def _table(self, cast: Cast) -> str:
        return self.ddl.qualified(cast.table.schema, cast.table.name)


def _run(connection: Connection, statement: str) -> list[tuple[Any, ...]]:
    result = connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
    return [tuple(row) for row in result] if result.returns_rows else []


TRIALS = PostgresqlTrials
