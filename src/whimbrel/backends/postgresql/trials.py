"""PostgreSQL's trials of casts. A function in the session's temporary schema catches the error of each value."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from whimbrel.backends.trials import Cast, Trials


class PostgresqlTrials(Trials):
    """What PostgreSQL can say of the values that are there."""

    def cast(self, cast: Cast) -> str | None:
        """Cast all values, and count them so that the server really does it."""
        return f"SELECT count({self._value(cast)}) FROM {self._rows(cast, self._table(cast))}"

    def failing(self, connection: Connection, cast: Cast, most: int) -> tuple[tuple[str, int], ...]:
        """Cast each value by itself."""
        function, table = "pg_temp.whimbrel_fits", self._table(cast)
        name = self.ddl.name(cast.column.name)
        body = (
            f"BEGIN PERFORM {self._value(cast)} FROM {self._rows(cast, '(SELECT one.*)')}; RETURN true; "
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

    def _value(self, cast: Cast) -> str:
        own = self.ddl.cast(cast.name, cast.column.type, cast.new)
        return f"({cast.expression or own or self.ddl.name(cast.name)})::{cast.new}"

    def _rows(self, cast: Cast, source: str) -> str:
        """Return the rows with the column under the name that it will have by then."""
        alias = self.ddl.name(cast.table.name)
        rows = source if source.startswith("(") else f"(SELECT * FROM {source})"
        if cast.name == cast.column.name:
            return f"{rows} AS {alias}"
        return f"({self.renamed(cast, rows)}) AS {alias}"

    def _table(self, cast: Cast) -> str:
        return self.ddl.qualified(cast.table.schema, cast.table.name)


def _run(connection: Connection, statement: str) -> list[tuple[Any, ...]]:
    result = connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
    return [tuple(row) for row in result] if result.returns_rows else []


TRIALS = PostgresqlTrials
