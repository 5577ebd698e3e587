"""Models with a part changed, and what a part was before the edits."""

from dataclasses import replace
from typing import Any

from tests.drawn.models import Col, Enumeration, Fk, Index, Models, Pair, Tab


def labels_kept(pair: Pair, name: str) -> list[tuple[str, str]]:
    """List the labels of before that are there after, under what name."""
    before, after = pair.before.enum(name), pair.after.enum(name)
    names = {old: new for enum, old, new in pair.values if enum == name}
    return [(one, names.get(one, one)) for one in before.labels if names.get(one, one) in after.labels]


def kept_labels(pair: Pair, name: str) -> list[tuple[str, str]]:
    """List the labels that rows may have on both sides."""
    sides = [any(one.name == name for one in side.enums) for side in (pair.before, pair.after)]
    if sides[0] and sides[1]:
        return labels_kept(pair, name)
    return [(one, one) for one in (pair.before if sides[0] else pair.after).enum(name).labels]


def with_enum(models: Models, old: Enumeration, new: Enumeration, names: dict[str, str]) -> Models:
    """Exchange an enumeration; a default that is gone goes."""
    tables = []
    for table in models.tables:
        columns = tuple(
            replace(one, default=default_in(names.get(one.default, one.default), new))
            if one.kind == f"enum {old.name}" else one
            for one in table.columns
        )  # fmt: skip
        tables.append(replace(table, columns=columns))
    enums = tuple(new if one.name == old.name else one for one in models.enums)
    return replace(models, tables=tuple(tables), enums=enums)


def default_in(default: Any, enum: Enumeration) -> Any:
    return default if default in enum.labels else None


def table_before(pair: Pair, table: Tab) -> Tab | None:
    """Return what a table was before; None for a new one."""
    names = {new: old for old, new in pair.renames if "." not in old}
    name = names.get(table.name, table.name)
    return next((one for one in pair.before.tables if one.name == name), None)


def new_table(pair: Pair, name: str) -> str | None:
    """Return a table's new name if it is one, so that it is not renamed twice."""
    return name if name in {new for old, new in pair.renames if "." not in old} else None


def column_before(pair: Pair, table: Tab, name: str) -> Col | None:
    """Return what a column was before; None for a new one."""
    old = table_before(pair, table)
    if old is None:
        return None
    names = {new: former.split(".", 1)[1] for former, new in pair.renames if "." in former}
    former = names.get(f"{table.name}.{name}", name)
    if former == name and any(one == f"{old.name}.{name}" for one, _ in pair.renames):
        return None  # what had the name has another one now
    return next((one for one in old.columns if one.name == former), None)


def needs_values(pair: Pair, table: Tab, was: Col) -> bool:
    """Tell whether rows could not do without the values that a column had, should it come back."""
    before = table_before(pair, table)
    assert before is not None
    unique = [one for one in before.indexes if one.unique]
    names = {name for of in (*before.uniques, *before.fks) for name in of.columns} | set(before.key)
    names |= {name for one in unique for name, _ in one.parts}
    return was.name in names and (not was.nullable or was.default is not None or was.name in before.key)


def with_changed(table: Tab, old: Col, new: Col) -> Tab:
    return replace(table, columns=tuple(new if one.name == old.name else one for one in table.columns))


def exchanged(table: Tab, rule: Any, new: Any) -> Tab:
    def put(some: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(new if one is rule else one for one in some)

    return replace(
        table, uniques=put(table.uniques), checks=put(table.checks), indexes=put(table.indexes), fks=put(table.fks)
    )


def without(table: Tab, *rules: Any) -> Tab:
    def left(some: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(one for one in some if all(one is not rule for rule in rules))

    return replace(
        table, uniques=left(table.uniques), checks=left(table.checks), indexes=left(table.indexes), fks=left(table.fks)
    )


def without_column(table: Tab, name: str) -> Tab:
    used = [of for of, column in table.used() if column == name]
    columns = tuple(one for one in table.columns if one.name != name and not (one.computed and one.computed[1] == name))
    gone = {one.name for one in table.columns} - {one.name for one in columns} - {name}
    for each in gone:
        used += [of for of, column in table.used() if column == each]
    return replace(without(table, *used), columns=columns)


def with_column_renamed(models: Models, table: Tab, old: str, new: str) -> Models:
    def name(one: str) -> str:
        return new if one == old else one

    def names(some: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(name, some))

    def index(one: Index) -> Index:
        where = (one.where[0], name(one.where[1])) if one.where else None
        options = tuple(
            (
                word,
                {name(column): length for column, length in said.items()}
                if isinstance(said, dict) and word == "mysql_length"
                else said,
            )
            for word, said in one.options
        )
        return replace(one, parts=tuple((name(column), how) for column, how in one.parts), where=where, options=options)

    def column(one: Col) -> Col:
        computed = (one.computed[0], name(one.computed[1])) if one.computed else None
        return replace(one, name=name(one.name), computed=computed)

    changed = replace(
        table,
        columns=tuple(map(column, table.columns)),
        key=names(table.key),
        uniques=tuple(replace(one, columns=names(one.columns)) for one in table.uniques),
        checks=tuple(replace(one, column=name(one.column)) for one in table.checks),
        indexes=tuple(map(index, table.indexes)),
        fks=tuple(replace(one, columns=names(one.columns)) for one in table.fks),
    )

    def pointed(fk: Fk) -> Fk:
        return replace(fk, target=names(fk.target)) if fk.table == table.name else fk

    after = models.with_table(changed)
    tables = tuple(replace(one, fks=tuple(map(pointed, one.fks))) for one in after.tables)
    return replace(after, tables=tables)
