"""Values of an enumeration type: appended in place, otherwise by a type that takes the old one's place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from whimbrel.compare.changes import Altered
from whimbrel.operations import parts
from whimbrel.operations.sides import Sides
from whimbrel.operations.step import NoteOp, Phase, Step, sql
from whimbrel.snapshot import Column, Enum, Part, Snapshot, Table, Whole


def altered(change: Any, sides: Sides) -> Iterator[Step]:
    """Bring the labels of a type from one side to the other."""
    found, wanted = change.found, change.wanted
    if change.aspects == ("comment",):
        yield Step(
            Phase.CREATE_TYPE,
            (0, str(change.key)),
            sql(sides.ddl.alter(found, wanted, change.aspects) or []),
            sql(sides.ddl.alter(wanted, found, change.aspects) or []),
        )
        return
    forward = _towards(found, wanted, sides, sides.wanted)
    back = _towards(wanted, found, sides, sides.moved)
    yield Step(Phase.CREATE_TYPE, (0, str(change.key)), forward, back)


def _towards(found: Enum, wanted: Enum, sides: Sides, side: Snapshot) -> tuple[Any, ...]:
    if _is_grown(found.labels, wanted.labels):
        return sql(_added(found, wanted, sides), autocommit=True)
    gone = [label for label in found.labels if label not in wanted.labels]
    note = [NoteOp(f"Rows with {', '.join(map(repr, gone))} stop this: give them another value first.")] if gone else []
    return (*note, *sql(replaced(wanted, sides, side)))


def remade(changes: Iterable[Any], sides: Sides) -> Iterator[Step]:
    """Make again what says a type's values while another type takes its place."""
    for one in changes:
        if isinstance(one, Altered) and isinstance(one.wanted, Enum) and is_replaced(one):
            for table, part in _staying(one.wanted, sides):
                yield from parts.drop_part(table, part, sides)
                yield from parts.add_part(table, part, sides)


def _staying(enum: Enum, sides: Sides) -> Iterator[tuple[Table, Any]]:
    for before in sides.moved.tables():
        after = sides.wanted.table(before.name, before.schema)
        kept = after.parts() if after is not None else ()
        yield from ((before, part) for part in _saying(enum, before) if part in kept)


def columns_moved(change: Any, sides: Sides) -> Iterator[tuple[Table, Column]]:
    """Name the columns whose type another one takes the place of."""
    if not isinstance(change, Altered) or isinstance(change.wanted, Part):
        return
    is_type = change.key.kind in ("enum", "domain", "composite")
    if is_type and (change.key.kind != "enum" or is_replaced(change)):
        yield from _users(change.wanted, sides.moved)


def is_replaced(change: Any) -> bool:
    """Tell whether a type cannot just grow, one way or the other."""
    labels = change.found.labels, change.wanted.labels
    return bool(labels[0] != labels[1])


def _saying(enum: Enum, table: Table) -> Iterator[Any]:
    word = re.compile(f"::{_word(enum)}")
    for part in (*table.checks, *table.indexes, *table.policies):
        texts = [getattr(part, name, None) for name in ("text", "where", "using", "check")]
        texts += getattr(part, "parts", ())
        if any(text and word.search(text) for text in texts):
            yield part


def is_named(type_: Whole, text: str) -> bool:
    """Tell whether a text names a type."""
    return re.search(rf'(?<![\w".]){_word(type_)}', text) is not None


def _word(type_: Whole) -> str:
    """Return the pattern of a type's name, with its schema or without."""
    return rf'(?:"?{re.escape(type_.schema)}"?\.)?"?{re.escape(type_.name)}"?(?!\w)'


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


def replaced(wanted: Whole, sides: Sides, side: Snapshot) -> Iterator[str]:
    """Rename the type away, make the new one, move the columns over, drop the old one."""
    ddl = sides.ddl
    name, old = ddl.qualified(wanted.schema, wanted.name), f"{wanted.name}_old"
    words = "DOMAIN" if wanted.key.kind == "domain" else "TYPE"
    yield f"ALTER {words} {name} RENAME TO {ddl.name(old)}"
    yield from ddl.create(wanted)
    for table, column in _users(wanted, sides.moved):  # those that are there meanwhile, both ways
        alter = f"ALTER TABLE {ddl.qualified(table.schema, table.name)} ALTER COLUMN {ddl.name(column.name)}"
        array = "[]" if column.type.endswith("[]") else ""
        ends = [_column(one, table, column.name) for one in (sides.moved, sides.wanted)]
        if any(one is not None and one.default is not None for one in ends):
            yield f"{alter} DROP DEFAULT"
        yield f"{alter} TYPE {name}{array} USING {ddl.name(column.name)}::text{array}::{name}{array}"
        after = _column(side, table, column.name)
        if after is not None and after.default is not None and after.type == column.type:
            yield f"{alter} SET DEFAULT {after.default}"
    yield f"DROP {words} {ddl.qualified(wanted.schema, old)}"


def _column(side: Snapshot, table: Table, name: str) -> Column | None:
    there = side.table(table.name, table.schema)
    return there.column(name) if there is not None else None


def label_of(column: Column, sides: Sides) -> str | None:
    """Return a label that a column's type has on both sides; None for a column of another type."""
    types = [_type_of(column, side) for side in (sides.moved, sides.wanted)]
    known = [one.labels for one in types if one is not None]
    common = [label for label in (known[0] if known else ()) if all(label in labels for labels in known)]
    return sides.ddl.literal(common[0]) if common else None


def is_of_altered_type(column: Column, sides: Sides) -> bool:
    """Tell whether the labels of a column's type change."""
    before, after = (_type_of(column, side) for side in (sides.moved, sides.wanted))
    return before is not None and after is not None and before.labels != after.labels


def _type_of(column: Column, side: Snapshot) -> Enum | None:
    return next((one for one in side.objects if isinstance(one, Enum) and column.type in _names(one)), None)


def _users(enum: Whole, side: Snapshot) -> Iterator[tuple[Table, Column]]:
    names = _names(enum)
    for table in side.tables():
        for column in table.columns_in_order():
            if column.type.removesuffix("[]") in names and not table.partition_of:
                yield table, column


def _names(type_: Whole) -> set[str]:
    """List how the catalogue may name a type."""
    return {f"{type_.schema}.{type_.name}", type_.name, f'{type_.schema}."{type_.name}"'}
