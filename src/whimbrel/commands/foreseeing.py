"""What an upgrade will find where it drops something: asked of the target, and answered on scratch, where no row is.

So the runner does on scratch what it will do on the target: it copies a column that holds values, keeps a large one in
its place, and lets an empty one go.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from whimbrel.backends import backend_for
from whimbrel.backends.observed import Blocks
from whimbrel.backends.observed import Held as Lock

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from whimbrel.backends.keeping import Held, Keeping, Place, Standing
    from whimbrel.run.observing import Aside
    from whimbrel.snapshot import Snapshot

_WORD = re.compile(r"\w+")
_DROPS = re.compile(r"drop|delete|truncate|recreate", re.IGNORECASE)

Address = tuple[str, str]  # schema and table


@dataclass(frozen=True, slots=True)
class Foreknown:
    """What is in the tables of a database that scripts may drop, or drop columns of.

    Attributes:
        home: The schema where names without one lead.
        tables: The tables, with their rows counted up to a limit.
        filled: The columns that hold values, by schema, table and name.
    """

    home: str
    tables: Mapping[Address, Standing]
    filled: frozenset[tuple[str, str, str]]

    def table(self, schema: str, name: str) -> Standing | None:
        """Return a table; none if nothing is known of it."""
        return self.tables.get((schema or self.home, name))


def foresee(connection: Connection, found: Snapshot, texts: Iterable[str], most: int) -> Foreknown:
    """Ask a database for what scripts may drop.

    Args:
        connection: To the database; it is only read.
        found: Its schema.
        texts: The scripts.
        most: Up to how many rows a table is counted.
    """
    words = {word for text in texts if _DROPS.search(text) for word in _WORD.findall(text)}
    keeping = backend_for(connection.dialect.name).keeping(connection)
    tables, filled = {}, set()
    for table in found.tables():
        if table.name not in words:
            continue
        schema = table.schema or found.default_schema
        standing = keeping.standing(table.name, table.schema, most)
        if standing is None:
            continue
        tables[schema, table.name] = standing
        named = [one for one in standing.columns if one.name in words and not one.generated and standing.rows]
        filled |= {(schema, table.name, one.name) for one in named if keeping.has_values(standing, one)}
    return Foreknown(found.default_schema, tables, frozenset(filled))


class Foreseen:
    """A server's way to keep drops, for scratch: it does as ever, and takes the rows to be those of the target.

    What copies rows is not sent there, but put aside.

    Args:
        keeping: The way.
        known: What is in the target.
        aside: Where to put what is not sent.
    """

    def __init__(self, keeping: Keeping, known: Foreknown, aside: Aside) -> None:
        """Know all three."""
        self._keeping, self._known, self._aside = keeping, known, aside
        self._asked: dict[Address, str] = {}  # by where a table is on scratch: the schema that the script names

    def __getattr__(self, name: str) -> Any:
        """Do as ever."""
        return getattr(self._keeping, name)

    def may_hold_rows(self, name: str, schema: str) -> bool:
        """Tell whether a table may hold rows in the target."""
        known = self._known.table(schema, name)
        return known.rows > 0 if known is not None else self._keeping.may_hold_rows(name, schema)

    def standing(self, name: str, schema: str, most: int) -> Standing | None:
        """Return a table as it stands on scratch, with the rows that it has in the target."""
        own, known = self._keeping.standing(name, schema, most), self._known.table(schema, name)
        if own is None or known is None:
            return own
        self._asked[own.schema, own.name] = schema or self._known.home
        return replace(own, rows=known.rows, published=known.published)

    def has_values(self, table: Standing, column: Held) -> bool:
        """Tell whether a column holds values in the target."""
        schema = self._asked.get((table.schema, table.name))
        if schema is None:
            return self._keeping.has_values(table, column)
        return (schema, table.name, column.name) in self._known.filled

    def filling(self, table: Standing, column: Held, key: Sequence[str], place: Place) -> tuple[str, ...]:
        """Put aside what copies a column."""
        self._aside.before += self._keeping.filling(table, column, key, place)
        self._aside.read.append(table.name)
        if self._keeping.locks:
            self._aside.locks.append(Lock(table.name, "LOCK TABLES … WRITE", Blocks.EVERYTHING))
        return ()

    def released(self) -> tuple[str, ...]:
        """Put aside what ends the copying."""
        self._aside.after += self._keeping.released()
        return ()


def foreseen(keeping: Keeping, known: Foreknown, aside: Aside) -> Keeping:
    """Return a server's way to keep drops that takes the rows to be those of a target."""
    return cast("Keeping", Foreseen(keeping, known, aside))
