"""The search: tables first, then the columns of tables that are one table, enum values, constraints."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from .columns import Scene
from .links import Bindings
from .model import Answers, Candidate, Column, Enum, Pair, Ref, Renames, Side, Table
from .rules import sure_renames
from .stage import Chained, Naming, Settled, field, settle
from .tables import TableScene
from .types import Closeness, closeness
from .values import ValueScene
from .weigh import WEIGHTS, Terms, Weights

_UNANSWERED: Final = Answers()


def find_renames(before: Side, after: Side, answers: Answers = _UNANSWERED, weights: Weights = WEIGHTS) -> Renames:
    """Find what may have been renamed from one side to the other.

    To go on after an answer, call again with it: a pair decided stays, one refused makes room for
    the next best, and what depends on either is looked at anew.

    Raises:
        ValueError: Two decided pairs claim the same name.
    """
    terms = Terms(answers, weights)
    tables = _tables(before, after, terms)
    names = _same_tables(before, after, tables.renames)
    columns = _columns(before, after, names, terms)
    values = _values(before.enums, after.enums, terms)
    stages = [tables, *columns.values(), *values]
    renamed = {key: found.renames for key, found in columns.items()}
    return Renames(
        candidates=tuple(c for stage in stages for c in (*stage.assigned, *stage.others)),
        assignment=tuple(c for stage in stages for c in stage.assigned),
        decided=tuple(c for stage in stages for c in stage.decided),
        sure=tuple(c for c in _sure(before, after, names, renamed) if answers.allow(c.pair)),
    )


def _tables(before: Side, after: Side, terms: Terms) -> Settled:
    naming = Naming("table")
    olds, news = _by_key(before), _by_key(after)
    told = _with_owners(terms.answers, olds.keys() - news.keys(), news.keys() - olds.keys())
    names = field(naming, olds, news, told)
    if not names.open and not names.decided:
        return Settled()
    scene = TableScene(before, after, terms.weights)
    loose = [key for key in names.kept if scene.may_be_another(key)] if names.open else []
    chained = Chained(loose, scene.findings, scene.itself) if loose else None
    return settle(naming, names, scene.findings, terms, chained)


def _with_owners(answers: Answers, gone: Collection[str], come: Collection[str]) -> Answers:
    """Add what a decided column says of its table: from a table that vanished to one that appeared."""
    told = {
        Pair("table", Ref("", pair.old.owner), Ref("", pair.new.owner))
        for pair in answers.decided
        if pair.kind == "column" and pair.old.owner in gone and pair.new.owner in come
    }
    return replace(answers, decided=answers.decided | told)


def _same_tables(before: Side, after: Side, renamed: Mapping[str, str]) -> dict[str, str]:
    """Return old key → new key of the tables that are on both sides, by the same name or another."""
    taken = set(renamed.values())
    both = _by_key(before).keys() & _by_key(after).keys()
    kept = {key: key for key in both if key not in taken and key not in renamed}
    return dict(sorted({**kept, **renamed}.items()))


def _columns(before: Side, after: Side, names: Mapping[str, str], terms: Terms) -> dict[str, Settled]:
    """Return what was found for the columns of each old table that is still there."""
    olds, news = _by_key(before), _by_key(after)
    sides = Bindings(before.tables, names), Bindings(after.tables, {new: new for new in names.values()})
    return {old: _columns_of(olds[old], news[new], sides, terms) for old, new in names.items()}


def _columns_of(old: Table, new: Table, sides: tuple[Bindings, Bindings], terms: Terms) -> Settled:
    naming = Naming("column", old.key, new.key)
    lefts, rights = {c.name: c for c in old.columns}, {c.name: c for c in new.columns}
    names = field(naming, lefts, rights, terms.answers)
    if not names.open and not names.decided:
        return Settled()
    plain = Scene(old, new, sides, set(names.kept), terms.weights)
    changed = [name for name in names.kept if _changed(lefts[name], rights[name])]
    if not changed or not names.open:
        return settle(naming, names, plain.findings, terms)
    loose = Scene(old, new, sides, set(names.kept) - set(changed), terms.weights)
    return settle(naming, names, plain.findings, terms, Chained(changed, loose.findings, loose.itself))


def _changed(old: Column, new: Column) -> bool:
    """Tell whether a column that kept its name changed so much that it may be another."""
    return closeness(old.type, new.type) in (Closeness.CASTABLE, Closeness.FAR)


def _values(before: Iterable[Enum], after: Iterable[Enum], terms: Terms) -> list[Settled]:
    news = {enum.name: enum for enum in after}
    found: list[Settled] = []
    for old in sorted(before, key=lambda enum: enum.name):
        if (new := news.get(old.name)) is None:
            continue
        naming = Naming("value", old.name, new.name)
        names = field(naming, old.values, new.values, terms.answers)
        if names.open or names.decided:
            scene = ValueScene(old, new, names.kept, terms.weights)
            found.append(settle(naming, names, scene.findings, terms))
    return found


def _sure(
    before: Side, after: Side, names: Mapping[str, str], columns: Mapping[str, Mapping[str, str]]
) -> Iterator[Candidate]:
    olds, news = _by_key(before), _by_key(after)
    for old, new in names.items():
        yield from sure_renames(olds[old], news[new], names, columns)


def _by_key(side: Side) -> dict[str, Table]:
    return {table.key: table for table in side.tables}
