"""MariaDB's and MySQL's trials of casts: neither fails when it is only asked, so it is asked which values do not fit.

In the strict mode the ALTER itself would fail; without it, values would be changed and nothing said.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from whimbrel.backends.mysql.ddl_values import misfits
from whimbrel.backends.trials import Cast, Trials


class MySQLTrials(Trials):
    """What MariaDB and MySQL can say of the values that are there."""

    def cast(self, cast: Cast) -> str | None:
        """Count the values that do not fit, with one of them; no row where all do."""
        condition = self._condition(cast)
        if condition is None:
            return None
        value = f"min(LEFT(CAST({self._value(cast)} AS CHAR), 40))"
        return f"SELECT count(*), {value} FROM {self._rows(cast)} WHERE {condition} HAVING count(*) > 0"

    def words(self, rows: Sequence[Sequence[Any]]) -> str | None:
        """Say how many values do not fit."""
        if not rows:
            return None
        count, example = rows[0]
        return f"{count:,} row{'s do' if count != 1 else ' does'} not fit, such as {example!r}"

    def failing(self, connection: Connection, cast: Cast, most: int) -> tuple[tuple[str, int], ...]:
        """Return the values that do not fit."""
        name = f"LEFT(CAST({self.ddl.name(cast.name)} AS CHAR), 40)"
        query = (
            f"SELECT {name}, count(*) FROM {self._rows(cast)} WHERE {self._condition(cast)} "
            f"GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {most:d}"
        )
        found = connection.exec_driver_sql(query, execution_options={"no_parameters": True})
        return tuple((str(value), int(count)) for value, count in found)

    def _value(self, cast: Cast) -> str:
        return f"({cast.expression})" if cast.expression else self.ddl.name(cast.name)

    def _condition(self, cast: Cast) -> str | None:
        value, kind = self._value(cast), "text" if cast.expression else cast.column.type
        condition = misfits(value, kind, cast.new, cast.options)
        return None if condition is None else f"{value} IS NOT NULL AND ({condition})"

    def _rows(self, cast: Cast) -> str:
        """Return the rows with the column under the name that it will have by then."""
        table = self.ddl.qualified(cast.table.schema, cast.table.name)
        if cast.name == cast.column.name:
            return table
        return f"({self.renamed(cast, table)}) AS {self.ddl.name(cast.table.name)}"


TRIALS = MySQLTrials
