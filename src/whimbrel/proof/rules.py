"""What rows of a table have to keep: the rules that are there, and, if asked, those that a revision brings too."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from whimbrel.backends.ddl import columns_of
from whimbrel.backends.rows import Holds
from whimbrel.proof.conditions import Condition, condition
from whimbrel.proof.hints import hints
from whimbrel.snapshot import Column, ForeignKey, Key, Snapshot, Table

HoldsOf = Callable[[Column, Snapshot], Holds]


@dataclass(frozen=True, slots=True)
class Place:
    """A column that values are put into.

    Attributes:
        holds: What it can hold; several, where its values have to fit several types.
        nullable: Whether NULL is allowed.
        hints: Values that conditions on it are likely to take.
        counts: Whether it numbers the rows.
        omitted: Whether it is better left to its default.
        is_guessed: Whether its second type is that of a column of another name, which may have come in its place.
    """

    name: str
    holds: tuple[Holds, ...]
    nullable: bool
    hints: tuple[str, ...] = ()
    counts: bool = False
    omitted: bool = False
    is_guessed: bool = False


@dataclass(frozen=True, slots=True)
class Distinct:
    """Columns whose values together are there once only.

    Attributes:
        counts_nulls: Whether two NULLs are the same.
    """

    columns: tuple[str, ...]
    counts_nulls: bool = False


@dataclass(frozen=True, slots=True)
class Rules:
    """What the rows of a table have to keep.

    Attributes:
        places: The columns that values are put into.
        distinct: What has to be different, the primary key first.
        keys: The foreign keys to tables that are there.
        doubtful: Whether only the server can tell if it takes a row.
        after: Conditions that a revision brings, to be asked of rows that are there.
        conditions: Those of all conditions that are understood, those to come among them.
        parted: The partition key and the bounds that a revision brings.
        few: Whether one row may be all that there can be.
        doubled: What may be there more than once now, and no more afterwards.
    """

    table: Table
    places: tuple[Place, ...]
    distinct: tuple[Distinct, ...]
    keys: tuple[ForeignKey, ...]
    doubtful: bool
    after: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    parted: tuple[str, tuple[str, ...]] = ("", ())
    few: bool = False
    doubled: tuple[Distinct, ...] = ()

    def place(self, name: str) -> Place | None:
        """Find a column."""
        return next((one for one in self.places if one.name == name), None)


def rules_of(side: Snapshot, holds_of: HoldsOf, after: Snapshot | None = None) -> tuple[Rules, ...]:
    """Return the rules of all tables that rows are put into, each after those that it points to where that can be.

    Args:
        side: What is there.
        holds_of: Tells what a column of a schema can hold.
        after: What a revision makes of it, if its rules are to be kept too.
    """
    tables = [one for one in side.tables() if not one.partition_of]
    ordered = _in_order(tables)
    return tuple(_with_those_after(_rules(one, side, holds_of), side, holds_of, after) for one in ordered)


def daring(rules: Sequence[Rules], after: Sequence[Rules]) -> tuple[Rules, ...]:
    """Have rows repeat what a revision wants once only.

    Args:
        rules: The rules that are there.
        after: Those of the same tables, with the ones that the revision brings.
    """
    return tuple(
        replace(one, doubled=tuple(each for each in then.distinct if each not in one.distinct))
        for one, then in zip(rules, after, strict=True)
    )


def _rules(table: Table, side: Snapshot, holds_of: HoldsOf) -> Rules:
    there = {one.key for one in side.tables()}
    parts = _parts(table, side)
    texts = [*(one.text for one in table.checks), *(f"{table.partition_by} {one.partition_of}" for one in parts)]
    places = tuple(_place(one, texts, holds_of, side) for one in table.columns_in_order() if not one.generated)
    expressions = any("" in columns_of(one) for one in table.indexes if one.unique)
    doubtful = bool(
        table.checks or table.exclusions or table.triggers or table.partition_by or table.partitions or expressions
    ) or any(one.holds[0].rules or not one.holds[0].family for one in places)
    keys = tuple(one for one in table.foreign_keys if Key("table", one.schema, one.table) in there)
    understood = (condition(one.text, side.kind) for one in table.checks)
    said = tuple(one for one in understood if one is not None)
    return Rules(table, places, tuple(_distinct(table)), keys, doubtful, conditions=said)


def _place(column: Column, texts: Iterable[str], holds_of: HoldsOf, side: Snapshot) -> Place:
    holds = holds_of(column, side)
    found = [one for text in texts for one in hints(text, side.kind, column.name)]
    found += [one for text in holds.rules for one in hints(text, side.kind, "VALUE")]
    counts = bool(column.identity or column.numbering or column.autoincrement)
    unknown = not holds.family and not holds.samples and not found
    omitted = unknown and (column.nullable or column.default is not None)
    return Place(column.name, (holds,), column.nullable, tuple(dict.fromkeys(found)), counts, omitted)


def _distinct(table: Table) -> Iterator[Distinct]:
    if table.primary_key is not None:
        yield Distinct(table.primary_key.columns)
    for one in table.uniques:
        yield Distinct(one.columns, one.nulls_not_distinct)
    for index in table.indexes:
        columns = columns_of(index)
        if index.unique and all(table.column(name) for name in columns):
            yield Distinct(columns, index.nulls_not_distinct)


def _with_those_after(rules: Rules, side: Snapshot, holds_of: HoldsOf, after: Snapshot | None) -> Rules:
    table = _place_of(rules.table, side, after) if after is not None else None
    if after is None or table is None:
        return rules
    called = _called(rules.table, table)
    more = _rules(table, after, holds_of)
    names = set(called)
    places = tuple(_stricter(one, more.place(_now(one.name, called))) for one in rules.places)
    distinct = (*rules.distinct, *_among(more.distinct, called))
    said_keys = (
        replace(one, columns=tuple(called[name] for name in one.columns))
        for one in more.keys
        if names >= set(one.columns)
    )
    keys = (*rules.keys, *(one for one in said_keys if _is_there(one, side)))
    checks = (
        *(one.text for one in table.checks if one not in rules.table.checks),
        *(text for one in rules.places for text in _brought(one, more.place(_now(one.name, called)))),
    )
    if table.partition_by and not rules.table.partition_by:
        parts = tuple(one.partition_of.partition(" ")[2] for one in _parts(table, after))
        rules = replace(rules, parted=(table.partition_by, parts), doubtful=True)
    exclusions = tuple(one.text for one in table.exclusions if one not in rules.table.exclusions)
    distinct += tuple(found for one in exclusions if (found := _excluded(one, names)) is not None)
    few = any(_excluded(one, names) is None for one in exclusions)
    kept = {name for name, old in called.items() if name == old}
    said = _once((*rules.conditions, *(one for one in more.conditions if one.columns <= kept)))
    return replace(
        rules,
        places=places,
        distinct=_once(distinct),
        keys=_by_columns(keys),
        after=checks,
        conditions=said,
        few=few,
    )


def _place_of(table: Table, side: Snapshot, after: Snapshot) -> Table | None:
    """Find a table afterwards: under its name, else the new one that is most like it."""
    found = after.get(table.key)
    if isinstance(found, Table):
        return found
    names = {one.name for one in table.columns}
    fresh = [
        (len(names & {each.name for each in one.columns}), one) for one in after.tables() if one.key not in side.by_key
    ]
    likely = [(shared, one) for shared, one in fresh if 2 * shared >= len(names)]
    return max(likely, key=lambda found: (found[0], found[1].key.order()))[1] if likely else None


def _called(before: Table, after: Table) -> dict[str, str]:
    """Return what columns were called, by their names afterwards; one that vanishes is likely to have a new name."""
    gone = [one for one in before.columns_in_order() if after.column(one.name) is None]
    fresh = [one for one in after.columns_in_order() if before.column(one.name) is None]
    called = {one.name: one.name for one in before.columns if after.column(one.name) is not None}
    for one in gone:
        likely = next(
            (new for new in fresh if new.type == one.type), fresh[0] if len(gone) == len(fresh) == 1 else None
        )
        if likely is not None:
            called[likely.name] = one.name
            fresh.remove(likely)
    return called


def _now(name: str, called: Mapping[str, str]) -> str:
    return next((new for new, old in called.items() if old == name), name)


def _among(many: Iterable[Distinct], called: Mapping[str, str]) -> Iterator[Distinct]:
    """Leave new columns out of what has to be different: they may have one value in all rows."""
    for one in many:
        columns = tuple(called[name] for name in one.columns if name in called)
        if columns:
            yield replace(one, columns=columns)


def _parts(table: Table, side: Snapshot) -> list[Table]:
    """Return the partitions of a table."""
    if not table.partition_by:
        return []
    name = f"{table.schema}.{table.name}"
    return [one for one in side.tables() if one.partition_of.replace('"', "").startswith(f"{name} ")]


def _excluded(text: str, names: set[str]) -> Distinct | None:
    """Read an exclusion of equal values; None for any other."""
    found = re.search(r"\(((?:\w+ WITH =,? ?)+)\)\s*\Z", text)
    columns = tuple(re.findall(r"(\w+) WITH", found[1])) if found else ()
    return Distinct(columns) if columns and set(columns) <= names else None


def _is_there(key: ForeignKey, side: Snapshot) -> bool:
    """Tell whether what a foreign key points to is there, its columns too."""
    table = side.get(_target(key))
    return isinstance(table, Table) and all(table.column(name) for name in key.target)


def _target(key: ForeignKey) -> Key:
    return Key("table", key.schema, key.table)


def _brought(one: Place, other: Place | None) -> Iterator[str]:
    """Yield the conditions of a domain that a column gets, said of the column."""
    name = '"' + one.name.replace('"', '""') + '"'
    for text in () if other is None else other.holds[0].rules:
        if text not in one.holds[0].rules:
            yield re.sub(r"\bVALUE\b", lambda _: name, text)


def _stricter(one: Place, other: Place | None) -> Place:
    if other is None:
        return one
    is_retyped = other.holds != one.holds
    return replace(
        one,
        holds=(*one.holds, *other.holds) if is_retyped else one.holds,
        nullable=one.nullable and other.nullable,
        hints=_once((*other.hints, *one.hints)),
        is_guessed=is_retyped and other.name != one.name,
    )


T = TypeVar("T")


def _once(many: Sequence[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(many))


def _by_columns(keys: Sequence[ForeignKey]) -> tuple[ForeignKey, ...]:
    """Leave out what another key says too."""
    return tuple({(one.columns, one.schema, one.table, one.target): one for one in reversed(keys)}.values())[::-1]


def _in_order(tables: Sequence[Table]) -> list[Table]:
    """Put tables after those that they point to; in a circle, those that point to the fewest first."""
    left: dict[Key, Table] = {one.key: one for one in tables}
    out: list[Table] = []
    while left:
        waiting = {key: _pointed(one, left) for key, one in left.items()}
        ready = [key for key, targets in waiting.items() if not targets]
        if not ready:
            ready = [min(waiting, key=lambda key: (_needed(left[key], left), len(waiting[key]), key.order()))]
        out += [left.pop(key) for key in ready]
    return out


def _pointed(table: Table, left: Mapping[Key, Table]) -> set[Key]:
    return {_target(one) for one in table.foreign_keys} & (left.keys() - {table.key})


def _needed(table: Table, left: Mapping[Key, Table]) -> int:
    """Count the foreign keys that cannot be left empty at first."""
    nullable = {one.name for one in table.columns if one.nullable}
    keys = [one for one in table.foreign_keys if _target(one) in left and _target(one) != table.key]
    return sum(not nullable & set(one.columns) for one in keys)
