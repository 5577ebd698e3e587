"""Assignments in which a name that is on both sides may take part: chains (a→b while b→c).

A column that kept its name is taken for itself unless it changed so much that another reading is
likelier. Then it is an old name and a new one at once, and its own name is one more pair to choose.
A ring of kept names alone (a swap) cannot be told from two changes, so none is ever proposed; nor
is a chain that does not begin at a name that vanished and end at one that appeared.
"""

from __future__ import annotations

from collections.abc import Mapping

from .assign import Edge, best_assignment


def best_with_chains(gains: Mapping[Edge, int], itself: Mapping[str, int]) -> dict[str, str]:
    """Return the best assignment of old names to new ones, without the names that stay themselves.

    Args:
        gains: What each pair of different names gains.
        itself: For each kept name that may be another, what it gains to stay itself.
    """
    loose = dict(itself)
    while True:
        bound = itself.keys() - loose.keys()
        usable = {edge: gain for edge, gain in gains.items() if bound.isdisjoint(edge)}
        chosen = best_assignment({**usable, **{(name, name): g for name, g in loose.items()}})
        moved = {old: new for old, new in chosen.items() if old != new}
        broken = {name for name in loose if chosen.get(name) != name} - _in_whole_chains(moved, loose)
        if not broken:
            return moved
        for name in broken:
            del loose[name]


def _in_whole_chains(moved: Mapping[str, str], kept: Mapping[str, int]) -> set[str]:
    """Return the kept names on a path from a name that vanished to one that appeared."""
    whole: set[str] = set()
    for start in sorted(set(moved) - set(kept)):
        path: list[str] = []
        name = moved[start]
        while name in kept and name in moved:
            path.append(name)
            name = moved[name]
        if name not in kept:
            whole.update(path)
    return whole
