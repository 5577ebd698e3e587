"""``Keeper``: stands before each statement of a revision, keeps what it would drop, and puts back what it adds again.

What it decides depends only on what it reads through the journal, and on records that the running revision does not
change: so it takes the same way again when a revision is taken up after a crash.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from whimbrel.archive.putting_back import PuttingBack
from whimbrel.archive.statements import FIRST_WORDS, Altered, Created, Dropped, Emptied, Filled, Name, parts, read
from whimbrel.archive.stowing import Stowing
from whimbrel.backends.generic import Returning, first_word
from whimbrel.bookkeeping import is_bookkeeping
from whimbrel.errors import DropRefused
from whimbrel.tokens import scan

if TYPE_CHECKING:
    from whimbrel.archive.records import Records
    from whimbrel.backends.generic import Arriving
    from whimbrel.backends.keeping import Keeping

_BEFORE_RENAMING = "_alembic_tmp_"  # what Alembic's batch calls the table that it builds

Go = Callable[..., Any]
Say = Callable[[str], None]
Note = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Policy:
    """What becomes of what scripts drop.

    Attributes:
        drops: ``archive`` or ``drop``.
        most_copied: A column of a larger table is kept in its place.
        is_kept: Whether the records can be written.
    """

    drops: str = "archive"
    most_copied: int = 100_000
    is_kept: bool = True


class Keeper:
    """The keeper of one connection.

    Args:
        keeping: What the connection's server can do.
        records: What is kept.
        say: Is told, in words, what was kept and put back.
        note: Is told what went for good, and how many rows of it, for the record of the revision.
    """

    def __init__(self, keeping: Keeping, records: Records, say: Say, note: Note) -> None:
        """Know the connection; nothing is asked yet."""
        self._kind = keeping.connection.dialect.name
        self._keeping, self._records, self._say = keeping, records, say
        self._policy = Policy()
        self._still = True  # outside revisions, and while a change of a whole table runs
        self._has_read = False
        self._notes: list[str] = []  # said at the end: a revision may be begun again
        self._built_anew: set[str] = set()  # tables of which another one was made, to take their place
        self._stowing = Stowing(keeping, records, self._notes.append, note)
        self._back = PuttingBack(keeping, records, self._notes.append)

    @contextmanager
    def revision(self, revision: str, direction: str, policy: Policy) -> Iterator[None]:
        """Look after one revision; also when it is begun again."""
        self._policy, self._has_read = policy, False
        self._notes.clear()
        self._built_anew.clear()
        self._stowing.begin(revision, direction, policy.most_copied)
        self._back.begin(revision, direction)
        self._still = False
        try:
            yield
        finally:
            self._still = True

    def run(self, statement: str, go: Go) -> None:
        """Run a statement of a script.

        Args:
            statement: Its text.
            go: Runs it; takes what to run right before it and right after it, as one with it.
        """
        word = first_word(statement)
        fills = word in ("INSERT", "REPLACE")  # which may be long, and says nothing where nothing was put back
        if self._still or word not in FIRST_WORDS or not self._keeping.keeps or (fills and not self._back.has_filled):
            go()
            return
        several = parts(statement, self._kind)
        if len(several) > 1 and any(isinstance(read(one, self._kind), Dropped | Altered) for one in several):
            for one in several:
                self._one(one, self._going(one))
            return
        self._one(statement, go)

    def _going(self, statement: str) -> Go:
        def go(before: Sequence[str] = (), after: Sequence[str] = ()) -> None:
            connection = self._keeping.connection
            for one in (*before, statement, *after):
                connection.exec_driver_sql(one)

        return go

    def has_read(self) -> None:
        """Hear that the script has read something: what it writes may come from there."""
        self._has_read = self._has_read or not self._still

    def _one(self, statement: str, go: Go) -> None:
        said = read(statement, self._kind)
        match said:
            case Dropped():
                self._drop(said, statement, go)
            case Altered(added=(), dropped=()):
                go()
            case Altered():
                self._alter(said, statement, go)
            case Created():
                self._note_created(said.table.table)
                go()
                self._back.table(said.table)
            case Emptied():
                self._empty(said, statement, go)
            case Filled():
                self._fill(said, statement, go)
            case _:
                go()

    def _note_created(self, name: str) -> None:
        if name.startswith(_BEFORE_RENAMING):
            self._built_anew.add(name.removeprefix(_BEFORE_RENAMING))

    def _drop(self, said: Dropped, statement: str, go: Go) -> None:
        if said.what in ("TYPE", "DOMAIN"):
            if not self._stowing.free_types(said.names):
                go()
            return
        names = said.names
        if said.what == "SCHEMA":
            schemas = [name.table for name in said.names] if said.cascades else []
            names = tuple(Name(table, schema) for schema in schemas for table in self._keeping.in_schema(schema))
        names = tuple(name for name in names if not is_bookkeeping(name.table))
        if not names:
            go()
            return
        if len(names) == 1 and names[0].table in self._built_anew:
            self._change_places(names[0], go)
            return
        found = self._stowing.tables(names)
        if self._policy.drops == "drop":
            self._stowing.lose(found)
            go()
            return
        self._require_records(found)
        if self._stowing.stow(found, said, statement, go):
            return
        go()

    def _change_places(self, name: Name, go: Go) -> None:
        """Drop a table of which Alembic's batch has made another one, with the rows: only columns can be lost."""
        new = Name(f"{_BEFORE_RENAMING}{name.table}", name.schema)
        leaving, arriving, key = self._stowing.differing(name, new)
        self._back.into(new, name, arriving)
        found = [replace(one, key=one.key or key) for one in self._stowing.leaving(name, leaving)]
        if self._policy.drops == "drop":
            self._stowing.lose_columns(found)
        else:
            self._require_records(found)
            go = self._stowing.keep_by_copy(found, go)
        go()

    def _alter(self, said: Altered, statement: str, go: Go) -> None:
        if is_bookkeeping(said.table.table):
            go()
            return
        matches = self._back.matches(said)
        if not said.dropped:
            self._back.columns(said, statement, matches, go)
            return
        leaving = self._stowing.columns(said)
        if self._policy.drops == "drop":
            self._stowing.lose_columns(leaving)
        else:
            self._require_records(leaving)
            go = self._stowing.keep(said, leaving, statement, go)
        self._back.columns(said, statement, matches, go)

    def _fill(self, said: Filled, statement: str, go: Go) -> None:
        if self._back.is_in(said.table):
            words = set(scan(statement, self._kind).capitals)
            if not self._has_read and not words & {"SELECT", "RETURNING"}:
                return  # what a script says by itself it said the first time, too: these rows are among those put back
            self._back.make_room(said.table)
        go()

    def _empty(self, said: Emptied, statement: str, go: Go) -> None:
        names = [str(name) for name in said.tables if not is_bookkeeping(name.table)]
        if not names:
            go()
            return
        counted = self._stowing.rows_in(said.tables) if said.is_all else 0
        rows = go()
        rows = counted if said.is_all else rows or 0
        if rows > 0:
            self._stowing.lost(f"{first_word(statement)} of {', '.join(names)}", rows)

    def _require_records(self, leaving: Any) -> None:
        if leaving and not self._policy.is_kept:
            raise DropRefused(
                "The script drops what holds values, and nothing can be kept here.",
                why="The tables that would say what is kept cannot be made or written by this account. "
                "Nothing was changed by this statement.",
                do='give the account the right to make tables; or let it go for good: drops = "drop" at the top of '
                "the script",
            )

    # --- SQLite's changes from the stored text

    @contextmanager
    def reshaping(self, table: str, leaving: list[str], arriving: Mapping[str, Arriving]) -> Iterator[Returning]:
        """Be a change of a whole table at once; give the values of columns that come again.

        Args:
            table: The table.
            leaving: The columns that go.
            arriving: The columns that come.
        """
        if self._still or not self._keeping.keeps:
            yield Returning()
            return
        said = Name(table)
        with self._quiet():
            returning = self._back.returning(said, arriving)
            aside = self._reshape_without(said, leaving) if leaving else {}
            yield replace(returning, aside=aside)
            self._back.arrived(said)

    @contextmanager
    def _quiet(self) -> Iterator[None]:
        before, self._still = self._still, True
        try:
            yield
        finally:
            self._still = before

    def _reshape_without(self, table: Name, leaving: list[str]) -> dict[str, str]:
        found = self._stowing.leaving(table, leaving)
        if self._policy.drops == "drop":
            self._stowing.lose_columns(found)
            return {}
        self._require_records(found)
        return self._stowing.keep_in_change(found)

    # --- the ends

    def settle(self) -> None:
        """Put back what the script's own rows had to come before, once it is through."""
        with self._quiet():
            self._back.settle()

    def finish(self, *, at_base: bool) -> None:
        """Write down what was done, in the transaction in which the revision ends; nothing here may end that.

        Args:
            at_base: Whether it was the last one on the way down.
        """
        with self._quiet():
            self._back.finish()
            if at_base:
                self._stowing.reset()
            if not self._keeping.locks and not self._back.has_swept:
                self._back.sweep()
        for note in self._notes:
            self._say(note)

    @property
    def has_swept(self) -> bool:
        """Whether nothing is left to be let go."""
        return self._back.has_swept

    def sweep(self) -> None:
        """Let go, after the commit, of what was put back, where a rollback would not bring it back."""
        with self._quiet():
            self._back.sweep()
