"""Which locks a revision takes first, together and without waiting: known from what was seen of it on scratch.

Who takes them one after the other keeps others waiting on the first while it waits for the second. But a lock that is
taken after work on rows is left for its turn: taken first, it would keep others waiting through all of that work.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from whimbrel.backends.locks import TableLock
from whimbrel.backends.observed import Blocks, Catalogue

if TYPE_CHECKING:
    from whimbrel.backends.observed import Observation


def first_locks(statements: Sequence[Observation], before: Catalogue) -> tuple[TableLock, ...]:
    """Return the locks that hinder others and that a script holds when it has done its first work on rows.

    Args:
        statements: What was seen of a script, in order.
        before: The catalogue when it began; what the script makes itself nobody else knows.
    """
    tables = {fact.name for fact in before.values() if fact.kind == "table"}
    found: dict[str, TableLock] = {}
    for seen in statements:
        if not seen.is_measured or seen.transaction != statements[0].transaction:
            break
        for table, held in seen.blocked().items():
            if table in tables and held.blocks is not Blocks.NOTHING and not held.index and not held.on:
                found[table] = TableLock(table, held.mode)
        if tables & {*seen.rewritten, *seen.scanned, seen.written}:
            break
    return tuple(found[table] for table in sorted(found)) if statements and statements[0].transaction else ()
