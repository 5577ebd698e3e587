"""Renames that were decided, and those of constraints, indexes and sequences that follow from them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from alembic.operations import ops

from whimbrel.compare.changes import Renamed
from whimbrel.operations import parts
from whimbrel.operations.sides import Sides
from whimbrel.operations.step import Phase, RenameTableOp, Step, sql
from whimbrel.snapshot import Key, Table
from whimbrel.snapshot.tables import part_label

TEMPORARY = "whimbrel_renaming_"


def steps(changes: list[Renamed], sides: Sides) -> Iterator[Step]:
    """Rename, so that no name is taken when it is given."""
    columns: dict[Key, list[tuple[str, str]]] = defaultdict(list)
    for place, (old, new) in enumerate(_untangled([(one.key, one.to) for one in changes if _is_table(one)])):
        yield Step(Phase.RENAME, (0, place), _table(old, new, sides), _table(new, old, sides))
    for one in changes:
        if one.key.kind == "column":
            columns[Key("table", one.to.schema, one.to.name)].append((one.key.part, one.to.part))
    yield from _parts([one for one in changes if one.key.kind not in ("column", "enum") and not _is_table(one)], sides)
    yield from _values([one for one in changes if one.key.kind == "enum"], sides)
    for table, pairs in columns.items():
        for place, (name, to) in enumerate(_untangled(pairs)):
            batch = (sides.schema(table.schema), table.name)
            known = (name, to)
            forward, back = _column(table, name, to, known, sides), _column(table, to, name, known, sides)
            yield Step(Phase.RENAME, (2, table.name, place), forward, back, batch)


def _is_table(one: Renamed) -> bool:
    return one.key.kind == "table" and not one.key.part


def _untangled(pairs: list[Any]) -> list[Any]:
    """Order renames so that the new name is free; break a circle by a temporary name."""
    todo, out = dict(pairs), []
    while todo:
        free = [old for old, new in todo.items() if new not in todo]
        if free:
            out += [(old, todo.pop(old)) for old in free]
            continue
        old, new = todo.popitem()
        between = _between(old)
        out.append((old, between))
        todo[between] = new
    return out


def _between(name: Any) -> Any:
    if isinstance(name, tuple):
        return (*name[:-1], TEMPORARY + name[-1])
    if isinstance(name, Key):
        return Key(name.kind, name.schema, TEMPORARY + name.name, name.part)
    return TEMPORARY + name


def _table(old: Key, new: Key, sides: Sides) -> tuple[Any, ...]:
    if old.schema != new.schema:
        return sql(sides.ddl.rename_table(old.schema, old.name, new.schema, new.name))
    return (RenameTableOp(old.name, new.name, schema=sides.schema(old.schema)),)


def _column(table: Key, old: str, new: str, known: tuple[str, str], sides: Sides) -> tuple[Any, ...]:
    """Rename a column.

    Args:
        table: Its table, under its new name.
        old: The column's name before this step.
        new: Its name after it.
        known: Its name before all renames, and after all of them.
        sides: Both sides.
    """
    moved = sides.moved.table(table.name, table.schema)
    column = moved.column(known[1]) if moved is not None else None
    own = sides.present_column(table.schema, table.name, known[1])
    if column is None or own is None or not sides.ddl.is_simple(column, column):
        return sql(sides.ddl.rename_column(table.schema, table.name, old, new))
    existing: dict[str, Any] = {
        "existing_type": own.type,
        "existing_nullable": column.nullable,
        "existing_comment": column.comment,
    }
    if own.server_default is not None and hasattr(own.server_default, "arg"):
        existing["existing_server_default"] = own.server_default
    return (ops.AlterColumnOp(table.name, old, schema=sides.schema(table.schema), modify_name=new, **existing),)


def _values(changes: list[Renamed], sides: Sides) -> Iterator[Step]:
    """Rename values: of a type one by one, of an enumeration that is a column's own all together."""
    own: dict[Key, list[tuple[str, str]]] = defaultdict(list)
    for one in changes:
        enum = replace(one.key, part="")
        if sides.found.get(enum) is None:
            own[enum].append((one.key.part, one.to.part))
            continue
        forward, back = _value(one.key, one.to, sides), _value(one.to, one.key, sides)
        yield Step(Phase.RENAME, (1, str(one.key)), sql(forward), sql(back))
    for enum, pairs in own.items():
        yield _relabelled(enum, pairs, sides)


def _relabelled(enum: Key, pairs: list[tuple[str, str]], sides: Sides) -> Step:
    table, _, name = enum.name.rpartition(".")
    before, after = sides.found.table(table, enum.schema), sides.moved.table(table, enum.schema)
    assert before is not None
    assert after is not None
    old, new = before.column(name), after.column(name)
    assert old is not None
    assert new is not None
    back = [(to, label) for label, to in pairs]
    phase = Phase.RENAME
    order: tuple[Any, ...] = (1, str(enum))
    batch: tuple[str | None, str] | None = None
    if not sides.ddl.labels(old.type):
        # Text: its CHECK is gone by then, and it is as long as the longer value needs it to be.
        grows = max(len(to) - len(label) for label, to in pairs) > 0
        phase, order = Phase.COLUMN, (enum.schema, table, 2 if grows else -1, 0, name)
        batch = (sides.schema(enum.schema), table)
    forward, back_ = sides.ddl.relabelled(after, old, new, pairs), sides.ddl.relabelled(after, new, old, back)
    return Step(phase, order, sql(forward), sql(back_), batch)


def _value(old: Key, new: Key, sides: Sides) -> list[str]:
    name = sides.ddl.qualified(old.schema, old.name)
    return [f"ALTER TYPE {name} RENAME VALUE {sides.ddl.literal(old.part)} TO {sides.ddl.literal(new.part)}"]


def _parts(changes: list[Renamed], sides: Sides) -> Iterator[Step]:
    """Rename constraints, indexes and sequences, each when its new name is free."""
    owners: dict[Any, tuple[Table, str]] = {}
    pairs: list[Any] = []
    for one in changes:
        table = sides.wanted.table(one.to.name, one.to.schema) or Table(one.to.schema, one.to.name)
        old, new = _ends(one)
        if sides.ddl.rename_part(table, one.key.kind, old, new) is None:
            yield from _made_anew(one, sides)
            continue
        apart = "" if one.key.kind in sides.ddl.names_by_schema else one.to.name
        pairs.append(((one.to.schema, apart, old), (one.to.schema, apart, new)))
        owners[pairs[-1][0]] = (table, one.key.kind)
    for place, (before, after) in enumerate(_untangled(pairs)):
        table, kind = owners[after] = owners.pop(before)
        old, new = before[2], after[2]
        forward, back = sides.ddl.rename_part(table, kind, old, new), sides.ddl.rename_part(table, kind, new, old)
        yield Step(Phase.RENAME_RULE, (f"{place:06d}",), sql(forward or ()), sql(back or ()))


def _ends(one: Renamed) -> tuple[str, str]:
    return (one.key.part, one.to.part) if one.key.part else (one.key.name, one.to.name)


def _made_anew(one: Renamed, sides: Sides) -> Iterator[Step]:
    old, new = _ends(one)
    before, after = _named(sides.moved, one.key, old), _named(sides.wanted, one.to, new)
    table = sides.wanted.table(one.to.name, one.to.schema) or Table(one.to.schema, one.to.name)
    if before is not None and after is not None:
        yield from parts.drop_part(table, before, sides)
        yield from parts.add_part(table, after, sides)


def _named(side: Any, key: Key, name: str) -> Any:
    table = side.table(key.name, key.schema)
    parts_ = table.parts() if table is not None else ()
    return next((part for part in parts_ if key.kind == part.KIND and part_label(part) == name), None)
