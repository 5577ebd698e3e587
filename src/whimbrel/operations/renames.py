"""Renames that were decided, and those of constraints, indexes and sequences that follow from them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from alembic.operations import ops

from whimbrel.compare.changes import Renamed
from whimbrel.operations import parts
from whimbrel.operations.sides import Sides
from whimbrel.operations.step import Phase, RenameTableOp, Step, sql
from whimbrel.snapshot import Key, Table

TEMPORARY = "whimbrel_renaming_"


def steps(changes: list[Renamed], sides: Sides) -> Iterator[Step]:
    """Rename, so that no name is taken when it is given."""
    columns: dict[Key, list[tuple[str, str]]] = defaultdict(list)
    for place, (old, new) in enumerate(_untangled([(one.key, one.to) for one in changes if _is_table(one)])):
        yield Step(Phase.RENAME, (0, place), _table(old, new, sides), _table(new, old, sides))
    for one in changes:
        if one.key.kind == "column":
            columns[Key("table", one.to.schema, one.to.name)].append((one.key.part, one.to.part))
        elif one.key.kind == "enum":
            yield Step(
                Phase.RENAME,
                (1, str(one.key)),
                sql(_value(one.key, one.to, sides)),
                sql(_value(one.to, one.key, sides)),
            )
        elif not _is_table(one):
            yield from _part(one, sides)
    for table, pairs in columns.items():
        for place, (name, to) in enumerate(_untangled(pairs)):
            batch = (sides.schema(table.schema), table.name)
            forward, back = _column(table, name, to, sides), _column(table, to, name, sides)
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
    if isinstance(name, Key):
        return Key(name.kind, name.schema, TEMPORARY + name.name, name.part)
    return TEMPORARY + name


def _table(old: Key, new: Key, sides: Sides) -> tuple[Any, ...]:
    if old.schema != new.schema:
        return sql(sides.ddl.rename_table(old.schema, old.name, new.schema, new.name))
    return (RenameTableOp(old.name, new.name, schema=sides.schema(old.schema)),)


def _column(table: Key, old: str, new: str, sides: Sides) -> tuple[Any, ...]:
    found = sides.found.table(table.name, table.schema)
    column = found.column(old) if found is not None else None
    column = column or (found.column(new) if found is not None else None)
    simple = column is None or sides.ddl.is_simple(column, column)
    if not simple:
        return sql(sides.ddl.rename_column(table.schema, table.name, old, new))
    owns = (
        sides.present_column(table.schema, table.name, old),
        sides.present_column(table.schema, table.name, new),
        sides.model_column(table.schema, table.name, new),
    )
    own = next((one for one in owns if one is not None), None)
    existing: dict[str, Any] = {}
    if own is not None and column is not None:
        existing = {"existing_type": own.type, "existing_nullable": column.nullable, "existing_comment": column.comment}
        if own.server_default is not None and hasattr(own.server_default, "arg"):
            existing["existing_server_default"] = own.server_default
        if column.autoincrement:
            existing["autoincrement"] = True
    return (ops.AlterColumnOp(table.name, old, schema=sides.schema(table.schema), modify_name=new, **existing),)


def _value(old: Key, new: Key, sides: Sides) -> list[str]:
    name = sides.ddl.qualified(old.schema, old.name)
    return [f"ALTER TYPE {name} RENAME VALUE {sides.ddl.literal(old.part)} TO {sides.ddl.literal(new.part)}"]


def _part(one: Renamed, sides: Sides) -> Iterator[Step]:
    table = sides.wanted.table(one.to.name, one.to.schema) or Table(one.to.schema, one.to.name)
    kind = one.key.kind
    old, new = (one.key.part, one.to.part) if one.key.part else (one.key.name, one.to.name)
    forward, back = sides.ddl.rename_part(table, kind, old, new), sides.ddl.rename_part(table, kind, new, old)
    if forward is not None and back is not None:
        yield Step(Phase.RENAME, (3, str(one.key)), sql(forward), sql(back))
        return
    before, after = _named(sides.found, one.key, old), _named(sides.wanted, one.to, new)
    if before is not None and after is not None:
        yield from parts.drop_part(table, before, sides)
        yield from parts.add_part(table, after, sides)


def _named(side: Any, key: Key, name: str) -> Any:
    table = side.table(key.name, key.schema)
    return (
        next((part for part in table.parts() if key.kind == part.KIND and part.name == name), None) if table else None
    )
