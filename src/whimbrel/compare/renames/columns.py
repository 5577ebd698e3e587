"""What speaks for a column of a table being a column of the same table under a new name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from .links import Bindings, Fact, compare
from .model import Column, Table
from .names import Rarity, likeness
from .place import Spot, describe, order_kept, sameness, spots
from .types import Closeness, closeness
from .weigh import Finding, Weights

_CAST = re.compile(
    r"::(?:[\w.]+|\"[^\"]+\")(?: varying| precision| with(?:out)? time zone)?(?:\(\d+(?:,\d+)?\))?(?:\[\])?"
)
_TYPES: Mapping[Closeness, str] = {
    Closeness.SAME: "same type {1}",
    Closeness.KIN: "kindred types: {0} → {1}",
    Closeness.CASTABLE: "type to be cast: {0} → {1}",
    Closeness.FAR: "unrelated types: {0} → {1}",
}


@dataclass(frozen=True, slots=True)
class Part:
    """One column with what is known of its surroundings."""

    column: Column
    spot: Spot
    facts: Counter[Fact]


class Scene:
    """Two tables that are one table, and the columns in which they differ."""

    def __init__(
        self,
        old: Table,
        new: Table,
        sides: tuple[Bindings, Bindings],
        stayed: Collection[str],
        weights: Weights,
    ) -> None:
        """Note the place and the bindings of every column that did not stay.

        Args:
            old: The table as it is.
            new: The table as it is wanted.
            sides: The bindings of both sides.
            stayed: The columns that are the same column in both.
            weights: What each kind of evidence is worth.
        """
        self._weights = weights
        self._old = _parts(old, sides[0], stayed)
        self._new = _parts(new, sides[1], stayed)
        befores, afters = _names(old), _names(new)
        self._rarity = Rarity((*befores, *afters))
        self._order = order_kept([n for n in befores if n in stayed], [n for n in afters if n in stayed])
        self._others = max(len(befores), len(afters)) - 1
        self._stayed = len(stayed)

    def findings(self, old: str, new: str) -> list[Finding]:
        """Return what speaks for and against one column being the other."""
        left, right = self._old[old], self._new[new]
        return [
            *self._of_definition(left.column, right.column),
            *compare(left.facts, right.facts, self._weights.keys),
            self._of_place(left.spot, right.spot),
            self._weights.names_finding(likeness(old, new, self._rarity), old, new),
            self._of_siblings(),
        ]

    def itself(self, name: str) -> list[Finding]:
        """Return what speaks for and against a column that kept its name still being itself."""
        left, right = self._old[name], self._new[name]
        return [
            *self._of_definition(left.column, right.column),
            *compare(left.facts, right.facts, self._weights.keys),
            self._of_place(left.spot, right.spot),
            Finding(self._weights.kept),
        ]

    def _of_definition(self, old: Column, new: Column) -> list[Finding]:
        close = closeness(old.type, new.type)
        says = _TYPES[close].format(old.type, new.type)
        findings = [Finding(self._weights.of_type(close), says)]
        findings.append(self._of_nulls(old, new))
        findings.append(self._of_default(_default(old), _default(new)))
        if old.comment and old.comment == new.comment:
            findings.append(Finding(2 * self._weights.rules, "same comment"))
        return findings

    def _of_nulls(self, old: Column, new: Column) -> Finding:
        if old.nullable == new.nullable:
            return Finding(0.5 * self._weights.rules)
        return Finding(-self._weights.rules, "becomes nullable" if new.nullable else "becomes NOT NULL")

    def _of_default(self, old: str | None, new: str | None) -> Finding:
        if old == new:
            return Finding(1.5 * self._weights.rules, f"same default {new}") if new else Finding(0.0)
        return Finding(-self._weights.rules, f"other default ({old or 'none'} → {new or 'none'})")

    def _of_place(self, old: Spot, new: Spot) -> Finding:
        worth = self._weights.place * self._order * (2 * sameness(old, new) - 1)
        return Finding(worth, describe(old, new))

    def _of_siblings(self) -> Finding:
        if self._others < 1:
            return Finding(0.0)
        share = min(self._stayed / self._others, 1.0)
        says = f"{self._stayed} of {self._others} other columns stay"
        return Finding(self._weights.stayed * (2 * share - 1), says)


def _default(column: Column) -> str | None:
    """Return a default without casts, and a sequence's without the name, which follows the column's."""
    if column.default is None:
        return None
    text = _CAST.sub("", column.default).strip()
    return "nextval" if text.lower().startswith("nextval(") else text


def _parts(table: Table, side: Bindings, stayed: Collection[str]) -> dict[str, Part]:
    where = spots(_names(table), stayed)
    return {
        column.name: Part(column, where[column.name], side.of_column(table, column.name, stayed))
        for column in table.columns
        if column.name in where
    }


def _names(table: Table) -> Sequence[str]:
    return [column.name for column in table.columns]
