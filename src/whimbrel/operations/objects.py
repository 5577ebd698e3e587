"""Whole objects other than tables: types, sequences, views, routines, schemas, extensions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from whimbrel.compare.changes import Added, Altered, Change, Removed, Renamed
from whimbrel.operations import computed, enums
from whimbrel.operations.sides import Sides
from whimbrel.operations.step import Phase, Step, sql
from whimbrel.snapshot import Column, Domain, MaterializedView, Snapshot, View, Whole

_TYPES = ("enum", "domain", "sequence", "composite", "range", "collation")
_ROUTINES = ("function", "procedure", "aggregate", "event", "statistics")
_VIEWS = ("view", "materialized_view", "rule")
# What may stand on others of its kind; enumerations and the like stand below, on nothing.
_STACKED_VIEWS, _STACKED_TYPES = ("view", "materialized_view"), ("domain", "composite", "range")


def steps(change: Any, sides: Sides) -> Iterator[Step]:
    """Bring an object from one side to the other."""
    old: Any = None if isinstance(change, Added) else change.found
    new: Any = None if isinstance(change, Removed) else change.wanted
    if isinstance(change, Added):
        yield _create(new, sides, sides.wanted)
    elif isinstance(change, Removed):
        yield _drop(old, sides, sides.found)
    elif isinstance(change, Altered):
        forward = sides.ddl.alter(old, new, change.aspects)
        back = sides.ddl.alter(new, old, change.aspects)
        if forward is not None and back is not None:
            order = (_depth(new, sides.wanted), str(change.key))
            yield Step(_phases(new, sides)[0], order, sql(forward), sql(back))
        elif change.key.kind in ("domain", "composite", "range"):
            there, here = enums.replaced(new, sides, sides.wanted), enums.replaced(old, sides, sides.moved)
            yield Step(Phase.CREATE_TYPE, (_depth(new, sides.wanted), str(change.key)), sql(there), sql(here))
        elif change.key.kind not in _VIEWS:
            yield _drop(old, sides, sides.found)
            yield _create(new, sides, sides.wanted)


def remade_views(changes: Iterable[Change], sides: Sides) -> list[Step]:
    """Drop views before what they read is changed, and make them again after it."""
    changes = list(changes)
    touched = {str(one.key) for one in changes if _breaks_views(one)}
    touched |= {f"column {table.schema}.{table.name}.{column.name}" for one in changes
                for table, column in enums.columns_moved(one, sides)}  # fmt: skip
    touched |= {str(key) for key in computed.holding(changes, sides)}
    gone = {one.key for one in changes if isinstance(one, Removed)}
    again: dict[Any, Any] = {}
    grown = True
    while grown:
        grown = False
        for view in _views(sides.found):
            if view.key not in again and view.key not in gone and _reads(view, touched):
                again[view.key] = view
                touched.add(str(view.key))
                grown = True
    out = []
    for key, view in again.items():
        after = sides.wanted.get(key)
        out.append(_drop(view, sides, sides.found))
        if after is not None:
            out.append(_create(after, sides, sides.wanted))
        else:  # not ours: it is put back as it was
            out.append(_create(view, sides, sides.found))
    return out


def _breaks_views(one: Change) -> bool:
    if isinstance(one, Altered) and isinstance(one.wanted, Column):
        return bool({"type", "generated", "collation"} & set(one.aspects))
    if isinstance(one, Altered):
        return one.key.kind in ("view", "materialized_view") or "partition_by" in one.aspects
    return isinstance(one, Removed | Renamed) and (one.key.kind in ("column", "table", "view", "materialized_view"))


def _reads(view: Any, touched: set[str]) -> bool:
    return str(view.key) in touched or any(need in touched or _of_table(need) in touched for need in view.needs)


def _of_table(need: str) -> str:
    kind, _, name = need.partition(" ")
    return f"table {name.rpartition('.')[0]}" if kind == "column" else need


def _views(side: Snapshot) -> list[Any]:
    return [one for one in side.objects if isinstance(one, View | MaterializedView)]


def _create(whole: Whole, sides: Sides, side: Snapshot) -> Step:
    phase, _ = _phases(whole, sides)
    made, gone = sql(sides.ddl.create(whole)), sql(sides.ddl.drop(whole))
    return Step(phase, (_depth(whole, side), str(whole.key)), made, gone)


def _drop(whole: Whole, sides: Sides, side: Snapshot) -> Step:
    _, phase = _phases(whole, sides)
    made, gone = sql(sides.ddl.create(whole)), sql(sides.ddl.drop(whole))
    return Step(phase, (-_depth(whole, side), str(whole.key)), gone, made)


def _phases(whole: Whole, sides: Sides) -> tuple[Phase, Phase]:
    kind = whole.key.kind
    if kind in _TYPES:
        return Phase.CREATE_TYPE, Phase.DROP_TYPE
    if kind in _ROUTINES:
        return (Phase.CREATE_ROUTINE if _is_used_by_tables(whole, sides) else Phase.LATE_ROUTINE), Phase.DROP_ROUTINE
    if kind in _VIEWS:
        return Phase.CREATE_VIEW, Phase.DROP_VIEW
    if kind == "virtual_table":
        return Phase.CREATE_TABLE, Phase.DROP_TABLE
    return Phase.SCHEMA, Phase.DROP_SCHEMA


def _is_used_by_tables(whole: Whole, sides: Sides) -> bool:
    """Tell whether a default, a CHECK or an index of some table calls a function."""
    call = whole.name.partition("(")[0] + "("
    return any(call in text for table in sides.wanted.tables() for text in _texts(table))


def _texts(table: Any) -> Iterator[str]:
    for column in table.columns:
        yield from (text for text in (column.default, column.generated) if text)
    yield from (check.text for check in table.checks)
    for index in table.indexes:
        yield from (*index.parts, index.where or "")


def _depth(whole: Any, side: Snapshot, seen: frozenset[str] = frozenset()) -> int:
    """Tell how many objects of its kind stand below a view or a type: what stands on others comes later."""
    kinds = next((some for some in (_STACKED_VIEWS, _STACKED_TYPES) if whole.key.kind in some), ())
    if not kinds or str(whole.key) in seen:
        return 0
    below = [one for one in side.objects if one.key.kind in kinds and one is not whole and _stands_on(whole, one)]
    return 1 + max((_depth(one, side, seen | {str(whole.key)}) for one in below), default=0)


def _stands_on(one: Any, other: Any) -> bool:
    if isinstance(one, View | MaterializedView):
        name = f"{other.schema}.{other.name}"
        return any(need == str(other.key) or need.startswith(f"column {name}.") for need in one.needs)
    text = f"{one.type} {' '.join(check.text for check in one.checks)}" if isinstance(one, Domain) else one.text
    return enums.is_named(other, text)
