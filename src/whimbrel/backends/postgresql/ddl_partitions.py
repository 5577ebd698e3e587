"""PostgreSQL's statements that move the rows of a table into a partitioned one, or out of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from whimbrel.backends.ddl import Anew
from whimbrel.backends.postgresql.ddl_columns import ColumnDdl
from whimbrel.backends.postgresql.ddl_numbers import aside
from whimbrel.snapshot import Column, Table


class PartitionDdl(ColumnDdl):
    """The part of PostgreSQL's statements that makes tables anew."""

    moves_rows = True

    def anew(self, before: Table, after: Table, partitions: Sequence[Table]) -> Anew:
        """Move the rows of a table into one of the same name and columns; its sequences go on where they are."""
        target, old = (self.qualified(after.schema, name) for name in (after.name, aside(before.name)))
        identities = [one for one in before.columns_in_order() if one.identity]
        made = [*(self._sequence_aside(before, one) for one in identities),
                f"ALTER TABLE {target} RENAME TO {self.name(aside(before.name))}"]  # fmt: skip
        made += self.create(_bare(after, tuple(self._numbered(after, one) for one in after.columns)))
        for one in partitions:
            made += [*self.create(one), *(self.index(one, index) for index in one.indexes)]
        columns = self.names(tuple(one.name for one in after.columns_in_order() if one.generated is None))
        overriding = " OVERRIDING SYSTEM VALUE" if identities else ""
        copied = [f"INSERT INTO {target} ({columns}){overriding} SELECT {columns} FROM {old}"]
        copied += [text for one in after.columns for text in self._going_on(after, one)]
        if after.options:
            copied += self.alter(replace(after, options=()), after, ("options",)) or ()
        return Anew(made, copied, [f"DROP TABLE {old}"])

    def _numbered(self, table: Table, column: Column) -> Column:
        """Let a serial column take its numbers from the sequence that is there."""
        if column.numbering is None or column.identity:
            return column
        sequence = self.literal(self.qualified(table.schema, column.numbering.sequence))
        return replace(column, numbering=None, default=f"nextval({sequence}::regclass)")

    def _sequence_aside(self, table: Table, column: Column) -> str:
        assert column.numbering is not None
        name = column.numbering.sequence
        return f"ALTER SEQUENCE {self.qualified(table.schema, name)} RENAME TO {self.name(aside(name))}"

    def _going_on(self, table: Table, column: Column) -> Iterator[str]:
        if column.numbering is None:
            return
        name = column.numbering.sequence
        sequence, target = self.qualified(table.schema, name), self.qualified(table.schema, table.name)
        if column.identity:
            new = f"pg_get_serial_sequence({self.literal(target)}, {self.literal(column.name)})"
            yield f"SELECT setval({new}, last_value, is_called) FROM {self.qualified(table.schema, aside(name))}"
        else:
            yield f"ALTER SEQUENCE {sequence} OWNED BY {target}.{self.name(column.name)}"


def _bare(table: Table, columns: tuple[Column, ...]) -> Table:
    return Table(
        table.schema, table.name, columns, comment=table.comment,
        partition_by=table.partition_by, partition_of=table.partition_of, inherits=table.inherits,
    )  # fmt: skip
