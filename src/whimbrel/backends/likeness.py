"""Renames on servers that give their objects no numbers: told by what else the objects are.

A column that goes beside one that comes may be the same or another: there only the statement tells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from whimbrel.backends.observed import Catalogue, Effect, Fact
from whimbrel.tokens import scan, unquoted

_PARTS = ("column", "index", "constraint", "trigger", "partition")


def told_by_likeness(
    effects: Iterable[Effect], before: Catalogue, after: Catalogue, renamed: frozenset[tuple[str, str]]
) -> tuple[Effect, ...]:
    """Join what is gone with what appeared in one statement, where the second is the first under another name.

    Args:
        effects: What happened, with objects known by their names.
        before: The catalogue before; it lists a table's columns in their order.
        after: The catalogue afterwards.
        renamed: What the statement gives another name, as `renamed_in` finds it.
    """
    found = _tables_joined(list(effects), before, after)
    found = _joined(found, "column", lambda was, now: (was.name.lower(), now.name.lower()) in renamed)
    return tuple(_joined(found, "index", _same_columns))


def renamed_in(statement: str, kind: str) -> frozenset[tuple[str, str]]:
    """Return the old and the new name of each part of a table that a statement renames, in small letters.

    Args:
        statement: Its text: `RENAME COLUMN a TO b`, `RENAME a TO b`, `CHANGE COLUMN a b …`.
        kind: The kind of server, whose lexical rules it follows.
    """
    words = scan(statement, kind)
    found = set()
    for place, word in enumerate(words.capitals):
        if word not in ("RENAME", "CHANGE"):
            continue
        first = place + 1
        while words.capitals[first : first + 1] and words.capitals[first] in ("COLUMN", "IF", "EXISTS"):
            first += 1
        names = [one for one in words.words[first : first + 3] if one.upper() != "TO" or word == "CHANGE"]
        if len(names) >= 2:
            found.add((unquoted(names[0]).lower(), unquoted(names[1]).lower()))
    return frozenset(found)


def _tables_joined(effects: list[Effect], before: Catalogue, after: Catalogue) -> list[Effect]:
    joined = _joined(effects, "table", lambda was, now: _columns(was, before) == _columns(now, after))
    for one in [effect for effect in joined if effect.kind == "table" and effect.renamed_from]:
        old, new = one.renamed_from, one.fact.name
        gone = {(e.kind, e.fact.name): e for e in joined if e.is_gone and e.fact.table == old and e.kind in _PARTS}
        made = {(e.kind, e.fact.name): e for e in joined if e.is_made and e.fact.table == new and e.kind in _PARTS}
        for key in gone.keys() & made.keys():
            joined.remove(gone[key])
            joined.remove(made[key])
    return joined


def _joined(effects: list[Effect], kind: str, alike: Callable[[Fact, Fact], bool]) -> list[Effect]:
    found = list(effects)
    for gone in [one for one in found if one.kind == kind and one.is_gone]:
        for made in [one for one in found if one.kind == kind and one.is_made]:
            if gone.fact.table == made.fact.table and alike(gone.fact, made.fact):
                found[found.index(gone)] = Effect(gone.was, made.now)
                found.remove(made)
                break
    return found


def _same_columns(was: Fact, now: Fact) -> bool:
    return was.get("columns") == now.get("columns") and was.get("unique") == now.get("unique")


def _columns(table: Fact, catalogue: Catalogue) -> list[tuple[str, str]]:
    columns = (fact for fact in catalogue.values() if fact.kind == "column" and fact.table == table.name)
    return [(fact.name, fact.get("type")) for fact in columns]
