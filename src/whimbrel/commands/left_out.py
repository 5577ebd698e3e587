"""Alembic's own comparators that ``env.py`` leaves out, by ``autogenerate_plugins`` (Alembic 1.18, "Plugins").

What such a one is for is wanted as it was found, of whatever is on both sides.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from whimbrel.backends.ddl import columns_of
from whimbrel.commands.column_hooks import as_defaulted, as_typed
from whimbrel.compare.without import replaced
from whimbrel.snapshot import Column, Index, Snapshot, Table, Whole

_HOME = "alembic.autogenerate.compare."
_RULES = ("uniques", "foreign_keys", "checks", "exclusions", "indexes")
_PARTS = ("columns", "primary_key", *_RULES, "triggers", "policies")


def left_out(context: Any) -> frozenset[str]:
    """Name the modules of Alembic's whose comparators have no say."""
    registry = context.comparators._registry.values()
    there = {str(getattr(fn, "__module__", "")) for functions in registry for fn, _ in functions}
    return frozenset(_LEAVING) - {one.removeprefix(_HOME) for one in there if one.startswith(_HOME)}


def without_aspects(found: Snapshot, wanted: Snapshot, names: frozenset[str]) -> Snapshot:
    """Return the wanted side as it was found in what some comparators are for."""
    wholes: dict[Any, Whole | None] = {}
    for key, new in wanted.by_key.items():
        old = found.by_key.get(key)
        if old is not None and old != new:
            wholes[key] = _like(old, new, names)
    return replaced(wanted, wholes)


def _like(old: Any, new: Any, names: frozenset[str]) -> Any:
    for name in sorted(names):
        new = _LEAVING[name](old, new)
    return new


def _of_columns(change: Callable[[Column, Column], Column]) -> Callable[[Any, Any], Any]:
    """Make a change of tables from one of columns."""

    def of_table(old: Any, new: Any) -> Any:
        if not isinstance(new, Table):
            return new
        before = {one.name: one for one in old.columns}
        return replace(
            new, columns=tuple(change(one, before[one.name]) if one.name in before else one for one in new.columns)
        )

    return of_table


def _as_required(column: Column, like: Column) -> Column:
    return replace(column, nullable=like.nullable)


def _constrained(old: Any, new: Any) -> Any:
    """Leave all rules and indexes as they are, but those of columns that go."""
    if not isinstance(new, Table):
        return new
    there = {one.name for one in new.columns}
    rules = {name: tuple(one for one in getattr(old, name) if there.issuperset(_columns(one))) for name in _RULES}
    key = old.primary_key if old.primary_key and there.issuperset(old.primary_key.columns) else new.primary_key
    return replace(_of_columns(_as_required)(old, new), primary_key=key, **rules)


def _columns(rule: Any) -> tuple[str, ...]:
    return tuple(filter(None, columns_of(rule))) if isinstance(rule, Index) else getattr(rule, "columns", ())


def _commented(old: Any, new: Any) -> Any:
    """Give whatever has a comment the old one."""
    if isinstance(new, Table):
        new = replace(new, **{name: _parts_commented(getattr(old, name), getattr(new, name)) for name in _PARTS})
    return replace(new, comment=old.comment) if hasattr(new, "comment") else new


def _parts_commented(old: Any, new: Any) -> Any:
    if not isinstance(new, tuple):
        return replace(new, comment=old.comment) if new is not None and old is not None else new
    before = {one.name: one for one in old}
    return tuple(_noted(one, before.get(one.name)) for one in new)


def _noted(part: Any, like: Any) -> Any:
    return replace(part, comment=like.comment) if like is not None and hasattr(part, "comment") else part


_LEAVING: dict[str, Callable[[Any, Any], Any]] = {
    "types": _of_columns(as_typed),
    "server_defaults": _of_columns(as_defaulted),
    "comments": _commented,
    "constraints": _constrained,
}
