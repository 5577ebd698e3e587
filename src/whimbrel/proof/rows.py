"""Rows for the tables of a snapshot: chosen purely, from a seed, so that the same seed gives the same rows."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from zlib import crc32

from whimbrel.backends.rows import Value
from whimbrel.proof.rules import Distinct, Place, Rules
from whimbrel.proof.values import LIMITS, awkward, by_chance, distinct, fits, plain
from whimbrel.snapshot import ForeignKey, Key

_TRIES = 12
# Of a table whose rows only the server can judge, so many times the rows are offered.
SPARE = 4
OUT_OF_THE_WAY = 20_001  # ids from here on are seldom those that a script gives to its own rows


@dataclass(frozen=True, slots=True)
class Recipe:
    """How rows are chosen.

    Attributes:
        seed: What chance begins with.
        count: How many rows each table gets.
        is_plain: Whether only values are chosen that can make trouble to nobody.
        first: The number of the first row.
        is_careful: Whether a value has to fit the column of another type, too, that may come in place of its own.
    """

    seed: int
    count: int
    is_plain: bool = False
    first: int = 1
    is_careful: bool = False


@dataclass(slots=True)
class Chosen:
    """The rows of one table, while they are chosen.

    Attributes:
        late: The foreign keys to tables that come later.
    """

    rules: Rules
    rows: list[dict[str, Value]] = field(default_factory=list)
    late: tuple[ForeignKey, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the rows have values for."""
        return tuple(one.name for one in self.rules.places if not one.omitted)


def choose(rules: Sequence[Rules], recipe: Recipe) -> tuple[Chosen, ...]:
    """Choose rows for tables, in the order in which they are put in."""
    chosen: dict[Key, Chosen] = {}
    for one in rules:
        late = tuple(key for key in one.keys if _target(key) not in chosen and _target(key) != one.table.key)
        chosen[one.table.key] = Chosen(one, late=late)
        _Choice(chosen[one.table.key], chosen, recipe).fill()
    for table in chosen.values():
        for key in table.late:
            _point(table, key, chosen[_target(key)].rows)
    return tuple(chosen.values())


def folded(values: Iterable[Value]) -> tuple[str, ...]:
    """Write values so that those are equal which any collation may hold to be equal."""
    return tuple(_folded(str(one)) for one in values)


def _folded(text: str) -> str:
    bare = unicodedata.normalize("NFKD", text.casefold())
    return "".join(one for one in bare if not unicodedata.combining(one) and one.isprintable()).strip()


def _target(key: ForeignKey) -> Key:
    return Key("table", key.schema, key.table)


class _Choice:
    """The choice of one table's rows."""

    def __init__(self, chosen: Chosen, others: Mapping[Key, Chosen], recipe: Recipe) -> None:
        self._chosen, self._rules, self._others, self._recipe = chosen, chosen.rules, others, recipe
        self._random = Random(recipe.seed ^ crc32(str(chosen.rules.table.key).encode()))
        self._seen: list[set[tuple[str, ...]]] = [set() for _ in chosen.rules.distinct]
        self._places = tuple(self._settled(one) for one in chosen.rules.places)
        self._pools = {one.name: self._pool(one) for one in self._places}
        self._turns: dict[str, int] = {}
        self._alone = {one.columns[0] for one in chosen.rules.distinct if len(one.columns) == 1}

    def fill(self) -> None:
        """Choose the rows."""
        count = 1 if self._rules.few else self._recipe.count * (SPARE if self._rules.doubtful else 1)
        for number in range(count):
            row = next((one for one in self._tries(number) if one is not None and self._is_new(one)), None)
            if row is not None:
                self._chosen.rows.append(row)

    def _tries(self, number: int) -> Iterator[dict[str, Value] | None]:
        for at in range(_TRIES):
            yield self._row(number, at)

    def _row(self, number: int, at: int) -> dict[str, Value] | None:
        row: dict[str, Value] = {}
        for place in self._places:
            if not place.omitted:
                row[place.name] = self._value(place, number, at)
        pointed: set[str] = set()
        for key in self._rules.keys:
            if not self._follow(row, key, number, at, pointed):
                return None
            pointed.update(key.columns)
        self._repeat(row, number, at)
        return row

    def _settled(self, place: Place) -> Place:
        """Settle which types a column's values have to fit: its own at least."""
        is_free = place.is_guessed and not self._recipe.is_careful
        return replace(place, holds=place.holds[:1]) if is_free else place

    def _repeat(self, row: dict[str, Value], number: int, at: int) -> None:
        """Have some rows the same as the first one in what may be repeated; not where that was refused."""
        for one in self._rules.doubled if number % 4 == 3 and not at else ():
            first = next((each for each in self._chosen.rows if None not in map(each.get, one.columns)), None)
            if first is not None and set(one.columns) <= first.keys():
                row.update({name: first[name] for name in one.columns})

    def _value(self, place: Place, number: int, at: int) -> Value:
        unique = place.name in self._alone
        if place.counts or (unique and place.holds[0].family == "integer"):
            gaps = 0 if self._recipe.is_plain else number // 3
            return plain(place.holds[0], self._recipe.first - 1 + number + gaps)
        if (
            place.nullable
            and not self._recipe.is_plain
            and (number == 0 or (number > 2 and self._random.random() < 0.2))
        ):
            return None
        value = self._from_pool(place, number, at)
        another = distinct(value, place.holds[-1], number) if unique and at else value
        return another if self._all_take(another, place) else value

    def _from_pool(self, place: Place, number: int, at: int) -> str:
        pool = self._pools[place.name]
        if self._recipe.is_plain:
            tame = next((one for one in self._plain(place, number) if self._all_take(one, place)), None)
            if tame is not None:
                return tame
        if not at and (turn := self._turns.get(place.name, 0)) < len(pool):
            self._turns[place.name] = turn + 1
            return pool[turn]
        if pool and self._random.random() < 0.5:
            return self._random.choice(pool)
        tried = [by_chance(self._random.choice(place.holds), self._random) for _ in range(3)]
        found = [one for one in tried if self._all_take(one, place)]
        return found[0] if found else self._random.choice(pool or ["1"])

    def _plain(self, place: Place, number: int) -> Iterator[str]:
        return (plain(each, number) for each in place.holds)

    def _pool(self, place: Place) -> list[str]:
        """Return what is worth trying: what conditions hint at, then what is awkward, each column in its own order."""
        strange = [one for each in place.holds for one in awkward(each)]
        # What may be a number, a date or a word has to be one for every type.
        strange += [plain(each, 1) for each in place.holds] + (["1", "0"] if len(place.holds) > 1 else [])
        fitting = [one for one in dict.fromkeys(strange) if self._all_take(one, place)]
        hinted = [one for one in place.hints if self._all_take(one, place)]
        limits, others = fitting[:LIMITS], fitting[LIMITS:]
        Random(self._recipe.seed ^ crc32(place.name.encode())).shuffle(others)
        return list(dict.fromkeys([*hinted, *limits, *others]))

    def _all_take(self, value: str, place: Place) -> bool:
        return all(fits(value, one) for one in place.holds) and all(
            one.allows({place.name: value}) for one in self._rules.conditions if one.columns == {place.name}
        )

    def _follow(self, row: dict[str, Value], key: ForeignKey, number: int, at: int, fixed: set[str]) -> bool:
        """Let a row point to one that is there, or to nothing; tell whether it can."""
        if key in self._chosen.late:
            return True  # comes when the others are chosen
        target = self._others.get(_target(key))
        columns = _pairs(key, target)
        if target is None or not columns:
            return True
        own = target is self._chosen
        empty = next((name for name in key.columns if self._may_be_empty(name) and name not in fixed), None)
        if empty is not None and (number == 0 or (number > 1 and self._random.random() < 0.15)):
            row[empty] = None
            return True
        rows = [
            one for one in target.rows if all(row[mine] == one.get(theirs) for mine, theirs in columns if mine in fixed)
        ]
        rows = [one for one in rows if all(one.get(theirs) is not None for _, theirs in columns)]
        if rows:
            found = self._pointed_to(rows, key, number, at)
        elif own:
            found = row
        elif empty is not None:
            found = {theirs: None for _, theirs in columns}
        else:
            return False
        row.update({mine: found.get(theirs) for mine, theirs in columns if mine not in fixed})
        return True

    def _pointed_to(self, rows: Sequence[dict[str, Value]], key: ForeignKey, number: int, at: int) -> dict[str, Value]:
        """Choose the row that a row points to, so that some have several that point to them, and some have none."""
        is_alone = any(set(one.columns) <= set(key.columns) for one in self._rules.distinct)
        if at or (number < len(rows) and (is_alone or number % 2)):
            return _another(rows, number + at, self._rules.keys.index(key))
        return self._random.choice(rows)

    def _may_be_empty(self, name: str) -> bool:
        place = self._rules.place(name)
        return place is not None and place.nullable

    def _is_new(self, row: Mapping[str, Value]) -> bool:
        if not all(one.allows(row) for one in self._rules.conditions):
            return False
        marks = [_mark(row, one) for one in self._rules.distinct]
        if any(mark in seen for mark, seen in zip(marks, self._seen, strict=True) if mark is not None):
            return False
        for mark, seen in zip(marks, self._seen, strict=True):
            if mark is not None:
                seen.add(mark)
        return True


def _mark(row: Mapping[str, Value], one: Distinct) -> tuple[str, ...] | None:
    """Return what must be there once only; None where NULLs make it new."""
    values = [row.get(name) for name in one.columns]
    return None if None in values and not one.counts_nulls else folded(values)


def _pairs(key: ForeignKey, target: Chosen | None) -> list[tuple[str, str]]:
    """Return a foreign key's columns, each with the one that it points to."""
    if target is None:
        return []
    primary = target.rules.table.primary_key
    theirs = key.target or (primary.columns if primary else ())
    return list(zip(key.columns, theirs, strict=False))


def _another(rows: Sequence[dict[str, Value]], number: int, place: int) -> dict[str, Value]:
    """Return a row of another number: a script that takes one id for another shall be found out.

    Args:
        rows: Those to choose from.
        number: The number of the row that points.
        place: Which of its foreign keys it is; two do not point to rows of the same number.
    """
    shift = 1 + place % max(1, (len(rows) - 1) // 2)  # less than a half, or two that point to each other would agree
    return rows[(number + shift) % len(rows)]


def _point(chosen: Chosen, key: ForeignKey, rows: Sequence[dict[str, Value]]) -> None:
    """Let rows point to a table whose rows were chosen later."""
    primary = next((one.columns for one in chosen.rules.distinct), ())
    theirs = key.target
    if not rows or set(key.columns) & set(primary):
        return
    seen: set[tuple[str, ...]] = set()
    unique = any(set(one.columns) <= set(key.columns) for one in chosen.rules.distinct)
    nullable = any(place.nullable for place in map(chosen.rules.place, key.columns) if place)
    for at, row in enumerate(chosen.rows):
        to = _another(rows, at, chosen.rules.keys.index(key))
        values = {mine: to.get(their) for mine, their in zip(key.columns, theirs, strict=False)}
        mark = folded(values.values())
        if (unique and mark in seen) or (nullable and at == 0):
            values = dict.fromkeys(values)
        seen.add(mark)
        row.update(values)
