"""The effects of one statement in words: which of them are told, and which go along with another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from whimbrel.hazards.advice import columns
from whimbrel.plan.columns import goes_with_column, of_column
from whimbrel.plan.objects import (
    of_default_rights,
    of_extension,
    of_function,
    of_other,
    of_partition,
    of_policy,
    of_schema,
    of_trigger,
    of_type,
    of_value,
)
from whimbrel.plan.phrase import Phrase, Scene, changes
from whimbrel.plan.rules import of_constraint, of_index
from whimbrel.plan.tables import RELATIONS, of_relation

if TYPE_CHECKING:
    from whimbrel.backends.observed import Effect, Fact
    from whimbrel.hazards.case import Case

_TELL: Mapping[str, Callable[[Scene, Effect], Iterator[Phrase]]] = {
    **dict.fromkeys(RELATIONS, of_relation),
    "column": of_column,
    "index": of_index,
    "constraint": of_constraint,
    "enum": of_type,
    "domain": of_type,
    "enum value": of_value,
    "schema": of_schema,
    "extension": of_extension,
    "function": of_function,
    "trigger": of_trigger,
    "policy": of_policy,
    "partition": of_partition,
    "default rights": of_default_rights,
}
# What a reader looks for first.
_ORDER = ("extension", "schema", *RELATIONS[:2], "enum", "domain", "column", "constraint", "index", *RELATIONS[2:])


def of_effects(scene: Scene) -> tuple[Phrase, ...]:
    """Tell what a statement has done to the catalogue; nothing if it has done nothing."""
    views = _views(scene.case)
    effects = sorted((one for one in scene.seen.effects if one.fact.table not in views), key=_rank)
    shown = [one for one in effects if not _goes_along(scene, one)]
    found = tuple(phrase for one in shown for phrase in _TELL.get(one.kind, of_other)(scene, one))
    return found or tuple(_any(one) for one in effects[:1])


def _rank(effect: Effect) -> int:
    """Put whole objects before parts, and leave the rest in the order in which it was seen."""
    return _ORDER.index(effect.kind) if effect.kind in _ORDER else len(_ORDER)


def _any(effect: Effect) -> Phrase:
    fact = effect.fact
    of = f" of {fact.table}" if fact.table else ""
    return changes(fact.kind, f"{fact.table}.{fact.name}".lstrip("."), f"changes {fact.kind} {fact.name}{of}")


def _goes_along(scene: Scene, effect: Effect) -> bool:
    """Tell whether an effect goes without saying, since another one of the statement is told."""
    fact = effect.fact
    if (effect.is_made and fact.table in scene.made) or (effect.is_gone and fact.table in scene.gone):
        return True
    return (
        _is_of_schema(scene, effect)
        or _is_of_extension(scene, effect)
        or _is_of_constraint(scene, effect)
        or goes_with_column(scene, effect)
        or _is_of_partition(scene, effect)
        or _is_of_column(scene, effect)
        or _is_partition_gone(scene, effect)
    )


def _is_of_schema(scene: Scene, effect: Effect) -> bool:
    """Tell whether something goes or is renamed because its schema is."""
    schema, dot, _ = (effect.fact.table or effect.fact.name).partition(".")
    names = [one.fact.name for one in scene.of("schema") if one.is_gone or one.renamed_from]
    return bool(dot) and effect.kind != "schema" and schema in names


def _is_of_extension(scene: Scene, effect: Effect) -> bool:
    """Tell whether something comes or goes with an extension."""
    if effect.kind == "extension":
        return False
    of = scene.of("extension")
    return any((one.is_made and effect.is_made) or (one.is_gone and effect.is_gone) for one in of)


def _is_of_constraint(scene: Scene, effect: Effect) -> bool:
    """Tell whether an index is a constraint's own: MariaDB makes one for a foreign key, by its or its column's name."""
    if effect.kind != "index":
        return False
    rules = [one.fact for one in scene.of("constraint") if one.fact.table == effect.fact.table]
    return any(effect.fact.name in _names_of_index(one) for one in rules)


def _names_of_index(rule: Fact) -> tuple[str, ...]:
    return (rule.name, *columns(rule)[:1]) if rule.get("type") == "f" else (rule.get("index"),)


def _is_of_column(scene: Scene, effect: Effect) -> bool:
    """Tell whether a sequence comes or goes with the column that it numbers."""
    is_whole = effect.is_made or effect.is_gone
    return effect.kind == "sequence" and is_whole and bool(effect.fact.get("owned") and scene.of("column", "table"))


def _is_of_partition(scene: Scene, effect: Effect) -> bool:
    """Tell whether a partition is changed since the table that it is a part of is."""
    parents = _partitions(scene.case)
    parent = parents.get(effect.fact.table)
    while parent:
        if any(_is_alike(one, effect) and one.fact.table == parent for one in scene.seen.effects):
            return True
        parent = parents.get(parent)
    return False


def _is_partition_gone(scene: Scene, effect: Effect) -> bool:
    """Tell whether a partition goes with its table."""
    return effect.kind == "table" and effect.is_gone and effect.fact.get("partition of") in scene.gone


def _is_alike(one: Effect, other: Effect) -> bool:
    same_name = one.kind == "index" or one.fact.name == other.fact.name
    return one.kind == other.kind and same_name and (one.is_made, one.is_gone) == (other.is_made, other.is_gone)


@lru_cache(maxsize=8)  # each statement of a script asks
def _partitions(case: Case) -> Mapping[str, str]:
    """Return for each partition the table that it is a part of."""
    facts = [*case.before.values(), *(one.fact for _, one in case.effects("table"))]
    return {fact.name: fact.get("partition of") for fact in facts if fact.get("partition of")}


@lru_cache(maxsize=8)
def _views(case: Case) -> frozenset[str]:
    """Return the views: what is said of their columns follows from their texts."""
    facts = [*case.before.values(), *(one.fact for _, one in case.effects("view"))]
    return frozenset(fact.name for fact in facts if fact.kind == "view")
