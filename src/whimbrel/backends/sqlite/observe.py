"""Observes a migration's connection to SQLite: whether a table is built again, changed by its text, or natively.

Whoever writes has the whole file until the transaction ends, so what counts is the work in it (SQLite documentation,
"File Locking And Concurrency"). The statements by which a table is built again are one change, seen at its end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from whimbrel.backends.generic import first_word
from whimbrel.backends.likeness import renamed_in, told_by_likeness
from whimbrel.backends.locks import row_of, rows_of
from whimbrel.backends.observed import Blocks, Catalogue, Effect, Fact, Held, Identity, Observation, effects_between
from whimbrel.backends.observing import Watch
from whimbrel.backends.sqlite.observe_checks import checks_of, without_respelled
from whimbrel.backends.sqlite.observe_lock import FileLock
from whimbrel.backends.sqlite.parse import parse_table
from whimbrel.backends.sqlite.reflect import SHADOWS, is_virtual
from whimbrel.backends.writes import writes_in
from whimbrel.snapshot import Table

if TYPE_CHECKING:
    from sqlalchemy import Connection

# Taken by whoever writes, until the transaction ends.
_MODE, _FILE = "RESERVED", "the whole file"
_STAGING = re.compile(r"(?:whimbrel_new_|whimbrel_old_|_alembic_tmp_)(.+?)(?:_\d+)?$")

# What belongs to the runner, to Alembic and to SQLite itself.
_KEPT = "whimbrel_"
_BETWEEN = re.compile(r"whimbrel_\d+$")  # a column's name for a moment, while two change theirs
_NOT_OURS = (_KEPT, "alembic_version", "_alembic_tmp_", "sqlite_")

_OBJECTS = """
SELECT type, name, tbl_name, sql FROM sqlite_master
WHERE type IN ('table', 'view', 'trigger') AND name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY name
"""
_COLUMNS = """
SELECT m.name, c.name, c.type, c."notnull", c.dflt_value, c.hidden, c.pk
FROM sqlite_master m JOIN pragma_table_xinfo(m.name) c WHERE m.type = 'table' ORDER BY m.name, c.cid
"""
_INDEXES = """
SELECT m.name, i.name, i."unique", i.origin, i.partial, group_concat(coalesce(c.name, '?'), ', '),
  (SELECT s.sql FROM sqlite_master s WHERE s.type = 'index' AND s.name = i.name)
FROM sqlite_master m JOIN pragma_index_list(m.name) i JOIN pragma_index_info(i.name) c
WHERE m.type = 'table' GROUP BY m.name, i.name
"""
_KEYS = """
SELECT m.name, k.id, k."table", group_concat(k."from", ', '), group_concat(coalesce(k."to", ''), ', '), k.on_delete
FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) k WHERE m.type = 'table' GROUP BY m.name, k.id
"""


class SQLiteWatch(Watch):
    """Looks at a connection to SQLite."""

    def __init__(self, connection: Connection) -> None:
        """Ask nothing yet."""
        super().__init__(connection)
        self._catalogue: Catalogue | None = None
        self._old: frozenset[str] | None = None  # the tables that are there when a script begins
        self._version = -1
        self._begun: tuple[str, float, dict[str, None]] | None = None
        self._edited = False
        self._lock = FileLock(connection)

    def begin(self) -> None:
        """Forget all."""
        self.forget()
        self._old = None

    def forget(self) -> None:
        """Forget what is there."""
        self._catalogue, self._begun = None, None
        self._lock.forget()

    def known(self) -> Catalogue:
        """Return the catalogue as it is known."""
        return self._catalogue or {}

    def session(self) -> dict[str, str]:
        """Return whether SQLite keeps foreign keys."""
        return {"foreign_keys": str(row_of(self.connection, "PRAGMA foreign_keys")[0])}

    def before(self, statement: str) -> None:
        """Read the catalogue if it is not known, and look whether the file is locked."""
        self._lock.before()
        if self._catalogue is None:
            self._catalogue, self._version = self._read(), self._version_now()
        if self._old is None:
            self._old = frozenset(fact.name for fact in self._catalogue.values() if fact.kind == "table")

    def after(self, statement: str, seconds: float) -> Observation | None:
        """Return what the statement did, and how long the file has been locked."""
        seen = self._after(statement, seconds)
        self._lock.after()
        return None if seen is None else replace(seen, locked=self._lock.seconds, takes_lock=self._lock.is_taken_now)

    def _after(self, statement: str, seconds: float) -> Observation | None:
        """Return what the statement did; nothing while a table is being built again."""
        staged = self._staged()
        if staged or self._begun is not None:
            sql, before, tables = self._begun or (statement, 0.0, {})
            self._begun = (sql, before + seconds, {**tables, **staged})
            if staged:
                return None
            self._begun, rebuilt = None, tuple(tables)
            return self._seen(sql, before + seconds, "rebuild", rebuilt)
        if re.match(r"\s*UPDATE\s+(main\.)?sqlite_master\b", statement, re.I):
            self._edited = True
            return None
        changed = self._version_now() != self._version
        if first_word(statement) == "PRAGMA" and not changed:
            return None
        way = "text edit" if self._edited and changed else "native" if changed else ""
        return self._seen(statement, seconds, way, ())

    def failed(self, statement: str, words: str) -> Observation:
        """Forget what was known."""
        self.forget()
        return super().failed(statement, words)

    def _seen(self, statement: str, seconds: float, way: str, rebuilt: tuple[str, ...]) -> Observation:
        before, self._edited = self._catalogue or {}, False
        now = self._read() if way else before
        self._catalogue, self._version = now, self._version_now()
        renamed = renamed_in(statement, "sqlite")
        effects = without_respelled(told_by_likeness(effects_between(before, now), before, now, renamed))
        rewritten = [*rebuilt, *_dropped_natively(statement, effects, way)]
        scanned = [one for one in _read_natively(statement, effects, way) if one not in rewritten]
        old = self._old or ()
        worked = [one for one in (*rewritten, *scanned) if one in old]
        return Observation(
            statement,
            transaction="open",
            locks=tuple(Held(one, _MODE, Blocks.WRITES, on=_FILE) for one in dict.fromkeys(worked)),
            rewritten=tuple(one for one in rewritten if one in old),
            scanned=tuple(one for one in scanned if one in old),
            writes=writes_in(statement, "sqlite", now, "main") if not way else (),
            way=way,
            effects=effects,
            seconds=seconds,
        )

    def _staged(self) -> dict[str, None]:
        """Return the tables that are being built again."""
        names = [row[0] for row in rows_of(self.connection, "SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {found[1]: None for name in names if (found := _STAGING.match(name))}

    def _version_now(self) -> int:
        return int(row_of(self.connection, "PRAGMA schema_version")[0])

    def _read(self) -> Catalogue:
        found: dict[Identity, Fact] = {}
        shadows = self._shadows()
        for fact in self._facts():
            table = fact.table or fact.name
            # A column that is kept in its place has a name of ours, and is gone for everybody else.
            is_kept = fact.name.startswith(_KEPT) and not _BETWEEN.match(fact.name)
            if not table.startswith(_NOT_OURS) and table not in shadows and not is_kept:
                found[fact.kind, fact.table, fact.name] = fact
        return found

    def _shadows(self) -> set[str]:
        """Return the tables behind virtual tables; SQLite tells them apart since 3.37."""
        has_virtual = rows_of(self.connection, "SELECT 1 FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL%' LIMIT 1")
        version = self.connection.dialect.server_version_info or ()
        return {row[0] for row in rows_of(self.connection, SHADOWS)} if has_virtual and version >= (3, 37) else set()

    def _facts(self) -> Iterator[Fact]:
        tables: dict[str, Table] = {}
        for kind, name, table, text in rows_of(self.connection, _OBJECTS):
            says = {} if kind == "table" else {"definition": text}
            yield Fact(kind, name, table if kind == "trigger" else "", says)
            if kind == "table" and not is_virtual(text):
                tables[name] = _parsed(text)
                yield from checks_of(name, tables[name])
        for table, name, type_, required, default, hidden, key in rows_of(self.connection, _COLUMNS):
            says = {
                "type": type_,
                **_further(tables.get(table), name),
                "not null": "true" if required or key else "",
                "default": default or "",
                "generated": {2: "v", 3: "s"}.get(hidden, ""),
                "identity": "a" if key else "",
                "key": "true" if key else "",
            }
            yield Fact("column", name, table, {one: value for one, value in says.items() if value})
        for table, name, unique, origin, partial, parts, text in rows_of(self.connection, _INDEXES):
            says = {
                "columns": parts,
                "valid": "true",
                "unique": "true" if unique else "",
                "partial": str(partial or ""),
                "definition": text or "",
            }
            says |= {"primary": "true"} if origin == "pk" else {}
            own = f"{'unique' if origin == 'u' else 'primary key'} ({parts})" if name.startswith("sqlite_") else name
            yield Fact("index", own, table, {one: value for one, value in says.items() if value})
        for table, _, parent, parts, others, action in rows_of(self.connection, _KEYS):
            text = f"FOREIGN KEY ({parts}) REFERENCES {parent}{f' ({others})' if others else ''}"
            text += "" if action == "NO ACTION" else f" ON DELETE {action}"
            says = {"type": "f", "parent": parent, "columns": parts, "definition": text, "validated": "true"}
            yield Fact("constraint", f"({parts})", table, says)


@lru_cache(maxsize=256)  # of all tables the texts are read again after each statement, and most are the same
def _parsed(text: str) -> Table:
    return parse_table(text)


def _further(table: Table | None, name: str) -> dict[str, str]:
    """Return of a column what no pragma tells of."""
    column = next((one for one in table.columns if one.name == name), None) if table else None
    return {"collation": column.collation, "expression": column.generated or ""} if column else {}


def _dropped_natively(statement: str, effects: tuple[Effect, ...], way: str) -> list[str]:
    """Return the tables whose rows SQLite writes anew to drop a column from them."""
    if way != "native" or not re.match(r"\s*ALTER\b.*\bDROP\b", statement, re.I | re.S):
        return []
    return [one.fact.table for one in effects if one.kind == "column" and one.is_gone]


def _read_natively(statement: str, effects: tuple[Effect, ...], way: str) -> list[str]:
    """Return the tables that SQLite reads: for an index, or to see that a new rule holds."""
    read = [one.fact.table for one in effects if one.kind == "index" and one.is_made]
    if way == "text edit" or re.search(r"\bCHECK\s*\(", statement, re.I):
        changed = [one for one in effects if one.kind == "column"]
        read += [one.fact.table for one in changed if one.is_made or one.change("not null") == ("", "true")]
    if way == "text edit":
        read += [one.fact.table for one in effects if one.kind == "constraint" and not one.is_gone]
    return read if way else []
