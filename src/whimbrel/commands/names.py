"""Names as a person types them: ``users`` or ``app.users``, columns as ``users.name``, values as ``color:green``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches

from whimbrel.backends.ddl import ddl_for
from whimbrel.compare.renames import Pair, Ref
from whimbrel.snapshot import Enum, Key, Snapshot, Table


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one side; the default schema is not said.

    Attributes:
        more: Enumerations that only the models know, of columns that hold text, named as the column.
        tables: The tables by their names.
        enums: The enumeration types by theirs; one that is a column's own is named as the column, ``item.color``.
    """

    side: Snapshot
    more: tuple[Enum, ...] = ()
    tables: dict[str, Table] = field(init=False)
    enums: dict[str, Enum] = field(init=False)

    def __post_init__(self) -> None:
        """Index the side."""
        object.__setattr__(self, "tables", {self.of(one.schema, one.name): one for one in self.side.tables()})
        enums = {self.of(one.schema, one.name): one for one in self.side.objects if isinstance(one, Enum)}
        enums |= {self.of(one.schema, one.name): one for one in self.more}
        object.__setattr__(self, "enums", enums | dict(self._own_enums()))

    def _own_enums(self) -> Iterator[tuple[str, Enum]]:
        ddl = ddl_for(self.side.kind, self.side.default_schema)
        for name, table in self.tables.items():
            for column in table.columns:
                if labels := ddl.labels(column.type):
                    yield f"{name}.{column.name}", Enum(table.schema, f"{table.name}.{column.name}", labels)

    def of(self, schema: str, name: str) -> str:
        """Return a name, with its schema unless that is the default one."""
        return name if schema in ("", self.side.default_schema) else f"{schema}.{name}"

    def of_key(self, key: Key) -> str:
        """Return the name of an object or of a part of it."""
        whole = self.of(key.schema, key.name)
        return f"{whole}.{key.part}" if key.part else whole

    def column(self, text: str) -> Ref | None:
        """Find a column by its name."""
        table, _, column = text.rpartition(".")
        found = self.tables.get(table)
        return Ref(table, column) if found is not None and found.column(column) is not None else None

    def enum(self, text: str) -> str | None:
        """Find an enumeration type by its own name, or by that of a column that has it."""
        if text in self.enums:
            return text
        ref = self.column(text)
        column = self.tables[ref.owner].column(ref.name) if ref is not None else None
        if column is None:
            return None
        kind = column.type.removesuffix("[]").replace('"', "")
        return next((name for name, one in self.enums.items() if kind in (f"{one.schema}.{one.name}", name)), None)

    def value(self, text: str) -> Ref | None:
        """Find an enumeration's value, as ``color:green``."""
        owner, sign, label = text.partition(":")
        enum = self.enum(owner) if sign else None
        return Ref(enum, label) if enum is not None and label in self.enums[enum].labels else None

    def columns(self) -> Iterator[str]:
        """Go over the names of all columns."""
        for name, table in self.tables.items():
            for column in table.columns:
                yield f"{name}.{column.name}"


def spoken(pair: Pair, ref: Ref) -> str:
    """Return one end of a pair as a person types it."""
    return f"{ref.owner}{':' if pair.kind == 'value' else '.'}{ref.name}" if ref.owner else ref.name


def missing(text: str, where: str, known: Iterable[str]) -> str:
    """Say that a name is not there, and which one may be meant."""
    near = get_close_matches(text, sorted(known), n=1)
    return f"{where} no {text}{f' (there is {near[0]})' if near else ''}."
