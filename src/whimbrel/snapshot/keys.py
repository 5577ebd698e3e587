"""Keys: how an object of a database is addressed, whatever the server.

A key is a value: it can be sorted, put into a set and printed. Two snapshots are matched by
their keys alone.
"""

from dataclasses import dataclass
from typing import Any

# The order in which kinds are listed: what others stand on comes first.
KINDS = (
    "schema",
    "extension",
    "collation",
    "enum",
    "domain",
    "composite",
    "range",
    "sequence",
    "function",
    "procedure",
    "aggregate",
    "table",
    "virtual_table",
    "column",
    "primary_key",
    "unique",
    "foreign_key",
    "check",
    "exclusion",
    "index",
    "trigger",
    "policy",
    "rule",
    "statistics",
    "view",
    "materialized_view",
    "event",
)
_RANK = {kind: rank for rank, kind in enumerate(KINDS)}


@dataclass(frozen=True, slots=True)
class Key:
    """The address of an object, or of a part of a table.

    Attributes:
        kind: one of `KINDS`.
        schema: the namespace; empty where the server has none.
        name: the object's name; for a function with its argument types, `f(integer, text)`.
        part: the name inside the table or view, empty for the object itself.
    """

    kind: str
    schema: str
    name: str
    part: str = ""

    def __str__(self) -> str:
        """Read like `column public.item.id`."""
        dotted = ".".join(word for word in (self.schema, self.name, self.part) if word)
        return f"{self.kind} {dotted}"

    @property
    def owner(self) -> tuple[str, str]:
        """Schema and name of the object that this is, or is a part of."""
        return self.schema, self.name

    def order(self) -> tuple[Any, ...]:
        """Sort by schema, then by what others stand on, then by name."""
        whole = not self.part
        kind = _RANK.get(self.kind, len(_RANK))
        return (self.schema, kind if whole else _RANK["table"], self.name, not whole, kind, self.part)
