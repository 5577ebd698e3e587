"""SQLAlchemy's objects for what a snapshot names, as the app's hooks know them from Alembic.

On the wanted side they are the models' own, on the found side those that SQLAlchemy reflects. What neither
has (a CHECK that SQLAlchemy does not reflect, a constraint made by a DDL event) is built from the snapshot,
in a table of its own, so that no model is touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Connection,
    ForeignKeyConstraint,
    MetaData,
    UniqueConstraint,
    text,
)
from sqlalchemy import Column as ModelColumn
from sqlalchemy import Index as ModelIndex
from sqlalchemy import Table as ModelTable

from whimbrel.compare import Answers
from whimbrel.operations import present_tables
from whimbrel.snapshot import Check, Column, ForeignKey, Index, Snapshot, Table

Owner = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Counterparts:
    """Finds SQLAlchemy's objects, of one database.

    Attributes:
        connection: To the database.
        found: What it is.
        models: The models' tables by schema and name.
    """

    connection: Connection
    found: Snapshot
    models: Mapping[Owner, ModelTable]
    _reflected: dict[Owner, ModelTable] = field(default_factory=dict)

    def reflect(self, owners: Iterable[Owner]) -> None:
        """Reflect tables, together; what was reflected before is not reflected again."""
        there = {(one.schema, one.name) for one in self.found.tables()}
        missing = (set(owners) & there) - self._reflected.keys()
        if missing:
            for place, table in present_tables(self.connection, missing, self.found).items():
                self._reflected.setdefault(place, table)

    def model(self, table: Table) -> ModelTable:
        """Return the model's table."""
        model = self.models.get((table.schema, table.name))
        return self._built(table) if model is None else model

    def reflected(self, table: Table, before: Owner | None = None) -> ModelTable:
        """Return the database's table.

        Args:
            table: What it is.
            before: Its schema and name in the database, where a rename gave it another.
        """
        owner = before or (table.schema, table.name)
        self.reflect([owner])
        reflected = self._reflected.get(owner)
        return self._built(table) if reflected is None else reflected

    def _built(self, table: Table) -> ModelTable:
        return bare(table, self.found.default_schema)


@dataclass(frozen=True, slots=True)
class Before:
    """Under which names in the database things are that a decided rename gives others."""

    answers: Answers = field(default_factory=Answers)

    def owner(self, owner: Owner) -> Owner:
        """Return the schema and name of a table."""
        return next((one.old.owner for one in self.answers.tables if one.new.owner == owner), owner)

    def column(self, owner: Owner, name: str) -> str:
        """Return the name of a column; its table is named as it will be."""
        pairs = (one for one in self.answers.columns if one.table.owner == owner and one.new == name)
        return next((one.old for one in pairs), name)


def bare(table: Table, default_schema: str) -> ModelTable:
    """Build a table of untyped columns."""
    schema = None if table.schema in ("", default_schema) else table.schema
    columns: list[ModelColumn[Any]] = [ModelColumn(one.name, nullable=one.nullable) for one in table.columns_in_order()]
    return ModelTable(table.name, MetaData(), *columns, schema=schema)


def counterpart(owner: ModelTable, part: Any, fact: Table, default_schema: str, name: str = "") -> Any:
    """Return the object for a part of a table.

    Args:
        owner: SQLAlchemy's table.
        part: What it is to stand for.
        fact: The table that the part is of.
        default_schema: Where tables without a schema's name lie.
        name: The part's name in the table, where it is not the part's own.
    """
    pool = list(_pool(owner, part))
    name = name or part.name
    named = (one for one in pool if name and one.name is not None and str(one.name) == name)
    alike = (one for one in pool if not isinstance(part, Column) and _columns(one) == _columns(part) != ())
    found = next(named, None)
    if found is None:
        found = next(alike, None)
    return found if found is not None else _built(bare(fact, default_schema), part)


def _pool(owner: ModelTable, part: Any) -> Iterator[Any]:
    if isinstance(part, Column):
        yield from owner.columns
    elif isinstance(part, ForeignKey):
        yield from owner.foreign_key_constraints
    elif isinstance(part, Check):
        yield from (one for one in owner.constraints if isinstance(one, CheckConstraint))
    else:
        # The same thing on some servers, and SQLAlchemy reflects it as the one or the other.
        pools: list[Iterable[Any]] = [
            owner.indexes,
            [one for one in owner.constraints if isinstance(one, UniqueConstraint)],
        ]
        for pool in pools if isinstance(part, Index) else reversed(pools):
            yield from pool


def _columns(part: Any) -> tuple[str, ...]:
    """Name the columns that a part is on, whoever's part it is."""
    if isinstance(part, Index):
        return part.parts
    if isinstance(part, Check | CheckConstraint):
        return ()
    return tuple(one if isinstance(one, str) else str(one.name) for one in getattr(part, "columns", ()))


def _built(table: ModelTable, part: Any) -> Any:
    if isinstance(part, Column):
        return table.columns.get(part.name, ModelColumn(part.name))
    name = part.name or None
    if isinstance(part, ForeignKey):
        target = [f"{part.table}.{one}" for one in part.target or part.columns]
        made: Any = ForeignKeyConstraint(list(part.columns), target, name=name)
    elif isinstance(part, Check):
        made = CheckConstraint(text(part.text.replace(":", "\\:")), name=name)
    elif isinstance(part, Index):
        keys = [table.columns[one] if one in table.columns else text(one.replace(":", "\\:")) for one in part.parts]
        return ModelIndex(name, *keys, unique=part.unique, _table=table)
    else:
        made = UniqueConstraint(*part.columns, name=name)
    table.append_constraint(made)
    return made
