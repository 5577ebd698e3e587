"""How long a step takes, estimated: the work that was seen of it, the size of the tables, and how fast the server is.

An estimate is for an idle server whose tables lie in its memory. Where a table's size is not known, there is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from whimbrel.backends.rates import WIDTH
from whimbrel.hazards.burdens import hindering

if TYPE_CHECKING:
    from whimbrel.backends.observed import Observation
    from whimbrel.backends.rates import Rates
    from whimbrel.hazards.case import Case


def worked_on(case: Case, seen: Observation) -> tuple[str, ...]:
    """Return the tables whose rows a statement reads or writes, of those that are there before."""
    tables = (*seen.rewritten, *seen.scanned, seen.written)
    return tuple(dict.fromkeys(one for one in tables if one and case.is_old(one)))


def seconds_of(case: Case, seen: Observation, rates: Rates | None) -> float | None:
    """Estimate how long a statement takes, in seconds; None if that cannot be told.

    Args:
        case: The script, and the sizes of the tables.
        seen: What was seen of the statement.
        rates: How fast the server is; none if that was not measured.
    """
    parts = [_part(case, seen, table, rates) for table in worked_on(case, seen)]
    known = [one for one in parts if one is not None]
    return None if len(known) < len(parts) else seen.seconds + sum(known)


def _part(case: Case, seen: Observation, table: str, rates: Rates | None) -> float | None:
    size = case.size(table)
    if size.rows == 0 or size.bytes == 0:
        return 0.0
    amount = size.bytes if size.bytes is not None else size.rows and size.rows * WIDTH
    if amount is None or rates is None:
        return None
    if table in seen.rewritten:
        return amount / rates.rewrite + amount / rates.index * _indexes(case, table)
    if table == seen.written:
        return amount / rates.write
    builds = any(
        one.is_made and one.kind in ("index", "constraint") and one.fact.table == table for one in seen.effects
    )
    return amount / (rates.index if builds else rates.scan)


def _indexes(case: Case, table: str) -> int:
    return sum(fact.kind == "index" and fact.table == table for fact in case.before.values())


def held_for(case: Case, seconds: Iterable[float | None]) -> Iterator[tuple[str, str, float | None]]:
    """Yield each table that others wait for: its name, the strongest lock, and for how long it is held, in seconds.

    Args:
        case: The script.
        seconds: How long each of its statements takes.
    """
    strongest: dict[str, str] = {}
    times: dict[str, list[float | None]] = {}
    ranks: dict[str, int] = {}
    for seen, taken in zip(case.statements, seconds, strict=True):
        for table, held in hindering(case, seen).items():
            times.setdefault(table, []).append(taken)
            if held.blocks > ranks.get(table, 0):
                ranks[table], strongest[table] = held.blocks, held.mode
    for table, each in times.items():
        known = [one for one in each if one is not None]
        yield table, strongest[table], sum(known) if len(known) == len(each) else None
