"""Values of an enumeration type: appended in place, otherwise by a type that takes the old one's place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from whimbrel.operations.sides import Sides
from whimbrel.operations.step import NoteOp, Phase, Step, sql
from whimbrel.snapshot import Column, Enum, Snapshot, Table


def altered(change: Any, sides: Sides) -> Iterator[Step]:
    """Bring the labels of a type from one side to the other."""
    found, wanted = change.found, change.wanted
    if change.aspects == ("comment",):
        yield Step(
            Phase.CREATE_TYPE,
            (str(change.key),),
            sql(sides.ddl.alter(found, wanted, change.aspects) or []),
            sql(sides.ddl.alter(wanted, found, change.aspects) or []),
        )
        return
    forward = _towards(found, wanted, sides, sides.wanted)
    back = _towards(wanted, found, sides, sides.found)
    yield Step(Phase.CREATE_TYPE, (str(change.key),), forward, back)


def _towards(found: Enum, wanted: Enum, sides: Sides, side: Snapshot) -> tuple[Any, ...]:
    if _is_grown(found.labels, wanted.labels):
        return sql(_added(found, wanted, sides), autocommit=True)
    gone = [label for label in found.labels if label not in wanted.labels]
    note = [NoteOp(f"Rows with {', '.join(map(repr, gone))} stop this: give them another value first.")] if gone else []
    return (*note, *sql(_replaced(found, wanted, sides, side)))


def _is_grown(old: tuple[str, ...], new: tuple[str, ...]) -> bool:
    rest = iter(new)
    return all(label in rest for label in old)


def _added(found: Enum, wanted: Enum, sides: Sides) -> Iterator[str]:
    name = sides.ddl.qualified(wanted.schema, wanted.name)
    present = list(found.labels)
    for place, label in enumerate(wanted.labels):
        if label in present:
            continue
        follower = next((one for one in wanted.labels[place + 1 :] if one in present), None)
        where = "" if follower is None else f" BEFORE {sides.ddl.literal(follower)}"
        yield f"ALTER TYPE {name} ADD VALUE {sides.ddl.literal(label)}{where}"


def _replaced(found: Enum, wanted: Enum, sides: Sides, side: Snapshot) -> Iterator[str]:
    """Rename the type away, make the new one, move the columns over, drop the old one."""
    ddl = sides.ddl
    name, old = ddl.qualified(wanted.schema, wanted.name), f"{wanted.name}_old"
    yield f"ALTER TYPE {name} RENAME TO {ddl.name(old)}"
    yield ddl.create(wanted)[0]
    for table, column in _users(wanted, side):
        alter = f"ALTER TABLE {ddl.qualified(table.schema, table.name)} ALTER COLUMN {ddl.name(column.name)}"
        array = "[]" if column.type.endswith("[]") else ""
        if column.default is not None:
            yield f"{alter} DROP DEFAULT"
        yield f"{alter} TYPE {name}{array} USING {ddl.name(column.name)}::text{array}::{name}{array}"
        if column.default is not None:
            yield f"{alter} SET DEFAULT {column.default}"
    yield f"DROP TYPE {ddl.qualified(wanted.schema, old)}"


def _users(enum: Enum, side: Snapshot) -> Iterator[tuple[Table, Column]]:
    names = {f"{enum.schema}.{enum.name}", enum.name, f'{enum.schema}."{enum.name}"'}
    for table in side.tables():
        for column in table.columns_in_order():
            if column.type.removesuffix("[]") in names and not table.partition_of:
                yield table, column
