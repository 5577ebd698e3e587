"""What is kept, put back or let go by hand, outside a revision."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from whimbrel.archive.records import Entry, Form, Records, State
from whimbrel.archive.words import counted
from whimbrel.backends.keeping import Held, Keeping, Place, Standing
from whimbrel.errors import NotKept

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Item:
    """Something in the archive.

    Attributes:
        place: Where it is.
        entry: Its record; None for an orphan, which nothing puts back.
        size: In bytes; None where that is not known, or where it is a part of a live table.
        is_there: Whether it still is where the record says.
    """

    place: Place
    entry: Entry | None
    size: int | None
    is_there: bool = True

    @property
    def name(self) -> str:
        """What it was called, or is called now."""
        return self.place.name if self.entry is None else self.entry.name


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put back by hand.

    Attributes:
        name: The column or table.
        rows: How many rows got their values.
        left: How many stay in the archive.
        is_new: Whether it was not there, and was made again as far as it is known.
    """

    name: str
    rows: int
    left: int
    is_new: bool


class ByHand:
    """The archive of one database, for a person.

    Args:
        keeping: What the server can do.
        records: What is kept.
    """

    def __init__(self, keeping: Keeping, records: Records) -> None:
        """Know the server."""
        self._keeping, self._records = keeping, records

    def items(self) -> tuple[Item, ...]:
        """Return what is in the archive, the newest first, and what lies there without a record."""
        entries = self._records.read()
        homes = {one.schema for one in entries}
        others = self._records.elsewhere(homes)
        there = {place: size for place, size in self._keeping.stored(homes).items() if place not in others}
        out = []
        for entry in entries:
            place = entry.kept.place
            in_place = entry.form is Form.IN_PLACE
            is_there = self._has_column(entry) if in_place else place in there
            out.append(Item(place, entry, None if in_place else there.pop(place, None), is_there))
        return (*out, *(Item(place, None, size) for place, size in sorted(there.items(), key=lambda one: one[0].name)))

    def restore(self, name: str) -> Restored:
        """Put the newest of that name back into its table, or make the table again.

        Raises:
            NotKept: Nothing of that name is kept, or its table is not there.
        """
        entry = next((one.entry for one in self.items() if one.entry and _is_called(one, name) and one.is_there), None)
        if entry is None:
            raise self._not_kept(name)
        table = self._keeping.standing(entry.table, entry.schema, 0)
        if entry.form is Form.TABLE:
            return self._table_again(entry) if table is None else self._rows_back(entry, table)
        if table is None:
            raise NotKept(
                f"{entry.name} is kept, but its table is not there.",
                why=f"The values belong to rows of {entry.table}. Nothing was changed.",
                do=f"flask db restore {entry.table}   (or make the table again), then this command again",
            )
        return self._column_back(entry, table)

    def purge(self, items: Sequence[Item]) -> None:
        """Let things go for good."""
        for item in items:
            entry = item.entry
            if entry is not None and entry.form is Form.IN_PLACE:
                table = self._keeping.standing(entry.table, entry.schema, 0)
                if table is not None and item.is_there:
                    self._keeping.run(*self._keeping.removing(table, item.place.name))
            elif item.is_there:
                self._keeping.run(*self._keeping.letting_go(item.place))
            if entry is not None:
                self._records.remove([entry.number])

    def chosen(self, names: Iterable[str], older_than: datetime.timedelta | None) -> tuple[Item, ...]:
        """Return what has one of the names, or anything if none is given, and is old enough.

        Raises:
            NotKept: Nothing is kept under one of the names.
        """
        items, wanted = self.items(), tuple(names)
        for name in wanted:
            if not any(_is_called(one, name) for one in items):
                raise self._not_kept(name)
        found = [one for one in items if not wanted or any(_is_called(one, name) for name in wanted)]
        if older_than is None:
            return tuple(found)
        limit = datetime.datetime.now(datetime.UTC) - older_than
        return tuple(one for one in found if one.entry is not None and one.entry.since < limit)

    def _not_kept(self, name: str) -> NotKept:
        return NotKept(
            f"Nothing is kept under the name {name}.",
            why="It was never dropped here, or was put back or purged. Nothing was changed.",
            do="flask db archive   (lists what is kept)",
        )

    def _has_column(self, entry: Entry) -> bool:
        table = self._keeping.standing(entry.table, entry.schema, 0)
        return table is not None and table.column(entry.kept.place.name) is not None

    def _table_again(self, entry: Entry) -> Restored:
        self._keeping.run(*self._keeping.unstowing(entry.kept.place, Place(entry.table, entry.schema)))
        self._records.remove([entry.number])
        return Restored(entry.name, entry.rows, 0, is_new=True)

    def _rows_back(self, entry: Entry, table: Standing) -> Restored:
        """Put back the rows whose key is free and whose parents are there."""
        free = [f"({one})" for one in self._keeping.orphans(table)]
        archive, unused = self._keeping.at(entry.kept.place), self._keeping.unused(table, entry.kept)
        free += [unused] if unused else []
        condition = " AND ".join(free) or "1 = 1"
        total, fitting = (
            int(self._keeping.rows_of(f"SELECT count(*) FROM {archive} AS kept WHERE {one}")[0][0])
            for one in ("1 = 1", condition)
        )
        self._keeping.run(*self._keeping.unpacking(table, entry.kept, condition))
        self._settle(entry, total - fitting)
        return Restored(entry.name, fitting, total - fitting, is_new=False)

    def _column_back(self, entry: Entry, table: Standing) -> Restored:
        """Give the rows their values that have none now."""
        column = table.column(entry.column)
        is_new = column is None
        aside = table.column(entry.kept.place.name)
        if column is None and entry.form is Form.IN_PLACE and aside is not None:
            old, new = self._keeping.quote(aside.name), self._keeping.quote(entry.column)
            rename = f"ALTER TABLE {self._keeping.named(table)} RENAME COLUMN {old} TO {new}"
            back = self._keeping.taking_back(table, aside, entry.column, aside.type, entry.kept)
            self._keeping.run(*(back or (rename,)))
            self._records.remove([entry.number])
            return Restored(entry.name, entry.rows, 0, is_new=True)
        if column is None:
            types = [*entry.kept.types, entry.kept.type]
            self._keeping.run(self._keeping.adding(table, entry.column, types))
            table = self._keeping.standing(entry.table, entry.schema, 0) or table
            column = table.column(entry.column)
        assert column is not None
        return self._values_back(entry, table, column, is_new=is_new)

    def _values_back(self, entry: Entry, table: Standing, column: Held, *, is_new: bool) -> Restored:
        if entry.form is Form.IN_PLACE or self._keeping.has_values(table, column):
            raise NotKept(
                f"{entry.name} holds values again, which would be overwritten.",
                why="What is kept belongs to a column that was dropped before. Nothing was changed.",
                do=f"rename the column of today, and then: flask db restore {entry.name}",
            )
        self._keeping.run(*self._keeping.returning(table, column, entry.kept))
        left = self._keeping.leave_over(table, entry.kept)
        self._settle(entry, left)
        return Restored(entry.name, max(entry.rows - left, 0), left, is_new=is_new)

    def _settle(self, entry: Entry, left: int) -> None:
        if left:
            self._records.mark([entry.number], State.REST, left)
        else:
            self.purge([Item(entry.kept.place, replace(entry, form=Form.TABLE), None)])


def _is_called(item: Item, name: str) -> bool:
    entry = item.entry
    names = {item.place.name} if entry is None else {entry.name, f"{entry.schema}.{entry.name}", item.place.name}
    return name.lower() in {one.lower() for one in names}


def in_words(item: Item) -> str:
    """Return what a thing in the archive is, for a person who is asked whether to let it go."""
    return f"{item.name} ({counted(item.entry.rows)})" if item.entry is not None else item.name
