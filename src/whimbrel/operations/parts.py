"""Constraints, indexes, triggers and policies of tables that stay."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from alembic.operations import ops
from sqlalchemy import CheckConstraint
from sqlalchemy import Index as ModelIndex
from sqlalchemy.sql.elements import conv

from whimbrel.backends.reflect import likeness_of
from whimbrel.compare.changes import Added, Altered, Removed
from whimbrel.errors import CannotChange
from whimbrel.operations.sides import Sides
from whimbrel.operations.step import (
    CheckOp,
    NoteOp,
    Phase,
    PrimaryKeyOp,
    RebuiltKeyOp,
    Step,
    UnnamedRuleOp,
    escaped,
    in_words,
    sql,
)
from whimbrel.snapshot import Check, ForeignKey, Index, Key, Policy, PrimaryKey, Table, Trigger, Unique
from whimbrel.tokens import is_literal, scan, unquoted

Op = Any


def steps(change: Any, sides: Sides) -> Iterator[Step]:
    """Bring a part from one side to the other; what is altered is dropped and made again where it must be."""
    old: Any = None if isinstance(change, Added) else change.found
    new: Any = None if isinstance(change, Removed) else change.wanted
    domain = sides.wanted.get(Key("domain", change.key.schema, change.key.name))
    if domain is not None:
        yield from _of_domain(change, domain, sides)
        return
    table = _table_of(change.key, sides)
    if isinstance(change, Added):
        if not _comes_with_column(table, new, sides):
            yield from add_part(table, new, sides)
    elif isinstance(change, Removed):
        yield from drop_part(table, old, sides)
    elif isinstance(change, Altered):
        yield from _altered(change, table, sides)


def _altered(change: Altered, table: Table, sides: Sides) -> Iterator[Step]:
    old: Any = change.found
    new: Any = change.wanted
    forward = sides.ddl.alter_part(table, old, new, change.aspects)
    back = sides.ddl.alter_part(table, new, old, change.aspects)
    if forward is not None and back is not None:
        yield Step(Phase.TABLE_OPTION, (table.name, change.key.part), sql(forward), sql(back))
        return
    if isinstance(new, PrimaryKey):
        there, here = _made(table, new, sides), _made(table, old, sides)
        if any(isinstance(one, RebuiltKeyOp) for one in (*there, *here)):  # each takes the place of the other
            yield Step(Phase.CREATE_KEY, _order(table, new), there, here, _batch(table, sides))
            return
    yield from drop_part(table, old, sides)
    yield from add_part(table, new, sides)


def _comes_with_column(table: Table, part: Any, sides: Sides) -> bool:
    """Tell a CHECK that a new column says itself, where it is added with it."""
    model, before = sides.models.get((table.schema, table.name)), sides.moved.table(table.name, table.schema)
    if not isinstance(part, Check) or not sides.ddl.columns_hold_checks or model is None or before is None:
        return False
    new = [column for column in model.columns if before.column(column.name) is None]
    own = [one for column in new for one in column.constraints if isinstance(one, CheckConstraint)]
    words = scan(part.text, sides.found.kind).words
    return any(
        str(one.name or "") == part.name and scan(in_words(one.sqltext, sides.dialect), sides.found.kind).words == words
        for one in own
    )


def add_part(table: Table, part: Any, sides: Sides) -> Iterator[Step]:
    """Add a part to a table."""
    phase, _ = _phases(part, sides)
    yield Step(phase, _order(table, part), _made(table, part, sides), _gone(table, part, sides), _batch(table, sides))


def drop_part(table: Table, part: Any, sides: Sides) -> Iterator[Step]:
    """Drop a part of a table."""
    _, phase = _phases(part, sides)
    yield Step(phase, _order(table, part), _gone(table, part, sides), _made(table, part, sides), _batch(table, sides))


def _of_domain(change: Any, domain: Any, sides: Sides) -> Iterator[Step]:
    """Bring a domain's CHECK from one side to the other."""
    alter = f"ALTER DOMAIN {sides.ddl.qualified(domain.schema, domain.name)}"

    def added(part: Any) -> tuple[Op, ...]:
        return sql([f"{alter} ADD {sides.ddl.constraint(part)}"])

    def dropped(part: Any) -> tuple[Op, ...]:
        return sql([f"{alter} DROP CONSTRAINT {sides.ddl.name(part.name)}"])

    order = _order(domain, getattr(change, "wanted", None) or change.found)
    if not isinstance(change, Added):
        yield Step(Phase.DROP_RULE, order, dropped(change.found), added(change.found))
    if not isinstance(change, Removed):
        yield Step(Phase.CREATE_RULE, order, added(change.wanted), dropped(change.wanted))


def _table_of(key: Key, sides: Sides) -> Table:
    return (
        sides.wanted.table(key.name, key.schema)
        or sides.found.table(key.name, key.schema)
        or Table(key.schema, key.name)
    )


def _phases(part: Any, sides: Sides) -> tuple[Phase, Phase]:
    if isinstance(part, ForeignKey):
        return Phase.CREATE_FOREIGN_KEY, Phase.DROP_FOREIGN_KEY
    if isinstance(part, Trigger | Policy):
        return Phase.CREATE_TRIGGER, Phase.DROP_TRIGGER
    if isinstance(part, PrimaryKey):  # in one batch, where a table may not be without
        return Phase.CREATE_KEY, Phase.EXCHANGE_KEY if sides.ddl.builds_anew else Phase.DROP_RULE
    return Phase.CREATE_RULE, Phase.DROP_RULE


def _order(table: Table, part: Any) -> tuple[Any, ...]:
    return (table.schema, table.name, part.KIND, part.name)


def _batch(table: Table, sides: Sides) -> tuple[str | None, str]:
    return sides.schema(table.schema), table.name


def _made(table: Table, part: Any, sides: Sides) -> tuple[Op, ...]:
    op = _create_op(table, part, sides)
    if op is None and sides.ddl.builds_anew and not isinstance(part, Index | Trigger):
        raise CannotChange(
            f"{table.name}: the {part.KIND.replace('_', ' ')} ({', '.join(part.columns)}) cannot be written as it is: "
            f"{', '.join(part.options)}.",
            why="No operation of Alembic's says it. Nothing was written.",
            do="build the table anew by hand, from its own text: flask db revision",
        )
    if op is None:
        return sql(sides.ddl.add(table, part))
    kept = sides.ddl.keep_index(table, part, _staying(table, sides)) if isinstance(part, ForeignKey) else ()
    note = [NoteOp("An index that the server made by itself would give way to one of the key's name.")] if kept else []
    return (*note, *sql(kept), op, *sql(sides.ddl.part_comment(table, part)))


def _staying(table: Table, sides: Sides) -> list[Index]:
    """Return the indexes that are there before and after, under one name."""
    before, after = (side.table(table.name, table.schema) for side in (sides.moved, sides.wanted))
    names = {replace(one, name=""): one.name for one in after.indexes} if after else {}
    is_servers = likeness_of(sides.found.kind).is_server_name

    def stays(one: Index) -> bool:
        name = names.get(replace(one, name=""), "")
        return name == one.name or is_servers(table.name, one, name)

    return [one for one in (before.indexes if before else ()) if stays(one)]


def _gone(table: Table, part: Any, sides: Sides) -> tuple[Op, ...]:
    schema = sides.schema(table.schema)
    if isinstance(part, Index):
        return (ops.DropIndexOp(part.name, table.name, schema=schema, _reverse=_known_index(table, part, sides)),)
    if isinstance(part, Trigger | Policy):
        return sql(sides.ddl.drop_part(table, part))
    types = {"primary_key": "primary", "foreign_key": "foreignkey", "unique": "unique", "check": "check"}
    kind = types.get(part.KIND)
    if kind is None:
        return sql(sides.ddl.drop_part(table, part))
    name = conv(part.name or _told_apart(table, part, sides))  # no convention is to make another name of it
    return (ops.DropConstraintOp(name if sides.has_conventions else str(name), table.name, type_=kind, schema=schema),)


def _create_op(table: Table, part: Any, sides: Sides) -> Op | None:
    """Return Alembic's own operation, where it says all that the part is; None where it does not."""
    schema = sides.schema(table.schema)
    if isinstance(part, PrimaryKey):
        return _primary_key(table, part, sides)
    options: dict[str, Any] | None = sides.ddl.keywords(part)
    is_sayable = options is not None or (isinstance(part, Check) and not set(part.options) - {"column"})
    if is_sayable and _has_no_name(table, part, sides):
        return _unnamed_rule(table, part, sides, options or {})
    if isinstance(part, Unique) and not part.include and options is not None:
        options |= {"postgresql_nulls_not_distinct": True} if part.nulls_not_distinct else {}
        name = _new_name(table, part, sides)
        return ops.CreateUniqueConstraintOp(
            name, table.name, list(part.columns), schema=schema, **_timing(part), **options
        )
    if isinstance(part, Check) and is_sayable:
        condition = _condition(table, part, sides)
        return CheckOp(_new_name(table, part, sides), table.name, condition, schema=schema, **(options or {}))
    if isinstance(part, ForeignKey) and options is not None and "(" not in part.on_delete:
        return _foreign_key(table, part, sides, options)
    return _index(table, part, sides) if isinstance(part, Index) and options is not None else None


def _primary_key(table: Table, part: PrimaryKey, sides: Sides) -> Op | None:
    if not part.name and sides.ddl.builds_anew and _convention(table, sides).get("pk"):
        return RebuiltKeyOp(table.name, None, part.columns, *(sides.ddl.keywords(part) or {}).values())
    if not (part.include or part.deferrable or part.options):
        return PrimaryKeyOp(part.name or None, table.name, list(part.columns), schema=sides.schema(table.schema))
    said = sides.ddl.keywords(part)
    return RebuiltKeyOp(table.name, part.name or None, part.columns, *said.values()) if said else None


def _convention(table: Table, sides: Sides) -> Mapping[str, Any]:
    """Return the models' naming convention, which gives a name to whatever has none."""
    model = sides.models.get((table.schema, table.name))
    return model.metadata.naming_convention if model is not None else {}


def _condition(table: Table, part: Check, sides: Sides) -> str:
    """Return a CHECK's condition as the model says it, else one that the server will read as it was."""
    model = sides.models.get((table.schema, table.name))
    wanted = sides.wanted.table(table.name, table.schema)
    if model is None or wanted is None or part not in wanted.checks:
        return sides.ddl.check_text(part.text)
    own = [one for one in model.constraints if isinstance(one, CheckConstraint)]
    same = [one for one in own if one.name is not None and str(one.name) == part.name]
    unnamed = [one for one in own if one.name is None]
    found = same or (unnamed if len(unnamed) == 1 and part.name not in {str(one.name) for one in own} else [])
    if not found:
        return sides.ddl.check_text(part.text)
    return in_words(found[0].sqltext, sides.dialect)


def _foreign_key(table: Table, part: ForeignKey, sides: Sides, options: dict[str, Any]) -> Op:
    return ops.CreateForeignKeyOp(
        _new_name(table, part, sides),
        table.name,
        part.table,
        list(part.columns),
        list(part.target),
        source_schema=sides.schema(table.schema),
        referent_schema=sides.schema(part.schema),
        **{name: value for name, value in (("onupdate", part.on_update), ("ondelete", part.on_delete)) if value},
        **({"match": part.match} if part.match else {}),
        **_timing(part),
        **options,
    )


def _has_no_name(table: Table, part: Any, sides: Sides) -> bool:
    """Tell a rule that is to have no name, where the models' naming convention would give it one."""
    kind = {"unique": "uq", "foreign_key": "fk", "check": "ck"}.get(part.KIND, "")
    return not part.name and sides.ddl.leaves_unnamed and bool(_convention(table, sides).get(kind))


def _unnamed_rule(table: Table, part: Unique | ForeignKey | Check, sides: Sides, options: dict[str, Any]) -> Op:
    if isinstance(part, Check):
        return UnnamedRuleOp(table.name, "CheckConstraint", [escaped(str(_condition(table, part, sides)))], options)
    options |= _timing(part)
    if isinstance(part, Unique):
        return UnnamedRuleOp(table.name, "UniqueConstraint", part.columns, options)
    actions = {"ondelete": part.on_delete, "onupdate": part.on_update, "match": part.match}
    options |= {name: value for name, value in actions.items() if value}
    target = [f"{part.table}.{one}" for one in part.target]
    return UnnamedRuleOp(table.name, "ForeignKeyConstraint", [list(part.columns), target], options)


def _timing(part: Any) -> dict[str, Any]:
    if not part.deferrable:
        return {}
    return {"deferrable": True, **({"initially": "DEFERRED"} if "deferred" in part.deferrable else {})}


def _index(table: Table, part: Index, sides: Sides) -> Op | None:
    """The model's own index if there is one that makes this; else one of plain columns."""
    if part.comment and not sides.ddl.part_comment(table, part):
        return None  # the comment is a part of the statement
    model = sides.models.get((table.schema, table.name))
    wanted = sides.wanted.table(table.name, table.schema)
    if model is not None and wanted is not None and part in wanted.indexes:
        own: ModelIndex | None = next((one for one in model.indexes if str(one.name) == part.name), None)
        if own is not None:
            return ops.CreateIndexOp.from_index(own)
    names = {
        column.name for side in (sides.found, sides.wanted) for column in _columns(side.table(table.name, table.schema))
    }
    plain = part.method in ("", "btree", "BTREE") and not (
        part.include or part.where or part.options or part.nulls_not_distinct
    )
    if plain and set(part.parts) <= names:
        return ops.CreateIndexOp(
            part.name, table.name, list(part.parts), schema=sides.schema(table.schema), unique=part.unique
        )
    return None


def _known_index(table: Table, part: Index, sides: Sides) -> ops.CreateIndexOp | None:
    """Return the making of an index as SQLAlchemy knows it: other packages and the app's hooks look into it."""
    place = table.schema, table.name
    sources = (sides.present.get(sides.tables_before.get(place, place)), sides.models.get(place))
    known = (one for source in sources if source is not None for one in source.indexes if str(one.name) == part.name)
    own = next(known, None)
    return None if own is None else ops.CreateIndexOp.from_index(own)


def _columns(table: Table | None) -> tuple[Any, ...]:
    return table.columns if table is not None else ()


def _new_name(table: Table, part: Any, sides: Sides) -> Any:
    """Return the name to give: none where the server keeps what the model left unnamed without one."""
    return part.name or (None if sides.ddl.leaves_unnamed else _made_up(table, part, sides))


def _made_up(table: Table, part: Any, sides: Sides) -> str:
    """Name what neither the model nor the server has named, by what it is on."""
    prefix = {"unique": "uq", "foreign_key": "fk", "check": "ck", "primary_key": "pk"}[part.KIND]
    columns = "_".join(_columns_of(part, table, sides))
    return "_".join(word for word in (prefix, table.name, columns, getattr(part, "table", "")) if word)


def _told_apart(table: Table, part: Any, sides: Sides) -> str:
    """Name what has no name; where that would be another's too, or says no column, by all that it says."""
    name = _made_up(table, part, sides)
    if not isinstance(part, Check):
        return name
    others = {one for side in _sides_of(table, sides) for one in side.checks if not one.name and one.text != part.text}
    columns = [_columns_of(one, table, sides) for one in others]
    is_shared = any(some and all(f"_{one}_".lower() in f"{name}_".lower() for one in some) for some in columns)
    return f"CHECK ({part.text})" if is_shared or not _columns_of(part, table, sides) else name


def _columns_of(part: Any, table: Table, sides: Sides) -> list[str]:
    """List the columns of a constraint; those of a CHECK are named in its text."""
    if not isinstance(part, Check):
        return list(part.columns)
    names = {column.name.lower(): column.name for side in _sides_of(table, sides) for column in side.columns}
    words = (unquoted(word) for word in scan(part.text, sides.found.kind).words if not is_literal(word))
    return list(dict.fromkeys(names[word.lower()] for word in words if word.lower() in names))


def _sides_of(table: Table, sides: Sides) -> list[Table]:
    """Return a table as it is found and as it is wanted, where it is there."""
    return [one for side in (sides.moved, sides.wanted) if (one := side.table(table.name, table.schema))]
