"""How long a step takes, estimated: the work that was seen of it, the size of the tables, and how fast the server is.

An estimate is for an idle server whose tables lie in its memory. Where a table's size is not known, there is none. How
many rows a condition leaves nobody knows before: there it is what all of them would take.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from whimbrel.backends.generic import first_word
from whimbrel.backends.rates import WIDTH
from whimbrel.hazards.burdens import hindering
from whimbrel.plan.rows import has_condition, sources_in
from whimbrel.tokens import scan

if TYPE_CHECKING:
    from whimbrel.backends.observed import Observation
    from whimbrel.backends.rates import Rates
    from whimbrel.hazards.case import Case

_ADDS = ("INSERT", "REPLACE", "COPY", "LOAD")


class Estimate(NamedTuple):
    """How long something takes.

    Attributes:
        seconds: None if that cannot be told.
        at_most: Whether it may take less, since a condition chooses the rows.
    """

    seconds: float | None
    at_most: bool = False


def together(each: Iterable[Estimate]) -> Estimate:
    """Add up; not known if one is not."""
    found = list(each)
    known = [one.seconds for one in found if one.seconds is not None]
    return Estimate(sum(known) if len(known) == len(found) else None, any(one.at_most for one in found))


def worked_on(case: Case, seen: Observation) -> tuple[str, ...]:
    """Return the tables whose rows a statement reads or writes, of those that are there before.

    Who only adds rows to a table leaves those that are there alone.
    """
    tables = (*seen.rewritten, *seen.scanned, *_sources(case, seen), "" if _adds(seen) else seen.written)
    return tuple(dict.fromkeys(one for one in tables if one and case.is_old(one)))


def _adds(seen: Observation) -> bool:
    return first_word(seen.sql) in _ADDS


def _sources(case: Case, seen: Observation) -> list[str]:
    """Return the tables whose rows a statement adds to another one, as the catalogue calls them."""
    if not _adds(seen) or not seen.written:
        return []
    tables = {fact.name.lower(): fact.name for fact in case.before.values() if fact.kind == "table"}
    named = [one.lower() for one in _named_in(seen.sql, case.server.kind)]
    return [tables.get(one) or tables.get(one.rpartition(".")[2], "") for one in named]


@lru_cache(maxsize=64)
def _named_in(sql: str, kind: str) -> list[str]:
    words = scan(sql, kind)
    return sources_in(words) if "SELECT" in words.capitals else []


def estimate(case: Case, seen: Observation, rates: Rates | None) -> Estimate:
    """Estimate how long a statement takes.

    Args:
        case: The script, and the sizes of the tables.
        seen: What was seen of the statement.
        rates: How fast the server is; none if that was not measured.
    """
    tables = worked_on(case, seen)
    parts = [_part(case, seen, table, rates) for table in tables]
    known = [one for one in parts if one is not None]
    if len(known) < len(parts):
        return Estimate(None)
    chosen = bool(seen.written and tables) and has_condition(scan(seen.sql, case.server.kind))
    return Estimate(seen.seconds + sum(known), chosen)


def _part(case: Case, seen: Observation, table: str, rates: Rates | None) -> float | None:
    size = case.size(table)
    if size.rows == 0 or size.bytes == 0:
        return 0.0
    amount = size.bytes if size.bytes is not None else size.rows and size.rows * WIDTH
    if amount is None or rates is None:
        return None
    if table in seen.rewritten:
        return amount / rates.rewrite + amount / rates.index * _indexes(case, table)
    if table == seen.written or table in _sources(case, seen):
        return amount / rates.write
    builds = any(
        one.is_made and one.kind in ("index", "constraint") and one.fact.table == table for one in seen.effects
    )
    return amount / (rates.index if builds else rates.scan)


def _indexes(case: Case, table: str) -> int:
    return sum(fact.kind == "index" and fact.table == table for fact in case.before.values())


def held_for(case: Case, times: Iterable[Estimate]) -> Iterator[tuple[str, str, Estimate]]:
    """Yield each table that others wait for: its name, the strongest lock, and for how long it is held.

    Args:
        case: The script.
        times: How long each of its statements takes.
    """
    strongest: dict[str, str] = {}
    held_during: dict[str, list[Estimate]] = {}
    ranks: dict[str, int] = {}
    for seen, taken in zip(case.statements, times, strict=True):
        for table, held in hindering(case, seen).items():
            held_during.setdefault(table, []).append(taken)
            if held.blocks > ranks.get(table, 0):
                ranks[table], strongest[table] = held.blocks, held.mode
    for table, each in held_during.items():
        yield table, strongest[table], together(each)
