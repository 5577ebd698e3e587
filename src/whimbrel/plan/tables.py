"""Tables and views in words, and who may use them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from whimbrel.hazards.advice import listed, placed
from whimbrel.plan.columns import ARCHIVED, comment
from whimbrel.plan.phrase import Phrase, Scene, changes, phrase

if TYPE_CHECKING:
    from whimbrel.backends.observed import Effect, Fact

_LISTED = 8  # columns; more are counted
RELATIONS = ("table", "foreign table", "view", "materialized view", "sequence")


def of_relation(scene: Scene, effect: Effect) -> Iterator[Phrase]:
    """Tell what is done to a table, a view or a sequence."""
    fact = effect.fact
    if effect.is_made:
        yield phrase("creates", fact.kind, fact.name, _made(scene, fact))
    elif effect.is_gone:
        yield phrase("removes", fact.kind, fact.name, _fate(scene, fact))
    else:
        if effect.renamed_from:
            yield _renamed(effect)
        yield from (changes(fact.kind, fact.name, one) for one in _changed(effect))


def _made(scene: Scene, fact: Fact) -> str:
    if fact.kind not in ("table", "foreign table"):
        return ""
    if parent := fact.get("partition of"):
        return f" as a partition of {parent}"
    names = [one.fact.name for one in scene.of("column") if one.is_made and one.fact.table == fact.name]
    shown = f" ({', '.join(names)})" if len(names) <= _LISTED else f" with {len(names)} columns"
    keys = [one.fact for one in scene.of("constraint") if one.is_made and one.fact.table == fact.name]
    parents = dict.fromkeys(key.get("parent") for key in keys if key.get("type") == "f")
    others = [one for one in parents if one != fact.name]
    parted = ", in partitions" if fact.get("partitioned") else ""
    unlogged = ", which a crash of the server empties" if fact.get("persistence") == "u" else ""
    return f"{shown if names else ''}{parted}{unlogged}" + (f", which refers to {listed(others)}" if others else "")


def _fate(scene: Scene, fact: Fact) -> str:
    """Say what becomes of a table's rows."""
    if fact.kind != "table" or not scene.case.is_old(fact.name):
        return ""
    return f"; its rows are {ARCHIVED if scene.case.keeps_drops else 'lost'}"


def _renamed(effect: Effect) -> Phrase:
    kind, old, new = effect.kind, effect.renamed_from, effect.fact.name
    (own, _), (name, schema) = placed(old), placed(new)
    if own == name and own != old.rpartition(".")[0]:
        return Phrase(
            f"moves {kind} {old} to {f'schema {schema}' if schema else 'the usual schema'}",
            "moves",
            kind,
            f"{old} to {new}",
        )
    stay = "; its rows stay" if kind == "table" else ""
    return phrase("renames", kind, f"{old} to {new}", stay)


_REPLICA = {
    "d": "by their primary key",
    "f": "by all of their values",
    "i": "by an index",
    "n": "by nothing, so that they cannot be changed there",
}


def _changed(effect: Effect) -> Iterator[str]:
    """Say what of a table is another than before."""
    fact, name = effect.fact, effect.fact.name
    if pair := effect.change("partition of"):
        yield (
            f"attaches table {name} to {pair[1]} as a partition"
            if pair[1]
            else f"detaches partition {name} from {pair[0]}"
        )
    if pair := effect.change("row security"):
        yield f"turns row security of {name} {'on' if pair[1] else 'off'}"
    if pair := effect.change("forced row security"):
        yield f"lets row security of {name} {'hold for its owner too' if pair[1] else 'no longer hold for its owner'}"
    if pair := effect.change("owner"):
        yield f"makes {pair[1]} the owner of {name}"
    elif pair := effect.change("rights"):
        yield from _rights(fact, *pair)
    if pair := effect.change("replica identity"):
        yield f"lets replicas tell rows of {name} apart {_REPLICA.get(pair[1], 'in another way')}"
    if pair := effect.change("persistence"):
        yield f"lets a crash of the server {'empty' if pair[1] == 'u' else 'no longer empty'} {name}"
    if pair := effect.change("options"):
        yield f"sets options of {name}: {pair[1].strip('{}').replace(',', ', ') or 'the usual ones'}"
    if pair := effect.change("collation"):
        yield f"changes the collation of {name} from {pair[0] or 'the usual one'} to {pair[1] or 'the usual one'}"
    if pair := effect.change("comment"):
        yield comment(f"{fact.kind} {name}", pair[1])


# PostgreSQL documentation, "Privileges", table "ACL Privilege Abbreviations".
_DOINGS = {"a": "add", "r": "read", "w": "change", "d": "remove"}
_FURTHER = {
    "D": "empty {}",
    "x": "refer to {}",
    "t": "put triggers on {}",
    "m": "maintain {}",
    "U": "use {}",
}
_ENTRY = re.compile(r'(?:"((?:[^"\\]|\\.)*)"|([^,{}]+))')


def _rights(fact: Fact, old: str, new: str) -> Iterator[str]:
    """Say who may do what from now on, and who may no longer."""
    was, now = _by_role(old), _by_role(new)
    if not old or not new:  # nobody but the owner has a right there, and the owner has all
        was, now = ({role: each for role, each in side.items() if role != fact.get("owner")} for side in (was, now))
    for before, after, verb in ((was, now, "lets"), (now, was, "no longer lets")):
        for role, rights in after.items():
            if doings := _doings(fact, [one for one in rights if one not in before.get(role, "")]):
                yield f"{verb} {role} {doings}"


def _doings(fact: Fact, rights: list[str]) -> str:
    rows = [_DOINGS[one] for one in rights if one in _DOINGS] if fact.kind != "sequence" else []
    said = [f"{listed(rows)} rows of {fact.name}"] if rows else []
    said += [_FURTHER[one].format(fact.name) for one in rights if one in _FURTHER]
    if rights and not said:
        said = [f"use {fact.name}"]
    return listed(said)


def _by_role(rights: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for quoted, bare in _ENTRY.findall(rights):
        role, _, given = (quoted or bare).replace("\\", "").partition("=")
        found[role.strip('"') or "everybody"] = given.partition("/")[0].replace("*", "")
    return found
