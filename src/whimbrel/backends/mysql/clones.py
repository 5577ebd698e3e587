"""Tries a change of a table on an empty clone of it: how the server does it, and which other tables hold it up.

How: the server is asked with the cheapest ALGORITHM and the weakest LOCK first, until it does not refuse.
Which others: a second session of ours takes the locks that a writer of another table has, and the change is tried
without waiting. Refused for a lock means that it needs that table, and that who writes it waits behind it meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from whimbrel.backends.locks import own_connection, row_of
from whimbrel.backends.mysql.statements import asked_for, led_to, of_whole_tables, quoted, split, without_key
from whimbrel.backends.observed import Blocks, Catalogue, Held
from whimbrel.backends.sessions import run_beside

if TYPE_CHECKING:
    from sqlalchemy import Connection

CLONE, MOVED, CHILD = "whimbrel_probe", "whimbrel_probe_moved", "whimbrel_probe_child"
LOCKED = (1205, 1213)  # waited too long, or a deadlock: for a lock that another session has
_OTHERWISE = -1
_PAUSES, _LONG = (0.01, 0.04), 0.5  # seconds
_TIMES = 20

# The cheapest first; of those before COPY, only INPLACE may write the table anew.
_WAYS = (
    ("INSTANT", ""),
    ("NOCOPY", "NONE"),
    ("NOCOPY", "SHARED"),
    ("INPLACE", "NONE"),
    ("INPLACE", "SHARED"),
    ("COPY", "NONE"),
    ("COPY", "SHARED"),
)


@dataclass(frozen=True, slots=True)
class Tried:
    """What the trial of a statement has shown.

    Attributes:
        table: The table that it changes.
        algorithm: The server's word for how; empty where that is not asked.
        lock: What others cannot do meanwhile, in the server's word.
        others: The locks on other tables, and on this one where no algorithm is asked for.
        rewrites: Whether rows are written anew, where no algorithm is asked for.
        reads: The tables whose rows are read.
        is_seen: Whether the server could be asked.
    """

    table: str
    algorithm: str = ""
    lock: str = ""
    others: tuple[Held, ...] = ()
    rewrites: bool = False
    reads: tuple[str, ...] = ()
    is_seen: bool = False


@dataclass(frozen=True, slots=True)
class _Other:
    """Another table that a change may need: how one writes it, how one reads it, and the locks if it does need it."""

    writer: str
    reader: str
    locks: tuple[Held, ...]


def tried(connection: Connection, catalogue: Catalogue, statement: str) -> Tried | None:
    """Try a statement on clones; None if there is nothing to try.

    Args:
        connection: The migration's connection, to a scratch database.
        catalogue: What is there.
        statement: Its text.
    """
    if whole := of_whole_tables(statement, CLONE, MOVED):
        found = [_result(_Clone(connection, catalogue, table, ""), text, []) for table, text in whole.items()]
        return Tried(next(iter(whole)), others=tuple(held for _, some in found for held in some))
    parts = split(statement, CLONE)
    if parts is None:
        return None
    table, write, rest = parts
    bare, asked = asked_for(rest)
    ways = [one for one in _WAYS if asked.get("ALGORITHM", "DEFAULT") in (one[0], "DEFAULT")]
    clone = _Clone(connection, catalogue, table, bare)
    texts = [write(clone.change, *one) for one in ways]
    place, others = _result(clone, write(clone.change, "DEFAULT", ""), texts)
    if place is None:
        return Tried(table, others=others) if others else None
    algorithm, lock = ways[place]
    lock = asked.get("LOCK", lock).replace("DEFAULT", lock) or "NONE"
    return Tried(table, algorithm, lock, others, is_seen=True)


class _Clone:
    """An empty clone of a table, for one change.

    The foreign keys of a table are not cloned with it, and need other names: the names are those of the schema. One
    table whose foreign key leads to the clone stands for all those that lead to the table.

    Args:
        connection: The migration's connection.
        catalogue: What is there.
        table: The table.
        change: What follows the table's name in the statement.
    """

    def __init__(self, connection: Connection, catalogue: Catalogue, table: str, change: str) -> None:
        """Make nothing yet."""
        keys = [one for one in catalogue.values() if one.kind == "constraint" and one.get("type") == "f"]
        self.connection = connection
        self.change = change
        self._table = table
        self._keys = [one for one in keys if one.table == table]
        self._children = [one for one in keys if one.get("parent") == table and one.table != table]
        self._there = {one.name for one in catalogue.values() if one.kind == "table"}
        for place, key in enumerate(self._keys):
            self.change = without_key(self.change, key.name, f"{CLONE}_{place}")

    def make(self) -> bool:
        """Make it; tell whether it is there: under LOCK TABLES there can be none."""
        if patiently(self.run, f"CREATE TABLE {CLONE} LIKE {quoted(self._table)}"):
            return False
        keys = [f"ADD CONSTRAINT {CLONE}_{place} {key.get('definition')}" for place, key in enumerate(self._keys)]
        if keys:
            self.run(f"ALTER TABLE {CLONE} {', '.join(keys)}")
        if self._children:
            key = self._children[0]
            here = key.get("definition").replace(f"REFERENCES {quoted(self._table)} ", f"REFERENCES {CLONE} ", 1)
            self.run(f"CREATE TABLE {CHILD} LIKE {quoted(key.table)}")
            self.run(f"ALTER TABLE {CHILD} ADD {here}")
        return True

    def drop(self) -> None:
        """Drop it."""
        drop_clones(self.connection)

    def others(self) -> list[_Other]:
        """Return the other tables that its change may need."""
        if self._table not in self._there:
            return []
        found = []
        for parent in sorted(led_to(self.change) & self._there - {self._table}):
            held = Held(parent, "MDL_SHARED_NO_WRITE", Blocks.WRITES)
            found.append(_Other(f"{reading(parent)} FOR UPDATE", reading(parent), (held,)))
        for parent in sorted({one.get("parent") for one in self._keys} & self._there - {self._table}):
            on = f"{parent} by way of {self._table}, which whoever writes {parent} locks as well"
            held = Held(parent, "MDL_EXCLUSIVE", Blocks.WRITES, on=on, is_brief=True)
            found.append(_Other(f"DELETE FROM {quoted(parent)} WHERE FALSE", reading(parent), (held,)))
        if self._children:
            children = sorted({one.table for one in self._children})
            locks = tuple(Held(one, "LOCK_X", Blocks.WRITES, is_brief=True) for one in children)
            found.append(_Other(f"{reading(CHILD)} FOR UPDATE", reading(CHILD), locks))
        return found

    def run(self, statement: str) -> int:
        """Run a statement of our own, as `number_of` does."""
        return number_of(self.connection, statement)


def number_of(connection: Connection, statement: str) -> int:
    """Run a statement of our own; return the server's number for why it refuses, 0 if it does not."""
    try:
        run_beside(connection, statement)
    except DBAPIError as error:
        number = error.orig.args[0] if error.orig is not None and error.orig.args else _OTHERWISE
        return number if isinstance(number, int) and number else _OTHERWISE
    return 0


def patiently(run: Callable[[str], int], statement: str) -> int:
    """Run a statement again that is refused for a lock: InnoDB's own threads have one now and then, for a moment."""
    began = time.perf_counter()
    number = run(statement)
    for pause in _PAUSES:
        if number not in LOCKED or time.perf_counter() - began > _LONG:  # who has waited need not try again
            break
        time.sleep(pause)
        number = run(statement)
    return number


def drop_clones(connection: Connection) -> None:
    """Drop all clones, however long it takes InnoDB's own threads to let them go."""
    statement = f"DROP TABLE IF EXISTS {CHILD}, {CLONE}, {MOVED}"
    for _ in range(_TIMES):
        if patiently(partial(number_of, connection), statement) not in LOCKED:
            return


def _result(clone: _Clone, plain: str, texts: list[str]) -> tuple[int | None, tuple[Held, ...]]:
    """Return the place of the first text that the server takes for a clone, and the locks on others.

    Args:
        clone: The clone, not made yet.
        plain: The change as the server does it by itself.
        texts: The ways to ask for it.
    """
    others = clone.others()
    if not (others or texts) or not clone.make():
        return None, ()
    try:
        with second_session(clone.connection if others else None) as second:
            needed = _needed(clone, second, plain, others)
            with holding(second, [one.reader for one in needed]):
                number, place = _first(clone, texts or [plain])
            locks = tuple(held for one in needed for held in one.locks)
            if number in LOCKED:  # its readers hold it up as well
                locks = tuple(replace(held, blocks=Blocks.EVERYTHING) for held in locks)
                _, place = _first(clone, texts)
    finally:
        clone.drop()
    by_table = {held.table: held for held in reversed(locks)}
    return place, tuple(by_table.values())


def _needed(clone: _Clone, second: Connection | None, text: str, others: list[_Other]) -> list[_Other]:
    """Return those of other tables by whose writers a text is held up; the clone is as it was afterwards."""
    found = []
    for one in others if second is not None else ():
        with holding(second, [one.writer]) as is_held:
            number = patiently(clone.run, text) if is_held else _OTHERWISE
        if number in LOCKED:
            found.append(one)
        elif number == 0:
            clone.drop()
            clone.make()
    return found


def _first(clone: _Clone, texts: list[str]) -> tuple[int, int | None]:
    """Try one text after the other until the server takes one, or lacks a lock."""
    number = _OTHERWISE
    for place, text in enumerate(texts):
        number = patiently(clone.run, text)
        if number == 0:
            return number, place
        if number in LOCKED:
            break
    return number, None


@contextmanager
def holding(second: Connection | None, statements: Sequence[str]) -> Iterator[bool]:
    """Run statements in a transaction of the second session, and leave it open; tell whether the server took them."""
    is_held = False
    try:
        if second is not None and statements:
            with suppress(DBAPIError):
                for one in ("START TRANSACTION", *statements):
                    run_beside(second, one)
                is_held = True
        yield is_held
    finally:
        if second is not None:
            with suppress(DBAPIError):
                run_beside(second, "ROLLBACK")


@contextmanager
def second_session(connection: Connection | None, for_rows: int = 0) -> Iterator[Connection | None]:
    """Open a session beside the migration's, so that nobody waits for a lock; nothing where there can be none.

    Args:
        connection: The migration's connection; None if none is needed.
        for_rows: For how many seconds InnoDB's own locks are waited for.
    """
    opened = None if connection is None else _opened(connection)
    if connection is None or opened is None:
        yield None
        return
    try:
        times = row_of(connection, "SELECT @@SESSION.lock_wait_timeout, @@SESSION.innodb_lock_wait_timeout")
        least = 0 if getattr(connection.dialect, "is_mariadb", False) else 1  # MySQL takes no 0
        for one in (connection, opened):
            _wait(one, least, max(least, for_rows))
        try:
            yield opened
        finally:
            _wait(connection, *times)
    finally:
        opened.close()


def _opened(connection: Connection) -> Connection | None:
    with suppress(SQLAlchemyError):
        opened = own_connection(connection)
        if row_of(opened, "SELECT DATABASE()") == row_of(connection, "SELECT DATABASE()"):
            return opened
        opened.close()
    return None


def _wait(connection: Connection, tables: int, rows: int) -> None:
    run_beside(connection, f"SET SESSION lock_wait_timeout = {tables:d}, innodb_lock_wait_timeout = {rows:d}")


def reading(table: str) -> str:
    """Write the statement of one who reads a table."""
    return f"SELECT 1 FROM {quoted(table)} LIMIT 1"
