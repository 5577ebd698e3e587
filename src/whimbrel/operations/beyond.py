"""What `create_all()` makes of a new table beyond what SQLAlchemy's ``Table`` says: the DDL events on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, UniqueConstraint
from sqlalchemy import Table as ModelTable

from whimbrel.backends.ddl import columns_of
from whimbrel.backends.reflect import likeness_of
from whimbrel.operations import parts
from whimbrel.operations.sides import Sides
from whimbrel.operations.step import Phase, Step, sql
from whimbrel.snapshot import Index, Table
from whimbrel.tokens import unquoted


def steps(table: ModelTable, fact: Table, sides: Sides) -> Iterator[Step]:
    """Add what a table has and its model does not say; it goes with the table."""
    names = {column.name for column in table.columns}
    for column in fact.columns_in_order():
        if column.name not in names:
            order = (fact.schema, fact.name, 0, column.position, column.name)
            yield Step(Phase.COLUMN, order, sql(sides.ddl.add(fact, column)), ())
    for part in (*fact.triggers, *fact.policies, *_beyond(table, fact, sides)):
        yield from parts.add_part(fact, part, sides)


def _beyond(table: ModelTable, fact: Table, sides: Sides) -> Iterator[Any]:
    """Go over constraints and indexes."""
    preparer = sides.dialect.identifier_preparer
    constraints = [*table.constraints, *(one for column in table.columns for one in column.constraints)]
    names = {one: None if one.name is None else preparer.format_constraint(one) for one in constraints}
    rules = {unquoted(name) for name in names.values() if name}
    unnamed = [one for one, name in names.items() if not name]
    said = {unquoted(preparer.format_index(index)) for index in table.indexes}
    further = [index for index in fact.indexes if index.name not in said]
    if sides.ddl.joins_keys:
        further = [one for one in further if one.name not in rules and not _is_of_key(one, fact, unnamed, sides)]
    yield from further
    if sides.ddl.builds_anew:
        return  # no statement adds a constraint
    is_servers = likeness_of(sides.wanted.kind).is_server_name
    others: list[Any] = [*fact.uniques, *fact.foreign_keys, *fact.exclusions]
    for part in others:
        if part.name not in rules and not (is_servers(fact.name, part, part.name) and _says(unnamed, part)):
            yield part
    free = sum(isinstance(one, CheckConstraint) for one in unnamed)
    checks = [one for one in fact.checks if one.name not in rules]
    theirs = [one for one in checks if is_servers(fact.name, one, one.name)]
    yield from (one for one in checks if one not in theirs)
    # The server numbers them as they come: those of the model come first.
    yield from sorted(theirs, key=lambda one: (len(one.name), one.name))[free:]


def _is_of_key(index: Index, fact: Table, unnamed: Iterable[Any], sides: Sides) -> bool:
    """Tell an index that is a unique constraint, or that the server makes with a foreign key."""
    if not likeness_of(sides.wanted.kind).is_server_name(fact.name, index, index.name):
        return any(key.name == index.name for key in fact.foreign_keys)
    columns = [tuple(column.name for column in one.columns) for one in unnamed if isinstance(one, UniqueConstraint)]
    own = columns_of(index)  # its parts are in quotes where they have to be
    firsts = any(own[: len(key.columns)] == key.columns for key in fact.foreign_keys)
    return firsts or (index.unique and own in columns)


def _says(unnamed: Iterable[Any], part: Any) -> bool:
    """Tell whether the model has a constraint without a name on the same columns."""
    columns = getattr(part, "columns", ())
    kinds = UniqueConstraint | ForeignKeyConstraint
    return any(isinstance(one, kinds) and tuple(column.name for column in one.columns) == columns for one in unnamed)
