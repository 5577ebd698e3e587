"""Columns that a partition or child table has from its parent: what is done to the parent's is done to them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from whimbrel.compare.changes import Altered
from whimbrel.compare.parts import aspects_of
from whimbrel.operations.sides import Sides
from whimbrel.operations.step import Phase, Step, sql
from whimbrel.snapshot import Column, Key, Snapshot, Table

# What a parent does not hand down.
_OWN = ("comment", "numbering", "position")


@dataclass(frozen=True, slots=True)
class Ends:
    """A column before, and after; None where it is not there."""

    found: Column | None
    wanted: Column | None

    def turned(self) -> Ends:
        """Look from the other end."""
        return Ends(self.wanted, self.found)


def above(key: Key, sides: Sides) -> Ends | None:
    """Return the parent's column; None for a column that is the table's own on both sides."""
    ends = Ends(_above(key, sides.moved), _above(key, sides.wanted))
    return None if ends.found is None and ends.wanted is None else ends


def steps(key: Key, own: Ends, parent: Ends, sides: Sides) -> Iterator[Step]:
    """Make of a column what the parent's change does not make of it, both ways.

    Args:
        key: The column's, in the partition or child table.
        own: The column; a snapshot leaves out what says nothing but what the parent's says.
        parent: The parent's column.
        sides: Both sides.
    """
    own = Ends(own.found or parent.found, own.wanted or parent.wanted)
    forward, back = _towards(key, own, parent, sides), _towards(key, own.turned(), parent.turned(), sides)
    # After the parent, both ways.
    if forward:
        yield Step(Phase.TABLE_OPTION, (key.name, 2, key.part), sql(forward), ())
    if back:
        yield Step(Phase.CREATE_ROUTINE, (0, str(key)), (), sql(back))


def kept(changes: Iterable[Any], sides: Sides) -> Iterator[Step]:
    """Leave columns as they are that the parent's change would change with it."""
    changed = {one.key for one in changes}
    for one in changes:
        if not isinstance(one, Altered) or not isinstance(one.wanted, Column):
            continue
        parent = f"{one.key.schema}.{one.key.name}"
        for table in sides.wanted.tables():
            key = replace(one.key, schema=table.schema, name=table.name)
            before, column = sides.moved.table(table.name, table.schema), table.column(key.part)
            if parent in _parents(table) and before and column and key not in changed:
                yield from steps(key, Ends(before.column(key.part), column), Ends(one.found, one.wanted), sides)  # type: ignore[arg-type]


def _towards(key: Key, own: Ends, parent: Ends, sides: Sides) -> list[str]:
    column = _after(own.found, parent)
    table = sides.wanted.table(key.name, key.schema) or sides.found.table(key.name, key.schema)
    if column is None or own.wanted is None or table is None:
        return []
    aspects = aspects_of(column, own.wanted)
    return (sides.ddl.alter_part(table, column, own.wanted, aspects) or []) if aspects else []


def _after(column: Column | None, parent: Ends) -> Column | None:
    """Return what a column is once its parent's has changed."""
    if column is None or parent.wanted is None:
        return parent.wanted
    if parent.found is None:
        return column
    handed = aspects_of(parent.found, parent.wanted, *_OWN)
    after = replace(column, **{name: getattr(parent.wanted, name) for name in handed})
    is_unsure = {"type", "collation"} & set(handed) and (after.default, parent.wanted.default) != (None, None)
    return replace(after, default="") if is_unsure else after  # the parent's may have been set again


def _above(key: Key, side: Snapshot) -> Column | None:
    """Find the column that a table's column is inherited from, on one side."""
    table = side.table(key.name, key.schema)
    for name in _parents(table) if table is not None else ():
        parent = next((one for one in side.tables() if f"{one.schema}.{one.name}" == name), None)
        if parent is not None:
            found = parent.column(key.part) or _above(replace(key, schema=parent.schema, name=parent.name), side)
            if found is not None:
                return found
    return None


def _parents(table: Table) -> tuple[str, ...]:
    return (table.partition_of.partition(" ")[0],) if table.partition_of else table.inherits
