"""A table at both ends of a way: which row is which, and how its values differ, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import eq

from whimbrel.proof.contents import Contents, Held, Line, alike, plainest
from whimbrel.proof.script import About
from whimbrel.snapshot import Column, Key, Snapshot, Table

# What a value was and is, and its row in words.
Values = tuple[str | None, str | None, str]
_ZONES = timedelta(hours=15)  # from UTC to the farthest of them


@dataclass(frozen=True, slots=True)
class Ends:
    """Where a way begins and where it ends.

    Attributes:
        old: The schema before.
        new: The schema after.
        before: The contents before.
        after: The contents after.
        about: What the script says of itself.
    """

    old: Snapshot
    new: Snapshot
    before: Contents
    after: Contents
    about: About


@dataclass(frozen=True, slots=True)
class Pair:
    """A table at both ends."""

    key: Key
    place: Key
    before: Held
    after: Held
    ends: Ends

    @property
    def name(self) -> str:
        """What it is called at the other end."""
        return self.place.name

    def has_type(self, old: str, new: str) -> bool:
        """Tell whether a column has the same type at both ends, so that nothing makes its values look otherwise."""
        before, after = self.columns_at(old, new)
        return before is not None and after is not None and before.type == after.type != ""

    def columns_at(self, old: str, new: str) -> tuple[Column | None, Column | None]:
        """Return a column as it is at both ends."""
        return _column(self.ends.old, self.key, old), _column(self.ends.new, self.place, new)

    def matched(self, columns: Mapping[str, str]) -> list[tuple[Line, Line]] | None:
        """Return the rows at both ends; None where nothing tells which is which."""
        key = [(name, columns[name]) for name in self.before.key if name in columns]
        if not key or len(key) < len(self.before.key):
            return None
        old = {key_of(line, self.before, [one for one, _ in key]): line for line in self.before.lines}
        new = {key_of(line, self.after, [one for _, one in key]): line for line in self.after.lines}
        if len(new) < len(self.after.lines) or (old and not old.keys() & new.keys() and self.after.lines):
            return None
        return [(line, new[mark]) for mark, line in old.items() if mark in new]


def _column(side: Snapshot, key: Key, name: str) -> Column | None:
    table = side.get(key)
    return table.column(name) if isinstance(table, Table) else None


def key_of(line: Line, held: Held, names: Sequence[str]) -> tuple[str | None, ...]:
    """Return what tells a row apart, whatever types its columns have."""
    values = (line[held.columns.index(name)] for name in names)
    return tuple(None if value is None else plainest(value) for value in values)


def values_of(pair: Pair, old: str, new: str) -> Iterator[Values]:
    """Yield what a column's values were and are, with the row in words."""
    at, to = pair.before.columns.index(old), pair.after.columns.index(new)
    key = {name: name for name in pair.before.key if name in pair.after.columns}
    matched = pair.matched(key)
    if matched is not None:
        yield from ((line[at], other[to], f" in {row_words(line, pair.before)}") for line, other in matched)
        return
    gone = list((Counter(pair.before.column(old)) - Counter(pair.after.column(new))).elements())
    came = list((Counter(pair.after.column(new)) - Counter(pair.before.column(old))).elements())
    yield from ((before, after, "") for before, after in zip(_sorted(gone), _sorted(came), strict=False))


def _sorted(values: Iterable[str | None]) -> list[str | None]:
    return sorted(values, key=lambda one: (one is None, one or ""))


def differing(pairs: Sequence[Values], has_type: bool) -> tuple[list[Values], list[Values]]:
    """Return the values of a column that became NULL, and those that became others.

    Args:
        pairs: All its values.
        has_type: Whether it has the same type at both ends.
    """
    same = eq if has_type else alike
    lost = [one for one in pairs if one[0] is not None and one[1] is None]
    return lost, [one for one in pairs if None not in one[:2] and not same(one[0], one[1])]


def filled(pairs: Iterable[Values]) -> list[Values]:
    """Return what was NULL and is no more."""
    return [one for one in pairs if one[0] is None and one[1] is not None]


def is_of_the_moment(value: str | None) -> bool:
    """Tell a time that is about now, in whatever zone."""
    try:
        moment = datetime.fromisoformat(value or "")
    except ValueError:
        return False
    return abs(datetime.now(UTC).replace(tzinfo=None) - moment.replace(tzinfo=None)) < _ZONES


def lost_words(pairs: Sequence[Values], lost: Sequence[Values]) -> str:
    """Say which values became NULL."""
    value, _, row = lost[0]
    return f"{len(lost)} of {counted(len(pairs), 'value')} became NULL, such as {quoted(value)}{row}"


def changed_words(pairs: Sequence[Values], changed: Sequence[Values]) -> str:
    """Say which values became others."""
    before, after, row = changed[0]
    many = f"{len(changed)} of {counted(len(pairs), 'value')}"
    return f"{many} changed, such as {quoted(before)} to {quoted(after)}{row}"


def row_words(line: Line, held: Held) -> str:
    """Name a row."""
    names = held.key or held.columns[:3]
    return ", ".join(f"{name}={line[held.columns.index(name)]}" for name in names)


def quoted(value: str | None) -> str:
    """Write a value, not too long."""
    text = "NULL" if value is None else f"'{value}'"
    return text if len(text) < 60 else f"{text[:57]}…'"


def counted(number: int, noun: str) -> str:
    """Write a number of things."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
