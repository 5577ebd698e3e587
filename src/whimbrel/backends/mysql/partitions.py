"""Tries a change of partitions on a clone: whether rows are gone over, and who is kept out meanwhile.

The server cannot be asked with ALGORITHM: for partitions the word is refused, or, with PARTITION BY, taken and not
heeded (MariaDB 10.11). So the session's counter of rows is asked, with nobody beside, then with a reader and with a
writer whose transaction goes on. The change is refused each time, as its end needs the table for itself; but if it has
gone over the rows before, then these others did not hinder it, and it does not hinder them as long as it works.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from whimbrel.backends.locks import row_of
from whimbrel.backends.mysql.clones import (
    CHILD,
    CLONE,
    LOCKED,
    MOVED,
    Tried,
    drop_clones,
    holding,
    number_of,
    patiently,
    reading,
    second_session,
)
from whimbrel.backends.mysql.statements import of_partitions, quoted
from whimbrel.backends.observed import Blocks, Held

if TYPE_CHECKING:
    from sqlalchemy import Connection

_ROWS = "SHOW SESSION STATUS WHERE variable_name = 'Handler_read_rnd_next'"


@dataclass(frozen=True, slots=True)
class _Trial:
    """One change of partitions.

    Attributes:
        connection: The migration's connection.
        tables: What is cloned, by the clone's name.
        text: The change of the clone.
    """

    connection: Connection
    tables: dict[str, str]
    text: str

    def run(self, second: Connection | None, beside: str) -> tuple[int, int]:
        """Run the change on new clones, beside a transaction that has run another statement.

        Returns:
            The server's number for why it refuses, and how many rows were gone over, the end of a table counted as one.
        """
        run = partial(number_of, self.connection)
        try:
            for clone, table in self.tables.items():
                if number := patiently(run, f"CREATE TABLE {clone} LIKE {quoted(table)}"):
                    return number, 0
            with holding(second if beside else None, [beside] if beside else []):
                first, then = self._rows(), self._rows()
                number = patiently(run, self.text)
                return number, self._rows() - then - (then - first)
        finally:
            drop_clones(self.connection)

    def lock(self, second: Connection, clone: str) -> Held | None:
        """Return what lasts on a table while the change goes over rows; None where that cannot be told."""
        table = self.tables[clone]
        number, rows = self.run(second, reading(clone))
        if number not in LOCKED:
            return None
        if not rows:
            return Held(table, "MDL_EXCLUSIVE", Blocks.EVERYTHING)
        number, rows = self.run(second, f"{reading(clone)} FOR UPDATE")
        if number not in LOCKED:
            return None
        if not rows:
            return Held(table, "MDL_SHARED_NO_WRITE", Blocks.WRITES)
        return Held(table, "MDL_SHARED_UPGRADABLE", Blocks.NOTHING)

    def _rows(self) -> int:
        return int(row_of(self.connection, _ROWS)[1])


def tried_partitions(connection: Connection, statement: str) -> Tried | None:
    """Try a change of partitions on clones; None if a statement is none.

    Args:
        connection: The migration's connection, to a scratch database.
        statement: Its text.
    """
    parts = of_partitions(statement, CLONE, CHILD, MOVED)
    if parts is None:
        return None
    table, text, taken = parts
    trial = _Trial(connection, {CLONE: table, **({CHILD: taken} if taken else {})}, text)
    with second_session(connection, for_rows=1) as second:  # those of InnoDB's statistics last for a moment
        number, rows = trial.run(None, "")
        if number or not rows:
            return Tried(table, is_seen=not number)
        found = [trial.lock(second, clone) if second else None for clone in trial.tables]
        locks = tuple(held for held in found if held is not None)
        return Tried(table, "", "", locks, not taken, (taken,) if taken else (), len(locks) == len(found))
