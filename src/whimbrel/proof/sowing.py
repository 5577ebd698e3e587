"""``Sowing``: puts rows of our making into the tables on a stage, and what scripts say that has to be there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from whimbrel.backends.rows import rows_for
from whimbrel.errors import BrokenScript
from whimbrel.proof.contents import Contents, contents
from whimbrel.proof.filling import fill, run_all, seeds_of
from whimbrel.proof.rows import Recipe, choose
from whimbrel.proof.rules import Rules, daring, rules_of
from whimbrel.proof.stage import Failure, Stage
from whimbrel.snapshot import Key, Snapshot

if TYPE_CHECKING:
    from alembic.script import Script

Sides = Mapping[str, Snapshot]


@dataclass(frozen=True, slots=True)
class Sown:
    """What was put into the tables.

    Attributes:
        contents: All that is in them, by bind.
        strict: The names of tables for which no row keeps the rules before and after: theirs keep those before.
        bare: The names of tables for which there is no row at all.
    """

    contents: Mapping[str, Contents] = field(default_factory=dict)
    strict: frozenset[str] = frozenset()
    bare: frozenset[str] = frozenset()

    @property
    def count(self) -> int:
        """How many rows there are."""
        return sum(one.count for one in self.contents.values())

    def refuses_all(self, failure: Failure) -> bool:
        """Tell whether a change of the schema failed that no row of a table could have gone through."""
        return failure.is_schema and any(name in failure.finding.words for name in self.strict)


@dataclass(frozen=True, slots=True)
class Sowing:
    """What puts rows in.

    Attributes:
        stage: The scratch databases.
        script: The script, which may say what it looks up.
        standing: Statements for the rows that earlier scripts have put in, by bind and table.
    """

    stage: Stage
    script: Script
    standing: Mapping[str, Mapping[Key, str]] = field(default_factory=dict)

    def rows(self, before: Sides, after: Sides, recipe: Recipe) -> Sown:
        """Fill the tables with rows that keep the rules before and after, if there are such rows."""
        found: dict[str, Contents] = {}
        strict: set[str] = set()
        for bind, side in before.items():
            found[bind] = self._filled(bind, side, rules_at(side, after.get(bind)), recipe)
            own, unmet = rules_at(side), _bare(found[bind])
            if bind in after and unmet:
                self.stage.on(bind, partial(run_all, statements=_emptied(side)))
                mixed = [one if one.table.name in unmet else each for one, each in _aligned(own, side, after[bind])]
                found[bind] = self._filled(bind, side, mixed, recipe)
                strict |= unmet - _bare(found[bind])
        return Sown(found, frozenset(strict), frozenset(name for one in found.values() for name in _bare(one)))

    def daring_rows(self, before: Sides, after: Sides, recipe: Recipe) -> Mapping[str, Contents]:
        """Fill the tables with rows that keep the rules before, and some of which break those after."""
        return {
            bind: self._filled(bind, side, daring(rules_at(side), rules_at(side, after[bind])), recipe)
            for bind, side in before.items()
        }

    def seeds(self, before: Sides) -> bool:
        """Put in only what the script looks up, where it says so; tell whether there is anything."""
        is_sown = False
        for bind, side in before.items():
            seeds = self._seeds(bind, side)
            if seeds:
                is_sown = True
                rows = rows_for(side.kind, side.default_schema)
                self.stage.on(bind, partial(fill, rows=rows, side=side, chosen=(), seeds=seeds))
        return is_sown

    def empty(self, before: Sides) -> None:
        """Take all rows out."""
        for bind, side in before.items():
            self.stage.on(bind, partial(run_all, statements=_emptied(side)))

    def _filled(self, bind: str, side: Snapshot, rules: Sequence[Rules], recipe: Recipe) -> Contents:
        rows, chosen = rows_for(side.kind, side.default_schema), choose(rules, recipe)
        self.stage.on(bind, partial(fill, rows=rows, side=side, chosen=chosen, seeds=self._seeds(bind, side)))
        return self.stage.on(bind, partial(contents, side=side))

    def _seeds(self, bind: str, side: Snapshot) -> Sequence[str]:
        standing = tuple(one for key, one in self.standing.get(bind, {}).items() if key in side.by_key)
        with suppress(BrokenScript):  # which its run will say
            given = getattr(self.script.module, f"seed_{bind}" if bind else "seed", None)
            return (*standing, *(seeds_of(given, rows_for(side.kind, side.default_schema), side) if given else ()))
        return standing


def rules_at(side: Snapshot, after: Snapshot | None = None) -> tuple[Rules, ...]:
    """Return the rules of a schema's tables, and of what a revision makes of them if that is given."""
    return rules_of(side, rows_for(side.kind, side.default_schema).holds, after)


def _aligned(own: Sequence[Rules], side: Snapshot, after: Snapshot) -> list[tuple[Rules, Rules]]:
    both = {one.table.key: one for one in rules_at(side, after)}
    return [(one, both[one.table.key]) for one in own]


def _bare(held: Contents) -> set[str]:
    return {key.name for key, one in held.tables.items() if one.columns and not one.lines}


def _emptied(side: Snapshot) -> list[str]:
    rows = rows_for(side.kind, side.default_schema)
    return [*rows.begin(), *rows.emptied(list(side.tables()))]
