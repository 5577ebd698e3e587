"""The wanted side, less what is not to be changed: each such thing is wanted as it was found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from whimbrel.compare.changes import Added, Change, Removed, Renamed
from whimbrel.snapshot import Key, Snapshot, Table, Whole, snapshot_of
from whimbrel.snapshot.tables import in_order

_HELD = {
    "column": "columns",
    "unique": "uniques",
    "foreign_key": "foreign_keys",
    "check": "checks",
    "exclusion": "exclusions",
    "index": "indexes",
    "trigger": "triggers",
    "policy": "policies",
}


def replaced(side: Snapshot, wholes: Mapping[Key, Whole | None]) -> Snapshot:
    """Put other objects into a snapshot; None takes one out."""
    if not wholes:
        return side
    objects = {**side.by_key, **wholes}
    kept = [one for one in objects.values() if one is not None]
    return snapshot_of(side.kind, side.version, kept, side.default_schema, side.notes)


def without(wanted: Table, found: Table, changes: Iterable[Change]) -> Table:
    """Return a wanted table as if some changes of its parts were not wanted."""
    for one in changes:
        attribute = _HELD[one.key.kind]
        old: Any = None if isinstance(one, Added) else _old(one, found, attribute)
        new: Any = None if isinstance(one, Removed) else _new(one, wanted, attribute)
        wanted = exchanged(wanted, new, old)
    return wanted


def exchanged(table: Table, old: Any, new: Any) -> Table:
    """Put one part in the place of another; None stands for no part."""
    attribute = _HELD[(old or new).KIND]
    parts = [one for one in getattr(table, attribute) if one != old]
    if new is not None:
        parts.append(new)
    changed: dict[str, Any] = {attribute: in_order(parts)}
    return replace(table, **changed)


def _old(change: Any, found: Table, attribute: str) -> Any:
    return _named(found, attribute, change.key.part) if isinstance(change, Renamed) else change.found


def _new(change: Any, wanted: Table, attribute: str) -> Any:
    return _named(wanted, attribute, change.to.part) if isinstance(change, Renamed) else change.wanted


def _named(table: Table, attribute: str, name: str) -> Any:
    return next(one for one in getattr(table, attribute) if one.name == name)
