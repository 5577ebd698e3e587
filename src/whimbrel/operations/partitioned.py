"""Tables that become partitioned, or plain again: no server changes one in place, so the rows move into a new one.

The old table is put aside under another name, the new one is made with its partitions, the rows are copied, and
the old one is dropped. Keys, rules, indexes and triggers are dropped before and made after it, both ways.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from whimbrel.compare.changes import Added, Altered, Change, Removed
from whimbrel.errors import CannotChange
from whimbrel.operations import keys, parts
from whimbrel.operations.sides import Sides
from whimbrel.operations.step import NoteOp, Phase, Step, sql
from whimbrel.snapshot import Column, Definition, Snapshot, Table
from whimbrel.tokens import scan, unquoted

_ITSELF = {"partition_by", "options", "comment"}


def moved_into(changes: Sequence[Change], sides: Sides) -> tuple[list[Change], list[Step]]:
    """Take out what is made by moving rows into a new table; return the other changes, and the steps."""
    rest, steps = list(changes), list[Step]()
    for one in changes:
        if sides.ddl.moves_rows and _is_parted_anew(one):
            before, after = sides.moved.by_key[one.key], one.wanted  # type: ignore[union-attr]
            assert isinstance(before, Table)
            assert isinstance(after, Table)
            rest = list(_others(rest, before, after, sides))
            steps += _steps(before, after, sides)
    return rest, steps


def partitions_of(table: Table, side: Snapshot) -> Iterator[Table]:
    """Go over the partitions of a table, and those of partitions after what they are part of."""
    for one in side.tables():
        if one.partition_of.partition(" ")[0] == f"{table.schema}.{table.name}":
            yield one
            yield from partitions_of(one, side)


def _is_parted_anew(change: Any) -> bool:
    """Tell a plain table that becomes partitioned, or the other way round."""
    if not isinstance(change, Altered) or not isinstance(change.wanted, Table):
        return False
    ends = [bool(one.partition_by) for one in (change.found, change.wanted)]  # type: ignore[union-attr]
    return "partition_by" in change.aspects and ends[0] != ends[1] and set(change.aspects) <= _ITSELF


def _others(changes: Iterable[Any], before: Table, after: Table, sides: Sides) -> Iterator[Change]:
    """Go over what is left when a table and its partitions are made."""
    owner = (after.schema, after.name)
    partitions = {one.key for one in (*partitions_of(before, sides.moved), *partitions_of(after, sides.wanted))}
    for one in changes:
        thing = getattr(one, "wanted", None) or getattr(one, "found", None)
        if isinstance(thing, Column) and one.key.owner == owner:
            raise CannotChange(
                f"{after.name} becomes another kind of table, and its column {thing.name} changes too.",
                why="The rows move into a new table, and can only do so as they are. Nothing was written.",
                do="change the columns in a revision of their own, before or after: flask db migrate",
            )
        is_partition = one.key in partitions and isinstance(one, Added | Removed)
        is_its_own = one.key.owner == owner and (one.key.part or one.key.kind == "table")
        if not is_partition and not is_its_own:
            yield one


def _steps(before: Table, after: Table, sides: Sides) -> Iterator[Step]:
    forward = sides.ddl.anew(before, after, list(partitions_of(after, sides.wanted)))
    back = sides.ddl.anew(after, before, list(partitions_of(before, sides.moved)))
    place, order = (after.schema, after.name), (after.schema, after.name, 0, 0, "")
    yield Step(Phase.CREATE_TABLE, (-1, str(place)), _noted(after, forward.made), sql(back.dropped))
    yield Step(Phase.TABLE_OPTION, (after.name, 1), sql(forward.copied), sql(back.copied))
    yield Step(Phase.DROP_COLUMN, order, sql(forward.dropped), _noted(before, back.made))
    for part in before.parts():
        if not isinstance(part, Column):
            yield from parts.drop_part(before, part, sides)
    for part in after.parts():
        if not isinstance(part, Column):
            yield from parts.add_part(after, part, sides)
    for table, key in keys.staying_keys(sides):
        if (key.schema, key.table) == place and (table.schema, table.name) != place:
            yield from parts.drop_part(table, key, sides)
            yield from parts.add_part(table, key, sides)
    yield from _with_it(after, sides)


def _with_it(table: Table, sides: Sides) -> Iterator[Step]:
    """Make again the rules and extended statistics of a table."""
    for one in sides.moved.objects:
        if isinstance(one, Definition) and _is_on(one, table, sides.found.kind) and one in sides.wanted.objects:
            made, gone, order_ = sql(sides.ddl.create(one)), sql(sides.ddl.drop(one)), (0, str(one.key))
            yield Step(Phase.DROP_VIEW, order_, gone, made)
            yield Step(Phase.CREATE_VIEW, order_, made, gone)


def _is_on(one: Definition, table: Table, kind: str) -> bool:
    if one.kind == "rule":
        return (one.schema, one.name.partition(".")[0]) == (table.schema, table.name)
    words = [unquoted(word) for word in scan(one.text, kind).words]
    return one.kind == "statistics" and words[-3:] == [table.schema, ".", table.name]


def _noted(table: Table, statements: Sequence[str]) -> tuple[Any, ...]:
    text = "The rows move into a new table: rights that were granted on the old one are to be granted again."
    stopped = "\nRows that no partition takes stop this." if table.partition_by else ""
    return (NoteOp(text + stopped), *sql(statements))
