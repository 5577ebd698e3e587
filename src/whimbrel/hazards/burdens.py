"""``Burden``: work that a statement does on tables while a lock keeps others waiting.

A lock by itself lasts as long as a change of the catalogue: milliseconds. What hurts is the work under it: a scan, a
rewrite, the building of an index, the writing of rows. The lock counts that the transaction holds, whichever of its
statements has taken it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from whimbrel.backends.observed import Blocks, Held
from whimbrel.hazards.case import Case, Size, lock_words
from whimbrel.hazards.hazard import Severity

if TYPE_CHECKING:
    from whimbrel.backends.observed import Observation


@dataclass(frozen=True, slots=True)
class Burden:
    """What one statement does to others.

    Attributes:
        case: The script.
        seen: The statement.
        held: The locks that hinder others, by table.
        worked: The tables that it works on, the first the one that it is about.
        rewrites: Whether it writes one of them anew.
    """

    case: Case
    seen: Observation
    held: dict[str, Held]
    worked: tuple[str, ...]
    rewrites: bool

    @property
    def is_its_own(self) -> bool:
        """Whether the statement has taken the strongest of the locks itself."""
        strongest = max(one.blocks for one in self.held.values())
        return any(one.is_new and one.blocks is strongest for one in self.held.values())

    @property
    def effect(self) -> str:
        """What it does to others."""
        if self.rewrites:
            return "rewrites-table"
        strongest = max(one.blocks for one in self.held.values())
        return "blocks-reads" if strongest is Blocks.EVERYTHING else "blocks-writes"

    @property
    def severity(self) -> Severity:
        """How bad it is: by the largest table that it works on."""
        return worst(self.case.size(table) for table in self.worked)

    @property
    def table(self) -> str:
        """The table that it is about: the one that is locked, where it works on several."""
        return next((one for one in self.worked if one in self.held), self.worked[0])

    @property
    def why(self) -> str:
        """The locks, and until when."""
        locks = [lock_words(held, self.case.size(table)) for table, held in sorted(self.held.items())]
        until = "until the script's transaction ends" if self.seen.transaction else "while the statement runs"
        return f"{'; '.join(dict.fromkeys(locks))}, {until}."


def worst(sizes: Iterable[Size]) -> Severity:
    """Return how bad it is to work on all of several tables."""
    return max((size.severity for size in sizes), key=list(Severity).index, default=Severity.NOTE)


@lru_cache(maxsize=8)  # several rules ask for those of one script
def burdens_of(case: Case) -> tuple[Burden, ...]:
    """Return what the statements of a script do to others, one for each statement that does something."""
    found = (_burden(case, seen) for seen in case.statements)
    return tuple(one for one in found if one is not None)


def _burden(case: Case, seen: Observation) -> Burden | None:
    rewritten = [one for one in seen.rewritten if case.is_old(one)]
    whatever: list[str] = [*rewritten, *seen.scanned, *(one.table for one in seen.writes)]
    worked: dict[str, None] = dict.fromkeys(whatever)
    tables = tuple(one for one in worked if case.is_old(one))
    held = hindering(case, seen)
    only_empties = bool(seen.writes_by("TRUNCATE")) and not seen.effects  # and reads no row
    if not tables or not held or only_empties:
        return None
    return Burden(case, seen, held, tables, bool(rewritten))


def hindering(case: Case, seen: Observation) -> dict[str, Held]:
    """Return for each table the strongest lock that keeps others from what they do with it."""
    return {table: one for table, one in seen.blocked().items() if case.is_old(table) and _hinders(case, one)}


def _hinders(case: Case, held: Held) -> bool:
    """Tell whether anybody can be kept from what a lock keeps others from: nobody writes a materialized view."""
    return held.blocks is Blocks.EVERYTHING or held.table not in case.views_before
