"""Rows for which there would be no partition: said before anything is written."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError

from whimbrel.commands.questions import Rows
from whimbrel.commands.rows import locks_let_go
from whimbrel.compare.changes import Altered, Renamed
from whimbrel.errors import CannotChange
from whimbrel.operations.partitioned import partitions_of
from whimbrel.snapshot import Table


def refuse_rows_without_partition(rows: Rows) -> None:
    """Look where the rows of tables that become partitioned would go.

    Raises:
        CannotChange: where no partition takes some of them.
    """
    for change in rows.comparison.changes:
        if isinstance(change, Altered) and isinstance(change.wanted, Table) and "partition_by" in change.aspects:
            if not change.wanted.partition_by or _has_renamed_columns(change, rows):
                continue  # else the server refuses, when it comes to that
            count = _unplaced(rows, change.wanted, change)
            if count:
                raise CannotChange(
                    f"{count:,} row{'s' if count != 1 else ''} of {change.wanted.name} would be in no partition.",
                    why="A partitioned table takes only rows of its partitions, and the models declare none for these. "
                    "Nothing was written.",
                    do="declare a partition for them, or PARTITION … DEFAULT, in an after_create event of the table",
                )


def _unplaced(rows: Rows, table: Table, change: Altered) -> int:
    there = rows.table(change.key)
    if there is None:
        return 0
    try:
        with locks_let_go(rows.connection):
            return rows.trials.unplaced(rows.connection, there, table, list(partitions_of(table, rows.wanted)))
    except DBAPIError:  # without the right to make temporary tables
        return 0


def _has_renamed_columns(change: Altered, rows: Rows) -> bool:
    return any(
        isinstance(one, Renamed) and one.key.kind == "column" and one.to.owner == change.key.owner
        for one in rows.comparison.changes
    )
