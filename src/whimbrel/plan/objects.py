"""What is neither table nor part of one, in words: types, schemas, extensions, functions, triggers, policies."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from whimbrel.hazards.advice import listed, placed
from whimbrel.plan.phrase import Phrase, Scene, changes, phrase, quoted

if TYPE_CHECKING:
    from whimbrel.backends.observed import Effect


def of_type(scene: Scene, effect: Effect) -> Iterator[Phrase]:
    """Tell what is done to an enum or a domain."""
    fact = effect.fact
    values = [one.fact.name for one in scene.of("enum value") if one.is_made and one.fact.table == fact.name]
    more = f" ({', '.join(map(quoted, values))})" if effect.is_made and values else ""
    yield from _whole(effect, more)


def of_value(scene: Scene, effect: Effect) -> Iterator[Phrase]:
    """Tell what is done to a value of an enum."""
    fact = effect.fact
    of = f"enum {fact.table}"
    if effect.is_made:
        found = re.search(r"\b(BEFORE|AFTER)\s+('(?:[^']|'')*')", scene.seen.sql, re.I)
        place = f", {found[1].lower()} {found[2]}" if found else ""
        yield changes("enum", fact.table, f"adds value {quoted(fact.name)} to {of}{place}")
    elif effect.is_gone:
        yield changes("enum", fact.table, f"removes value {quoted(fact.name)} of {of}")
    elif effect.renamed_from:
        yield changes("enum", fact.table, f"renames value {quoted(effect.renamed_from)} of {of} to {quoted(fact.name)}")


def of_schema(scene: Scene, effect: Effect) -> Iterator[Phrase]:
    """Tell what is done to a schema."""
    tables = [one.fact.name for one in scene.of("table") if one.is_gone]
    own = [one for one in tables if one.startswith(f"{effect.fact.name}.")]
    words = f" with {'table' if len(own) == 1 else 'tables'} {listed(own)}"
    if any(scene.case.is_old(one) for one in own):
        words += f"; their rows are {scene.fate}"
    yield from _whole(effect, words if effect.is_gone and own else "")
    if effect.change("rights") or effect.change("owner"):
        yield changes("schema", effect.fact.name, f"changes who may use schema {effect.fact.name}")


def of_extension(scene: Scene, effect: Effect) -> Iterator[Phrase]:
    """Tell what is done to an extension."""
    fact = effect.fact
    if effect.is_made:
        yield phrase("installs", "extension", fact.name, f" ({fact.get('version')})")
    elif pair := effect.change("version"):
        yield changes("extension", fact.name, f"brings extension {fact.name} from {pair[0]} to {pair[1]}")
    else:
        yield from _whole(effect)


def of_function(scene: Scene, effect: Effect) -> Iterator[Phrase]:
    """Tell what is done to a function."""
    yield from _whole(effect)
    if effect.change("body"):
        yield phrase("changes", "function", effect.fact.name)
    if any(effect.change(one) for one in ("rights", "owner", "definer")):
        what = f"changes who may run function {effect.fact.name}, or with whose rights it runs"
        yield changes("function", effect.fact.name, what)


def of_trigger(scene: Scene, effect: Effect) -> Iterator[Phrase]:
    """Tell what is done to a trigger."""
    name, table = effect.fact.name, effect.fact.table
    if pair := effect.change("enabled"):
        yield changes("trigger", name, f"turns trigger {name} of {table} {'off' if pair[1] == 'D' else 'on'}")
    yield from _part(scene, effect, "creates", "on")


def of_policy(scene: Scene, effect: Effect) -> Iterator[Phrase]:
    """Tell what is done to a policy, which says who sees which rows."""
    yield from _part(scene, effect, "adds", "to")


def of_partition(scene: Scene, effect: Effect) -> Iterator[Phrase]:
    """Tell what is done to a partition that is no table of its own, as on MariaDB and MySQL."""
    fact, sql = effect.fact, scene.seen.sql
    drops = re.search(r"\bDROP\s+PARTITION\b", sql, re.I)
    lost = "; its rows are lost" if drops and scene.case.is_old(fact.table) else ""
    if re.search(r"\bPARTITION\s+BY\b", sql, re.I):
        yield changes("table", fact.table, f"divides the rows of {fact.table} into partitions")
    elif re.search(r"\bREMOVE\s+PARTITIONING\b", sql, re.I):
        yield changes("table", fact.table, f"puts the partitions of {fact.table} together")
    elif effect.is_gone:
        yield Phrase(f"removes partition {fact.name} of {fact.table}{lost}", "removes", "partition", fact.name)
    else:
        yield from _part(scene, effect, "adds", "to")


def of_default_rights(scene: Scene, effect: Effect) -> Iterator[Phrase]:
    """Tell who will have rights on what is made later."""
    owner = effect.fact.get("owner")
    yield changes("default rights", owner, f"changes who may use what {owner} makes from then on")


def of_other(scene: Scene, effect: Effect) -> Iterator[Phrase]:
    """Tell what is done to an object of a kind of which no more is known."""
    yield from _whole(effect)


def _whole(effect: Effect, more: str = "") -> Iterator[Phrase]:
    if effect.is_made:
        yield phrase("creates", effect.kind, effect.fact.name, more)
    elif effect.is_gone:
        yield phrase("removes", effect.kind, effect.fact.name, more)
    elif effect.renamed_from:
        yield renamed(effect)


def renamed(effect: Effect) -> Phrase:
    """Tell that a whole object has another name, or the same one in another schema."""
    kind, old, new = effect.kind, effect.renamed_from, effect.fact.name
    (own, _), (name, schema) = placed(old), placed(new)
    if own == name:
        where = f"schema {schema}" if schema else "the usual schema"
        return Phrase(f"moves {kind} {old} to {where}", "moves", kind, f"{old} to {new}")
    return phrase("renames", kind, f"{old} to {new}", "; its rows stay" if kind == "table" else "")


def _part(scene: Scene, effect: Effect, verb: str, to: str) -> Iterator[Phrase]:
    kind, name, table = effect.kind, effect.fact.name, effect.fact.table
    if effect.is_made:
        yield Phrase(f"{verb} {kind} {name} {to} {table}", verb, kind, name)
    elif effect.is_gone:
        yield Phrase(f"removes {kind} {name} of {table}", "removes", kind, name)
    elif effect.renamed_from:
        old = effect.renamed_from
        yield Phrase(f"renames {kind} {old} of {table} to {name}", "renames", kind, f"{old} to {name}")
    else:
        pairs = [effect.change(key) for key in ("command", "using", "check", "definition")]
        if any(pair and not scene.says_the_same(*pair) for pair in pairs):
            yield phrase("changes", kind, name, f" of {table}")
