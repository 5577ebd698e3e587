"""Snapshots in the form that the search for renames takes, and what it decides in the form that comparing takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from whimbrel import compare as comparing
from whimbrel.commands.names import Names
from whimbrel.compare import renames as search
from whimbrel.compare.answers import ColumnRename, TableRename, ValueRename
from whimbrel.compare.renames import Candidate, Side
from whimbrel.snapshot import ForeignKey, Index, PrimaryKey, Table
from whimbrel.tokens import unquoted

_RULES = {
    "primary_key": "primary key",
    "foreign_key": "foreign key",
    "unique": "unique",
    "check": "check",
    "exclusion": "exclusion",
    "index": "index",
}


def side_of(names: Names) -> Side:
    """Return one side; partitions go with their table and are left out."""
    tables = tuple(_table(names, key, one) for key, one in names.tables.items() if not one.partition_of)
    return Side(tables, tuple(search.Enum(name, one.labels) for name, one in names.enums.items()))


def as_answers(decided: Iterable[Candidate], old: Names, new: Names) -> comparing.Answers:
    """Return what was decided, by the snapshots' keys; a column that goes makes room for one that gets its name."""
    tables: list[TableRename] = []
    columns: list[ColumnRename] = []
    inside: dict[tuple[str, str], dict[str, str]] = {}
    values: list[ValueRename] = []
    for one in decided:
        before, after = one.pair.old, one.pair.new
        if one.pair.kind == "table":
            tables.append(TableRename(old.tables[before.name].key, new.tables[after.name].key))
        elif one.pair.kind == "column":
            columns.append(ColumnRename(new.tables[after.owner].key, before.name, after.name))
            inside.setdefault((before.owner, after.owner), {})[before.name] = after.name
        elif one.pair.kind == "value":
            values.append(ValueRename(old.enums[before.owner].key, before.name, after.name))
    for (before_, after_), pairs in inside.items():
        columns += _making_room(old.tables[before_], new.tables[after_], pairs)
    return comparing.Answers(tuple(tables), tuple(columns), tuple(values))


def _making_room(old: Table, new: Table, pairs: Mapping[str, str]) -> Iterator[ColumnRename]:
    """Rename the columns that stand where another one is to be; under those names they are dropped."""
    present = {column.name for column in old.columns}
    taken = present | {column.name for column in new.columns}
    for name in sorted((present & set(pairs.values())) - pairs.keys()):
        aside = next(one for count in range(len(taken) + 1) if (one := f"{name}_old{count or ''}") not in taken)
        yield ColumnRename(new.key, name, aside)


def _table(names: Names, key: str, table: Table) -> search.Table:
    columns = tuple(
        search.Column(one.name, one.type, one.nullable, one.default, one.comment) for one in table.columns_in_order()
    )
    rules = tuple(_rule(names, part) for part in table.parts() if part.KIND in _RULES)
    schema = key.removesuffix(table.name).removesuffix(".")
    return search.Table(table.name, columns, rules, schema)


def _rule(names: Names, part: Any) -> search.Rule:
    kind: Any = _RULES[part.KIND]
    if isinstance(part, ForeignKey):
        options = " ".join(word for word in (part.on_update, part.on_delete, part.deferrable) if word)
        target = names.of(part.schema, part.table)
        return search.Rule(kind, part.name, part.columns, target, part.target, "", options)
    if isinstance(part, Index):
        text = f"{part.method} {' '.join(part.include)} {part.where or ''}"
        columns = tuple(unquoted(one) for one in part.parts)
        return search.Rule(kind, part.name, columns, text=text, options="unique" if part.unique else "")
    if isinstance(part, PrimaryKey):
        return search.Rule(kind, part.name, part.columns)
    return search.Rule(kind, part.name, getattr(part, "columns", ()), text=getattr(part, "text", ""))
