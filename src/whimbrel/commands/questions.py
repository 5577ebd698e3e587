"""Questions about rows: what a column that becomes NOT NULL gets, and how a value becomes one of another type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from whimbrel.backends.ddl import ddl_for
from whimbrel.commands.decisions import Decisions, Questioner
from whimbrel.compare.changes import Added, Altered, Comparison, Renamed
from whimbrel.errors import UndecidedCast, UndecidedFill
from whimbrel.snapshot import Column, Key, Snapshot

Place = tuple[str, str, str]


def fills_for(
    connection: Connection,
    found: Snapshot,
    comparison: Comparison,
    models: Mapping[tuple[str, str], Any],
    decisions: Decisions,
    questioner: Questioner,
) -> dict[Place, str]:
    """Return, for each column that has to be NOT NULL, the SQL expression for rows without a value.

    Raises:
        UndecidedFill: A column needs one, none is settled, and nobody can be asked.
    """
    fills: dict[Place, str] = {}
    renamed = {one.to.owner: one.key for one in comparison.changes if hasattr(one, "to") and not one.key.part}
    for change in comparison.changes:
        if not _needs_fill(change):
            continue
        key: Key = change.key
        place = (key.schema, key.name, key.part)
        name = _spoken(key, found)
        given = decisions.fills.get(name) or decisions.fills.get(f"{key.name}.{key.part}")
        if given is not None:
            fills[place] = given
            continue
        old = renamed.get(key.owner, Key("table", key.schema, key.name))
        empty = _rows_without(connection, found, old, key.part if isinstance(change, Altered) else None)
        if empty == 0 and isinstance(change, Altered):
            continue
        offer = _offer(models.get(key.owner), key.part, connection)
        if empty == 0 and offer is None:
            continue
        if empty == 0:
            fills[place] = str(offer)
            continue
        reply = questioner.fill(name, empty, offer)
        if reply is None:
            raise _undecided(name, empty, offer, isinstance(change, Added))
        fills[place] = reply
    return fills


def casts_for(
    connection: Connection, found: Snapshot, comparison: Comparison, decisions: Decisions, questioner: Questioner
) -> dict[Place, str]:
    """Return, for each type change, how old values become new ones, where it was told; try the others.

    Raises:
        UndecidedCast: Values that are there cannot be cast, and nothing says what they become.
    """
    casts: dict[Place, str] = {}
    ddl = ddl_for(found.kind, found.default_schema)
    for change in comparison.changes:
        if not (isinstance(change, Altered) and isinstance(change.wanted, Column) and "type" in change.aspects):
            continue
        key, old, new = change.key, change.found, change.wanted
        assert isinstance(old, Column)
        name = _spoken(key, found)
        given = decisions.casts.get(name) or decisions.casts.get(f"{key.name}.{key.part}")
        if given is not None:
            casts[key.schema, key.name, key.part] = given
            continue
        if any(isinstance(one, Added) and _type_name(one.key) in new.type for one in comparison.changes):
            continue  # a type that is not there yet cannot be tried
        at = _before(key, comparison)
        trial = ddl.trial_cast(at.schema, at.name, at.part, old.type, new.type)
        reason = _failure(connection, trial) if trial is not None and found.table(at.name, at.schema) else None
        told = [one.key.part for one in comparison.changes if one.key.name == f"{at.name}.{at.part}"]
        query = ddl.misfits(at.name, replace(old, name=at.part), new, told)
        reason = reason or _misfit(connection, found, at, query)
        if reason is None:
            continue
        reply = questioner.cast(name, old.type, new.type, reason)
        if reply is None:
            raise UndecidedCast(
                f"{name} cannot become {new.type}: {reason}",
                why=f"The server cannot turn the values of type {old.type} that are there into it. "
                "Nothing was written, and the database was not changed.",
                do=f'flask db migrate --using {name}="EXPRESSION"   (an SQL expression of the old value)',
            )
        casts[key.schema, key.name, key.part] = reply
    return casts


def _before(key: Key, comparison: Comparison) -> Key:
    """Return where a column is now, before the renames."""
    renames = [one for one in comparison.changes if isinstance(one, Renamed)]
    name = next((one.key.part for one in renames if one.to == key), key.part)
    table = next((one.key for one in renames if not one.to.part and one.to.owner == key.owner), key)
    return Key(key.kind, table.schema, table.name, name)


def _type_name(key: Key) -> str:
    return f"{key.schema}.{key.name}" if key.kind in ("enum", "domain") else "\x00"


def _needs_fill(change: Any) -> bool:
    if isinstance(change, Added) and isinstance(change.wanted, Column):
        column = change.wanted
        return not (column.nullable or column.default or column.generated or column.numbering or column.autoincrement)
    return (
        isinstance(change, Altered)
        and isinstance(change.wanted, Column)
        and "nullable" in change.aspects
        and not change.wanted.nullable
    )


def _rows_without(connection: Connection, found: Snapshot, table: Key, column: str | None) -> int:
    """Count the rows that have no value; all of them where the column is new."""
    present = found.table(table.name, table.schema)
    if present is None:
        return 0
    quote = connection.dialect.identifier_preparer.quote
    name = quote(table.name)
    if table.schema and table.schema != found.default_schema:
        name = f"{quote(table.schema)}.{name}"
    condition = f" WHERE {quote(column)} IS NULL" if column and present.column(column) else ""
    if column and not present.column(column):
        return 0
    return int(connection.execute(text(f"SELECT count(*) FROM {name}{condition}")).scalar_one())


def _offer(table: Any, column: str, connection: Connection) -> str | None:
    """Return the model's scalar default as SQL."""
    found: Any = next((one for one in table.columns if one.name == column), None) if table is not None else None
    default = found.default if found is not None else None
    if default is None or not default.is_scalar:
        return None
    processor = found.type.dialect_impl(connection.dialect).literal_processor(connection.dialect)
    return processor(default.arg) if processor is not None else repr(default.arg)


def _failure(connection: Connection, statement: str) -> str | None:
    from whimbrel.backends import backend_for

    savepoint = connection.begin_nested()
    try:
        connection.exec_driver_sql(statement).fetchall()
    except DBAPIError as error:
        return backend_for(connection.dialect.name).trouble(error).words
    finally:
        savepoint.rollback()
    return None


def _misfit(connection: Connection, found: Snapshot, at: Key, query: str | None) -> str | None:
    """Tell of values that do not fit, where the server would say so too late or change them."""
    table = found.table(at.name, at.schema)
    if query is None or table is None or table.column(at.part) is None:
        return None
    row = connection.exec_driver_sql(query).first()
    return None if row is None else f"{row[0]:,} row{'s do' if row[0] != 1 else ' does'} not fit, such as {row[1]!r}."


def _spoken(key: Key, found: Snapshot) -> str:
    schema = "" if key.schema in ("", found.default_schema) else f"{key.schema}."
    return f"{schema}{key.name}.{key.part}"


def _undecided(name: str, rows: int, offer: str | None, is_new: bool) -> UndecidedFill:
    what = f"{name} is new and NOT NULL" if is_new else f"{name} cannot become NOT NULL"
    suggestion = offer if offer is not None else "EXPRESSION"
    return UndecidedFill(
        f"{what}: {rows:,} rows have no value for it.",
        why="The server refuses it while such rows exist. Nothing was written, and the database was not changed.",
        do=f'flask db migrate --fill {name}="{suggestion}"   (an SQL expression, such as "\'\'" or "0")',
    )
