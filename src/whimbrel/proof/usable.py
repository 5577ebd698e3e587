"""Whether what is there can be used: views are read, triggers fired, and foreign keys followed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from whimbrel.backends import backend_for
from whimbrel.backends.rows import Rows, rows_for
from whimbrel.proof.contents import Contents, Held
from whimbrel.proof.differences import name_of
from whimbrel.proof.pairs import counted, key_of, row_words
from whimbrel.proof.verdict import Finding
from whimbrel.snapshot import ForeignKey, Key, Snapshot, Table, Trigger, View

if TYPE_CHECKING:
    from sqlalchemy import Connection

_EVENT = re.compile(r"\b(INSERT|UPDATE|DELETE)\b", re.I)
_QUOTED = re.compile(r"\w+")


def unusable(connection: Connection, side: Snapshot) -> Mapping[str, str]:
    """Return the views and triggers that name what is not there, each with the server's words.

    Args:
        connection: To scratch, in autocommit, with rows in the tables; they are as before afterwards.
        side: What is there.
    """
    rows = rows_for(side.kind, side.default_schema)
    out = {}
    for one in side.objects:
        if isinstance(one, View) and (words := _tried(connection, rows, (rows.reading(one.schema, one.name),))):
            out[name_of(one.key, side)] = words
    tables = [one for one in side.tables() if one.triggers]
    if tables:
        for statement in rows.begin():
            _run(connection, statement)
    for table in tables:
        out.update(_failing(connection, rows, table, side))
    return out


def _failing(connection: Connection, rows: Rows, table: Table, side: Snapshot) -> Iterator[tuple[str, str]]:
    """Find the triggers of a table that fail."""
    for event, statements in rows.firing(table).items():
        meant = [one for one in table.triggers if event in _events(one)]
        words = _tried(connection, rows, ("BEGIN", *statements)) if meant else ""
        if words:
            yield name_of(table.part_key(_likeliest(meant, words)), side), words


def _events(trigger: Trigger) -> set[str]:
    head = re.split(r"\bON\b", trigger.text, maxsplit=1, flags=re.I)[0]
    return {one.upper() for one in _EVENT.findall(head)}


def _likeliest(triggers: list[Trigger], words: str) -> Trigger:
    """Choose the trigger whose text has the most of what the server complains of."""
    said = set(_QUOTED.findall(words))
    return max(triggers, key=lambda one: len(said & set(_QUOTED.findall(one.text))))


def _tried(connection: Connection, rows: Rows, statements: tuple[str, ...]) -> str:
    """Run statements, take them back, and return the server's words if they name what is not there."""
    try:
        for one in statements:
            _run(connection, one)
    except DBAPIError as error:
        return backend_for(connection.dialect.name).trouble(error).words if rows.lacks(error) else ""
    finally:
        if len(statements) > 1:
            for one in ("ROLLBACK", *rows.fired()):
                _run(connection, one)
    return ""


def _run(connection: Connection, statement: str) -> None:
    connection.exec_driver_sql(statement, execution_options={"no_parameters": True})


def broken_keys(old: Snapshot, new: Snapshot, before: Contents, after: Contents) -> Iterator[Finding]:
    """Find foreign keys to tables that are gone, and those that rows do not keep.

    Args:
        old: The schema before.
        new: The schema after.
        before: The contents before.
        after: The contents after.
    """
    for table in new.tables():
        for key in table.foreign_keys:
            place = name_of(table.part_key(key), new)
            target = Key("table", key.schema, key.table)
            if target not in new.by_key:
                if target in old.by_key:
                    yield Finding(place, f"refers to table {key.table}, which is not there any more")
                continue
            if lost := _dangling(table, key, after):
                known = old.get(table.key)
                if isinstance(known, Table) and key in known.foreign_keys and _dangling(known, key, before):
                    continue
                held = after.tables[table.key]
                words = f"of {counted(len(held.lines), 'row')} refer to no row of {key.table}"
                yield Finding(place, f"{len(lost)} {words}, such as {row_words(lost[0], held)}", is_loss=True)


def _dangling(table: Table, key: ForeignKey, contents: Contents) -> list[tuple[str | None, ...]]:
    """Return the rows that refer to nothing."""
    held, target = contents.tables.get(table.key), contents.tables.get(Key("table", key.schema, key.table))
    theirs = key.target or (target.key if target is not None else ())
    if held is None or target is None or not _has(held, key.columns) or not _has(target, theirs):
        return []
    if len(theirs) != len(key.columns) or any("NOT VALID" in one.upper() for one in key.options):
        return []
    there = {key_of(line, target, theirs) for line in target.lines}
    marks = ((line, key_of(line, held, key.columns)) for line in held.lines)
    return [line for line, mark in marks if None not in mark and mark not in there]


def _has(held: Held, names: tuple[str, ...]) -> bool:
    return bool(names) and set(names) <= set(held.columns)
