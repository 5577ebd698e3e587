"""From a comparison to the operations of a script, in an order that runs, both ways."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from alembic.operations import ops

from whimbrel.compare.changes import Added, Altered, Change, Comparison, Removed, Renamed
from whimbrel.operations import columns, computed, enums, inherited, keys, objects, partitioned, parts, renames, tables
from whimbrel.operations.sides import Sides
from whimbrel.operations.step import NoteOp, Phase, Step, is_batchable, sql
from whimbrel.snapshot import Column, Enum, Table

_BATCHED = (Phase.DROP_FOREIGN_KEY, Phase.DROP_RULE, Phase.COLUMN, Phase.EXCHANGE_KEY, Phase.DROP_COLUMN,
            Phase.CREATE_KEY, Phase.CREATE_RULE, Phase.CREATE_FOREIGN_KEY)  # fmt: skip


def operations_for(comparison: Comparison, sides: Sides) -> tuple[list[Any], list[Any]]:
    """Return the operations of the upgrade and those of the downgrade.

    Args:
        comparison: What differs.
        sides: Both sides, and the models.
    """
    changes = keys.freely_named(comparison.changes, sides)
    rest, steps = partitioned.moved_into(changes, sides)
    apart, exchanged = keys.joined(rest, sides)
    steps += exchanged
    held = computed.holding(changes, sides)
    steps += _steps([one for one in apart if not isinstance(one, Altered) or one.key not in held], sides)
    steps += keys.remade(changes, held, sides)
    steps += enums.remade(changes, sides)
    steps += columns.remade(changes, sides)
    steps += inherited.kept(changes, sides)
    steps += objects.remade_views(changes, sides)
    ordered = sorted(keys.never_without(steps, sides), key=_whole_table_at_once if sides.ddl.builds_anew else _by_phase)
    forward = _grouped((step.table, step.ops) for step in ordered)
    back = _grouped((step.table, step.back) for step in reversed(ordered))
    allowed = sql(dict.fromkeys(text for pair in _changed_tables(changes, sides) for text in sides.ddl.allowing(*pair)))
    return [*allowed, *forward], [*allowed, *back]


def _changed_tables(changes: Iterable[Change], sides: Sides) -> Iterator[tuple[Table, Table]]:
    """Go over the tables that stay and change, as they are and as they should be."""
    owners = {one.to.owner if isinstance(one, Renamed) else one.key.owner for one in changes}
    for schema, name in sorted(owners):
        found, wanted = sides.moved.table(name, schema), sides.wanted.table(name, schema)
        if found is not None and wanted is not None:
            yield found, wanted


def _by_phase(step: Step) -> tuple[Any, ...]:
    return (step.phase, *_comparable(step.order))


def _comparable(order: Iterable[Any]) -> tuple[tuple[bool, Any], ...]:
    """Let steps of several makers stand in one phase: what one numbers, another names; numbers come first."""
    return tuple((isinstance(one, str), one) for one in order)


def _whole_table_at_once(step: Step) -> tuple[Any, ...]:
    """SQLite may have to build a table anew, so all changes of one table stand together."""
    if step.table is not None and step.phase in _BATCHED:
        return (Phase.COLUMN, *_comparable((step.table[1], step.phase, *step.order)))
    return (step.phase, *_comparable(("", 0, *step.order)))


def _steps(changes: Sequence[Change], sides: Sides) -> Iterator[Step]:
    yield from tables.added(_of(changes, Added, Table), sides)
    yield from tables.removed(_of(changes, Removed, Table), sides)
    yield from renames.steps([one for one in changes if isinstance(one, Renamed)], sides)
    remade = {one.key.owner for one in changes if isinstance(one, Altered) and one.key.kind == "materialized_view"}
    for change in changes:
        if change.key.part and change.key.owner in remade:
            continue  # it goes and comes with its view
        if isinstance(change, Renamed) or (_is_table(change) and not isinstance(change, Altered)):
            continue
        yield from _maker(change)(change, sides)


def _maker(change: Any) -> Callable[[Any, Sides], Iterable[Step]]:
    thing = change.found if isinstance(change, Removed | Altered) else change.wanted
    if isinstance(thing, Table):
        return tables.altered
    if isinstance(thing, Column):
        return columns.steps
    if isinstance(thing, Enum) and isinstance(change, Altered):
        return enums.altered
    return parts.steps if change.key.part else objects.steps


def _of(changes: Iterable[Change], kind: type[Any], thing: type[Any]) -> list[Any]:
    return [
        one
        for one in changes
        if isinstance(one, kind) and isinstance(getattr(one, "found", None) or getattr(one, "wanted", None), thing)
    ]


def _is_table(change: Any) -> bool:
    return bool(change.key.kind == "table" and not change.key.part)


def _grouped(runs: Iterable[tuple[Any, Sequence[Any]]]) -> list[Any]:
    """Put neighbouring operations on one table into one batch, below what is noted of any of them."""
    flat = [(table if is_batchable(op) or isinstance(op, NoteOp) else None, op) for table, some in runs for op in some]
    out: list[Any] = []
    for table, group in groupby(flat, key=lambda pair: pair[0]):
        found = [op for _, op in group]
        notes = [op for op in found if isinstance(op, NoteOp)]
        made = [op for op in found if not isinstance(op, NoteOp)]
        if table is None or not made:
            out += found
        else:
            schema, name = table
            out += [*notes, ops.ModifyTableOps(name, made, schema=schema)]
    return out
