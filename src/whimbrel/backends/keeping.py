"""``Keeping``: how a server keeps the values of what a script drops, and gives them back.

Everything runs on the migration's connection, as statements of the revision: so the journal answers it after a crash
like the script's own. What has to see the last value before the drop runs in one go with it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

from whimbrel.bookkeeping import OURS

if TYPE_CHECKING:
    from sqlalchemy import Connection

AT_A_TIME = 1_000  # rows that are fetched together
VALUE = "whimbrel_value"  # the column of an archive table that holds what was dropped


@dataclass(frozen=True, slots=True)
class Held:
    """A column as it stands.

    Attributes:
        name: Its name.
        type: Its type, as the server says it.
        nullable: Whether it may be NULL.
        generated: Whether the server computes it, so that nothing has to be kept.
        own_type: Whether the type is the server's own; another may be dropped, and must not be held by an archive.
    """

    name: str
    type: str = ""
    nullable: bool = True
    generated: bool = False
    own_type: bool = True

    @property
    def kept_type(self) -> str:
        """The type that its values have in the archive."""
        return self.type if self.own_type else "text"


@dataclass(frozen=True, slots=True)
class Standing:
    """A table as it stands.

    Attributes:
        schema: Where it is; empty where there are no schemas.
        name: Its name.
        columns: Its columns.
        keys: What tells its rows apart: columns that are never NULL and never twice the same; the primary key first.
        rows: How many rows it has, counted up to a limit.
        published: Whether it is replicated row by row to others.
        is_whole: Whether nothing else shares its rows, as partitions and children do.
        is_parted: Whether its rows lie in partitions, which may not be there yet.
    """

    schema: str
    name: str
    columns: tuple[Held, ...] = ()
    keys: tuple[tuple[str, ...], ...] = ()
    rows: int = 0
    published: bool = False
    is_whole: bool = True
    is_parted: bool = False

    def column(self, name: str) -> Held | None:
        """Return a column by its name; capitals do not count where no other has the name."""
        exact = next((one for one in self.columns if one.name == name), None)
        return exact or next((one for one in self.columns if one.name.lower() == name.lower()), None)

    def key_without(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return a key that none of the columns is in; empty where there is none."""
        gone = {name.lower() for name in names}
        return next((key for key in self.keys if not gone & {one.lower() for one in key}), ())


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is kept.

    Attributes:
        name: The name of the table, or of the column that was only renamed.
        schema: Its schema; empty for none.
    """

    name: str
    schema: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """What has been kept, for those who bring it back.

    Attributes:
        place: Where.
        columns: What it holds; without the value itself for a column.
        key: The columns of the key, for a column.
        position: The number that was given last; None where nothing is numbered.
        type: The type of a column's values.
        types: Those of a table's columns, in their order; for a column, its type before the archive's.
    """

    place: Place
    columns: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    position: int | None = None
    type: str = ""
    types: tuple[str, ...] = ()


class Keeping:
    """What holds for several servers; one that is not known keeps nothing.

    Args:
        connection: The migration's connection.
    """

    keeps = False
    longest = 63
    passing_over = "INSERT", ""  # how an INSERT begins and ends that passes over rows whose key another one has
    locks = False  # whether a copy and the drop after it are one only under a lock of the session's

    def __init__(self, connection: Connection) -> None:
        """Know the connection."""
        self.connection = connection
        self.quote = connection.dialect.identifier_preparer.quote_identifier

    def standing(self, name: str, schema: str, most: int) -> Standing | None:
        """Return a table as it stands; None where there is no table of that name that could be kept.

        Args:
            name: Its name.
            schema: Its schema; empty for where names without one lead.
            most: How far rows are counted.
        """
        return None

    def may_hold_rows(self, name: str, schema: str) -> bool:
        """Tell, as cheaply as can be, whether a table has rows; also where there is none of that name."""
        try:
            return bool(self.rows_of(f"SELECT 1 FROM {self.at(Place(name, schema))} LIMIT 1"))
        except DBAPIError:  # the statement itself will say what is wrong
            return False

    def beside(self, schema: str) -> Place:
        """Return where columns of a schema's tables are copied to; the name is only a prefix."""
        return Place(OURS, schema)

    def home(self, schema: str) -> tuple[Place, tuple[str, ...]]:
        """Return where a schema's tables are moved to (the name is only a prefix), and what has to be made first."""
        return self.beside(schema), ()

    def taken(self, place: Place) -> str:
        """Return the query whether a name is in use."""
        raise NotImplementedError

    def is_taken(self, place: Place) -> bool:
        """Tell whether a name is in use."""
        return bool(self.rows_of(self.taken(place))[0][0])

    def in_schema(self, schema: str) -> tuple[str, ...]:
        """Return the names of the tables in a schema."""
        return ()

    def has_values(self, table: Standing, column: Held) -> bool:
        """Tell whether any row has a value in a column."""
        name = self.quote(column.name)
        return bool(self.rows_of(f"SELECT 1 FROM {self.named(table)} WHERE {name} IS NOT NULL LIMIT 1"))

    # --- a column, by a copy

    def making(self, table: Standing, column: Held, key: Sequence[str], place: Place) -> tuple[str, ...]:
        """Return what makes the empty table that a column is copied into."""
        raise NotImplementedError

    def filling(self, table: Standing, column: Held, key: Sequence[str], place: Place) -> tuple[str, ...]:
        """Return what copies a column, alone with the table, right before it is dropped."""
        raise NotImplementedError

    def released(self) -> tuple[str, ...]:
        """Return what ends being alone with the table."""
        return ()

    def position(self, table: Standing, column: Held) -> int | None:
        """Return the number that was given last where a column is numbered; None where it is not."""
        return None

    def returning(self, table: Standing, column: Held, kept: Kept) -> tuple[str, ...]:
        """Return what puts the values of a column back, once it is there."""
        raise NotImplementedError

    def matching(self, table: Standing, kept: Kept) -> str:
        """Return the condition that a row of the archive, called ``kept``, belongs to one of the table."""
        pairs = [f"{self.named(table)}.{self.quote(one)} = kept.{self.quote(one)}" for one in kept.key]
        return " AND ".join(pairs)

    def left_over(self, table: Standing, kept: Kept) -> tuple[str, str]:
        """Return a query for the number of kept rows that belong to none, and what removes the others."""
        there = f"EXISTS (SELECT 1 FROM {self.named(table)} WHERE {self.matching(table, kept)})"
        rows = f"FROM {self.at(kept.place)} AS kept WHERE"
        return f"SELECT count(*) {rows} NOT {there}", f"DELETE {rows} {there}"

    def count_left_over(self, table: Standing, kept: Kept) -> int:
        """Count the kept rows of a column that belong to no row of its table."""
        return int(self.rows_of(self.left_over(table, kept)[0])[0][0])

    def leave_over(self, table: Standing, kept: Kept) -> int:
        """Keep of a column only what belongs to no row of its table, and return how many rows that is."""
        left = self.count_left_over(table, kept)
        if left:
            self.run(self.left_over(table, kept)[1])
        return left

    def unused(self, table: Standing, kept: Kept) -> str:
        """Return the condition of a kept row whose key no row of a table has; empty where nothing tells rows apart."""
        known = {one.lower() for one in kept.columns}
        key = next((key for key in table.keys if {one.lower() for one in key} <= known), ())
        same = self.matching(table, replace(kept, key=key))
        return f"NOT EXISTS (SELECT 1 FROM {self.named(table)} WHERE {same})" if key else ""

    def forbidding_null(self, table: Standing, column: Held, definition: str) -> str:
        """Return what makes a column NOT NULL that was added without it."""
        raise NotImplementedError

    def copying_over(self, table: Standing, column: Held, kept: Kept) -> tuple[str, ...]:
        """Return what gives a column the values of one that was set aside, which then goes."""
        update = f"UPDATE {self.named(table)} SET {self.quote(column.name)} = {self.quote(kept.place.name)}"
        return (update, *self.removing(table, kept.place.name))

    def removing(self, table: Standing, name: str) -> tuple[str, ...]:
        """Return what drops a column for good that was set aside."""
        return (f"ALTER TABLE {self.named(table)} DROP COLUMN {self.quote(name)}",)

    def freeing(self, type_: str, schema: str, number: int) -> tuple[str, ...]:
        """Return what takes a type out of the way that only columns use which were set aside; nothing where none do."""
        return ()

    def value_of(self, table: Standing, kept: Kept, otherwise: str) -> str:
        """Return a kept column's value as an expression over the rows of its table."""
        raise NotImplementedError

    def renumbering(self, table: Standing, column: Held, position: int) -> tuple[str, ...]:
        """Return what lets a numbered column go on after a number."""
        return ()

    # --- a column, in its place

    def setting_aside(self, table: Standing, column: Held, statement: str, name: str) -> tuple[str, ...]:
        """Return what renames a column and frees it of rules, after asking what the drop would take along.

        Raises:
            DBAPIError: The server refuses the drop.
        """
        raise NotImplementedError

    def taking_back(
        self, table: Standing, aside: Held, name: str, definition: str, kept: Kept
    ) -> tuple[str, ...] | None:
        """Return what gives a column that was set aside its name and rules again; None where its type is another."""
        return None

    # --- a table

    def ask(self, table: Standing, statement: str) -> bool:
        """Tell whether the server would drop a table; where it would not, the statement itself says why."""
        return True

    def stowing(self, table: Standing, place: Place) -> tuple[str, ...]:
        """Return what takes a table out of everybody's way, without copying it."""
        raise NotImplementedError

    def copying(self, table: Standing, place: Place) -> tuple[str, ...]:
        """Return what copies a whole table."""
        return (f"CREATE TABLE {self.at(place)} AS SELECT * FROM {self.named(table)}",)

    def unpacking(self, table: Standing, kept: Kept, condition: str = "") -> tuple[str, ...]:
        """Return what puts the rows of a table back that was created anew.

        Args:
            table: The new table.
            kept: The old one.
            condition: Which rows, as SQL on ``kept``; empty for all.
        """
        raise NotImplementedError

    def passing(self, statements: Iterable[str]) -> tuple[str, ...]:
        """Return statements whose INSERT passes over rows whose key another one has."""
        first, last = self.passing_over
        return tuple(one.replace("INSERT", first, 1) + last if one.startswith("INSERT ") else one for one in statements)

    def emptying(self, table: Standing) -> tuple[str, ...]:
        """Return what takes all rows out again, so that the table is as if just created: it counts from its start."""
        return (f"DELETE FROM {self.named(table)}",)

    def orphans(self, table: Standing) -> tuple[str, ...]:
        """Return for each foreign key of a table the condition that a row ``kept`` has its parent."""
        return ()

    def stored(self, homes: Collection[str]) -> dict[Place, int | None]:
        """Return the tables of the archive, and how large each is, in bytes; None where the server does not tell.

        Args:
            homes: The schemas in which names with a prefix are looked for beside the archive's own.
        """
        return {}

    def places_of(self, name: str, homes: Collection[str]) -> tuple[Place, ...]:
        """Return the tables of a name that this account may read.

        Args:
            name: Their name.
            homes: The schemas to look in where a server's databases are what others call schemas.
        """
        return (Place(name),) if self.is_taken(Place(name)) else ()

    def as_text(self, column: Held) -> str:
        """Return a column as an expression that says its value whole: text, or what is no text as the server has it."""
        return self.quote(column.name)

    def remains(self) -> tuple[str, ...]:
        """Return, in words, what there is of the archive beside its tables."""
        return ()

    def dismantle(self) -> None:
        """Remove what was made for the archive beside its tables, once none of these is left."""

    def adding(self, table: Standing, name: str, types: Sequence[str]) -> str:
        """Return what adds a column of the first of some types that there is."""
        return f"ALTER TABLE {self.named(table)} ADD COLUMN {self.quote(name)} {types[0]}".rstrip()

    def unstowing(self, place: Place, goal: Place) -> tuple[str, ...]:
        """Return what makes a table of the archive a table again."""
        return (f"ALTER TABLE {self.at(place)} RENAME TO {self.quote(goal.name)}",)

    def referring(self, table: Standing) -> set[tuple[str, str]]:
        """Return which columns of other tables refer to a table's rows, in small letters: the table, and the column."""
        return set()

    def quietly(self, table: Standing, update: str) -> tuple[str, ...]:
        """Return what runs an UPDATE of ours beside the table's own triggers, where the server lets us."""
        return (update,)

    def comparable(self, table: Standing, name: str) -> str:
        """Return a column as a value that two rows can be compared by."""
        return self.quote(name)

    def letting_go(self, place: Place) -> tuple[str, ...]:
        """Return what drops a table of the archive."""
        return (f"DROP TABLE {self.at(place)}",)

    # --- what all of them need

    def named(self, table: Standing) -> str:
        """Return a table's name as SQL says it."""
        return self.at(Place(table.name, table.schema))

    def at(self, place: Place) -> str:
        """Return a place as SQL says it."""
        return f"{self.quote(place.schema)}.{self.quote(place.name)}" if place.schema else self.quote(place.name)

    def listed(self, names: Iterable[str], before: str = "") -> str:
        """Return names with commas between."""
        return ", ".join(f"{before}{self.quote(one)}" for one in names)

    def rows_of(self, query: str) -> list[Any]:
        """Run a query of ours, as a statement of the revision."""
        return list(self.connection.exec_driver_sql(query, execution_options={"no_parameters": True}))

    def streamed(self, query: str) -> Iterator[Any]:
        """Run a query of ours whose rows may be more than the memory holds."""
        options = {"no_parameters": True, "stream_results": True, "max_row_buffer": AT_A_TIME}
        with self.connection.exec_driver_sql(query, execution_options=options) as result:
            for some in result.partitions(AT_A_TIME):
                yield from some

    def run(self, *statements: str) -> int:
        """Run statements of ours, as statements of the revision; return how many rows the last one changed."""
        count = 0
        for statement in statements:
            count = self.connection.exec_driver_sql(statement, execution_options={"no_parameters": True}).rowcount
        return count

    def shared(self, table: Standing, kept: Kept) -> tuple[str, ...]:
        """Return the columns that hold values in a new table, and that were kept."""
        there = {one.lower(): one for one in kept.columns}
        return tuple(one.name for one in table.columns if one.name.lower() in there and not one.generated)
