"""What a column or a table is bound by: keys, constraints, indexes, foreign keys in both directions.

Each binding becomes a fact that reads the same before and after a rename: the thing itself is a
dot, siblings that stayed keep their names, whatever else may be renamed too is a question mark, and
tables go by their new names. So two sets of facts can be compared by equality, whatever the
constraints are called.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from .model import Rule, RuleKind, Table
from .weigh import Finding, agreement

SELF: Final = "•"
OTHER: Final = "?"
_TOKEN = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`|\w+|[^\w\s]")
_HEAVY = 2.0  # what ties rows together; an index comes and goes
_WORDS: Mapping[str, tuple[str, str, str]] = {
    "primary key": ("still in the primary key", "leaves the primary key", "comes into the primary key"),
    "foreign key": ("foreign key to {} stays", "foreign key to {} goes", "new foreign key to {}"),
    "referenced": ("foreign key from {} stays", "foreign key from {} goes", "new foreign key from {}"),
    "unique": ("unique as before", "no longer unique", "newly unique"),
    "index": ("indexed as before", "no longer indexed", "newly indexed"),
    "check": ("same CHECK", "CHECK goes", "new CHECK"),
    "exclusion": ("same exclusion", "exclusion goes", "new exclusion"),
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One binding; `table` is the other end's name as a person knows it, and no part of the comparison."""

    kind: RuleKind | Literal["referenced"]
    shape: tuple[str, ...]
    table: str = field(default="", compare=False)

    @property
    def weight(self) -> float:
        """Return how much it counts among the facts."""
        return _HEAVY if self.kind in ("primary key", "foreign key", "referenced") else 1.0


class Bindings:
    """The facts of one side, with tables by their new names."""

    def __init__(self, tables: Iterable[Table], new_names: Mapping[str, str]) -> None:
        """Index who refers to whom.

        Args:
            tables: All tables of the side.
            new_names: For each table of the side that is known on the other, its name there.
        """
        listed = list(tables)
        self._known = {table.key: new_names.get(table.key, OTHER) for table in listed}
        self._incoming: dict[str, list[tuple[str, Rule]]] = defaultdict(list)
        for table in sorted(listed, key=lambda table: table.key):
            for rule in table.rules:
                if rule.kind == "foreign key":
                    self._incoming[rule.ref_table].append((table.key, rule))

    def of_column(self, table: Table, column: str, stayed: Collection[str]) -> Counter[Fact]:
        """Return what binds one column."""
        names = _shape_names(table, stayed) | {column: SELF}
        facts = [self._outgoing(rule, names) for rule in table.rules if column in touched(rule, names)]
        for source, rule in self._incoming[table.key]:
            if column in rule.ref_columns:
                facts.append(Fact("referenced", (self._name(source),), source))
        return Counter(facts)

    def of_table(self, table: Table, stayed: Collection[str]) -> Counter[Fact]:
        """Return what ties a whole table to others, and what is unique in it."""
        names = _shape_names(table, stayed)
        telling = [rule for rule in table.rules if rule.kind in ("foreign key", "unique")]
        facts = [self._outgoing(rule, names) for rule in telling]
        for source, rule in self._incoming[table.key]:
            shape = (self._name(source), *(() if source == table.key else rule.columns))
            facts.append(Fact("referenced", shape, source))
        return Counter(facts)

    def _outgoing(self, rule: Rule, names: Mapping[str, str]) -> Fact:
        columns = [names.get(column, column) for column in rule.columns]
        shape = [*columns, "|", *renamed_text(rule.text, names)]
        if rule.kind == "foreign key":
            return Fact("foreign key", (*shape, self._name(rule.ref_table)), rule.ref_table)
        unique = rule.kind == "index" and "unique" in rule.options
        return Fact("unique" if unique else rule.kind, tuple(shape))

    def _name(self, key: str) -> str:
        return self._known.get(key, key)


def compare(old: Counter[Fact], new: Counter[Fact], worth: float) -> list[Finding]:
    """Return what speaks for and against, out of what both have and what only one has."""
    both, gone, added = old & new, old - new, new - old
    same = 2 * _sum(both)
    other = _sum(gone) + _sum(added)
    if not same and not other:
        return []
    full = agreement(same, other) * worth
    lost = -other / (same + other + 1) * worth
    differences = [*_say(gone, 1), *_say(added, 2)]
    return [Finding(full - lost, ", ".join(_say(both, 0))), Finding(lost, ", ".join(differences))]


def touched(rule: Rule, columns: Collection[str]) -> set[str]:
    """Return the columns that a constraint or an index is over, or that its text names."""
    named = {_bare(token) for token in _TOKEN.findall(rule.text) if not token.startswith("'")}
    return {*rule.columns, *(named & set(columns))}


def renamed_text(text: str, names: Mapping[str, str]) -> tuple[str, ...]:
    """Return a definition's tokens with the columns by other names; literals are left alone."""
    tokens = _TOKEN.findall(text)
    return tuple(t if t.startswith("'") else names.get(_bare(t), _bare(t)) for t in tokens)


def _shape_names(table: Table, stayed: Collection[str]) -> dict[str, str]:
    return {c.name: c.name if c.name in stayed else OTHER for c in table.columns}


def _bare(token: str) -> str:
    return token[1:-1] if token[0] in '"`' and len(token) > 1 else token


def _sum(facts: Counter[Fact]) -> float:
    return sum(fact.weight * count for fact, count in facts.items())


def _say(facts: Counter[Fact], which: Literal[0, 1, 2]) -> list[str]:
    ordered = sorted(facts, key=lambda fact: (-fact.weight, fact.kind, fact.shape))
    return list(dict.fromkeys(_WORDS[fact.kind][which].format(fact.table) for fact in ordered))
