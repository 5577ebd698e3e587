"""``Stowing``: what is dropped, on its way into the archive."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from whimbrel.archive.records import Entry, Form, State
from whimbrel.archive.words import counted, shown
from whimbrel.backends.keeping import Held, Kept, Place, Standing

if TYPE_CHECKING:
    from whimbrel.archive.records import Records
    from whimbrel.archive.statements import Altered, Dropped, Name
    from whimbrel.backends.keeping import Keeping

log = logging.getLogger("whimbrel.run")

Go = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Leaving:
    """A column that goes.

    Attributes:
        table: Its table.
        column: The column.
        key: What tells the rows apart, without it; empty where nothing does.
    """

    table: Standing
    column: Held
    key: tuple[str, ...]

    @property
    def name(self) -> str:
        """As a person says it."""
        return f"{self.table.name}.{self.column.name}"


class Stowing:
    """Takes what is dropped into the archive.

    Args:
        keeping: What the server can do.
        records: Where it is written down.
        say: Is told what was kept.
        note: Is told what went for good, and how many rows of it.
    """

    def __init__(
        self, keeping: Keeping, records: Records, say: Callable[[str], None], note: Callable[[str, int], None]
    ) -> None:
        """Know the server."""
        self._keeping, self._records, self._say, self._note = keeping, records, say, note
        self._revision, self._direction, self._most = "", "", 0

    def begin(self, revision: str, direction: str, most: int) -> None:
        """Begin a revision."""
        self._revision, self._direction, self._most = revision, direction, most
        self._records.begin()

    def supersede(self, table: Name, columns: Sequence[str] = ("",)) -> None:
        """Have nothing put back any more that the same direction of the revision has dropped before: it is older."""
        names = {one.lower() for one in columns}
        older = [
            one.number
            for one in self._records.read()
            if (one.revision, one.direction, one.state) == (self._revision, self._direction, State.KEPT)
            and one.table.lower() == table.table.lower()
            and one.column.lower() in names
        ]
        if older:
            self._records.mark(older, State.REST)

    # --- columns

    def columns(self, said: Altered) -> list[Leaving]:
        """Return those of the dropped columns that hold values."""
        return self.leaving(said.table, [one.name for one in said.dropped])

    def leaving(self, table: Name, names: Sequence[str]) -> list[Leaving]:
        """Return those of some columns that hold values."""
        self.supersede(table, names)
        if not self._keeping.may_hold_rows(table.table, table.schema):
            return []
        standing = self._keeping.standing(table.table, table.schema, self._most)
        if standing is None or not standing.rows:
            return []
        key = standing.key_without(names)
        found = [held for name in names if (held := standing.column(name)) is not None and not held.generated]
        return [Leaving(standing, one, key) for one in found if self._keeping.has_values(standing, one)]

    def keep(self, said: Altered, leaving: Sequence[Leaving], statement: str, go: Go) -> Go:
        """Keep columns; return what runs their drop."""
        if not leaving:
            return go
        alone = said.clauses == 1 and leaving[0].table.is_whole and "CASCADE" not in said.dropped[0].definition.upper()
        if not self._is_to_be_copied(leaving) and alone:
            return self._aside(leaving[0], statement)
        return self.keep_by_copy(leaving, go)

    def keep_by_copy(self, leaving: Sequence[Leaving], go: Go) -> Go:
        """Copy columns right before they are dropped; return what runs their drop."""
        if not leaving:
            return go
        if not leaving[0].key:
            self.lose_columns(leaving)
            return go
        entries = self._make(leaving)
        before = [one for each, entry in entries for one in self._filling(each, entry)]

        def dropped(*_: object) -> None:
            try:
                go(before, self._keeping.released())
            except DBAPIError:
                self._undo([entry for _, entry in entries])
                raise

        return dropped

    def differing(self, old: Name, new: Name) -> tuple[list[str], list[str], tuple[str, ...]]:
        """Return the columns that only the one of two tables has, and only the other, and a key of both."""
        first, second = (self._keeping.standing(one.table, one.schema, 0) for one in (old, new))
        if first is None or second is None:
            return [], [], ()
        names, others = ([one.name for one in table.columns] for table in (first, second))
        key = next((key for key in second.keys if set(key) <= set(names)), ())
        return [one for one in names if one not in others], [one for one in others if one not in names], key

    def keep_in_change(self, leaving: Sequence[Leaving]) -> dict[str, str]:
        """Keep columns that a change of a whole table leaves out; return those that stay in it, and their new names."""
        if not leaving:
            return {}
        if not self._is_to_be_copied(leaving):
            return {one.column.name: self._set_aside(one).kept.place.name for one in leaving}
        for each, entry in self._make(leaving):
            self._keeping.run(*self._filling(each, entry))
        return {}

    def _is_to_be_copied(self, leaving: Sequence[Leaving]) -> bool:
        first = leaving[0]
        return bool(first.key) and (first.table.rows <= self._most or first.table.published)

    def _filling(self, one: Leaving, entry: Entry) -> tuple[str, ...]:
        return self._keeping.filling(one.table, one.column, one.key, entry.kept.place)

    def _make(self, leaving: Sequence[Leaving]) -> list[tuple[Leaving, Entry]]:
        """Make the tables that columns are copied into, and their records."""
        out = []
        for one in leaving:
            position = self._keeping.position(one.table, one.column)
            entry = self._entry(Form.COLUMN, one.table, one.column.name)
            own, held = one.column.type, one.column.kept_type
            kept = replace(entry.kept, key=one.key, columns=one.key, position=position, type=held, types=(own,))
            entry = replace(entry, kept=kept)
            self._keeping.run(*self._keeping.making(one.table, one.column, one.key, entry.kept.place))
            self._records.add(entry)
            self._tell(entry)
            out.append((one, entry))
        return out

    def _undo(self, entries: Sequence[Entry]) -> None:
        """Take back, where a rollback does not, what was made for a drop that the server then refused."""
        if not self._keeping.locks:
            return
        self._records.remove([entry.number for entry in entries])
        self._keeping.run(*(f"DROP TABLE {self._keeping.at(entry.kept.place)}" for entry in entries))

    def _aside(self, one: Leaving, statement: str) -> Go:
        """Keep a column in its place: a copy would hold up others for too long, or nothing could bring it back."""

        def renamed(*_: object) -> None:
            entry = self._set_aside(one)
            self._keeping.run(*self._keeping.setting_aside(one.table, one.column, statement, entry.kept.place.name))

        return renamed

    def _set_aside(self, one: Leaving) -> Entry:
        entry = self._entry(Form.IN_PLACE, one.table, one.column.name)
        place = Place(entry.kept.place.name, one.table.schema)
        position = self._keeping.position(one.table, one.column)
        entry = replace(entry, kept=Kept(place, type=one.column.type, position=position))
        self._records.add(entry)
        self._tell(entry)
        return entry

    def free_types(self, names: Sequence[Name]) -> bool:
        """Take types out of the way that only columns use which were set aside; tell whether that was done."""
        if not any(one.form is Form.IN_PLACE for one in self._records.read()):
            return False
        statements = [self._keeping.freeing(one.table, one.schema, self._records.next_number()) for one in names]
        if not statements or not all(statements):
            return False
        for each in statements:
            self._keeping.run(*each)
        return True

    # --- tables

    def tables(self, names: Sequence[Name]) -> list[Standing]:
        """Return those of some tables that hold rows."""
        for name in names:
            self.supersede(name)
        full = [name for name in names if self._keeping.may_hold_rows(name.table, name.schema)]
        found = [self._keeping.standing(name.table, name.schema, self._most) for name in full]
        return [one for one in found if one is not None and one.rows]

    def stow(self, found: Sequence[Standing], said: Dropped, statement: str, go: Go) -> bool:
        """Keep tables; tell whether nothing is left to be done for the statement."""
        if not found:
            return False
        if said.cascades or said.what == "SCHEMA" or len(said.names) > 1:
            for one in found:
                self._keep_table(one, self._keeping.copying)
            return False
        if not self._keeping.ask(found[0], statement):
            return False  # the server will say why
        self._keep_table(found[0], self._keeping.stowing)
        return True

    def _keep_table(self, table: Standing, how: Callable[[Standing, Place], tuple[str, ...]]) -> None:
        entry = self._entry(Form.TABLE, table, "")
        columns = [one for one in table.columns if not one.generated]
        types = tuple(one.kept_type for one in columns)
        kept = replace(entry.kept, columns=tuple(one.name for one in columns), types=types)
        entry = replace(entry, kept=kept)
        self._records.add(entry)
        self._keeping.run(*how(table, entry.kept.place))
        self._tell(entry)

    # --- records

    def _entry(self, form: Form, table: Standing, column: str) -> Entry:
        """Begin a record, under a number and name that are free."""
        self._records.ensure()
        number = self._records.next_number()
        home = self._keeping.beside(table.schema)
        if form is Form.TABLE:
            home, first = self._keeping.home(table.schema)
            self._keeping.run(*first)
        words = [str(number), *([] if form is Form.IN_PLACE else [table.name]), *([column] if column else [])]
        name = _cut(home.name + "_".join(words), self._keeping.longest)
        return Entry(
            number=number,
            revision=self._revision,
            direction=self._direction,
            form=form,
            schema=table.schema,
            table=table.name,
            column=column,
            kept=Kept(Place(name, home.schema)),
            rows=table.rows,
        )

    def reset(self) -> None:
        """Put nothing back any more of what the way down to base has dropped."""
        ways_down = [one for one in self._records.read() if one.direction == "downgrade" and one.state is State.KEPT]
        if ways_down:
            self._records.mark([one.number for one in ways_down], State.RESET)

    def _tell(self, entry: Entry) -> None:
        rows = counted(entry.rows, self._most)
        where = f"as {entry.kept.place.name}" if entry.form is Form.IN_PLACE else f"in {shown(entry.kept.place)}"
        note = (
            "; SELECT *, INSERTs without a column list, replication and backups still see it: "
            f"flask db purge {entry.name}"
            if entry.form is Form.IN_PLACE
            else ""
        )
        self._say(f"Kept {entry.name}: {rows}, {where}{note}")

    # --- what goes for good

    def lose(self, tables: Sequence[Standing]) -> None:
        """Report tables that go for good."""
        for one in tables:
            self.lost(f"drop of {one.name}", one.rows)

    def lose_columns(self, leaving: Sequence[Leaving]) -> None:
        """Report columns that go for good."""
        for one in leaving:
            self.lost(f"drop of {one.name}", one.table.rows)

    def rows_in(self, names: Sequence[Name]) -> int:
        """Count the rows of some tables, as far as rows are counted."""
        found = [self._keeping.standing(name.table, name.schema, self._most) for name in names]
        return sum(one.rows for one in found if one is not None)

    def lost(self, what: str, rows: int) -> None:
        """Report what goes for good."""
        log.warning("%s: %s for good.", what, counted(rows, self._most))
        self._note(f"{what}: for good", rows)


def _cut(name: str, longest: int) -> str:
    """Shorten a name to what the server takes, in bytes, so that it stays one of a kind."""
    raw = name.encode()
    if len(raw) <= longest:
        return name
    digest = hashlib.sha256(raw).hexdigest()[:8]
    return f"{raw[: longest - 9].decode('utf-8', 'ignore')}_{digest}"
