"""Keys that hold each other: exchanged in one statement, made again round a type change, named as is free.

Nothing here happens on a server whose ``Ddl`` does not ask for it, names apart.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from whimbrel.backends.ddl import columns_of
from whimbrel.backends.reflect import likeness_of
from whimbrel.compare.changes import Added, Altered, Change, Removed, Renamed
from whimbrel.compare.parts import canonical
from whimbrel.operations import parts
from whimbrel.operations.sides import Sides
from whimbrel.operations.step import NoteOp, Phase, SqlOp, Step, sql
from whimbrel.snapshot import Check, Column, ForeignKey, Index, Key, PrimaryKey, Table
from whimbrel.tokens import replaced

Owner = tuple[str, str]
_FREE_NAMED = {"foreign_key": "foreign_keys", "check": "checks", "unique": "uniques", "index": "indexes"}


def joined(changes: Sequence[Change], sides: Sides) -> tuple[list[Change], list[Step]]:
    """Take out the changes of keys that can only be made together; return the others, and a step a table."""
    if not sides.ddl.joins_keys:
        return list(changes), []
    by_owner: dict[Owner, list[Any]] = defaultdict(list)
    for one in changes:
        if one.key.part and not isinstance(one, Renamed):
            by_owner[one.key.owner].append(one)
    taken: set[int] = set()
    steps = []
    for owner, some in by_owner.items():
        together = _together(owner, some, sides)
        if together:
            taken |= {id(one) for one in together}
            steps.append(_exchange(owner, together, sides))
    return [one for one in changes if id(one) not in taken], steps


def _together(owner: Owner, changes: list[Any], sides: Sides) -> list[Any]:
    out = []
    if any(_thing(one).KIND == PrimaryKey.KIND for one in changes):
        out += [one for one in changes if _thing(one).KIND == PrimaryKey.KIND or _is_numbering(one)]
        out += [one for one in changes if _is_freed(one, sides) and not any(one is taken for taken in out)]
    indexes = [one for one in changes if _thing(one).KIND == Index.KIND]
    numbering = [one for one in changes if _is_numbering(one) and not any(one is taken for taken in out)]
    if any(_is_held(owner, one, sides) for one in indexes):
        out += indexes
    elif indexes and any(not isinstance(one, Altered) for one in numbering):
        out += [*numbering, *indexes]  # a column that numbers has to be a key at once
    return out


def _thing(change: Any) -> Any:
    return change.found if isinstance(change, Removed) else change.wanted


def _is_numbering(change: Any) -> bool:
    sides = [getattr(change, side, None) for side in ("found", "wanted")]
    return any(isinstance(one, Column) and one.autoincrement for one in sides)


def _is_freed(change: Any, sides: Sides) -> bool:
    """Tell a column that may be NULL from now on: as long as it is in the primary key, the server ignores that."""
    if not isinstance(change, Altered) or not isinstance(change.wanted, Column) or change.aspects != ("nullable",):
        return False
    table = sides.moved.table(change.key.name, change.key.schema)
    key = table.primary_key if table is not None else None
    return change.wanted.nullable and key is not None and change.key.part in columns_of(Index("", key.columns))


def _is_held(owner: Owner, change: Any, sides: Sides) -> bool:
    """Tell whether a foreign key that stays may stand on an index that goes."""
    if isinstance(change, Added):
        return False
    columns = columns_of(change.found)
    ends = ((place, on) for table, key in staying_keys(sides) for place, on in _ends(table, key))
    return any(place == owner and columns[: len(on)] == on for place, on in ends)


def _ends(table: Table, key: ForeignKey) -> tuple[tuple[Owner, tuple[str, ...]], ...]:
    return ((table.schema, table.name), key.columns), ((key.schema, key.table), key.target)


def staying_keys(sides: Sides) -> Iterator[tuple[Table, ForeignKey]]:
    """Go over the foreign keys that mean the same on both sides, as they are found."""
    likeness = likeness_of(sides.found.kind)
    for table in sides.moved.tables():
        after = sides.wanted.table(table.name, table.schema)
        wanted = {replace(canonical(key, likeness), name="") for key in after.foreign_keys} if after else set()
        for key in table.foreign_keys:
            if replace(canonical(key, likeness), name="") in wanted:
                yield table, key


def _exchange(owner: Owner, changes: list[Any], sides: Sides) -> Step:
    old, table = (side.table(owner[1], owner[0]) or Table(*owner) for side in (sides.moved, sides.wanted))
    before = [one.found for one in changes if not isinstance(one, Added)]
    after = [one.wanted for one in changes if not isinstance(one, Removed)]
    forward = sides.ddl.change_keys(old, table, before, after)
    back = sides.ddl.change_keys(old, old, after, before)  # it has its old options by then
    gone = [one.found.name for one in changes if isinstance(one, Removed) and isinstance(one.found, Column)]
    notes = tuple(NoteOp(f"The values that {table.name}.{name} had do not come back.") for name in gone)
    return Step(Phase.EXCHANGE_KEY, owner, sql(forward), (*notes, *sql(back)))


def remade(changes: Sequence[Change], again: Iterable[Key], sides: Sides) -> Iterator[Step]:
    """Make again what holds a column while its type changes, and what goes with a column that is replaced.

    Args:
        changes: All that changes.
        again: The columns that are dropped and added, although nothing of theirs changes.
        sides: Both sides.
    """
    altered = [one for one in changes if isinstance(one, Altered) and isinstance(one.wanted, Column)]
    retyped = _retyped(changes, altered) if sides.ddl.keys_hold_columns else _estranged(altered, sides)
    replaced_ = [one.key for one in altered if sides.ddl.replaces_column(one.found, one.wanted)]  # type: ignore[arg-type]
    held = [*_kept_apart(retyped, sides), *_reworded(_retyped_columns(altered), sides)]
    held += _going_with([*replaced_, *again], sides)
    for table, part in {
        (table.schema, table.name, part.KIND, part.name): (table, part) for table, part in held
    }.values():
        yield from parts.drop_part(table, part, sides)
        yield from parts.add_part(table, part, sides)


def never_without(steps: Iterable[Step], sides: Sides) -> Iterator[Step]:
    """Take statements out from where a key is exchanged, if the table may not be without one between two batches.

    They fill the columns that come back, which have to be added for it before the key goes.
    """
    for one in steps:
        schema, name = one.table or (None, "")
        table = sides.moved.table(name, schema)
        own = [at for at, op in enumerate(one.back, 1) if isinstance(op, SqlOp)]
        if one.phase is Phase.DROP_COLUMN and own and table is not None and "without rowid" in table.options:
            yield replace(one, back=one.back[own[-1] :])
            yield Step(Phase.CREATE_RULE, one.order, (), one.back[: own[-1]], one.table)
        else:
            yield one


def _retyped_columns(altered: Iterable[Any]) -> set[tuple[str, str, str]]:
    """Name the columns that get another type or collation."""
    return {(one.key.schema, one.key.name, one.key.part) for one in altered if {"type", "collation"} & set(one.aspects)}


def _reworded(retyped: set[tuple[str, str, str]], sides: Sides) -> Iterator[tuple[Table, Any]]:
    """Go over the CHECKs and indexes that stay, and yet would not look as if they were made with the new type."""
    for schema, name in sorted({place[:2] for place in retyped}):
        table, after = (side.table(name, schema) for side in (sides.moved, sides.wanted))
        columns = [column for *place, column in retyped if (*place,) == (schema, name)]
        if table is None or after is None:
            continue
        both: list[Check | Index] = [one for one in table.checks if one in after.checks]
        both += [one for one in table.indexes if one in after.indexes]
        for part in both:
            texts = [one for one in _texts(part) if sides.ddl.rewords(one)]
            if any(_says(text, column, sides) for text in texts for column in columns):
                yield table, part


def _estranged(altered: list[Any], sides: Sides) -> set[tuple[str, str, str]]:
    """Name the columns that cannot be compared any more with those that keep the old type."""
    return {
        (one.key.schema, one.key.name, one.key.part)
        for one in altered
        for types in ((one.found.type, one.wanted.type), (one.wanted.type, one.found.type))
        if "type" in one.aspects and sides.ddl.estranges(*types)
    }


def _retyped(changes: Sequence[Change], altered: list[Any]) -> set[tuple[str, str, str]]:
    """Name the columns that a foreign key would hold back."""
    out = _retyped_columns(altered)
    for one in changes:
        if isinstance(one, Altered) and isinstance(one.wanted, Table) and "options" in one.aspects:
            out |= {(one.key.schema, one.key.name, column.name) for column in one.wanted.columns}
    return out


def _kept_apart(retyped: set[tuple[str, str, str]], sides: Sides) -> Iterator[tuple[Table, Any]]:
    for table, key in staying_keys(sides) if retyped else ():
        if retyped & {(*place, name) for place, on in _ends(table, key) for name in on}:
            yield table, key


def _going_with(columns: Iterable[Key], sides: Sides) -> Iterator[tuple[Table, Any]]:
    """Go over the parts that stay, and yet go with a column that is dropped and added."""
    for key in columns:
        table, after = (side.table(key.name, key.schema) for side in (sides.moved, sides.wanted))
        if table is None or after is None:
            continue
        held: list[Any] = [one for one in table.indexes if one in after.indexes and _is_on(one, key.part, sides)]
        held += [one for one in table.uniques if one in after.uniques and key.part in one.columns]
        if not sides.ddl.columns_hold_checks:  # they are the table's, and go with any column in them
            held += [one for one in table.checks if one in after.checks and _says(one.text, key.part, sides)]
            held += [one for one in table.foreign_keys if one in after.foreign_keys and key.part in one.columns]
        for part in held:
            yield table, part


def _is_on(index: Index, column: str, sides: Sides) -> bool:
    """Tell whether an index names a column, in an expression or its condition too."""
    return column in columns_of(index) or any(_says(one, column, sides) for one in _texts(index))


def _texts(part: Check | Index) -> list[str]:
    return [part.text] if isinstance(part, Check) else [*part.parts, *part.include, part.where or ""]


def _says(text: str, column: str, sides: Sides) -> bool:
    return replaced(text, sides.found.kind, {column: "whimbrel_probe"}) != text


def freely_named(changes: Iterable[Change], sides: Sides) -> list[Change]:
    """Free the server's own choice of a name where something that stays has it, or give another name."""
    todo = _less_renamed(list(changes))
    gone: dict[Owner, set[tuple[str, str]]] = defaultdict(set)
    for one in todo:
        if one.key.part and not isinstance(one, Added):
            part = one.key.part if isinstance(one, Renamed) else getattr(one.found, "name", "")
            gone[one.key.owner].add((one.key.kind, part))
    named = [each for one in todo for each in _freely_named(one, gone[one.key.owner], sides)]
    return [*named, *_closed_up(named, sides)]


def _less_renamed(changes: list[Change]) -> list[Change]:
    """Leave out the new names of primary keys that are dropped and made: they are made under it."""
    anew = {
        one.key.owner
        for one in changes
        if isinstance(one, Altered) and one.key.kind == PrimaryKey.KIND and one.aspects != ("comment",)
    }
    return [one for one in changes
            if not (isinstance(one, Renamed) and one.key.kind == PrimaryKey.KIND and one.to.owner in anew)]  # fmt: skip


def _closed_up(changes: Sequence[Change], sides: Sides) -> Iterator[Renamed]:
    """Let what stays have the server's name for it that something gives up."""
    by_kind: dict[tuple[Owner, str], list[Any]] = defaultdict(list)
    for one in changes:
        if one.key.kind in _FREE_NAMED and one.key.part:
            by_kind[one.key.owner, one.key.kind].append(one)
    for (owner, kind), some in sorted(by_kind.items()):
        removed = {one.key.part for one in some if isinstance(one, Removed)}
        moved = {one.key.part for one in some if isinstance(one, Renamed)}
        renames = [pair for pair in _closing(owner, kind, sides) if pair[0] not in moved] if removed else []
        taken = {part.name for part in _parts_of(owner, kind, sides.moved)} - {old for old, _ in renames} - removed
        taken |= {one.to.part if isinstance(one, Renamed) else one.key.part for one in some} - removed
        if not taken & {new for _, new in renames}:
            key = Key(kind, *owner)
            yield from (Renamed(replace(key, part=old), replace(key, part=new)) for old, new in renames)


def _closing(owner: Owner, kind: str, sides: Sides) -> list[tuple[str, str]]:
    """Pair the names of what stays, where the server chose both and they differ."""
    likeness, table = likeness_of(sides.found.kind), Table(*owner)
    before, after = (
        {
            replace(canonical(part, likeness), name=""): part.name
            for part in _parts_of(owner, kind, side)
            if likeness.is_server_name(table.name, part, part.name)
        }
        for side in (sides.moved, sides.wanted)
    )
    pairs = [(name, after[meaning]) for meaning, name in before.items() if after.get(meaning, name) != name]
    return [(old, new) for old, new in pairs if sides.ddl.rename_part(table, kind, old, new) is not None]


def _parts_of(owner: Owner, kind: str, side: Any) -> Sequence[Any]:
    return getattr(side.table(owner[1], owner[0]), _FREE_NAMED[kind], ())


def _freely_named(change: Any, gone: set[tuple[str, str]], sides: Sides) -> list[Change]:
    kind, name = change.key.kind, getattr(getattr(change, "wanted", None), "name", "")
    table = sides.moved.table(change.key.name, change.key.schema)
    if kind not in _FREE_NAMED or not change.key.part or isinstance(change, Removed | Renamed) or not name or not table:
        return [change]
    taken = {part.name for part in getattr(table, _FREE_NAMED[kind]) if (kind, part.name) not in gone}
    if name not in taken:
        return [change]
    if isinstance(change, Altered):
        return [replace(change, wanted=replace(change.wanted, name=change.found.name))]
    after = sides.wanted.table(change.key.name, change.key.schema)
    wanted = getattr(after, _FREE_NAMED[kind], ())
    freed = _freed(change.key, name, getattr(table, _FREE_NAMED[kind]), wanted, sides)
    if freed is not None:
        return [freed, change]
    taken |= {part.name for part in wanted}
    return [replace(change, wanted=replace(change.wanted, name=_next_free(name, taken)))]


def _freed(key: Key, name: str, found: Sequence[Any], wanted: Sequence[Any], sides: Sides) -> Renamed | None:
    """Give what has a name the one that it has on the wanted side, where that is free and it can be renamed."""
    likeness = likeness_of(sides.found.kind)
    staying = next(part for part in found if part.name == name)
    meaning = replace(canonical(staying, likeness), name="")
    taken = {part.name for part in found}
    chosen = [one for one in wanted if one.name not in taken and likeness.is_server_name(key.name, one, one.name)]
    free = [one.name for one in chosen if replace(canonical(one, likeness), name="") == meaning]
    table = Table(key.schema, key.name)
    if not free or sides.ddl.rename_part(table, key.kind, name, free[0]) is None:
        return None
    return Renamed(replace(key, part=name), replace(key, part=free[0]))


def _next_free(name: str, taken: set[str]) -> str:
    stem, number = re.fullmatch(r"(.*?)(\d*)", name, re.DOTALL).groups()  # type: ignore[union-attr]
    count = int(number or 0)
    while True:
        count += 1
        if f"{stem}{count}" not in taken:
            return f"{stem}{count}"
