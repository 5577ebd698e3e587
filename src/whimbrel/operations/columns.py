"""Columns that appear, vanish and change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from alembic.operations import ops
from sqlalchemy import CheckConstraint, DefaultClause, TextClause
from sqlalchemy import Column as ModelColumn

from whimbrel.backends.ddl import undoubled
from whimbrel.backends.fillers import filler_of
from whimbrel.compare.changes import Added, Altered, Removed
from whimbrel.errors import CannotChange
from whimbrel.operations import computed, enums, inherited
from whimbrel.operations.sides import Sides
from whimbrel.operations.spatial import scripted_type
from whimbrel.operations.step import CastColumnOp, NoteOp, Phase, Step, TableKeywordsOp, plain_text, sql
from whimbrel.snapshot import Column, Key, Table
from whimbrel.tokens import first_listed


def steps(change: Any, sides: Sides) -> Iterator[Step]:
    """Bring a column from one side to the other."""
    key: Key = change.key
    batch = (sides.schema(key.schema), key.name)
    old: Any = None if isinstance(change, Added) else change.found
    new: Any = None if isinstance(change, Removed) else change.wanted
    parent = inherited.above(key, sides)
    if parent is not None:
        yield from inherited.steps(key, inherited.Ends(old, new), parent, sides)
    elif isinstance(change, Added):
        # What is computed comes after what it is computed from, also where that changes.
        first = (0 if new.generated is None else 2, _place(key, new, sides))
        forward, back = _add(key, new, sides, model=True), _drop(key, sides, model=True)
        yield Step(Phase.COLUMN, (key.schema, key.name, *first, key.part), forward, back, batch)
    elif isinstance(change, Removed):
        forward, back = _drop(key, sides, model=False), _put_back(key, old, sides)
        # What is computed from others goes before them; where it holds them, also before they change.
        phase = Phase.COLUMN if old.generated is not None and sides.ddl.computed_hold_columns else Phase.DROP_COLUMN
        is_last, last = (1, 0) if old.generated is None else (-1, -old.position)
        yield Step(phase, (key.schema, key.name, is_last, last, key.part), forward, back, batch)
    elif isinstance(change, Altered):
        aspects = change.aspects
        if "autoincrement" in aspects and sides.ddl.counting_option:
            aspects = tuple(one for one in aspects if one != "autoincrement")
            phase = Phase.CREATE_RULE if new.autoincrement else Phase.DROP_RULE  # while there is a key to count by
            yield Step(phase, (key.schema, key.name), _numbering(key, new, sides), _numbering(key, old, sides))
        if "default" in aspects and "type" not in aspects and enums.is_of_altered_type(new, sides):
            aspects = tuple(one for one in aspects if one != "default")
            yield from _default_of_labels(key, old, new, sides)
        if aspects:
            same = _numbered_as(old, new)
            forward = _alter(key, same, new, aspects, sides, model=True)
            back = _alter(key, new, same, aspects, sides, model=False)
            phase = Phase.DROP_COLUMN if _is_held_by_key(key, old, new, sides) else Phase.COLUMN
            yield Step(phase, (key.schema, key.name, _turn(old, new), 0, key.part), forward, back, batch)


def _turn(old: Column, new: Column) -> int:
    """Return the place of a change: what is no more computed gives free what it was computed from."""
    return 1 + (new.generated is not None) - (old.generated is not None)


def _is_held_by_key(key: Key, old: Column, new: Column, sides: Sides) -> bool:
    """Tell a column that is dropped and added, and has to be out of the primary key before that."""
    if not sides.ddl.replaces_column(old, new):
        return False
    found, wanted = (side.table(key.name, key.schema) for side in (sides.moved, sides.wanted))
    before, after = (one.primary_key if one is not None else None for one in (found, wanted))
    return before is not None and key.part in before.columns and (after is None or key.part not in after.columns)


def _place(key: Key, column: Column, sides: Sides) -> int:
    """Return the place of a new column: what is computed from others comes after them."""
    table = sides.wanted.table(key.name, key.schema)
    sources = [one.position for one in table.columns if computed.is_from(column, one.name)] if table is not None else []
    return 2 * max([column.position, *sources]) + bool(sources)


def _default_of_labels(key: Key, old: Column, new: Column, sides: Sides) -> Iterator[Step]:
    """Change a default when the labels of its type are those that it is one of, both ways."""
    forward = _alter(key, old, new, ("default",), sides, model=True)
    back = _alter(key, new, old, ("default",), sides, model=False)
    yield Step(Phase.COLUMN, (key.schema, key.name, 1, 0, key.part), forward, (), (sides.schema(key.schema), key.name))
    yield Step(Phase.RENAME_RULE, (f"{key.schema}.{key.name}.{key.part}",), (), back)


def _numbering(key: Key, column: Column, sides: Sides) -> tuple[Any, ...]:
    return (TableKeywordsOp(key.name, {sides.ddl.counting_option: column.autoincrement}),)


def remade(changes: Iterable[Any], sides: Sides) -> Iterator[Step]:
    """Make again the columns that hold another whose type changes."""
    for key, held in computed.holding(changes, sides).items():
        yield from _made_again(key, held, sides)


def _made_again(key: Key, held: computed.Held, sides: Sides) -> Iterator[Step]:
    batch, order = (sides.schema(key.schema), key.name), (key.schema, key.name)
    gone = (ops.DropColumnOp(key.name, key.part, schema=sides.schema(key.schema)),)
    yield Step(Phase.COLUMN, (*order, -1, 0, key.part), gone, _add(key, held.before, sides, model=False), batch)
    yield Step(Phase.DROP_COLUMN, (*order, 1, 0, key.part), _add(key, held.after, sides, model=True), gone, batch)


def _numbered_as(old: Column, new: Column) -> Column:
    """Return a column with its sequence under the new name, which it has while columns change, both ways."""
    if old.numbering is None or new.numbering is None:
        return old
    return replace(old, numbering=replace(old.numbering, sequence=new.numbering.sequence))


def _model(key: Key, sides: Sides, *, model: bool) -> ModelColumn[Any] | None:
    find = sides.model_column if model else sides.present_column
    return find(key.schema, key.name, key.part)


def _add(key: Key, column: Column, sides: Sides, *, model: bool, filler: Any = None) -> tuple[Any, ...]:
    """Add a column; one that is NOT NULL without a default is filled first, where a fill is settled."""
    own = _model(key, sides, model=model)
    table = _table(key, sides)
    says_all = sides.ddl.is_declared if model else sides.ddl.is_reflected
    if own is None or not says_all(column):
        return sql(sides.ddl.add(table, column))
    schema = sides.schema(key.schema)
    made = _copy(own, column, sides)
    if not model and made.computed is not None:  # it was reflected before the renames of what it is computed from
        made.computed.sqltext = plain_text(column.generated or "")
    side = sides.wanted if model else sides.found
    kind = scripted_type(own, side.table(own.table.name, own.table.schema))
    made.type = made.type if kind is own.type else kind
    fill = sides.fills.get((key.schema, key.name, key.part)) if model else None
    if fill is None:
        return (ops.AddColumnOp(key.name, made, schema=schema),)
    made.nullable = True
    is_default = (key.schema, key.name, key.part) in sides.defaulted
    note = (
        (NoteOp(f"The rows that are there get the model's default for {key.name}.{key.part}."),) if is_default else ()
    )
    filled = _filled(key, fill, sides)
    return (*note, ops.AddColumnOp(key.name, made, schema=schema), *filled, *_not_null(key, column, sides, own))


def _not_null(key: Key, column: Column, sides: Sides, own: ModelColumn[Any]) -> tuple[Any, ...]:
    """Refuse NULL from now on, and change nothing else."""
    free = replace(column, nullable=True)
    if not sides.ddl.is_simple(free, column):
        return sql(sides.ddl.alter_part(_table(key, sides), free, column, ("nullable",)) or ())
    existing: dict[str, Any] = {"existing_type": _free(own.type), "existing_comment": column.comment}
    said = sides.ddl.column_keywords(replace(free, options=()), column)
    kind = CastColumnOp if said else ops.AlterColumnOp
    schema = sides.schema(key.schema)
    return (kind(key.name, key.part, schema=schema, modify_nullable=False, **existing, **said),)


def _drop(key: Key, sides: Sides, *, model: bool) -> tuple[Any, ...]:
    """Drop a column; the operation knows what it drops, as other packages and the app's hooks expect."""
    own, schema = _model(key, sides, model=model), sides.schema(key.schema)
    known = None if own is None else ops.AddColumnOp(key.name, own, schema=schema)
    return (ops.DropColumnOp(key.name, key.part, schema=schema, _reverse=known),)


def _put_back(key: Key, column: Column, sides: Sides, *, model: bool = False) -> tuple[Any, ...]:
    """Add a dropped column again; its values are gone, so a NOT NULL column begins with a filler."""
    note = NoteOp(f"The values that {key.name}.{key.part} had do not come back.")
    if column.nullable or column.default is not None or column.generated is not None or column.numbering:
        return (*([note] if column.generated is None else []), *_add(key, column, sides, model=model))
    own = _model(key, sides, model=model)
    filler = enums.label_of(column, sides) or _filler(key, column, sides)
    if filler is not None and not sides.ddl.is_reflected(column):
        made = replace(column, default=filler)
        emptied = sides.ddl.alter_part(_table(key, sides), made, column, ("default",)) or ()
        return (note, *sql([*sides.ddl.add(_table(key, sides), made), *emptied]))
    if own is None or filler is None:
        return (note, *_add(key, column, sides, model=model))
    schema = sides.schema(key.schema)
    filled = ModelColumn(key.part, own.type, server_default=plain_text(filler), nullable=False, comment=column.comment)
    return (
        note,
        ops.AddColumnOp(key.name, filled, schema=schema),
        ops.AlterColumnOp(
            key.name,
            key.part,
            schema=schema,
            existing_type=own.type,
            existing_nullable=False,
            existing_comment=column.comment,
            modify_server_default=None,
        ),
    )


def _filler(key: Key, column: Column, sides: Sides) -> str | None:
    """Return a value for rows whose own is gone: one that a CHECK lists, else any of the type."""
    tables = (side.table(key.name, key.schema) for side in (sides.moved, sides.wanted))
    texts = [check.text for table in tables if table is not None for check in table.checks]
    texts += [option.removeprefix("check ") for option in column.options if option.startswith("check ")]
    listed = (first_listed(text, sides.found.kind, column.name) for text in texts)
    return next((one for one in listed if one is not None), None) or sides.ddl.filler(column)


def _copy(own: ModelColumn[Any], column: Column, sides: Sides) -> ModelColumn[Any]:
    """Copy a column without what is added by itself: keys, uniques, indexes and most CHECKs."""
    made: ModelColumn[Any] = own._copy()
    if made.name != column.name:  # it was reflected before the renames
        made.name = made.key = column.name
    made.foreign_keys.clear()
    made.constraints = {
        one for one in made.constraints if sides.ddl.columns_hold_checks and isinstance(one, CheckConstraint)
    }
    made.unique = made.index = None
    made.primary_key = False
    made.type = _free(made.type)
    made.nullable = column.nullable
    if isinstance(made.server_default, DefaultClause) and not isinstance(made.server_default.arg, str | TextClause):
        made.server_default = DefaultClause(_default(made, column, sides))
    return made


def _free(kind: Any) -> Any:
    """Return a type without the CHECK that it would bring: that is a change of its own."""
    if not getattr(kind, "create_constraint", False):
        return kind
    made = kind.copy()
    made.create_constraint = False
    return made


def _alter(
    key: Key, found: Column, wanted: Column, aspects: tuple[str, ...], sides: Sides, *, model: bool
) -> tuple[Any, ...]:
    table = _table(key, sides)
    old, new = _model(key, sides, model=not model), _model(key, sides, model=model)
    is_freed = found.generated is not None and wanted.generated is None
    if is_freed and not model and found.type != wanted.type:  # there are no values to bring back
        return _exchanged(key, wanted, sides, model=False)
    if is_freed and found.nullable and not wanted.nullable:
        return _freed(key, found, wanted, aspects, sides, model=model)
    fill = _fill(key, wanted, aspects, sides) if model else ()
    cast = sides.casts.get((key.schema, key.name, key.part)) if model else None
    recast = sides.ddl.recast(_standing(key, sides), found, wanted, cast) if cast else None
    simple = recast is None and set(aspects) <= sides.ddl.alters and sides.ddl.is_simple(found, wanted)
    if simple and old is not None and new is not None:
        return (*fill, *_alembic(key, found, wanted, aspects, sides, old, new))
    statements = recast or sides.ddl.alter_part(table, found, wanted, aspects)
    if statements is None and found.generated is None and wanted.generated is None:
        raise CannotChange(
            f"{key.name}.{key.part} cannot be changed in place: {', '.join(aspects)}.",
            why="The server has no statement for it, and making it anew would lose the values. Nothing was written.",
            do="write the steps by hand: flask db revision",
        )
    if statements is None:
        return _exchanged(key, wanted, sides, model=model)
    return (*fill, *sql(statements))


def _freed(
    key: Key, found: Column, wanted: Column, aspects: tuple[str, ...], sides: Sides, *, model: bool
) -> tuple[Any, ...]:
    """Turn a generated column into one that is NOT NULL: what it computed may be NULL, and cannot be set before."""
    told = sides.fills.get((key.schema, key.name, key.part)) if model else None
    fill = told or wanted.default or _filler(key, wanted, sides) or filler_of(wanted.type)
    loose = replace(wanted, nullable=True)
    first = _alter(key, found, loose, tuple(one for one in aspects if one != "nullable"), sides, model=model)
    own = _model(key, sides, model=model)
    if fill is None or own is None:
        return first
    return (*first, *_filled(key, fill, sides), *_not_null(key, wanted, sides, own))


def _exchanged(key: Key, column: Column, sides: Sides, *, model: bool) -> tuple[Any, ...]:
    """Drop a column and add another in its place, next to each other: what names it may stay."""
    told = model and (key.schema, key.name, key.part) in sides.fills
    added = _add if column.generated is not None or told else _put_back
    made = added(key, column, sides, model=model)
    notes = tuple(one for one in made if isinstance(one, NoteOp))
    return (*notes, *_drop(key, sides, model=not model), *(one for one in made if not isinstance(one, NoteOp)))


def _fill(key: Key, wanted: Column, aspects: tuple[str, ...], sides: Sides) -> tuple[Any, ...]:
    fill = sides.fills.get((key.schema, key.name, key.part))
    if "nullable" not in aspects or wanted.nullable or fill is None:
        return ()
    return _filled(key, fill, sides)


def _filled(key: Key, fill: str, sides: Sides) -> tuple[Any, ...]:
    """Give the rows without a value one."""
    table = _standing(key, sides)
    update = sides.ddl.update(table, key.part, fill, f"{sides.ddl.name(key.part)} IS NULL")
    return sql([update, *sides.ddl.settled(table)])


def _alembic(
    key: Key,
    found: Column,
    wanted: Column,
    aspects: tuple[str, ...],
    sides: Sides,
    old: ModelColumn[Any],
    new: ModelColumn[Any],
) -> tuple[Any, ...]:
    schema = sides.schema(key.schema)
    existing, changes = _existing(old, found, sides), _changes(found, wanted, aspects, sides, new)
    cast = _cast(key, found, wanted, sides) if "type" in aspects else None
    own = sides.ddl.column_keywords(found, wanted)
    if cast is None:
        kind = CastColumnOp if own else ops.AlterColumnOp
        return (kind(key.name, key.part, schema=schema, **existing, **changes, **own),)
    default = changes.pop("modify_server_default", None) if wanted.default is not None else None
    out: list[Any] = []
    if found.default is not None:
        # The server would try to cast the default too, and cannot.
        out.append(_set_default(key, schema, old.type, None))
        existing.pop("existing_server_default", None)
    changes.pop("modify_server_default", None)
    out.append(CastColumnOp(key.name, key.part, schema=schema, **existing, **changes, postgresql_using=cast))
    if wanted.default is not None:
        out.append(_set_default(key, schema, new.type, _default(new, wanted, sides) if default is None else default))
    return tuple(out)


def _set_default(key: Key, schema: str | None, kind: Any, default: Any) -> Any:
    kind = _free(kind)
    return ops.AlterColumnOp(key.name, key.part, schema=schema, existing_type=kind, modify_server_default=default)


def _existing(old: ModelColumn[Any], found: Column, sides: Sides) -> dict[str, Any]:
    existing: dict[str, Any] = {"existing_type": _free(old.type), "existing_nullable": found.nullable}
    existing["existing_comment"] = found.comment
    if found.default is not None:
        default = _default(old, found, sides)
        # Alembic asks whether there is one, which an expression does not answer.
        existing["existing_server_default"] = DefaultClause(default) if isinstance(default, TextClause) else default
    return existing


def _changes(
    found: Column, wanted: Column, aspects: tuple[str, ...], sides: Sides, new: ModelColumn[Any]
) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if "type" in aspects or "collation" in aspects:
        changes["modify_type"] = _free(new.type)
    if "nullable" in aspects:
        changes["modify_nullable"] = wanted.nullable
    # A default keeps the type that it was said in.
    retold = "type" in aspects and found.default != wanted.default
    if "default" in aspects or retold or (found.generated is not None and wanted.generated is None):
        changes["modify_server_default"] = None if wanted.default is None else _default(new, wanted, sides)
    if "comment" in aspects:
        changes["modify_comment"] = wanted.comment
    if not sides.ddl.counting_option and (found.autoincrement or "autoincrement" in aspects):
        changes["autoincrement"] = wanted.autoincrement
    return changes


def _cast(key: Key, found: Column, wanted: Column, sides: Sides) -> str | None:
    """Return the expression told for the way up, else the server's."""
    is_back = wanted is not _column_of(sides.wanted, key)
    told = None if is_back else sides.casts.get((key.schema, key.name, key.part))
    return told or sides.ddl.cast(key.part, found.type, wanted.type)


def _column_of(side: Any, key: Key) -> Column | None:
    table = side.table(key.name, key.schema)
    return table.column(key.part) if table is not None else None


def _default(own: ModelColumn[Any], column: Column, sides: Sides) -> Any:
    """The default as the model or SQLAlchemy says it, else the server's own text."""
    arg = getattr(own.server_default, "arg", None)
    if isinstance(arg, str | TextClause):
        return own.server_default
    if arg is not None:
        compiler: Any = sides.dialect.ddl_compiler(sides.dialect, None)
        return plain_text(undoubled(compiler.get_column_default_string(own), sides.dialect))
    return plain_text(column.default or "NULL")


def _standing(key: Key, sides: Sides) -> Table:
    """Return a table with the columns that are there before any is added."""
    return sides.moved.table(key.name, key.schema) or _table(key, sides)


def _table(key: Key, sides: Sides) -> Table:
    return (
        sides.wanted.table(key.name, key.schema)
        or sides.found.table(key.name, key.schema)
        or Table(key.schema, key.name)
    )
