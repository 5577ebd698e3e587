"""Other packages that compare: what they look after is theirs alone, and their comparators run as ever.

alembic-postgresql-enum makes and changes enumeration types; alembic_utils makes, replaces and drops the
views, functions, triggers and policies of the schemas in which it has something registered. Were ours to
write the same, it would be written twice.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from alembic.operations import ops
from alembic.util import PriorityDispatcher

from whimbrel.commands.ownership import group_of
from whimbrel.compare import Change, Removed
from whimbrel.compare.without import exchanged, replaced
from whimbrel.snapshot import Key, Policy, Snapshot, Table, Trigger, Whole

_TARGETS = ("table", "column")
# How alembic_utils calls what it looks after.
_ENTITIES = {
    "PGView": "view",
    "PGMaterializedView": "view",
    "PGFunction": "function",
    "PGTrigger": "trigger",
    "PGPolicy": "policy",
    "PGExtension": "extension",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """What is in other hands.

    Attributes:
        enums: Whether enumeration types are.
        entities: What is registered, as its group, schema and name.
        dropped: Groups and schemas of which all that is not registered is dropped by others.
    """

    enums: bool = False
    entities: frozenset[tuple[str, str, str]] = frozenset()
    dropped: frozenset[tuple[str, str]] = frozenset()

    @property
    def is_taken(self) -> bool:
        """Whether anything is in other hands."""
        return self.enums or bool(self.entities) or bool(self.dropped)

    def less_what_goes(self, found: Snapshot, wanted: Snapshot) -> Snapshot:
        """Return a found side without the views, triggers and policies that others drop before we do anything."""
        if not self.dropped:
            return found
        gone: dict[Key, Whole | None] = {
            key: None
            for key in found.by_key
            if key.kind in ("view", "materialized_view") and key not in wanted.by_key and self._drops(key)
        }
        for table in found.tables():
            there = wanted.by_key.get(table.key)
            wants = {key for key, _ in _hung_on(there)} if isinstance(there, Table) else set()
            theirs = [part for key, part in _hung_on(table) if key not in wants and self._drops(key)]
            for part in theirs:
                gone[table.key] = exchanged(gone.get(table.key) or table, part, None)  # type: ignore[arg-type]
        return replaced(found, gone)

    def _drops(self, key: Key) -> bool:
        return (group_of(key), key.schema) in self.dropped and not self._has(key)

    def _has(self, key: Key) -> bool:
        return (group_of(key), key.schema, (key.part or key.name).partition("(")[0]) in self.entities

    def looks_after(self, change: Change) -> bool:
        """Tell whether another package writes this change, if it is one."""
        key = change.key
        if key.kind == "enum":
            return self.enums
        return self._has(key) or (isinstance(change, Removed) and self._drops(key))


def _hung_on(table: Table) -> Iterator[tuple[Key, Any]]:
    parts: tuple[Trigger | Policy, ...] = (*table.triggers, *table.policies)
    for part in parts:
        yield table.part_key(part), part


def standing_of(context: Any) -> Standing:
    """Find out what other packages look after, of the database of an autogenerate context."""
    packages = {fn.__module__.partition(".")[0] for fn in _comparators(context, "schema") if hasattr(fn, "__module__")}
    enums = "alembic_postgresql_enum" in packages
    if "alembic_utils" not in packages:
        return Standing(enums)
    registry = sys.modules["alembic_utils.replaceable_entity"].registry
    entities = frozenset(_entities(registry))
    kinds = {one.__name__ for one in registry.allowed_entity_types} & _ENTITIES.keys()
    # It looks for what is to be dropped where it is told to, and in each schema of which it knows a thing.
    schemas = {schema for _, schema, _ in entities} | set(registry.schemas)
    schemas -= set(registry.exclude_schemas)
    return Standing(enums, entities, frozenset((_ENTITIES[kind], schema) for kind in kinds for schema in schemas))


def _entities(registry: Any) -> Iterator[tuple[str, str, str]]:
    for one in registry.entities():
        group = _group_of(one)
        if group is not None:
            yield group, one.schema, one.signature.partition("(")[0].strip().strip('"')


def _group_of(entity: Any) -> str | None:
    return next((_ENTITIES[kind.__name__] for kind in type(entity).__mro__ if kind.__name__ in _ENTITIES), None)


def _comparators(context: Any, target: str) -> Iterator[Any]:
    """Go over all functions that are registered for a target."""
    for (name, _, _), functions in context.comparators._registry.items():
        if name == target:
            yield from (fn for fn, _ in functions)


def _is_foreign(fn: Any) -> bool:
    return str(getattr(fn, "__module__", "")).partition(".")[0] not in ("alembic", "whimbrel")


@dataclass(frozen=True, slots=True)
class Pair:
    """A table on both sides, or on one of them.

    Attributes:
        schema: As scripts name it.
        name: Its name.
        old: As it is reflected.
        new: The model's.
    """

    schema: str | None
    name: str
    old: Any
    new: Any


def goes_first(op: Any) -> bool:
    """Tell whether an operation of another package has to run before ours, since it drops what stands on a table."""
    is_drop = type(op).__name__ == "DropOp" and type(op).__module__.startswith("alembic_utils.")
    return is_drop and _group_of(op.target) not in (None, "function", "extension")


def is_compared_by_others(context: Any) -> bool:
    """Tell whether others compare tables or columns one by one."""
    return any(_is_foreign(fn) for target in _TARGETS for fn in _comparators(context, target))


def ask_others(context: Any, pairs: Iterable[Pair]) -> tuple[list[Any], list[Any]]:
    """Have others compare tables and columns, and return what they add: before our own operations, and after."""
    dispatcher = _only_foreign(context)
    early: list[Any] = []
    late: list[Any] = []
    for pair in pairs:
        found = ops.ModifyTableOps(pair.name, [], schema=pair.schema)
        if pair.old is not None and pair.new is not None:
            found.ops += _columns(context, dispatcher, pair)
        ask = dispatcher.dispatch("table", qualifier=context.dialect.name)
        ask(context, found, pair.schema, pair.name, pair.old, pair.new)
        if found.ops:
            (early if pair.new is None else late).append(found)
    return early, late


def _columns(context: Any, dispatcher: PriorityDispatcher, pair: Pair) -> Iterator[Any]:
    ask = dispatcher.dispatch("column", qualifier=context.dialect.name)
    for new in pair.new.columns:
        old = pair.old.columns.get(new.name)
        if old is None:
            continue
        op = ops.AlterColumnOp(
            pair.name,
            new.name,
            schema=pair.schema,
            existing_type=old.type,
            existing_nullable=old.nullable,
            existing_server_default=old.server_default,
            existing_comment=old.comment,
        )
        ask(context, op, pair.schema, pair.name, new.name, old, new)
        if op.has_changes():
            yield op


def _only_foreign(context: Any) -> PriorityDispatcher:
    """Return a dispatcher without Alembic's own comparators: ours does their work."""
    dispatcher = PriorityDispatcher()
    for (target, qualifier, priority), functions in context.comparators._registry.items():
        for fn, subgroup in functions:
            if target in _TARGETS and _is_foreign(fn):
                dispatcher.dispatch_for(target, priority=priority, qualifier=qualifier, subgroup=subgroup)(fn)
    return dispatcher
