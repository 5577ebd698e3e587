"""What speaks for a table being another table under a new name.

Above all its columns: those with the same name and type, weighed by how rare the name is among all
tables (an `id` says nothing), and of the others, which may be renamed too, those with the same type.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from .links import Bindings, compare
from .model import Column, Side, Table
from .names import Rarity, likeness
from .types import Closeness, closeness
from .weigh import Finding, Weights

_CREDIT: Final[Mapping[Closeness, float]] = {
    Closeness.SAME: 1.0,
    Closeness.KIN: 0.85,
    Closeness.CASTABLE: 0.5,
    Closeness.FAR: 0.2,
}
_TYPE_ALONE: Final = 0.4  # for a column that has a partner of its type but not of its name
_EVEN: Final = 0.45  # the share of the columns that speaks neither for nor against
_SELF_BELOW: Final = 0.5  # a table that kept its name but less than this of its columns may be another


class TableScene:
    """All tables of both sides, ready to compare any two."""

    def __init__(self, before: Side, after: Side, weights: Weights) -> None:
        """Count the words and the columns of all tables.

        Args:
            before: The side as it is.
            after: The side as it is wanted.
            weights: What each kind of evidence is worth.
        """
        self._weights = weights
        self._old = {table.key: table for table in before.tables}
        self._new = {table.key: table for table in after.tables}
        both = {key: key for key in self._old.keys() & self._new.keys()}
        self._sides = Bindings(before.tables, both), Bindings(after.tables, both)
        self._rarity = Rarity(table.name for table in (*before.tables, *after.tables))
        self._owners = _owners((*before.tables, *after.tables))

    def findings(self, old: str, new: str) -> list[Finding]:
        """Return what speaks for and against one table being the other, both given by their keys."""
        left, right = self._old[old], self._new[new]
        return [self._of_names(left, right), *self._of_content(left, right)]

    def itself(self, key: str) -> list[Finding]:
        """Return what speaks for and against a table that kept its name still being itself."""
        return [*self._of_content(self._old[key], self._new[key]), Finding(self._weights.kept)]

    def may_be_another(self, key: str) -> bool:
        """Tell whether a table that kept its name has so little left that it may be another."""
        return self._body(self._old[key], self._new[key]) < _SELF_BELOW

    def _of_content(self, old: Table, new: Table) -> list[Finding]:
        common = {c.name for c in old.columns} & {c.name for c in new.columns}
        facts = self._sides[0].of_table(old, common), self._sides[1].of_table(new, common)
        count = max(len(old.columns), len(new.columns))
        worth = self._weights.body * (self._body(old, new) - _EVEN)
        says = f"{len(common)} of {count} columns keep their names"
        return [Finding(worth, says), *compare(*facts, self._weights.keys)]

    def _of_names(self, old: Table, new: Table) -> Finding:
        if old.name == new.name:
            moved = f"same name, schema {old.schema or 'default'} → {new.schema or 'default'}"
            return Finding(self._weights.names, moved)
        alike = likeness(old.name, new.name, self._rarity)
        alike = alike if old.schema == new.schema else 0.9 * alike
        return self._weights.names_finding(alike, old.key, new.key)

    def _body(self, old: Table, new: Table) -> float:
        """Return the share of columns that both have, from 0 to 1 (Dice's coefficient, weighed)."""
        lefts, rights = {c.name: c for c in old.columns}, {c.name: c for c in new.columns}
        pair = {old.key, new.key}
        weights = {name: self._weight(name, pair) for name in lefts.keys() | rights.keys()}
        common = sorted(lefts.keys() & rights.keys())
        total = sum(weights[name] for name in (*lefts, *rights))
        shared = sum(2 * weights[n] * _CREDIT[closeness(lefts[n].type, rights[n].type)] for n in common)
        rest_left = [c for name, c in lefts.items() if name not in rights]
        rest_right = [c for name, c in rights.items() if name not in lefts]
        shared += _TYPE_ALONE * sum(weights[name] for name in _by_type(rest_left, rest_right))
        return shared / total if total else 0.0

    def _weight(self, column: str, pair: set[str]) -> float:
        return 1 / math.log2(2 + len(self._owners[column] - pair))


def _owners(tables: Iterable[Table]) -> dict[str, set[str]]:
    owners: dict[str, set[str]] = defaultdict(set)
    for table in tables:
        for column in table.columns:
            owners[column.name].add(table.key)
    return owners


def _by_type(left: list[Column], right: list[Column]) -> list[str]:
    """Return the names of the columns, from both sides, that have a partner of the same type."""
    shared = Counter(c.type for c in left) & Counter(c.type for c in right)
    partners: list[str] = []
    for columns in (left, right):
        room = Counter(shared)
        for column in columns:
            if room[column.type] > 0:
                room[column.type] -= 1
                partners.append(column.name)
    return partners
