"""Two snapshots → the changes that lead from the one to the other."""

from collections.abc import Container, Iterator
from dataclasses import replace
from typing import Any

from whimbrel.backends.reflect import Likeness, likeness_of
from whimbrel.compare.answers import Answers, renamed
from whimbrel.compare.changes import Added, Altered, Change, Comparison, Removed, Renamed
from whimbrel.compare.parts import Place, aspects_of, canonical, compare_columns, compare_parts, compare_primary_keys
from whimbrel.snapshot import Key, Snapshot, Table, Whole

_PARTS = ("uniques", "foreign_keys", "checks", "exclusions", "indexes", "triggers", "policies")
_HELD = ("columns", "primary_key", *_PARTS)
# What is dropped only if this history made it; columns, constraints and indexes are compared as always.
_MAYBE_FOREIGN = ("trigger", "policy")


def compare(
    found: Snapshot,
    wanted: Snapshot,
    ours: Container[Key],
    answers: Answers | None = None,
) -> Comparison:
    """Find the changes that make the found side the wanted one.

    Args:
        found: what the database is.
        wanted: what it should be; of the same kind of server.
        ours: the keys of whole objects, triggers and policies that this history made; what is found
            without being wanted is removed only if it is among them.
        answers: the renames that were decided.
    """
    decided = answers or Answers()
    moved = renamed(found, decided) if decided != Answers() else found
    origins = {pair.new: pair.old for pair in decided.tables}
    changes: list[Change] = list(_decided_renames(decided))
    changes += _compare_objects(moved, wanted, likeness_of(wanted.kind))
    kept, not_ours = [], []
    for change in changes:
        if isinstance(change, Removed) and _is_foreign(change.key, ours, origins):
            not_ours.append(change.key)
        else:
            kept.append(change)
    return Comparison(tuple(sorted(kept, key=_order)), tuple(sorted(not_ours, key=Key.order)))


def _order(change: Change) -> tuple[Any, ...]:
    return (*change.key.order(), change.SIGN)


def _is_foreign(key: Key, ours: Container[Key], origins: dict[Key, Key]) -> bool:
    if key.part and key.kind not in _MAYBE_FOREIGN:
        return False
    old = origins.get(Key("table", key.schema, key.name))
    before = replace(key, schema=old.schema, name=old.name) if old and key.part else key
    return key not in ours and before not in ours


def _decided_renames(answers: Answers) -> Iterator[Renamed]:
    for table in answers.tables:
        yield Renamed(table.old, table.new)
    for column in answers.columns:
        key = Key("column", column.table.schema, column.table.name)
        yield Renamed(replace(key, part=column.old), replace(key, part=column.new))
    for value in answers.values:
        yield Renamed(replace(value.enum, part=value.old), replace(value.enum, part=value.new))


def _compare_objects(found: Snapshot, wanted: Snapshot, likeness: Likeness) -> Iterator[Change]:
    for key, whole in found.by_key.items():
        if key not in wanted.by_key:
            yield Removed(key, whole)
    for key, after in wanted.by_key.items():
        before = found.by_key.get(key)
        if before is None:
            yield Added(key, after)
        elif before != after:
            yield from _compare_object(before, after, likeness)


def _compare_object(found: Whole, wanted: Whole, likeness: Likeness) -> Iterator[Change]:
    """Compare an object that is on both sides: first what is its own, then its parts."""
    aspects = aspects_of(canonical(found, likeness), canonical(wanted, likeness), *_HELD)
    if aspects:
        yield Altered(wanted.key, found, wanted, aspects)
    place = Place(wanted.schema, wanted.name, likeness)
    if isinstance(found, Table) and isinstance(wanted, Table):
        yield from compare_columns(place, found.columns, wanted.columns)
        yield from compare_primary_keys(place, found.primary_key, wanted.primary_key)
    for held in _PARTS:
        yield from compare_parts(place, getattr(found, held, ()), getattr(wanted, held, ()))
