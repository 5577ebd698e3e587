"""The records of what is kept: one row for each column or table, in a table beside the version table.

They are written as statements of the revision that drops it, so that they are there if and only if it is.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects.mysql import LONGTEXT

from whimbrel.backends.keeping import Kept, Place
from whimbrel.backends.locks import rows_of
from whimbrel.backends.statements import literal

if TYPE_CHECKING:
    from whimbrel.backends.keeping import Keeping

_Text = sa.Text().with_variant(LONGTEXT(), "mysql", "mariadb")
_Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


class Form(Enum):
    """In which form something is kept."""

    COLUMN = "column"  # copied, with the key of its table
    IN_PLACE = "column in its table"  # only renamed
    TABLE = "table"


class State(Enum):
    """What becomes of it."""

    KEPT = "kept"  # put back by the opposite direction of its revision
    RESET = "reset"  # dropped on the way down to base; only put back by hand
    BACK = "back"  # put back; what is left of it goes
    REST = "rest"  # put back, but for what found no place any more


@dataclass(frozen=True, slots=True)
class Entry:
    """What is kept of one column or table.

    Attributes:
        number: Of the record.
        revision: The revision that dropped it.
        direction: ``upgrade`` or ``downgrade``.
        form: The form.
        table: The table; ``schema`` where it was.
        column: The column; empty for a table.
        kept: Where it is, and what.
        rows: How many.
        state: What becomes of it.
        since: When it was dropped.
    """

    number: int
    revision: str
    direction: str
    form: Form
    schema: str
    table: str
    column: str
    kept: Kept
    rows: int
    state: State = State.KEPT
    since: datetime.datetime = field(default_factory=lambda: datetime.datetime.now(datetime.UTC))

    @property
    def name(self) -> str:
        """What it was called."""
        return f"{self.table}.{self.column}" if self.column else self.table


class Records:
    """The records in one place.

    Args:
        keeping: What the server can do.
        schema: The version table's schema; None for the place where names without a schema lead.
        history: The name of the version table, which tells the histories of one database apart.

    Attributes:
        keeping: What the server can do.
    """

    def __init__(self, keeping: Keeping, schema: str | None, history: str) -> None:
        """Describe them; nothing is asked yet."""
        self.keeping, self._connection, self._history = keeping, keeping.connection, history
        self._is_known_absent = False
        self._is_there: bool | None = None  # as far as the running revision knows
        unicode: dict[str, Any] = {"mysql_charset": "utf8mb4", "mariadb_charset": "utf8mb4"}
        self.table = sa.Table(
            "whimbrel_archive",
            sa.MetaData(schema=schema),
            sa.Column("id", _Number, primary_key=True, autoincrement=False),
            sa.Column("history", sa.String(200), nullable=False),
            sa.Column("revision", sa.String(200), nullable=False),
            sa.Column("direction", sa.String(20), nullable=False),
            sa.Column("form", sa.String(30), nullable=False),
            sa.Column("schema_name", sa.String(200), nullable=False),
            sa.Column("table_name", sa.String(200), nullable=False),
            sa.Column("column_name", sa.String(200), nullable=False),
            sa.Column("place", _Text, nullable=False),
            sa.Column("held", sa.BigInteger, nullable=False),
            sa.Column("state", sa.String(10), nullable=False),
            sa.Column("since", sa.String(40), nullable=False),
            **unicode,
        )

    @property
    def place(self) -> Place:
        """Where they are."""
        return Place(self.table.name, self.table.schema or "")

    def begin(self) -> None:
        """Begin a revision: what an earlier one knew, it has to ask itself, if it is to be taken up by another run."""
        self._is_there = None

    def are_there(self) -> bool:
        """Tell whether there is a table for them."""
        if self._is_there is None:
            self._is_there = self.keeping.is_taken(self.place)
        return self._is_there

    def ensure(self) -> None:
        """Make their table, if there is none."""
        if not self.are_there():
            create = sa.schema.CreateTable(self.table)
            self._connection.exec_driver_sql(str(create.compile(dialect=self._connection.dialect)))
            self._is_there = True

    def read(self) -> tuple[Entry, ...]:
        """Return the records of this history, the last one first."""
        if not self.are_there():
            return ()
        query = self.table.select().where(self.table.c.history == self._history).order_by(self.table.c.id.desc())
        return tuple(_entry(row) for row in self._connection.execute(query))

    def elsewhere(self, homes: Iterable[str]) -> frozenset[Place]:
        """Return what other histories of this database keep, in this table or in one of another schema.

        Args:
            homes: The schemas to look in where a server's databases are what others call schemas.
        """
        found: set[Place] = set()
        for one in self.keeping.places_of(self.place.name, tuple(homes)):
            kept = f"SELECT place FROM {self.keeping.at(one)} WHERE history <> {literal(self._history)}"
            places = (json.loads(row[0]) for row in self.keeping.rows_of(kept))
            found.update(Place(place["name"], place["schema"]) for place in places)
        return frozenset(found)

    def leave(self) -> None:
        """Remove the records of this history, and their table with the last ones."""
        if not self.are_there():
            return
        self._connection.execute(self.table.delete().where(self.table.c.history == self._history))
        if not self._connection.execute(sa.select(sa.func.count()).select_from(self.table)).scalar():
            self.keeping.run(*self.keeping.letting_go(self.place))
            self._is_there = False

    def of(self, revision: str, direction: str) -> tuple[Entry, ...]:
        """Return what one direction of a revision has dropped, the last one first; asked beside the journal.

        The running revision changes none of them before its end, so that they are the same if it is taken up again.
        A run makes none for itself, so that it has to look for their table only once.
        """
        beside = self._connection
        if self._is_known_absent or not rows_of(beside, self.keeping.taken(self.place))[0][0]:
            self._is_known_absent = True
            return ()
        names = ", ".join(self.keeping.quote(one.name) for one in self.table.c)
        conditions = {"history": self._history, "revision": revision, "direction": direction}
        where = " AND ".join(f"{name} = {literal(value)}" for name, value in conditions.items())
        query = f"SELECT {names} FROM {self.keeping.at(self.place)} WHERE {where} ORDER BY id DESC"
        entries = tuple(_entry(row) for row in rows_of(beside, query))
        return tuple(one for one in entries if one.state in (State.KEPT, State.RESET))

    def next_number(self) -> int:
        """Return the number of the next record; other histories may have theirs in the same table."""
        last = self._connection.execute(sa.select(sa.func.max(self.table.c.id))).scalar()
        return int(last or 0) + 1

    def add(self, entry: Entry) -> None:
        """Add a record."""
        self._connection.execute(self.table.insert().values(**_row(entry), history=self._history))

    def mark(self, numbers: Iterable[int], state: State, rows: int | None = None) -> None:
        """Give records another state, and another number of rows."""
        values: dict[str, Any] = {"state": state.value, **({} if rows is None else {"held": rows})}
        ours = self.table.c.id.in_(sorted(numbers))
        self._connection.execute(self.table.update().where(ours).values(**values))

    def remove(self, numbers: Iterable[int]) -> None:
        """Remove records."""
        self._connection.execute(self.table.delete().where(self.table.c.id.in_(sorted(numbers))))


def _row(entry: Entry) -> dict[str, Any]:
    kept = entry.kept
    place = {
        "name": kept.place.name,
        "schema": kept.place.schema,
        "columns": kept.columns,
        "types": kept.types,
        "key": kept.key,
        "position": kept.position,
        "type": kept.type,
    }
    return {
        "id": entry.number,
        "revision": entry.revision,
        "direction": entry.direction,
        "form": entry.form.value,
        "schema_name": entry.schema,
        "table_name": entry.table,
        "column_name": entry.column,
        "place": json.dumps(place, ensure_ascii=False),
        "held": entry.rows,
        "state": entry.state.value,
        "since": entry.since.isoformat(),
    }


def _entry(row: Sequence[Any]) -> Entry:
    number, _, revision, direction, form, schema, table, column, place, held, state, since = row
    said = json.loads(place)
    return Entry(
        number=number,
        revision=revision,
        direction=direction,
        form=Form(form),
        schema=schema,
        table=table,
        column=column,
        kept=Kept(
            Place(said["name"], said["schema"]),
            tuple(said["columns"]),
            tuple(said["key"]),
            said["position"],
            said["type"],
            tuple(said["types"]),
        ),
        rows=held,
        state=State(state),
        since=datetime.datetime.fromisoformat(since),
    )
