"""Puts rows into the tables of a scratch database; what the server refuses is left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

from whimbrel.backends.rows import Row, Rows
from whimbrel.proof.contents import contents
from whimbrel.proof.rows import SPARE, Chosen
from whimbrel.proof.rules import rules_of
from whimbrel.snapshot import ForeignKey, Key, Snapshot

if TYPE_CHECKING:
    from sqlalchemy import Connection


def fill(
    connection: Connection, rows: Rows, side: Snapshot, chosen: Sequence[Chosen], seeds: Sequence[str] = ()
) -> int:
    """Put rows into tables, and return how many went in.

    Args:
        connection: To scratch, in autocommit.
        rows: How rows are written.
        side: The schema.
        chosen: The rows, in the order in which they go in.
        seeds: Statements that put in what a script looks up; they come first.
    """
    for statement in rows.begin():
        _run(connection, statement)
    late = [(one, key) for one in chosen for key in one.late]
    aside = [(one, key) for one, key in late if rows.keys_hold_rows and not _is_new(one, key)]
    for one, key in aside:
        for statement in rows.ddl.drop_part(one.rules.table, key):
            _run(connection, statement)
    for statement in seeds:
        _run(connection, statement)
    count = sum(_into(connection, rows, one) for one in chosen)
    _clean(connection, rows, chosen)
    for one, key in aside:
        for statement in rows.ddl.add(one.rules.table, key):
            _run(connection, statement)
    rows.move(connection, side, 7)
    return count


def seeds_of(given: Any, rows: Rows, side: Snapshot) -> tuple[str, ...]:
    """Return the statements for what ``seed`` says in a script: SQL texts, or rows by the names of tables."""
    if isinstance(given, str):
        return (given,)
    if not isinstance(given, Mapping):
        return tuple(str(one) for one in given or ())
    out = []
    for name, many in given.items():
        table = side.table(name)
        for row in many if table is not None else ():
            values = {str(key): None if value is None else str(value) for key, value in row.items()}
            assert table is not None
            out.append(rows.bulk(table, list(values), [values]))
    return tuple(out)


def standing(connection: Connection, rows: Rows, side: Snapshot) -> dict[Key, str]:
    """Return the statements that put in again the rows that are there, by their tables."""
    there = contents(connection, side)
    out = {}
    for one in rules_of(side, rows.holds):
        held = there.tables[one.table.key]
        if held.lines:
            lines = [dict(zip(held.columns, line, strict=True)) for line in held.lines]
            out[one.table.key] = rows.bulk(one.table, held.columns, lines)
    return out


def _into(connection: Connection, rows: Rows, chosen: Chosen) -> int:
    """Fill a table: at once where nothing can be wrong with its rows, else one by one until there are enough."""
    table, columns, offered = chosen.rules.table, chosen.columns, chosen.rows
    if not offered or not columns:
        return 0
    if not chosen.rules.doubtful:
        with suppress(DBAPIError):
            _run(connection, rows.bulk(table, columns, offered))
            return _kept(connection, rows, chosen, offered)
    wanted = -(-len(offered) // SPARE) if chosen.rules.doubtful else len(offered)
    taken: list[Row] = []
    for row in offered:
        if len(taken) < wanted:
            with suppress(DBAPIError):
                _run(connection, rows.bulk(table, columns, [row]))
                taken.append(row)
    return _kept(connection, rows, chosen, taken)


def _kept(connection: Connection, rows: Rows, chosen: Chosen, taken: Sequence[Row]) -> int:
    """Take out again what a rule to come would refuse, and note what is there."""
    chosen.rows[:] = [dict(one) for one in taken]
    bounds = [rows.within(*chosen.rules.parted)] if chosen.rules.parted[1] else []
    for condition in (*chosen.rules.after, *bounds):
        with suppress(DBAPIError):
            _run(connection, rows.breaking(chosen.rules.table, condition))
    return len(taken)


def _clean(connection: Connection, rows: Rows, chosen: Iterable[Chosen]) -> None:
    """Take out the rows that point to nothing, since the server refused what they point to."""
    keys = [
        (one, key)
        for one in chosen
        for key in one.rules.keys
        if key in one.late or not rows.keys_hold_rows or _is_new(one, key)
    ]
    for _ in range(3 if keys else 0):  # a row that goes can leave another one without what it points to
        for one, key in keys:
            with suppress(DBAPIError):
                _run(connection, rows.dangling(one.rules.table, key))


def _is_new(one: Chosen, key: ForeignKey) -> bool:
    """Tell a foreign key that a revision brings."""
    return key not in one.rules.table.foreign_keys


def run_all(connection: Connection, statements: Iterable[str]) -> None:
    """Run statements, one after the other."""
    for one in statements:
        _run(connection, one)


def _run(connection: Connection, statement: str) -> None:
    connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
