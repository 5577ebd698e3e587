"""How much of a schema a script needs: what it names, what that refers to, and what refers to it.

A table at the edge is there without its foreign keys to tables that are not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from whimbrel.snapshot import (
    Column,
    Function,
    Key,
    MaterializedView,
    Procedure,
    Snapshot,
    Table,
    View,
    Whole,
    snapshot_of,
)
from whimbrel.snapshot.tables import in_order

_WORD = re.compile(r"\w+")
_NEEDED = ("schema", "extension", "collation")
_USED = (
    "enum", "domain", "composite", "range", "sequence", "function", "procedure", "aggregate", "event", "rule",
    "statistics", "virtual_table",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scope:
    """A part of a schema.

    Attributes:
        side: What is in it.
        cut: The tables at its edge: some of their foreign keys are left out.
    """

    side: Snapshot
    cut: frozenset[Key] = frozenset()


def whole(found: Snapshot) -> Scope:
    """Return all of it."""
    return Scope(found)


def named(found: Snapshot, text: str, changed: Iterable[Key] = ()) -> Scope:
    """Return what a text names, and what goes with it.

    Args:
        found: The schema.
        text: The script.
        changed: What else is concerned.
    """
    words = set(_WORD.findall(text))
    tables = {one.key: one for one in found.tables()}
    owners = {(key.schema, key.name) for key in changed}
    centre = {key for key, one in tables.items() if key.owner in owners or _is_meant(one, words, text)}
    centre |= _users(found, tables, words)
    centre |= _families(tables, centre)
    inside = centre | _neighbours(tables, centre)
    inside |= _reached(found, tables, inside)
    views = _views(found, words, text, inside)
    inside |= {key for key in tables if any(_reads(view, key) for view in views)}
    kept = [_without_keys(tables[key], inside) for key in sorted(inside, key=Key.order)]
    cut = frozenset(one.key for one in kept if one != tables[one.key])
    objects = [*kept, *views, *_used(found, [*kept, *views], words)]
    return Scope(snapshot_of(found.kind, found.version, objects, found.default_schema), cut)


def fired(side: Snapshot, tables: Iterable[Table]) -> set[Key]:
    """Return the tables that the triggers of some tables name, themselves or by the routines that they call."""
    words = _words_of_triggers(tables)
    routines = [one for one in side.objects if isinstance(one, Function | Procedure)]
    words |= {word for one in routines if _names_of(one) & words for word in _words_of(one.text)}
    return {one.key for one in side.tables() if one.name in words}


def _is_meant(table: Table, words: set[str], text: str) -> bool:
    """Tell whether a table is named, or anything that belongs to it and has a name of its own."""
    names = [table.name, *(one.name for one in table.parts() if not isinstance(one, Column))]
    names += [one.numbering.sequence.rpartition(".")[2] for one in table.columns if one.numbering is not None]
    return any(name and _is_named(name, words, text) for name in names)


def _is_named(name: str, words: set[str], text: str) -> bool:
    return name in words if _WORD.fullmatch(name) else name in text


def _families(tables: Mapping[Key, Table], centre: set[Key]) -> set[Key]:
    """Return partitions and heirs, and what they are parts of."""
    by_name = {f"{key.schema}.{key.name}": key for key in tables}
    parents = {key: set(_parents(one, by_name)) for key, one in tables.items() if one.partition_of or one.inherits}
    found = set(centre)
    grown = True
    while grown:
        more = {key for key, above in parents.items() if above & found} | {
            one for key in found for one in parents.get(key, ())
        }
        grown = not more <= found
        found |= more
    return found - centre


def _parents(table: Table, by_name: Mapping[str, Key]) -> Iterable[Key]:
    names = [table.partition_of.partition(" ")[0], *table.inherits]
    return (by_name[name.replace('"', "")] for name in names if name.replace('"', "") in by_name)


def _neighbours(tables: Mapping[Key, Table], centre: set[Key]) -> set[Key]:
    """Return what tables point to, and what points to them."""
    found = {target for key in centre for target in _targets(tables[key]) if target in tables}
    found |= {key for key, one in tables.items() if any(target in centre for target in _targets(one))}
    return _with_needed(tables, found | centre) - centre


def _with_needed(tables: Mapping[Key, Table], found: set[Key]) -> set[Key]:
    """Add what rows must point to: a row can only be where all those are."""
    all_, again = set(found), list(found)
    while again:
        needed = [one for one in _needed(tables[again.pop()]) if one in tables and one not in all_]
        all_.update(needed)
        again += needed
    return all_


def _users(found: Snapshot, tables: Mapping[Key, Table], words: set[str]) -> set[Key]:
    """Return the tables with columns that use a type, sequence or function which the script names."""
    names = {name for one in found.objects if one.key.kind in _USED for name in _names_of(one) & words}
    return {
        key
        for key, table in tables.items()
        if any(names & _words_of(f"{one.type} {one.default or ''}") for one in table.columns)
    }


def _reached(found: Snapshot, tables: Mapping[Key, Table], inside: set[Key]) -> set[Key]:
    """Return the tables whose triggers name some tables, and what triggers and the routines that they call name."""
    names = {key.name for key in inside}
    all_ = inside | {key for key, one in tables.items() if names & _words_of_triggers([one])}
    reached: set[Key] = set()
    while reached != all_:
        reached = all_
        all_ = reached | _with_needed(tables, fired(found, [tables[key] for key in reached]))
    return all_ - inside


def _words_of_triggers(tables: Iterable[Table]) -> set[str]:
    return {word for table in tables for one in table.triggers for word in _words_of(one.text)}


def _targets(table: Table) -> list[Key]:
    return [Key("table", one.schema, one.table) for one in table.foreign_keys]


def _needed(table: Table) -> list[Key]:
    """Return what a row must point to: only the tables behind keys that are never empty and part of what it is."""
    primary = set(table.primary_key.columns) if table.primary_key else set()
    keys = [one for one in table.foreign_keys if set(one.columns) & primary]
    return [Key("table", one.schema, one.table) for one in keys]


def _without_keys(table: Table, inside: set[Key]) -> Table:
    kept = [one for one in table.foreign_keys if Key("table", one.schema, one.table) in inside]
    return table if len(kept) == len(table.foreign_keys) else replace(table, foreign_keys=in_order(kept))


def _views(found: Snapshot, words: set[str], text: str, inside: set[Key]) -> list[View | MaterializedView]:
    """Return the views that are named, or that read what is inside, and those that they read."""
    views = [one for one in found.objects if isinstance(one, View | MaterializedView)]
    names = {key.name for key in inside}
    chosen = {one.key: one for one in views if _is_named(one.name, words, text) or names & _words_of(one.text)}
    grown = True
    while grown and len(chosen) < len(views):
        texts = {word for one in chosen.values() for word in _words_of(one.text)}
        more = {
            one.key: one
            for one in views
            if one.key not in chosen
            and (one.name in texts or any(view.name in _words_of(one.text) for view in chosen.values()))
        }
        grown = bool(more)
        chosen.update(more)
    return list(chosen.values())


def _reads(view: View | MaterializedView, key: Key) -> bool:
    return key.name in _words_of(view.text)


def _words_of(text: str) -> set[str]:
    return set(_WORD.findall(text))


def _names_of(one: Whole) -> set[str]:
    """Return the words by which others name an object; a rule goes with its table."""
    return {one.name.partition("(")[0].rpartition(".")[2], one.name.partition(".")[0]}


def _used(found: Snapshot, kept: Iterable[Whole], words: set[str]) -> list[Whole]:
    """Return the types, sequences and routines that are used or named, and what they use themselves."""
    there = {one.key for one in kept}
    out: list[Whole] = [one for one in found.objects if one.key.kind in _NEEDED]
    left = [one for one in found.objects if one.key.kind in _USED and one.key not in there]
    known = words | {word for one in kept for word in _words_of(repr(one))}
    while more := [one for one in left if _names_of(one) & known]:
        out += more
        left = [one for one in left if one not in more]
        known |= {word for one in more for word in _words_of(repr(one))}
    return out
