"""What is looked at before and after a table is changed: foreign keys, and what reads the table."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DatabaseError

from whimbrel.backends.sqlite.edit import quoted
from whimbrel.backends.statements import literal
from whimbrel.errors import ChangeRefused
from whimbrel.tokens import scan, unquoted

if TYPE_CHECKING:
    from sqlalchemy import Connection

_READERS = """
    SELECT type, name, tbl_name, sql FROM main.sqlite_master WHERE type IN ('view', 'trigger')
    UNION ALL SELECT type, name, tbl_name, sql FROM temp.sqlite_master WHERE type IN ('view', 'trigger')
"""
_CHILDREN = """
    SELECT DISTINCT m.name FROM main.sqlite_master AS m, pragma_foreign_key_list(m.name) AS f
    WHERE m.type = 'table' AND lower(f."table") = lower(?)
"""
_IS_THERE = "SELECT count(*) FROM main.sqlite_master WHERE type = 'table' AND lower(name) = lower(?)"
_MISMATCH = "foreign key mismatch"


@dataclass(slots=True)
class ForeignKeys:
    """Rows without a parent, counted before and after a change, and once more at the end of a revision.

    A script may repair in its next statement what it broke in this one, so what a change has made worse is
    looked at again before the revision is committed. What a script's own statements do to rows is its affair.
    """

    connection: Connection
    _before: dict[str, Counter[str]] = field(default_factory=dict)
    _worse: dict[str, Counter[str]] = field(default_factory=dict)

    @contextmanager
    def watching(self, table: str) -> Iterator[None]:
        """Count around a change of a table, for it and for those that refer to it."""
        children = self.connection.exec_driver_sql(_CHILDREN, (table,)).scalars()
        before = {name: self._count(name) for name in {table, *children}}
        yield
        for name, counts in before.items():
            now = self._count(name)
            if more := {parent for parent in now if now[parent] > counts[parent]}:
                known = self._worse.setdefault(name.lower(), Counter())
                known.update({parent: counts[parent] for parent in more if parent not in known})

    def renamed(self, old: str, new: str) -> None:
        """Follow a table to its new name."""
        if old.lower() in self._worse:
            self._worse[new.lower()] = self._worse.pop(old.lower())

    def settle(self) -> None:
        """Raise if a change has left rows without a parent that had one; then start anew."""
        worse, self._worse = self._worse, {}
        lines = [line for name, counts in worse.items() for line in self._lines(name, counts)]
        if lines:
            raise ChangeRefused(
                f"Foreign keys are broken that were not broken before: {'; '.join(lines)}.",
                why="SQLite lets this pass while foreign_keys is off, and refuses to change such rows while it is on.",
                do="delete or correct these rows in the script, or drop the foreign key there as well",
            )

    def _lines(self, name: str, before: Counter[str]) -> Iterator[str]:
        now = self._count(name)
        for parent, count in before.items():
            if now[parent] > count:
                broken = f"{now[parent] - count} row(s) of {name} refer to no row of {parent}"
                yield parent if parent.startswith(_MISMATCH) else broken

    def _count(self, name: str) -> Counter[str]:
        if not self.connection.exec_driver_sql(_IS_THERE, (name,)).scalar_one():
            return Counter()
        query = f"SELECT parent, count(*) FROM pragma_foreign_key_check({literal(name)}) GROUP BY 1"
        try:
            return Counter({row[0]: row[1] for row in self.connection.exec_driver_sql(query)})
        except DatabaseError as error:
            if _MISMATCH not in str(error.orig):
                raise
            return Counter({str(error.orig): 1})


@dataclass(frozen=True, slots=True)
class Reader:
    """A view or trigger, and what SQLite says when it is used."""

    kind: str
    name: str
    table: str
    text: str
    trouble: str


def readers(connection: Connection) -> tuple[Reader, ...]:
    """Try each view and each table's triggers, without running them."""
    rows = connection.exec_driver_sql(_READERS).all()
    tried = {row.name: _trouble(connection, f"SELECT * FROM {quoted(row.name)}") for row in rows if row.type == "view"}
    with_triggers = {row.tbl_name for row in rows if row.type == "trigger"}
    fired = {table: _trouble_with_triggers(connection, table) for table in with_triggers}

    def trouble(row: Any) -> str:
        return tried[row.name] if row.type == "view" else fired[row.tbl_name]

    return tuple(Reader(row.type, row.name, row.tbl_name, row.sql, trouble(row)) for row in rows)


def refuse_broken(table: str, dropped: set[str], before: tuple[Reader, ...], after: tuple[Reader, ...]) -> None:
    """Raise if a view or trigger that worked before does not work any more, or silently does nothing.

    Args:
        table: the table that was changed.
        dropped: the columns that it lost, in small letters.
        before: what `readers` found before.
        after: what it finds now.
    """
    worked = {(reader.kind, reader.name) for reader in before if not reader.trouble}
    newly = [reader for reader in after if reader.trouble and (reader.kind, reader.name) in worked]
    broken = [reader for reader in newly if reader.kind == "view" or _names(reader.text, dropped)] or newly
    dead = [reader for reader in after if _waits_for(reader, table, dropped)]
    named = sorted({f"{reader.kind} {reader.name}" for reader in (*broken, *dead)})
    if named:
        reason = next((reader.trouble for reader in broken), "its UPDATE OF would never fire again")
        raise cannot_go(table, dropped, ", ".join(named), reason)


def cannot_go(table: str, dropped: set[str], users: str, reason: str) -> ChangeRefused:
    """Say that columns are in use by views or triggers."""
    columns = ", ".join(f"{table}.{column}" for column in sorted(dropped)) or table
    return ChangeRefused(
        f"{columns} cannot go while it is used by {users} ({reason}).",
        do=f"drop {users} in the script before, and make it again afterwards without the column",
    )


def _trouble(connection: Connection, statement: str) -> str:
    try:
        connection.exec_driver_sql(f"EXPLAIN {statement}").close()
    except DatabaseError as error:
        return str(error.orig)
    return ""


def _trouble_with_triggers(connection: Connection, table: str) -> str:
    info = connection.exec_driver_sql(f"PRAGMA table_xinfo({quoted(table)})").all()
    columns = [quoted(row.name) for row in info if row.hidden == 0]
    if not columns:
        return ""
    target = quoted(table)
    sets = ", ".join(f"{column} = {column}" for column in columns)
    statements = (
        f"INSERT INTO {target} ({', '.join(columns)}) VALUES ({', '.join('NULL' for _ in columns)})",
        f"UPDATE {target} SET {sets}",
        f"DELETE FROM {target}",
    )
    found = [_trouble(connection, statement) for statement in statements]
    return next((trouble for trouble in found if trouble and not re.match(r"cannot modify", trouble)), "")


def _names(text: str, columns: set[str]) -> bool:
    return any(unquoted(word).lower() in columns for word in scan(text, "sqlite").words)


def _waits_for(reader: Reader, table: str, dropped: set[str]) -> bool:
    """Tell a trigger on the table whose UPDATE OF lists a column that is gone; SQLite does not notice."""
    if reader.kind != "trigger" or reader.table.lower() != table.lower() or not dropped:
        return False
    words = [unquoted(word).lower() for word in scan(reader.text, "sqlite").words]
    if "of" not in words or "on" not in words:
        return False
    return not dropped.isdisjoint(words[words.index("of") : words.index("on")])
