"""Tables and everything that belongs to one: values only, in the server's own words.

Texts (types, defaults, expressions) are what the server's catalogue gives back, and can be
executed as they are. Lists are sorted by name, so that equal tables are equal values; a column's
position is kept, but two tables that differ in nothing else are equal.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

from whimbrel.snapshot.keys import Key


@dataclass(frozen=True, slots=True)
class Numbering:
    """The sequence behind a serial or identity column.

    Attributes:
        sequence: its name, with its schema only where that is not the table's.
    """

    sequence: str
    type: str = ""
    start: int = 1
    increment: int = 1
    minimum: int | None = None
    maximum: int | None = None
    cache: int = 1
    cycle: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        generated: the expression of a generated column; `stored` tells which kind.
        identity: `always` or `by default`, else empty.
        numbering: the sequence of an identity or serial column; a serial has no `default`.
        autoincrement: AUTO_INCREMENT, AUTOINCREMENT.
        on_update: the expression of MySQL's ON UPDATE.
        collation: where it is not the type's (PostgreSQL) or the table's (MySQL) own.
        options: whatever else is not as usual, as `name=value`.
    """

    KIND: ClassVar[str] = "column"
    name: str
    type: str
    nullable: bool = True
    default: str | None = None
    generated: str | None = None
    stored: bool = False
    identity: str = ""
    numbering: Numbering | None = None
    autoincrement: bool = False
    on_update: str | None = None
    collation: str = ""
    comment: str | None = None
    options: tuple[str, ...] = ()
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class PrimaryKey:
    """The primary key; `name` is empty where the server has none."""

    KIND: ClassVar[str] = "primary_key"
    name: str
    columns: tuple[str, ...]
    include: tuple[str, ...] = ()
    deferrable: str = ""
    comment: str | None = None
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unique:
    """A UNIQUE constraint.

    Attributes:
        deferrable: `deferrable`, or `initially deferred`; empty for neither.
        options: SQLite's ON CONFLICT; storage parameters of the index behind it.
    """

    KIND: ClassVar[str] = "unique"
    name: str
    columns: tuple[str, ...]
    nulls_not_distinct: bool = False
    include: tuple[str, ...] = ()
    deferrable: str = ""
    comment: str | None = None
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A foreign key.

    Attributes:
        schema: of the table that it points to.
        target: the columns that it points to; empty where the text names none (its primary key).
        on_update: the action in capitals, empty for NO ACTION; so `on_delete`, which may carry columns.
        options: NOT VALID and the like.
    """

    KIND: ClassVar[str] = "foreign_key"
    name: str
    columns: tuple[str, ...]
    schema: str
    table: str
    target: tuple[str, ...]
    on_update: str = ""
    on_delete: str = ""
    match: str = ""
    deferrable: str = ""
    comment: str | None = None
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """A CHECK constraint; `text` is the condition without the parentheses around it."""

    KIND: ClassVar[str] = "check"
    name: str
    text: str
    comment: str | None = None
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Exclusion:
    """An exclusion constraint; `text` is all of it, from EXCLUDE on."""

    KIND: ClassVar[str] = "exclusion"
    name: str
    text: str
    comment: str | None = None
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Index:
    """An index that no constraint made.

    Attributes:
        method: btree, hash, gin, fulltext …; empty where the server has one only.
        parts: each with its order, operator class, collation and prefix length, as text.
    """

    KIND: ClassVar[str] = "index"
    name: str
    parts: tuple[str, ...]
    unique: bool = False
    method: str = ""
    include: tuple[str, ...] = ()
    nulls_not_distinct: bool = False
    where: str | None = None
    comment: str | None = None
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Trigger:
    """A trigger; `text` is its whole CREATE statement."""

    KIND: ClassVar[str] = "trigger"
    name: str
    text: str
    comment: str | None = None
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """A row-level policy."""

    KIND: ClassVar[str] = "policy"
    name: str
    command: str = "ALL"
    permissive: bool = True
    roles: tuple[str, ...] = ()
    using: str | None = None
    check: str | None = None
    comment: str | None = None


Constraint = PrimaryKey | Unique | ForeignKey | Check | Exclusion
Part = Column | Constraint | Index | Trigger | Policy


@dataclass(frozen=True, slots=True)
class Table:
    """A table with all its parts.

    Attributes:
        options: storage, engine, character set, STRICT, row security …, as `name=value`.
        partition_by: the partition key as text.
        partition_of: for a partition, `schema.table bound`.
        partitions: MySQL's partitions, which are no tables, one text each.
        inherits: `schema.table` of each parent that is no partitioned table.
    """

    KIND: ClassVar[str] = "table"
    schema: str
    name: str
    columns: tuple[Column, ...] = ()
    primary_key: PrimaryKey | None = None
    uniques: tuple[Unique, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    checks: tuple[Check, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    indexes: tuple[Index, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    policies: tuple[Policy, ...] = ()
    comment: str | None = None
    options: tuple[str, ...] = ()
    partition_by: str = ""
    partition_of: str = ""
    partitions: tuple[str, ...] = ()
    inherits: tuple[str, ...] = ()

    @property
    def key(self) -> Key:
        """The table's own key."""
        return Key(self.KIND, self.schema, self.name)

    def part_key(self, part: Part) -> Key:
        """Return the key of a part of this table."""
        return Key(part.KIND, self.schema, self.name, part_label(part))

    def parts(self) -> Iterator[Part]:
        """Go over all parts, columns in their order in the table."""
        yield from self.columns_in_order()
        if self.primary_key is not None:
            yield self.primary_key
        yield from self.uniques
        yield from self.foreign_keys
        yield from self.checks
        yield from self.exclusions
        yield from self.indexes
        yield from self.triggers
        yield from self.policies

    def columns_in_order(self) -> list[Column]:
        """List the columns as `SELECT *` shows them."""
        return sorted(self.columns, key=lambda column: (column.position, column.name))

    def column(self, name: str) -> Column | None:
        """Find a column by its name."""
        return next((column for column in self.columns if column.name == name), None)


def in_order(parts: Iterable[Any]) -> tuple[Any, ...]:
    """Put parts into the one order that equality needs: by name, those without one by what they say."""
    return tuple(sorted(parts, key=lambda part: (part.name, "" if part.name else repr(part))))


def part_label(part: Part) -> str:
    """Name a part, one without a name by what it says."""
    if part.name:
        return part.name
    columns = getattr(part, "columns", None)
    return f"({', '.join(columns)})" if columns else f"({getattr(part, 'text', '')})"
