"""What speaks for an enum's value being a value of the same enum under a new name."""

from __future__ import annotations

from collections.abc import Collection

from .model import Enum
from .names import Rarity, likeness
from .place import describe, order_kept, sameness, spots
from .weigh import Finding, Weights


class ValueScene:
    """One enum on both sides, and the values in which they differ."""

    def __init__(self, old: Enum, new: Enum, stayed: Collection[str], weights: Weights) -> None:
        """Note the place of every value that did not stay.

        Args:
            old: The enum as it is.
            new: The enum as it is wanted.
            stayed: The values that are the same value in both.
            weights: What each kind of evidence is worth.
        """
        self._weights = weights
        self._old, self._new = spots(old.values, stayed), spots(new.values, stayed)
        self._rarity = Rarity((*old.values, *new.values))
        self._order = order_kept(
            [value for value in old.values if value in stayed],
            [value for value in new.values if value in stayed],
        )

    def findings(self, old: str, new: str) -> list[Finding]:
        """Return what speaks for and against one value being the other."""
        left, right = self._old[old], self._new[new]
        alike = likeness(old, new, self._rarity)
        place = self._weights.place * self._order * (2 * sameness(left, right) - 1)
        return [
            Finding(place, describe(left, right)),
            self._weights.names_finding(alike, old, new),
        ]
