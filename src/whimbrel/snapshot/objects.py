"""Whole objects other than tables: types, sequences, views, routines and what else a schema holds."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from whimbrel.snapshot.keys import Key
from whimbrel.snapshot.tables import Check, Index, Part, Table, Trigger, part_label


@dataclass(frozen=True, slots=True)
class _Whole:
    """What every whole object has; its parts, if any, are those of a table."""

    KIND: ClassVar[str] = ""
    schema: str
    name: str

    @property
    def key(self) -> Key:
        """The object's key."""
        return Key(self.KIND, self.schema, self.name)

    def part_key(self, part: Part) -> Key:
        """Return the key of a part of this object."""
        return Key(part.KIND, self.schema, self.name, part_label(part))

    def parts(self) -> Iterator[Part]:
        """Go over the parts."""
        for attribute in ("checks", "indexes", "triggers"):
            yield from getattr(self, attribute, ())


@dataclass(frozen=True, slots=True)
class Schema(_Whole):
    """A namespace; `schema` is empty."""

    KIND: ClassVar[str] = "schema"
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Extension(_Whole):
    """An extension; which version is installed is no part of equality."""

    KIND: ClassVar[str] = "extension"
    comment: str | None = None
    version: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Enum(_Whole):
    """An enumeration type; the order of its labels counts."""

    KIND: ClassVar[str] = "enum"
    labels: tuple[str, ...] = ()
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Domain(_Whole):
    """A domain: a type with rules."""

    KIND: ClassVar[str] = "domain"
    type: str = ""
    nullable: bool = True
    default: str | None = None
    collation: str = ""
    checks: tuple[Check, ...] = ()
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Sequence(_Whole):
    """A sequence of its own; those of serial and identity columns are the column's `numbering`."""

    KIND: ClassVar[str] = "sequence"
    type: str = ""
    start: int = 1
    increment: int = 1
    minimum: int | None = None
    maximum: int | None = None
    cache: int = 1
    cycle: bool = False
    owned_by: str = ""
    comment: str | None = None
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class View(_Whole):
    """A view; `text` is its query.

    Attributes:
        needs: the keys of what it reads, as text, as far as the server tells; no part of equality.
    """

    KIND: ClassVar[str] = "view"
    text: str = ""
    comment: str | None = None
    options: tuple[str, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    needs: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class MaterializedView(_Whole):
    """A materialized view with its indexes."""

    KIND: ClassVar[str] = "materialized_view"
    text: str = ""
    comment: str | None = None
    options: tuple[str, ...] = ()
    indexes: tuple[Index, ...] = ()
    needs: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Routine(_Whole):
    """A function, procedure or aggregate.

    Attributes:
        name: with its argument types, `f(integer, text)`, since functions may share a name.
        text: its whole CREATE statement.
    """

    text: str = ""
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Function(Routine):
    """A function."""

    KIND: ClassVar[str] = "function"


@dataclass(frozen=True, slots=True)
class Procedure(Routine):
    """A procedure."""

    KIND: ClassVar[str] = "procedure"


@dataclass(frozen=True, slots=True)
class Definition(_Whole):
    """Whatever is compared by its text alone: `kind` is one of `Key`'s kinds.

    Composite and range types, aggregates, collations, rules, extended statistics, virtual tables, events.
    """

    kind: str = ""
    text: str = ""
    comment: str | None = None

    @property
    def key(self) -> Key:
        """The object's key, of the kind that it holds."""
        return Key(self.kind, self.schema, self.name)


Whole = (
    Table | Schema | Extension | Enum | Domain | Sequence | View | MaterializedView | Function | Procedure | Definition
)
