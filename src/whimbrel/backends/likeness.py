"""Renames on servers that give their objects no numbers: told by what else the objects are."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from whimbrel.backends.observed import Catalogue, Effect, Fact

_PARTS = ("column", "index", "constraint", "trigger", "partition")


def told_by_likeness(effects: Iterable[Effect], before: Catalogue, after: Catalogue) -> tuple[Effect, ...]:
    """Join what is gone with what appeared in one statement, where the second is the first under another name.

    Args:
        effects: What happened, with objects known by their names.
        before: The catalogue before; it lists a table's columns in their order.
        after: The catalogue afterwards.
    """
    found = _tables_joined(list(effects), before, after)
    found = _joined(found, "column", lambda was, now: _same_place(was, now, before, after))
    return tuple(_joined(found, "index", _same_columns))


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


def _same_place(was: Fact, now: Fact, before: Catalogue, after: Catalogue) -> bool:
    old, new = ([name for name, _ in _columns_of(fact.table, side)] for fact, side in ((was, before), (now, after)))
    return old.index(was.name) == new.index(now.name) and len(old) == len(new)


def _same_columns(was: Fact, now: Fact) -> bool:
    return was.get("columns") == now.get("columns") and was.get("unique") == now.get("unique")


def _columns(table: Fact, catalogue: Catalogue) -> list[tuple[str, str]]:
    return _columns_of(table.name, catalogue)


def _columns_of(table: str, catalogue: Catalogue) -> list[tuple[str, str]]:
    return [
        (fact.name, fact.get("type")) for fact in catalogue.values() if fact.kind == "column" and fact.table == table
    ]
