"""The ground of a rehearsal: a schema made on scratch from a snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from whimbrel.backends import backend_for
from whimbrel.backends.ddl import Ddl, ddl_for
from whimbrel.snapshot import Extension, Schema, Snapshot, Table, Whole
from whimbrel.snapshot.keys import KINDS

if TYPE_CHECKING:
    from sqlalchemy import Connection

_EARLY = KINDS.index("table")


def build(connection: Connection, side: Snapshot) -> tuple[str, ...]:
    """Make a schema on an empty database, and return in words what the server refused.

    Args:
        connection: To scratch, in autocommit.
        side: What to make.
    """
    ddl = ddl_for(side.kind, side.default_schema)
    refused: list[str] = []
    for stage in _stages(side, ddl, connection):
        refused += _make(connection, stage)
    return tuple(refused)


def _stages(side: Snapshot, ddl: Ddl, connection: Connection) -> Iterator[list[tuple[str, ...]]]:
    """Yield what can be made in any order, one after the other."""
    tables = sorted(side.tables(), key=_generation)
    others = [one for one in side.objects if not isinstance(one, Table) and not _is_there(one, side)]
    early = [one for one in others if KINDS.index(one.key.kind) < _EARLY]
    late = [one for one in others if one not in early]
    yield [_settings(ddl, connection)] if _settings(ddl, connection) else []
    yield [tuple(ddl.create(one)) for one in early] + [_table(ddl, one) for one in tables]
    yield [tuple(ddl.add(one, key)) for one in tables for key in one.foreign_keys if not ddl.builds_anew]
    yield [tuple(ddl.create(one)) for one in late]
    yield [tuple(ddl.add(one, part)) for one in tables for part in (*one.triggers, *one.policies)]
    yield [options for one in tables if (options := tuple(ddl.late_options(one)))]


def _settings(ddl: Ddl, connection: Connection) -> tuple[str, ...]:
    from whimbrel.scratch.servers import kind_of

    return kind_of(connection.dialect.name).seeding()


def _is_there(one: Whole, side: Snapshot) -> bool:
    """Tell what every database has."""
    return (isinstance(one, Schema) and one.name in (side.default_schema, "public")) or (
        isinstance(one, Extension) and one.name == "plpgsql"
    )


def _generation(table: Table) -> tuple[int, str]:
    """Put partitions and heirs behind what they are parts of."""
    return (1 + table.partition_of.count(".") if table.partition_of or table.inherits else 0, table.name)


def _table(ddl: Ddl, table: Table) -> tuple[str, ...]:
    return (*ddl.create(table), *(text for index in table.indexes for text in ddl.add(table, index)))


def _make(connection: Connection, many: Sequence[tuple[str, ...]]) -> Iterable[str]:
    """Run what there is; what is refused is tried again as long as anything else succeeds."""
    left, words = list(many), dict[tuple[str, ...], str]()
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


def _run(connection: Connection, statements: tuple[str, ...]) -> str | None:
    try:
        for statement in statements:
            connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
    except DBAPIError as error:
        return backend_for(connection.dialect.name).trouble(error).words
    return None
