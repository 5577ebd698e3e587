"""Tables that appear and vanish, and what is a table's own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from alembic.operations import ops
from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint
from sqlalchemy import Table as ModelTable
from sqlalchemy.sql.ddl import sort_tables_and_constraints
from sqlalchemy.sql.elements import conv

from whimbrel.errors import CannotChange
from whimbrel.operations import beyond, parts
from whimbrel.operations.numbered import check_names
from whimbrel.operations.sides import Sides
from whimbrel.operations.spatial import scripted_type
from whimbrel.operations.step import Phase, Step, TableKeywordsOp, plain_text, sql
from whimbrel.snapshot import Snapshot, Table


def added(changes: list[Any], sides: Sides) -> Iterator[Step]:
    """Make new tables, those that others refer to first; foreign keys in a circle come after all of them."""
    wanted: dict[tuple[str, str], Table] = {(one.wanted.schema, one.wanted.name): one.wanted for one in changes}
    models = {name: sides.models[name] for name in wanted if name in sides.models and not wanted[name].partition_of}
    for place, (table, inline, late) in enumerate(_in_order(list(models.values()), sides.moved, sides)):
        fact = wanted[table.schema or sides.found.default_schema, table.name]
        made = (*_create(table, inline, fact, sides), *sql(sides.ddl.late_options(fact)))
        yield Step(Phase.CREATE_TABLE, (place,), made, (*_drop_indexes(table, sides), _drop(table)))
        yield from beyond.steps(table, fact, sides)
        for key in late:
            yield _late_key(key, table, sides)
    for place, (name, fact) in enumerate(sorted(wanted.items())):
        if name not in models:
            made = sql(
                [*sides.ddl.create(fact), *(text for index in fact.indexes for text in sides.ddl.add(fact, index))]
            )
            yield Step(
                Phase.CREATE_TABLE, (len(models), bool(fact.partition_of), place), made, sql(sides.ddl.drop(fact))
            )
            yield from _extras(fact, sides)
            for part in _later_keys(fact, sides):
                yield from parts.add_part(fact, part, sides)


def removed(changes: list[Any], sides: Sides) -> Iterator[Step]:
    """Drop tables, those that refer to others first."""
    gone: dict[tuple[str, str], Table] = {(one.found.schema, one.found.name): one.found for one in changes}
    plain = {name: sides.present[name] for name, fact in gone.items() if name in sides.present and _is_plain(fact)}
    ordered = _in_order(list(plain.values()), sides.wanted, sides)
    for place, (table, inline, late) in enumerate(reversed(ordered)):
        fact = gone[table.schema or sides.found.default_schema, table.name]
        yield Step(Phase.DROP_TABLE, (place,), (_drop(table),), _create_again(table, fact, inline, sides))
        yield from (_reversed(step) for step in _extras(fact, sides))
        for key in late:
            yield _reversed(_late_key(key, table, sides))
    for place, (name, fact) in enumerate(sorted(gone.items())):
        if name not in plain:
            made = sql(
                [*sides.ddl.create(fact), *(text for index in fact.indexes for text in sides.ddl.add(fact, index))]
            )
            order = (-1, not fact.partition_of, place)
            yield Step(Phase.DROP_TABLE, order, sql(sides.ddl.drop(fact)), made)
            yield from (_reversed(step) for step in _extras(fact, sides))
            for part in _later_keys(fact, sides):
                yield from (_reversed(step) for step in parts.add_part(fact, part, sides))


def _later_keys(fact: Table, sides: Sides) -> tuple[Any, ...]:
    """Return the foreign keys that a table is not made with."""
    return () if sides.ddl.builds_anew else fact.foreign_keys


def altered(change: Any, sides: Sides) -> Iterator[Step]:
    """Change what is a table's own: comment, options, partitioning."""
    found, wanted, aspects = change.found, change.wanted, change.aspects
    schema = sides.schema(wanted.schema)
    if "comment" in aspects:
        yield Step(
            Phase.TABLE_OPTION,
            (wanted.name, 0),
            (_comment(wanted.name, wanted.comment, found.comment, schema),),
            (_comment(wanted.name, found.comment, wanted.comment, schema),),
        )
    rest = tuple(one for one in aspects if one != "comment")
    anew = sides.ddl.table_keywords(found, wanted) if rest == ("options",) else None
    if anew is not None:
        there, here = TableKeywordsOp(wanted.name, anew), {name: not value for name, value in anew.items()}
        # A strict table takes few types: it is none any more before its columns change, and becomes one after.
        is_freed = "strict" in set(found.options) - set(wanted.options)
        phase = Phase.RENAME_RULE if is_freed else Phase.TABLE_OPTION
        yield Step(phase, (wanted.name, 1), (there,), (TableKeywordsOp(wanted.name, here),))
    elif rest:
        forward, back = sides.ddl.alter(found, wanted, rest), sides.ddl.alter(wanted, found, rest)
        if forward is None or back is None:
            raise CannotChange(
                f"The table {wanted.name} cannot be changed in place: {', '.join(rest)}.",
                why="The server has no statement for it; the rows would have to move into a new table. "
                "Nothing was written.",
                do="make the new table under another name, copy the rows, and drop the old one: flask db revision",
            )
        yield Step(Phase.TABLE_OPTION, (wanted.name, 1), sql(forward), sql(back))


def _in_order(tables: list[ModelTable], there: Snapshot, sides: Sides) -> list[tuple[ModelTable, set[Any], list[Any]]]:
    """Sort tables by their foreign keys; return with each those to make with it and those to make later.

    Args:
        tables: Those that are made.
        there: The side that has the keys of the other tables as they are while tables are made.
        sides: Both sides.
    """
    ordered = list(sort_tables_and_constraints(tables))  # type: ignore[no-untyped-call]
    late = {id(key) for table, keys in ordered if table is None for key in keys}
    late |= {id(key) for one in tables for key in one.foreign_key_constraints if _waits(key, there, sides)}
    return [
        (
            table,
            {key for key in keys if id(key) not in late},
            [key for key in table.foreign_key_constraints if id(key) in late or key.use_alter],
        )
        for table, keys in ordered
        if table is not None
    ]


def _waits(key: ForeignKeyConstraint, there: Snapshot, sides: Sides) -> bool:
    """Tell a foreign key to a table that stays, whose own key is only made later."""
    first = key.elements[0].target_fullname.rpartition(".")[0]
    schema, _, name = first.rpartition(".")
    target = there.table(name, schema or sides.found.default_schema)
    if target is None or sides.ddl.builds_anew:
        return False
    names = {element.target_fullname.rpartition(".")[2] for element in key.elements}
    # What is not the same on both sides is dropped before, and made after tables are.
    both = (side.table(name, target.schema) for side in (sides.moved, sides.wanted))
    keys = set.intersection(*(set(_unique_on(one)) for one in both if one is not None))
    return not any(set(columns) == names for _, columns in keys)


def _unique_on(table: Table) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Go over what foreign keys may point to, as kinds and columns."""
    if table.primary_key is not None:
        yield "primary key", table.primary_key.columns
    yield from (("unique", one.columns) for one in table.uniques)
    yield from (("index", one.parts) for one in table.indexes if one.unique)


def _create(table: ModelTable, inline: set[Any], fact: Table, sides: Sides) -> tuple[Any, ...]:
    op = ops.CreateTableOp.from_table(table)
    named = check_names(table, fact, sides)
    op.columns = [
        named[one] if one in named else _plain(one, fact)
        for one in op.columns
        if not isinstance(one, ForeignKeyConstraint) or (one in inline and not one.use_alter)
    ]
    return (op, *(ops.CreateIndexOp.from_index(index) for index in _indexes(table, sides)))


def _indexes(table: ModelTable, sides: Sides) -> list[Any]:
    return sorted((one for one in table.indexes if id(one) not in sides.left_out), key=lambda one: str(one.name))


def _drop_indexes(table: ModelTable, sides: Sides) -> list[Any]:
    """Drop the indexes of a table before it, as Alembic does; MariaDB refuses where a foreign key stands on one."""
    if sides.ddl.joins_keys:
        return []
    return [ops.DropIndexOp.from_index(index) for index in reversed(_indexes(table, sides))]


def _create_again(table: ModelTable, fact: Table, inline: set[Any], sides: Sides) -> tuple[Any, ...]:
    """Make a dropped table; its indexes are made from the snapshot: reflection leaves out the order of a column."""
    for rule in table.constraints:
        if rule.name is not None and sides.has_conventions:
            rule.name = conv(str(rule.name))  # no convention is to make another name of it
    for check in fact.checks:
        text = sides.ddl.check_text(check.text)
        for rule in table.constraints if text != check.text else ():
            if isinstance(rule, CheckConstraint) and rule.name == check.name:
                rule.sqltext = plain_text(text)
    op, *_ = _create(table, inline, fact, sides)
    return (op, *(one for index in fact.indexes for step in parts.add_part(fact, index, sides) for one in step.ops))


def _plain(item: Any, fact: Table) -> Any:
    """Return a column as it is to stand in a script, everything else as it is."""
    kind = scripted_type(item, fact) if isinstance(item, Column) else None
    if kind is None or kind is item.type:
        return item
    made = item._copy()
    made.type = kind
    return made


def _drop(table: ModelTable) -> Any:
    return ops.DropTableOp.from_table(table)


def _late_key(key: Any, table: ModelTable, sides: Sides) -> Step:
    fact = sides.wanted.table(table.name, table.schema) or sides.found.table(table.name, table.schema)
    columns = tuple(column.name for column in key.columns)
    known = [one for one in (fact.foreign_keys if fact else ()) if one.columns == columns]
    assert fact is not None
    step = next(parts.add_part(fact, known[0], sides))
    for op in step.ops:
        if key.name is None and isinstance(op, ops.CreateForeignKeyOp):
            op.constraint_name = None  # so that the server names it, and its index, as in create_all()
    return step


def _extras(fact: Table, sides: Sides) -> Iterator[Step]:
    """What SQLAlchemy's table does not hold: triggers and policies."""
    for part in (*fact.triggers, *fact.policies):
        yield from parts.add_part(fact, part, sides)


# What reflection leaves out of a constraint.
_STATES = {"not valid", "no inherit", "not enforced"}
_OPPOSITE = {
    Phase.CREATE_TRIGGER: Phase.DROP_TRIGGER,
    Phase.CREATE_FOREIGN_KEY: Phase.DROP_FOREIGN_KEY,
    Phase.CREATE_RULE: Phase.DROP_RULE,
}


def _reversed(step: Step) -> Step:
    return Step(_OPPOSITE.get(step.phase, step.phase), step.order, step.back, step.ops, step.table)


def _is_plain(fact: Table) -> bool:
    """Tell whether SQLAlchemy's reflection holds all of a table."""
    rules: list[Any] = [*fact.checks, *fact.foreign_keys]
    return not (
        fact.exclusions
        or fact.partition_by
        or fact.partition_of
        or fact.partitions
        or fact.inherits
        or fact.options
        or any(one.deferrable or one.nulls_not_distinct or one.include or one.options for one in fact.uniques)
        or (fact.primary_key is not None and fact.primary_key.options)
        or any(one.options or one.identity for one in fact.columns)
        or any(set(one.options) & _STATES for one in rules)
    )


def _comment(name: str, comment: str | None, existing: str | None, schema: str | None) -> Any:
    if comment is None:
        return ops.DropTableCommentOp(name, schema=schema, existing_comment=existing)
    return ops.CreateTableCommentOp(name, comment, schema=schema, existing_comment=existing)
