"""Whether two things stand in the same place, seen from the siblings that stayed.

Counting from the first sibling would not do: one column dropped before it, and every column stands
elsewhere. So a place is the gap between two siblings that stayed, and the step within that gap.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Spot:
    """A place among siblings.

    Args:
        ordinal: From 1, among all siblings.
        count: How many siblings there are.
        after: The nearest sibling before it that stayed; None at the beginning.
        before: The nearest sibling behind it that stayed; None at the end.
        step: How many stand between it and `after`.
        back: How many stand between it and `before`.
    """

    ordinal: int
    count: int
    after: str | None
    before: str | None
    step: int
    back: int


def spots(names: Sequence[str], stayed: Collection[str]) -> dict[str, Spot]:
    """Return where each name stands that did not stay."""
    found: dict[str, Spot] = {}
    gap: list[tuple[int, str]] = []
    after: str | None = None
    for ordinal, name in [*enumerate(names, 1), (0, None)]:
        if name is not None and name not in stayed:
            gap.append((ordinal, name))
            continue
        for step, (place, inside) in enumerate(gap):
            found[inside] = Spot(place, len(names), after, name, step, len(gap) - step - 1)
        gap, after = [], name
    return found


def sameness(old: Spot, new: Spot) -> float:
    """Return 1 for the same place, 0 for another gap, less than 1 for another step in the gap."""
    neighbours = (old.after == new.after) + (old.before == new.before)
    offset = min(abs(old.step - new.step), abs(old.back - new.back))
    return neighbours / 2 / (1 + offset)


def order_kept(old: Sequence[str], new: Sequence[str]) -> float:
    """Return the share of neighbours among the old names that are neighbours among the new ones.

    The order of a table's columns and of a model's may have nothing to do with one another, as
    where columns were added over years; then a place says nothing.
    """
    follows = set(pairwise(new))
    steps = list(pairwise(old))
    return sum(step in follows for step in steps) / len(steps) if steps else 1.0


def describe(old: Spot, new: Spot) -> str:
    """Say where both stand, or from where to where it went."""
    if sameness(old, new) == 1.0:
        return f"same place ({_words(old) if old.count == new.count else _between(old)})"
    return f"other place ({_words(old)} → {_words(new)})"


def _words(spot: Spot) -> str:
    return f"{_ordinal(spot.ordinal)} of {spot.count}"


def _between(spot: Spot) -> str:
    if spot.after is None:
        return f"before {spot.before}" if spot.before else "all are new"
    return f"after {spot.after}"


def _ordinal(number: int) -> str:
    teens = 10 < number % 100 < 20
    return f"{number}{'th' if teens else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"
