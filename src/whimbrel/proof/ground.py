"""The ground of a rehearsal: a schema made on scratch from a snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from whimbrel.backends import backend_for
from whimbrel.backends.ddl import Ddl, ddl_for
from whimbrel.backends.rows import rows_for
from whimbrel.scratch.servers import kind_of
from whimbrel.snapshot import Extension, Part, Schema, Snapshot, Table, Whole
from whimbrel.snapshot.keys import KINDS

if TYPE_CHECKING:
    from sqlalchemy import Connection

Texts = tuple[str, ...]
_EARLY = KINDS.index("table")


def build(connection: Connection, side: Snapshot) -> tuple[str, ...]:
    """Make a schema on an empty database, and return in words what the server refused.

    Args:
        connection: To scratch, in autocommit.
        side: What to make.
    """
    ddl = ddl_for(side.kind, side.default_schema)
    begin = (*kind_of(connection.dialect.name).seeding(), *rows_for(side.kind, side.default_schema).begin())
    refused = list(_make(connection, [begin])) if begin else []
    for stage in _stages(side, ddl):
        refused += _make(connection, stage)
    return tuple(refused)


def _stages(side: Snapshot, ddl: Ddl) -> Iterator[list[Texts]]:
    """Yield what can be made in any order, one after the other."""
    tables = sorted(side.tables(), key=_generation)
    others = [one for one in side.objects if not isinstance(one, Table) and not _is_there(one, side)]
    early = [one for one in others if KINDS.index(one.key.kind) < _EARLY]
    yield [tuple(ddl.create(one)) for one in early] + [tuple(ddl.create(one)) for one in tables]
    yield [texts for one in tables for texts in _keys(ddl, one)]
    yield [tuple(ddl.create(one)) for one in others if one not in early]
    for one in tables:
        late: tuple[Part, ...] = (*one.triggers, *one.policies)
        yield [tuple(ddl.add(one, part)) for part in late]
    yield [options for one in tables if (options := tuple(ddl.late_options(one)))]


def _keys(ddl: Ddl, table: Table) -> Iterator[Texts]:
    """Yield what adds the indexes and foreign keys, in one statement where the server builds the table for each."""
    keys: tuple[Part, ...] = () if ddl.builds_anew else table.foreign_keys
    plain = [one for one in table.indexes if one.method in ("", "btree")]
    if not ddl.joins_keys or len(plain) + len(keys) < 2:
        parts: tuple[Part, ...] = (*table.indexes, *keys)
        yield from (tuple(ddl.add(table, part)) for part in parts)
        return
    yield tuple(ddl.change_keys(table, table, (), (*plain, *keys)))
    yield from (tuple(ddl.add(table, one)) for one in table.indexes if one not in plain)


def _is_there(one: Whole, side: Snapshot) -> bool:
    """Tell what every database has."""
    return (isinstance(one, Schema) and one.name in (side.default_schema, "public")) or (
        isinstance(one, Extension) and one.name == "plpgsql"
    )


def _generation(table: Table) -> tuple[int, str]:
    """Put partitions and heirs behind what they are parts of."""
    return (1 + table.partition_of.count(".") if table.partition_of or table.inherits else 0, table.name)


def _make(connection: Connection, many: Sequence[Texts]) -> Iterable[str]:
    """Run what there is; what is refused is tried again as long as anything else succeeds."""
    left, words = list(many), dict[Texts, str]()
    while left:
        failed = []
        for statements in left:
            error = _run(connection, statements)
            if error is not None:
                failed.append(statements)
                words[statements] = error
        if len(failed) == len(left):
            break
        left = failed
    return [words[one] for one in left]


def _run(connection: Connection, statements: Texts) -> str | None:
    try:
        for statement in statements:
            connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
    except DBAPIError as error:
        return backend_for(connection.dialect.name).trouble(error).words
    return None
