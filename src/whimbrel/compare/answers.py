"""Renames that somebody decided, and the found side as it will be after them."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from whimbrel.backends.reflect import likeness_of
from whimbrel.snapshot import Enum, ForeignKey, Index, Key, Sequence, Snapshot, Table, Whole, snapshot_of
from whimbrel.snapshot.tables import in_order
from whimbrel.tokens import replaced, scan, unquoted

Texts = Callable[[str], str]
_MEASURED = re.compile(r"`?([^`(]+)`?(\(\d+\)(?: DESC)?)")


@dataclass(frozen=True, slots=True)
class TableRename:
    """A table under a new name, or in another schema."""

    old: Key
    new: Key


@dataclass(frozen=True, slots=True)
class ColumnRename:
    """A column under a new name; `table` is the table's key on the wanted side."""

    table: Key
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class ValueRename:
    """A label of an enumeration type under a new name; one that is a column's own is named `table.column`."""

    enum: Key
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Answers:
    """What was decided; all columns of one table are renamed at the same time, so a swap can be said."""

    tables: tuple[TableRename, ...] = ()
    columns: tuple[ColumnRename, ...] = ()
    values: tuple[ValueRename, ...] = ()


def renamed(found: Snapshot, answers: Answers) -> Snapshot:
    """Make the found side as the renames will leave it.

    What the server itself rewrites on a rename is rewritten: keys, CHECK texts, index expressions,
    generated columns, policies. The texts of views, routines and triggers are left, so that they
    are made again rather than believed to be right; only the table that a trigger is on is told.
    """
    tables = {(pair.old.schema, pair.old.name): pair.new for pair in answers.tables}
    columns: dict[tuple[str, str], dict[str, str]] = {}
    for each in answers.columns:
        columns.setdefault(each.table.owner, {})[each.old] = each.new
    objects = [_renamed_object(whole, found.kind, tables, columns) for whole in found.objects]
    for value in answers.values:
        objects = [_with_value(whole, found.kind, value) for whole in objects]
    return snapshot_of(found.kind, found.version, objects, found.default_schema, found.notes)


def _renamed_object(
    whole: Whole,
    kind: str,
    tables: dict[tuple[str, str], Key],
    columns: dict[tuple[str, str], dict[str, str]],
) -> Whole:
    if isinstance(whole, Sequence) and whole.owned_by:
        for (schema, name), new in tables.items():
            if whole.owned_by.startswith(f"{schema}.{name}."):
                column = whole.owned_by.rpartition(".")[2]
                whole = replace(whole, owned_by=f"{new.schema}.{new.name}.{column}")
    if not isinstance(whole, Table):
        return whole
    table = _in_new_place(whole, kind, tables)
    pairs = columns.get((table.schema, table.name), {})
    if pairs:
        table = _with_columns(table, kind, pairs)
    targets = [_with_target(fk, columns) for fk in table.foreign_keys]
    return replace(table, foreign_keys=in_order(targets)) if targets != list(table.foreign_keys) else table


def _in_new_place(table: Table, kind: str, tables: dict[tuple[str, str], Key]) -> Table:
    if not tables:
        return table
    new = tables.get((table.schema, table.name))
    keys = tuple(
        replace(fk, schema=tables[fk.schema, fk.table].schema, table=tables[fk.schema, fk.table].name)
        if (fk.schema, fk.table) in tables
        else fk
        for fk in table.foreign_keys
    )
    parents = {f"{schema}.{name}": f"{new.schema}.{new.name}" for (schema, name), new in tables.items()}
    parent, _, bound = table.partition_of.partition(" ")
    changed = replace(
        table,
        foreign_keys=keys,
        partition_of=f"{parents.get(parent, parent)} {bound}" if parent else "",
        inherits=tuple(parents.get(each, each) for each in table.inherits),
    )
    if new is None:
        return changed
    triggers = [
        replace(trigger, text=_on_table(trigger.text, kind, table, new)) if table.schema else trigger
        for trigger in table.triggers
    ]
    follow = likeness_of(kind).follow
    return replace(
        changed,
        schema=new.schema,
        name=new.name,
        triggers=in_order(triggers),
        foreign_keys=in_order(_following(part, follow, table.name, new.name) for part in keys),
        checks=in_order(_following(part, follow, table.name, new.name) for part in table.checks),
    )


def _following(part: Any, follow: Callable[[str, str, str], str], old: str, new: str) -> Any:
    return replace(part, name=follow(part.name, old, new))


def _on_table(text: str, kind: str, old: Table, new: Key) -> str:
    """Put the new name behind the ON of a trigger's text."""
    words = scan(text, kind)
    for at in range(len(words.words) - 3):
        on, schema, dot, name = words.words[at : at + 4]
        if on.upper() == "ON" and dot == "." and (unquoted(schema), unquoted(name)) == (old.schema, old.name):
            quoted = likeness_of(kind).quoted
            place = f"{quoted(new.schema)}.{quoted(new.name)}"
            return f"{text[: words.starts[at + 1]]}{place}{text[words.ends[at + 3] :]}"
    return text


def _with_columns(table: Table, kind: str, pairs: dict[str, str]) -> Table:
    """Rename columns, all at once."""
    written = {old: likeness_of(kind).quoted(new) for old, new in pairs.items()}

    def names(old: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(pairs.get(name) or measured(name) for name in old)

    def measured(part: str) -> str:
        """Rename in MySQL's `name(10)`, which is no call."""
        match = _MEASURED.fullmatch(part)
        return f"{written[match[1]]}{match[2]}" if match and match[1] in written else part

    def text(old: str) -> str:
        return replaced(old, kind, written)

    def maybe(old: str | None) -> str | None:
        return None if old is None else text(old)

    def columns_of(part: Any) -> Any:
        if part.KIND == "primary_key" and likeness_of(kind).writes_keys:
            return replace(part, columns=tuple(text(measured(one)) for one in part.columns))
        return replace(part, columns=names(part.columns))

    columns = [
        replace(
            column,
            name=pairs.get(column.name, column.name),
            generated=maybe(column.generated),
            options=tuple(text(one) if one.startswith("check ") else one for one in column.options),
        )
        for column in table.columns
    ]
    return replace(
        table,
        columns=in_order(columns),
        primary_key=None if table.primary_key is None else columns_of(table.primary_key),
        uniques=in_order(columns_of(part) for part in table.uniques),
        foreign_keys=in_order(columns_of(part) for part in table.foreign_keys),
        checks=in_order(replace(part, text=text(part.text)) for part in table.checks),
        exclusions=in_order(replace(part, text=text(part.text)) for part in table.exclusions),
        indexes=in_order(_index_with(part, names, lambda part: text(measured(part))) for part in table.indexes),
        policies=in_order(replace(part, using=maybe(part.using), check=maybe(part.check)) for part in table.policies),
        partition_by=text(table.partition_by),
    )


def _index_with(index: Index, names: Callable[[tuple[str, ...]], tuple[str, ...]], text: Texts) -> Index:
    where = None if index.where is None else text(index.where)
    return replace(index, parts=tuple(text(part) for part in index.parts), include=names(index.include), where=where)


def _with_target(fk: ForeignKey, columns: dict[tuple[str, str], dict[str, str]]) -> ForeignKey:
    pairs = columns.get((fk.schema, fk.table))
    return replace(fk, target=tuple(pairs.get(name, name) for name in fk.target)) if pairs else fk


def _with_value(whole: Whole, kind: str, value: ValueRename) -> Whole:
    if isinstance(whole, Enum) and whole.key == value.enum:
        return replace(whole, labels=tuple(value.new if each == value.old else each for each in whole.labels))
    if not isinstance(whole, Table):
        return whole
    columns = [
        _with_own_value(column, kind, value)
        if value.enum.name == f"{whole.name}.{column.name}"
        else _with_literal(column, "default", kind, value)
        for column in whole.columns
    ]
    checks = [_with_literal(check, "text", kind, value) for check in whole.checks]
    indexes = [_with_literal(index, "where", kind, value) for index in whole.indexes]
    return replace(whole, columns=tuple(columns), checks=tuple(checks), indexes=tuple(indexes))


def _with_own_value(column: Any, kind: str, value: ValueRename) -> Any:
    """Rename a value of an enumeration that is the column's own type, `enum('red','green')`."""
    old, new = (f"'{label.replace(chr(39), chr(39) * 2)}'" for label in (value.old, value.new))
    words = scan(column.type, kind).words
    if old not in words:
        return column  # it holds text
    type_ = "".join(new if word == old else word for word in words)
    return replace(column, type=type_, default=new if column.default == old else column.default)


def _with_literal(part: Any, field: str, kind: str, value: ValueRename) -> Any:
    """Put the new label where the old one stands with its type, `'green'::public.color`."""
    text = getattr(part, field)
    if text is None or value.enum.name not in text:
        return part
    words = scan(text, kind)
    old, new = (f"'{label.replace(chr(39), chr(39) * 2)}'" for label in (value.old, value.new))
    cast = ["::", value.enum.schema, ".", value.enum.name]
    out, last = [], 0
    for at, word in enumerate(words.words):
        type_ = [unquoted(each) for each in words.words[at + 1 : at + 5]]
        if word == old and type_[: len(cast)] == cast:
            out += [text[last : words.starts[at]], new]
            last = words.ends[at]
    return replace(part, **{field: "".join([*out, text[last:]])}) if out else part
