"""``PuttingBack``: what the opposite direction of the same revision adds again gets its values back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whimbrel.archive.definitions import forbids_null, has_default, nullable, without_not_null
from whimbrel.archive.late import left_out
from whimbrel.archive.records import Entry, Form, State
from whimbrel.archive.statements import Column, Name
from whimbrel.archive.words import counted, shown
from whimbrel.backends.generic import Returning

if TYPE_CHECKING:
    from whimbrel.archive.records import Records
    from whimbrel.archive.statements import Altered
    from whimbrel.backends.generic import Arriving
    from whimbrel.backends.keeping import Held, Keeping, Standing

OPPOSITE = {"upgrade": "downgrade", "downgrade": "upgrade"}

Go = Callable[..., None]
Matches = Mapping[str, Entry]


@dataclass(frozen=True, slots=True)
class _Filled:
    """A table whose rows were put back in the running revision."""

    entry: Entry
    table: Name


class PuttingBack:
    """Puts back what is kept.

    Args:
        keeping: What the server can do.
        records: What is kept.
        say: Is told what was put back.

    Attributes:
        has_swept: Whether nothing that was put back is left to be let go.
    """

    def __init__(self, keeping: Keeping, records: Records, say: Callable[[str], None]) -> None:
        """Know the server."""
        self._keeping, self._records, self._say = keeping, records, say
        self._kind = keeping.connection.dialect.name
        self._revision, self._direction = "", ""
        self._known: tuple[Entry, ...] | None = None
        self._left: dict[int, int] = {}  # by record: how many rows found no place
        self._filled: dict[str, _Filled] = {}
        self._late: list[_Filled] = []
        self._returned: dict[tuple[str, str], _Filled] = {}
        self._late_columns: list[_Filled] = []
        self._arriving: tuple[Entry, ...] = ()
        self.has_swept = True

    def begin(self, revision: str, direction: str) -> None:
        """Begin a revision."""
        self._revision, self._direction = revision, direction
        self._known, self._left, self._filled, self._late = None, {}, {}, []
        self._returned, self._late_columns = {}, []

    # --- columns

    def matches(self, said: Altered) -> Matches:
        """Return what is kept of the columns that a statement adds."""
        if not said.added:
            return {}
        return {one.name: entry for one in said.added if (entry := self._match(said.table, one.name)) is not None}

    def columns(self, said: Altered, statement: str, matches: Matches, go: Go) -> None:
        """Run a statement that adds columns, and put back what is kept of them."""
        if not matches:
            go()
            return
        before = self._standing(said.table)
        if any(before.column(one) is not None for one in matches):  # ADD COLUMN IF NOT EXISTS, of one that is there
            go()
            return
        entries = list(matches.values())
        if entries[0].form is Form.IN_PLACE and said.clauses == 1 and self._take_back(said, entries[0]):
            return
        added = [one for one in said.added if one.name in matches]
        text = statement if said.dropped else nullable(statement, added, self._kind)
        if text == statement:
            go()
        else:
            self._keeping.connection.exec_driver_sql(text)
        for one in added:
            self._fill(said.table, one, matches[one.name])

    def into(self, new: Name, name: Name, columns: Sequence[str]) -> None:
        """Put back columns of a table into the one that is to take its place."""
        for one in columns:
            entry = self._match(name, one)
            if entry is not None and entry.form is Form.COLUMN:
                self._fill(new, Column(one, "", 0, 0), entry)

    def _take_back(self, said: Altered, entry: Entry) -> bool:
        table = self._standing(said.table)
        column, aside = said.added[0], table.column(entry.kept.place.name)
        if aside is None:
            return False
        definition = without_not_null(column, self._kind) if self._nulls(table, aside) else column.definition
        statements = self._keeping.taking_back(table, aside, column.name, definition, entry.kept)
        if statements is None:
            return False
        self._keeping.run(*statements)
        self._forbid_null(said.table, column)
        self._placed(entry, 0)
        return True

    def _fill(self, name: Name, column: Column, entry: Entry) -> None:
        table = self._standing(name)
        held = table.column(column.name)
        if held is None or held.generated:
            return
        left = 0
        if entry.form is Form.IN_PLACE:
            self._keeping.run(*self._keeping.copying_over(table, held, entry.kept))
        else:
            self._keeping.run(*self._keeping.returning(table, held, entry.kept))
            left = self._keeping.count_left_over(table, entry.kept)
        if entry.kept.position is not None:
            self._keeping.run(*self._keeping.renumbering(table, held, entry.kept.position))
        self._forbid_null(name, column)
        self._column_placed(name, entry, left)

    def _column_placed(self, name: Name, entry: Entry, left: int) -> None:
        if entry.form is Form.COLUMN:
            self._returned[name.table.lower(), entry.column.lower()] = _Filled(entry, name)
        self._placed(entry, left)

    def _forbid_null(self, name: Name, column: Column) -> None:
        if not forbids_null(column, self._kind):
            return
        table = self._standing(name)
        held = table.column(column.name)
        if held is None or not held.nullable:
            return
        own, quoted = self._keeping.named(table), self._keeping.quote(held.name)
        without = self._nulls(table, held)
        if without and has_default(column, self._kind):
            self._keeping.run(f"UPDATE {own} SET {quoted} = DEFAULT WHERE {quoted} IS NULL")
            without = 0
        statement = self._keeping.forbidding_null(table, held, column.definition)
        if not without:
            self._keeping.run(statement)
            return
        self._leave_nullable(table.name, held.name, without, f"UPDATE {own} SET {quoted} = …; {statement}")

    def _nulls(self, table: Standing, column: Held) -> int:
        own, name = self._keeping.named(table), self._keeping.quote(column.name)
        return int(self._keeping.rows_of(f"SELECT count(*) FROM {own} WHERE {name} IS NULL")[0][0])

    def _leave_nullable(self, table: str, column: str, without: int, cure: str) -> None:
        self._say(
            f"{table}.{column} is left nullable: {counted(without)} that came since its drop "
            f"{'has' if without == 1 else 'have'} no value for it. To make it NOT NULL: {cure}"
        )

    # --- columns of SQLite, whose table is built anew with the values in it

    def returning(self, name: Name, arriving: Mapping[str, Arriving]) -> Returning:
        """Return what columns get that come again.

        Args:
            name: The table.
            arriving: The columns that come.
        """
        matches = {one: entry for one in arriving if (entry := self._match(name, one)) is not None}
        self._arriving = tuple(matches.values())
        if not matches:
            return Returning()
        table = self._standing(name)
        values, back, nullable_ = {}, {}, []
        for column, entry in matches.items():
            default = arriving[column].default
            if entry.form is Form.IN_PLACE:
                back[column] = entry.kept.place.name
                value = self._keeping.quote(back[column])
            else:
                value = values[column] = self._keeping.value_of(table, entry.kept, default)
            without = self._without(table, entry, value) if arriving[column].not_null else 0
            if without and default != "NULL":
                values[column] = f"coalesce({self._keeping.quote(column)}, {default})"
            elif without:
                nullable_.append(column)
                self._leave_nullable(name.table, column, without, "flask db migrate")
        return Returning(values, tuple(nullable_), back)

    def _without(self, table: Standing, entry: Entry, value: str) -> int:
        """Count the rows that get no value; the key may only get its name back by the same change."""
        if not all(table.column(one) for one in entry.kept.key):
            return 0
        own = self._keeping.named(table)
        return int(self._keeping.rows_of(f"SELECT count(*) FROM {own} WHERE ({value}) IS NULL")[0][0])

    def arrived(self, name: Name) -> None:
        """Look what found no place, once the table is built."""
        for entry in self._arriving:
            table, left = self._standing(name), 0
            if entry.form is Form.COLUMN:
                left = self._keeping.count_left_over(table, entry.kept)
            self._column_placed(name, entry, left)
        self._arriving = ()

    # --- tables

    def table(self, name: Name) -> None:
        """Put back the rows of a table that was just created."""
        entry = self._match(name, "")
        if entry is None:
            return
        table = self._standing(name)
        if table.is_parted:
            self._late.append(_Filled(entry, name))
            self._placed(entry, 0)
            return
        wrong = self._parentless(table)
        query = f"SELECT count(*) FROM {self._keeping.at(entry.kept.place)} AS kept WHERE {wrong}"
        left = int(self._keeping.rows_of(query)[0][0]) if wrong else 0
        self._keeping.run(*self._keeping.unpacking(table, entry.kept, f"NOT ({wrong})" if left else ""))
        self._filled[name.table.lower()] = _Filled(entry, name)
        self._placed(entry, left)

    def _parentless(self, table: Standing) -> str:
        """Return the condition of a kept row that refers to a row which is gone; empty where none can."""
        return " OR ".join(f"NOT {one}" for one in self._keeping.orphans(table))

    @property
    def has_filled(self) -> bool:
        """Whether rows of any table were put back in the running revision."""
        return bool(self._filled)

    def is_in(self, name: Name) -> bool:
        """Tell whether the rows of a table were put back in the running revision."""
        return name.table.lower() in self._filled

    def make_room(self, name: Name) -> None:
        """Take the rows out again before the script fills a table itself: what it says comes first.

        At the end, those come that it has not said anything about.
        """
        tables = [(one, self._standing(one.table)) for one in self._filled.values()]
        referring = {each for _, table in tables for each in self._keeping.referring(table)}
        others = [each for each in sorted(referring) if each[0] not in self._filled]
        if not all(map(self._may_be_empty, others)):
            return
        for each in others:
            self._empty_column(self._returned.pop(each))
        for one, table in reversed(tables):
            self._keeping.run(*self._keeping.emptying(table))
            self._late.insert(0, one)
        self._filled = {}

    def _may_be_empty(self, place: tuple[str, str]) -> bool:
        """Tell a column that was put back in this revision, and that need not have a value."""
        one = self._returned.get(place)
        held = self._standing(one.table).column(one.entry.column) if one is not None else None
        return held is not None and held.nullable

    def _empty_column(self, one: _Filled) -> None:
        table = self._standing(one.table)
        own, name = self._keeping.named(table), self._keeping.quote(one.entry.column)
        self._keeping.run(*self._keeping.quietly(table, f"UPDATE {own} SET {name} = NULL"))
        self._late_columns.append(one)

    def _put_column_late(self, one: _Filled) -> None:
        """Put back the values of rows for which the script has said none, and whose parent is there."""
        table = self._standing(one.table)
        left, update = left_out(self._keeping, table, one.entry.column, one.entry.kept)
        if int(self._keeping.rows_of(left)[0][0]):
            self._keeping.run(*self._keeping.quietly(table, update))
        self._left[one.entry.number] += int(self._keeping.rows_of(left)[0][0])

    def _put_late(self, one: _Filled) -> None:
        table = self._standing(one.table)
        kept = one.entry.kept
        archive, own = self._keeping.at(kept.place), self._keeping.named(table)
        free = self._keeping.unused(table, kept)
        if free:
            wrong = self._parentless(table)
            which = f"{free}{f' AND NOT ({wrong})' if wrong else ''}"
            self._keeping.run(*self._keeping.passing(self._keeping.unpacking(table, kept, which)))
        names = self._keeping.shared(table, kept)
        compared = [", ".join(self._keeping.comparable(table, name) for name in names)] * 2
        different = f"SELECT {compared[0]} FROM {archive} EXCEPT SELECT {compared[1]} FROM {own}"
        self._left[one.entry.number] = int(self._keeping.rows_of(f"SELECT count(*) FROM ({different}) AS d")[0][0])

    # --- the end

    def settle(self) -> None:
        """Put back those rows that the script has said nothing about."""
        for one in self._late:
            self._put_late(one)
        for one in self._late_columns:
            self._put_column_late(one)
        for one in self._returned.values():
            table = self._keeping.standing(one.table.table, one.table.schema, 0)
            if self._left.get(one.entry.number) and table is not None:
                self._keeping.leave_over(table, one.entry.kept)

    def finish(self) -> None:
        """Write down what was put back."""
        for number, left in self._left.items():
            entry = next(one for one in self._kept() if one.number == number)
            self._records.mark([number], State.REST if left else State.BACK, left)
            earlier = [one.number for one in self._kept() if _same(one, entry) and one.number < number]
            if earlier:
                self._records.mark(earlier, State.REST)
            if left:
                self._say(
                    f"{entry.name}: {counted(left)} of what was kept found no place, and stay in "
                    f"{shown(entry.kept.place)}: flask db archive"
                )
            else:
                self.has_swept = False
        self._left = {}

    def sweep(self) -> None:
        """Let go of what was put back, also by a run that was killed before it could."""
        gone = [one for one in self._records.read() if one.state is State.BACK]
        for entry in gone:
            if entry.form is not Form.IN_PLACE and self._keeping.is_taken(entry.kept.place):
                self._keeping.run(*self._keeping.letting_go(entry.kept.place))
        if gone:
            self._records.remove([entry.number for entry in gone])
        self.has_swept = True

    def _placed(self, entry: Entry, left: int) -> None:
        self._left[entry.number] = left
        self._say(f"Put back {entry.name}: {counted(max(entry.rows - left, 0))}")

    def _match(self, name: Name, column: str) -> Entry | None:
        """Return what is kept of a table or column by the opposite direction of the running revision, the last one."""
        for one in self._kept():
            is_it = one.table.lower() == name.table.lower() and one.column.lower() == column.lower()
            if not is_it or (name.schema and name.schema != one.schema and one.schema):
                continue
            if one.state is State.KEPT:
                return one if self._is_there(one, name) else None
            if one.state is State.RESET:
                self._say(
                    f"{one.name} starts empty: {counted(one.rows)} of it stay in {shown(one.kept.place)} since the "
                    f"downgrade to base. To have them back: flask db restore {one.name}"
                )
                return None
        return None

    def _is_there(self, entry: Entry, name: Name) -> bool:
        """Tell whether it still is where the record says; somebody may have dropped it by hand."""
        place = entry.kept.place
        if entry.form is not Form.IN_PLACE:
            return self._keeping.is_taken(place)
        table = self._keeping.standing(name.table, name.schema, 0)
        return table is not None and table.column(place.name) is not None

    def _kept(self) -> tuple[Entry, ...]:
        if self._known is None:
            self._known = self._records.of(self._revision, OPPOSITE.get(self._direction, ""))
        return self._known

    def _standing(self, name: Name) -> Standing:
        found = self._keeping.standing(name.table, name.schema, 0)
        assert found is not None, f"{name} has just been there"
        return found


def _same(one: Entry, other: Entry) -> bool:
    return (one.schema, one.table, one.column) == (other.schema, other.table, other.column)
