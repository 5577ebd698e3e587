"""What was seen of one statement while it ran: frozen values, without a connection and without SQL.

A ``Fact`` is one object of the catalogue; what a statement did is the difference of two catalogues, so raw SQL
is seen as well as an operation. Servers that number their objects tell a rename from a drop and an add for sure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from whimbrel.backends.writes import Write

Identity = tuple[str, ...]


class Blocks(IntEnum):
    """What others cannot do while a lock is held."""

    NOTHING = 0
    WRITES = 1
    EVERYTHING = 2


@dataclass(frozen=True, slots=True)
class Held:
    """A lock that the transaction holds when the statement has ended.

    Attributes:
        table: The table, view or other relation; of an index, its table.
        mode: The server's name for it.
        blocks: What it keeps others from.
        index: The index that it is on; empty if it is on the table itself.
        is_new: Whether this statement has taken it, or made it stronger.
        on: What it is on, where that is more or something else than the table; else empty.
        is_brief: Whether it is held for a moment only, and not while the statement works on rows.
    """

    table: str
    mode: str
    blocks: Blocks
    index: str = ""
    is_new: bool = True
    on: str = ""
    is_brief: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """One object of the catalogue.

    Attributes:
        kind: ``table``, ``column``, ``index``, ``constraint``, ``enum value``, ``sequence`` and so on.
        name: Its name; of a column or constraint without its table.
        table: The table that it belongs to; of an enum's value, the type.
        says: What else the catalogue says of it, by name.
    """

    kind: str
    name: str
    table: str = ""
    says: Mapping[str, str] = field(default_factory=dict)

    def get(self, key: str) -> str:
        """Return one thing that the catalogue says of it; empty where it says nothing."""
        return self.says.get(key, "")


@dataclass(frozen=True, slots=True)
class Effect:
    """What a statement has done to one object.

    Attributes:
        was: The object before; None if the statement has made it.
        now: The object afterwards; None if it is gone.
    """

    was: Fact | None
    now: Fact | None

    @property
    def fact(self) -> Fact:
        """The object, as it is now if it is still there."""
        found = self.now or self.was
        assert found is not None
        return found

    @property
    def kind(self) -> str:
        """What kind of object it is."""
        return self.fact.kind

    @property
    def is_made(self) -> bool:
        """Whether the object is new."""
        return self.was is None

    @property
    def is_gone(self) -> bool:
        """Whether the object is no more."""
        return self.now is None

    @property
    def renamed_from(self) -> str:
        """What it was called before; empty if its name is the same."""
        if self.was is None or self.now is None or self.was.name == self.now.name:
            return ""
        return self.was.name

    def change(self, key: str) -> tuple[str, str] | None:
        """Return what the catalogue said before and says now; None if that is the same, or it is made or gone."""
        if self.was is None or self.now is None:
            return None
        pair = (self.was.get(key), self.now.get(key))
        return None if pair[0] == pair[1] else pair


@dataclass(frozen=True, slots=True)
class Observation:
    """What one statement did.

    Attributes:
        sql: Its text.
        revision: The script that sent it.
        line: The script's line; 0 where that is not known.
        transaction: A word for the transaction that it ran in; empty if it ran in none.
        is_measured: Whether locks and work were seen; else they are taken from what is known of such statements.
        locks: What the transaction holds of what was there when the script began.
        lock_count: How many locks on relations it holds in all.
        rewritten: The tables that were written anew.
        scanned: The tables that were read from one end to the other.
        writes: What it does to rows, as far as its text and its locks tell.
        way: How the server did it, in its own word: ``INSTANT``, ``INPLACE``, ``rebuild``.
        effects: What it did to the catalogue.
        seconds: How long it took, on a database with next to no rows.
        error: Why it failed, in the server's words; empty if it did not.
        rows: How many rows it wrote on scratch, as the driver counts them; -1 where it does not.
        texts: All that was sent for it, with the values written in, as a person would type it.
        locked: For how long the transaction had kept all others from writing anywhere in the database when the
            statement ended, in seconds; None where it does not, or where a server has no such lock.
        takes_lock: Whether it was this statement that took that lock.
        session: What the server says of the session from then on, if it is a statement that changes that.
        calls: The functions that a statement which only asks calls, of those that may do more than that.
    """

    sql: str
    revision: str = ""
    line: int = 0
    transaction: str = ""
    is_measured: bool = True
    locks: tuple[Held, ...] = ()
    lock_count: int = 0
    rewritten: tuple[str, ...] = ()
    scanned: tuple[str, ...] = ()
    writes: tuple[Write, ...] = ()
    way: str = ""
    effects: tuple[Effect, ...] = ()
    seconds: float = 0.0
    error: str = ""
    rows: int = -1
    texts: tuple[str, ...] = ()
    locked: float | None = None
    takes_lock: bool = False
    session: Mapping[str, str] = field(default_factory=dict)
    calls: tuple[str, ...] = ()

    @property
    def written(self) -> str:
        """The table whose rows it writes; the first of several, and empty if it writes none."""
        return self.writes[0].table if self.writes else ""

    def writes_by(self, *verbs: str) -> tuple[Write, ...]:
        """Return what it does to rows by some verbs."""
        return tuple(one for one in self.writes if one.verb in verbs)

    def blocked(self) -> dict[str, Held]:
        """Return for each table the strongest lock that hinders others, as long as the statement works."""
        found: dict[str, Held] = {}
        for one in self.locks:
            if (
                not one.is_brief
                and one.blocks
                and one.blocks > (found[one.table].blocks if one.table in found else Blocks.NOTHING)
            ):
                found[one.table] = one
        return found


Catalogue = Mapping[Identity, Fact]


def effects_between(before: Catalogue, after: Catalogue) -> tuple[Effect, ...]:
    """Return what happened to a catalogue, what is gone first."""
    gone = [Effect(fact, None) for key, fact in before.items() if key not in after]
    changed = [Effect(before[key], fact) for key, fact in after.items() if key in before and _differ(before[key], fact)]
    made = [Effect(None, fact) for key, fact in after.items() if key not in before]
    return (*gone, *changed, *made)


def _differ(was: Fact, now: Fact) -> bool:
    """Tell whether an object is another one; that its table has a new name changes nothing of it."""
    if was.table != now.table and was.name == now.name:
        return _less(was, ("definition", "default")) != _less(replace(now, table=was.table), ("definition", "default"))
    return was != now


def together(first: Observation, second: Observation) -> Observation:
    """Take two statements of one operation as one: what the first has undone and the second made again is as it was."""
    rewritten = tuple(dict.fromkeys((*first.rewritten, *second.rewritten)))
    # What was read before the operation had its lock hindered nobody.
    scanned = dict.fromkeys((*(first.scanned if first.blocked() else ()), *second.scanned))
    return replace(
        first,
        sql=first.sql if first.way else second.sql,
        locks=tuple(dict.fromkeys((*first.locks, *second.locks))),
        rewritten=rewritten,
        scanned=tuple(one for one in scanned if one not in rewritten),
        writes=tuple(dict.fromkeys((*first.writes, *second.writes))),
        way=first.way or second.way,
        effects=_composed(first.effects, second.effects),
        seconds=first.seconds + second.seconds,
        error=first.error or second.error,
        rows=max(first.rows, second.rows),
        texts=(*first.texts, *second.texts),
        locked=first.locked if second.locked is None else second.locked,
        takes_lock=first.takes_lock or second.takes_lock,
    )


def _composed(first: tuple[Effect, ...], second: tuple[Effect, ...]) -> tuple[Effect, ...]:
    found = {_called(one.now or one.fact): one for one in first}
    for later in second:
        earlier = found.pop(_called(later.was or later.fact), None)
        joined = later if earlier is None else Effect(earlier.was, later.now)
        if joined.was != joined.now:
            found[_called(joined.fact)] = joined
    return tuple(found.values())


def _called(fact: Fact) -> tuple[str, str, str]:
    return fact.kind, fact.table, fact.name


def without_numbers(effects: Iterable[Effect], *keys: str) -> tuple[Effect, ...]:
    """Leave out the changes of what only the observer asks for, such as the number of a table's file."""
    kept = []
    for one in effects:
        was, now = _less(one.was, keys), _less(one.now, keys)
        if was != now:
            kept.append(Effect(was, now))
    return tuple(kept)


def _less(fact: Fact | None, keys: tuple[str, ...]) -> Fact | None:
    return fact and replace(fact, says={key: value for key, value in fact.says.items() if key not in keys})
