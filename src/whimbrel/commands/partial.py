"""A part of the models: what has to be built anew, where the snapshot file has all the rest.

The outcome has to be that of building everything. So whatever one table can do to another is looked at:
names that must differ, keys that foreign keys point to, inheritance, types in common. Where such a thing
might matter there is no part, and everything is built.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import MetaData
from sqlalchemy import Table as ModelTable

from whimbrel.backends.ddl import Ddl, ddl_for
from whimbrel.commands.models import tables_by_name
from whimbrel.scratch import Only
from whimbrel.snapshot import Key, Snapshot, Table, Whole, snapshot_of

Targets = Mapping[Key, set[tuple[str, ...]]]


@dataclass(frozen=True, slots=True)
class Part:
    """What has to be built anew.

    Attributes:
        only: What to build.
        stale: The keys of what the file does not have as it is now.
        wanted: The keys of everything that the models make.
        kept: What the file has.
        ddl: The server's statements.
        default_schema: Where an object without a schema's name is made.
    """

    only: Only
    stale: frozenset[Key]
    wanted: Sequence[Key]
    kept: Mapping[Key, Whole]
    ddl: Ddl
    default_schema: str

    def joined(self, made: Snapshot) -> Snapshot | None:
        """Put together what was made and what the file has; None if it may not be what building all gives."""
        anew = {key: made.by_key[key] for key in self.stale if key in made.by_key}
        rest = {key: self.kept[key] for key in self.wanted if key in self.kept and key not in self.stale}
        if len(anew) < len(self.stale) or not self._is_independent(anew, rest):
            return None
        schemas = {key: made.by_key[key] for key in self.wanted if key.kind == "schema" and key in made.by_key}
        everything = {**schemas, **rest, **anew}
        return snapshot_of(made.kind, made.version, everything.values(), self.default_schema)

    def _is_independent(self, anew: Mapping[Key, Whole], rest: Mapping[Key, Whole]) -> bool:
        """Tell whether the rest would be the same if it were built beside what is new."""
        if any(map(_stands_on_another, anew.values())) or _names(self.ddl, anew) & _names(self.ddl, rest):
            return False
        pointed = _targets_of(rest.values())
        return all(
            _points_alike(self.kept[key], one, pointed[key], self.ddl)
            for key, one in anew.items()
            if key in pointed and key in self.kept
        )


def part_of(
    metadatas: Sequence[MetaData],
    stale: Iterable[Key],
    wanted: Sequence[Key],
    kept: Mapping[Key, Whole],
    found: Snapshot,
) -> Part | None:
    """Find out what has to be built anew; None if that is everything.

    Args:
        metadatas: What the models say.
        stale: The keys of what the file does not have as it is now.
        wanted: The keys of everything that the models make.
        kept: What the file has.
        found: What the database is.
    """
    changed = set(stale)
    rest = [kept[key] for key in wanted if key in kept and key not in changed]
    named = tables_by_name(metadatas, found.default_schema)
    tables = {Key("table", *place): table for place, table in named.items()}
    if (
        not any(isinstance(one, Table) for one in rest)
        or any(map(_stands_on_another, kept.values()))
        or any(map(_is_query, tables.values()))
    ):
        return None
    ddl = ddl_for(found.kind, found.default_schema)
    build = {key for key in changed if key in tables} | set(_users(rest, [key for key in changed if key not in tables]))
    pointed = _pointed_at(tables, build, found.default_schema)
    if any(not _is_target(kept.get(key), columns, ddl) for key, many in pointed.items() for columns in many):
        return None
    beside = [text for key, many in pointed.items() for text in ddl.stand_in(_table(kept[key]), sorted(many))]
    only = Only(frozenset(tables[key] for key in build), tuple(beside))
    return Part(only, frozenset(changed), wanted, kept, ddl, found.default_schema)


def _key(table: ModelTable, default: str) -> Key:
    return Key("table", table.schema or default, table.name)


def _is_query(table: ModelTable) -> bool:
    """Tell a view, or a table made by a query: what they are depends on the tables that they read."""
    return getattr(table, "_creator_ddl", None) is not None


def _stands_on_another(whole: Whole) -> bool:
    return isinstance(whole, Table) and bool(whole.inherits or whole.partition_of)


def _users(rest: Iterable[Whole], used: Sequence[Key]) -> Iterator[Key]:
    """Find the tables that use a type or sequence; rather too many than too few."""
    names = [key.name for key in used]
    for one in rest if names else ():
        if isinstance(one, Table):
            texts = [text for column in one.columns for text in (column.type, column.default or "")]
            if any(name in text for name in names for text in texts):
                yield one.key


def _pointed_at(tables: Mapping[Key, ModelTable], build: set[Key], default: str) -> Targets:
    """Return the tables that stay as they are and that foreign keys of those to build point to."""
    found: dict[Key, set[tuple[str, ...]]] = defaultdict(set)
    for key in build:
        for foreign_key in tables[key].foreign_key_constraints:
            target = _key(foreign_key.referred_table, default)
            if target not in build:
                found[target].add(tuple(str(one.column.name) for one in foreign_key.elements))
    return found


def _targets_of(wholes: Iterable[Whole]) -> Targets:
    """Return what the foreign keys of tables point to; no columns are those of the primary key."""
    found: dict[Key, set[tuple[str, ...]]] = defaultdict(set)
    for one in wholes:
        for foreign_key in one.foreign_keys if isinstance(one, Table) else ():
            found[Key("table", foreign_key.schema, foreign_key.table)].add(foreign_key.target)
    return found


def _is_target(whole: Whole | None, columns: tuple[str, ...], ddl: Ddl) -> bool:
    """Tell whether every server would take a foreign key to these columns."""
    return isinstance(whole, Table) and (not columns or columns in _keys(whole, ddl))


def _keys(table: Table, ddl: Ddl) -> set[tuple[str, ...]]:
    found = {one.columns for one in table.uniques} | ({table.primary_key.columns} if table.primary_key else set())
    plain = {ddl.name(column.name): column.name for column in table.columns}
    for index in table.indexes:
        if index.unique and index.where is None and all(part in plain for part in index.parts):
            found.add(tuple(plain[part] for part in index.parts))
    return found


def _points_alike(before: Whole, after: Whole, targets: Iterable[tuple[str, ...]], ddl: Ddl) -> bool:
    """Tell whether a table is for foreign keys what it was."""
    if not isinstance(before, Table) or not isinstance(after, Table) or before.options != after.options:
        return False
    return all(_is_target(after, target, ddl) and _types(before, target) == _types(after, target) for target in targets)


def _types(table: Table, target: tuple[str, ...]) -> list[tuple[str, str, str]]:
    names = target or (table.primary_key.columns if table.primary_key else ())
    return [(one.name, one.type, one.collation) for one in table.columns if one.name in names]


def _table(whole: Whole) -> Table:
    assert isinstance(whole, Table)
    return whole


def _names(ddl: Ddl, wholes: Mapping[Key, Whole]) -> set[tuple[str, str]]:
    """Return the names that no two tables may have."""
    return {
        (one.schema, name) for one in wholes.values() if isinstance(one, Table) for name in ddl.names_apart(one) if name
    }
