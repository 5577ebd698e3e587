"""Tables and views in words, and who may use them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from whimbrel.hazards.advice import listed
from whimbrel.plan.columns import USUAL, comment
from whimbrel.plan.objects import renamed
from whimbrel.plan.phrase import Phrase, Scene, changes, phrase
from whimbrel.plan.rows import sources_in
from whimbrel.tokens import scan

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
            yield renamed(effect)
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
    words = scan(scene.seen.sql, scene.server)
    sources = sources_in(words) if "SELECT" in words.capitals and len(scene.made) == 1 else []
    filled = f", with rows of {listed(sources)}" if sources else ""
    return f"{shown if names else ''}{filled}{parted}{unlogged}" + (
        f", which refers to {listed(others)}" if others else ""
    )


def _fate(scene: Scene, fact: Fact) -> str:
    """Say what becomes of a table's rows."""
    parts = [one.fact.name for one in scene.of("table") if one.is_gone and one.fact.get("partition of") == fact.name]
    with_parts = f" with partition{'s' if len(parts) > 1 else ''} {listed(parts)}" if parts else ""
    return with_parts + _of_rows(scene, fact)


def _of_rows(scene: Scene, fact: Fact) -> str:
    if fact.kind != "table" or not scene.case.is_old(fact.name):
        return ""
    return f"; its rows are {scene.fate}"


def _changed(effect: Effect) -> Iterator[str]:
    """Say what of a table is another than before."""
    for key, tell in _CHANGES.items():
        if pair := effect.change(key):
            yield tell(effect.fact.name, *pair)
    if (pair := effect.change("rights")) and not effect.change("owner"):
        yield from _rights(effect.fact, *pair)


def _partition(name: str, old: str, new: str) -> str:
    return f"attaches table {name} to {new} as a partition" if new else f"detaches partition {name} from {old}"


def _options(name: str, old: str, new: str) -> str:
    return f"sets options of {name}: {new.strip('{}').replace(',', ', ') or 'the usual ones'}"


def _replicas(name: str, old: str, new: str) -> str:
    return f"lets replicas tell rows of {name} apart {_REPLICA.get(new, 'in another way')}"


_REPLICA = {
    "d": "by their primary key",
    "f": "by all of their values",
    "i": "by an index",
    "n": "by nothing, so that they cannot be changed there",
}


def _either(yes: str, no: str) -> Callable[[str, str, str], str]:
    """Say one of two sentences: whether there is something now, or no longer."""
    return lambda name, old, new: (yes if new else no).format(name)


_CHANGES: Mapping[str, Callable[[str, str, str], str]] = {
    "partition of": _partition,
    "row security": _either("turns row security of {} on", "turns row security of {} off"),
    "forced row security": _either(
        "lets row security of {} hold for its owner too", "lets row security of {} no longer hold for its owner"
    ),
    "owner": lambda name, old, new: f"makes {new} the owner of {name}",
    "owned": _either("ties sequence {} to a column", "unties sequence {} from its column"),
    "replica identity": _replicas,
    "persistence": lambda name, old, new: (
        f"lets a crash of the server {'empty' if new == 'u' else 'no longer empty'} {name}"
    ),
    "options": _options,
    "collation": lambda name, old, new: f"changes the collation of {name} from {old or USUAL} to {new or USUAL}",
    "comment": lambda name, old, new: comment(f"table {name}", new),
}


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
            if verb.startswith("no") and role not in before and len(rights) > len(_DOINGS):
                yield f"takes all rights on {fact.name} from {role}"
            elif doings := _doings(fact, [one for one in rights if one not in before.get(role, "")]):
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
