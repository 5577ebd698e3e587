"""Observes a migration's session on PostgreSQL: its locks, its rewrites and scans, and what it does to the catalogue.

The lock modes and what each keeps others from: PostgreSQL documentation, "Explicit Locking". What a statement does
under them is read from `pg_locks`, from the numbers of the tables' files and from the session's own counters, and is
the same for empty tables. A statement that commits by itself gets a transaction of ours, in which its locks are seen.
Only what refuses to run in a transaction leaves nothing to be seen: that is in a table.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

from whimbrel.backends.generic import first_word
from whimbrel.backends.locks import row_of, rows_of
from whimbrel.backends.observed import (
    Blocks,
    Catalogue,
    Effect,
    Fact,
    Held,
    Observation,
    effects_between,
    without_numbers,
)
from whimbrel.backends.observing import Watch
from whimbrel.backends.postgresql.alone import runs_alone
from whimbrel.backends.postgresql.observe_queries import LOCKS, SCANS, catalogue
from whimbrel.backends.postgresql.observe_uses import uses_of_functions
from whimbrel.backends.sessions import run_beside
from whimbrel.backends.statements import StatementKind, called_in, literal, usual_kind
from whimbrel.backends.writes import Write, writes_in
from whimbrel.bookkeeping import is_bookkeeping
from whimbrel.tokens import statements_in

if TYPE_CHECKING:
    from sqlalchemy import Connection

# From the weakest to the strongest.
_MODES = {
    "AccessShareLock": ("ACCESS SHARE", Blocks.NOTHING),
    "RowShareLock": ("ROW SHARE", Blocks.NOTHING),
    "RowExclusiveLock": ("ROW EXCLUSIVE", Blocks.NOTHING),
    "ShareUpdateExclusiveLock": ("SHARE UPDATE EXCLUSIVE", Blocks.NOTHING),
    "ShareLock": ("SHARE", Blocks.WRITES),
    "ShareRowExclusiveLock": ("SHARE ROW EXCLUSIVE", Blocks.WRITES),
    "ExclusiveLock": ("EXCLUSIVE", Blocks.WRITES),
    "AccessExclusiveLock": ("ACCESS EXCLUSIVE", Blocks.EVERYTHING),
}
_STRENGTH = {mode: place for place, mode in enumerate(_MODES)}

_SESSION = re.compile(r"\s*(SET|RESET|SELECT\s+(pg_catalog\.)?set_config)\b[^;]*;?\s*$", re.IGNORECASE)
_RUNS_CODE = ("CALL", "DO", "SELECT", "WITH")
_ROW_EXCLUSIVE = "ROW EXCLUSIVE"
_MAY_COMMIT = ("CALL", "DO")  # what they run may end the transaction that they begin, but not one of ours
_CHANGING = _STRENGTH["ShareUpdateExclusiveLock"]
# Statements that write rows or read them, and those that change only what they have a lock on, or what has none.
_ROWS = {"SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "VALUES", "SET", "SHOW", "MERGE", "COPY"}
_NAMING = _ROWS | {"ALTER", "CREATE", "DROP", "COMMENT", "TRUNCATE", "LOCK", "REFRESH", "ANALYZE", "REINDEX"}

# What runs alone: its lock on the table, whether it reads it, whether it writes it anew.
_ALONE = (
    (r"DROP\b.*\bCONCURRENTLY", "ShareUpdateExclusiveLock", ""),
    (r"(CREATE|REINDEX)\b.*\bCONCURRENTLY", "ShareUpdateExclusiveLock", "reads"),
    (r"ALTER\s+TABLE\b.*\bDETACH\b", "ShareUpdateExclusiveLock", ""),
    (r"VACUUM\b.*\bFULL", "AccessExclusiveLock", "rewrites"),
    (r"CLUSTER", "AccessExclusiveLock", "rewrites"),
    (r"VACUUM|ANALYZE", "ShareUpdateExclusiveLock", "reads"),
    (r"REINDEX", "ShareLock", "reads"),
)


class PostgreSQLWatch(Watch):
    """Looks at a session of PostgreSQL."""

    def __init__(self, connection: Connection) -> None:
        """Ask nothing yet."""
        super().__init__(connection)
        self._catalogue: Catalogue | None = None
        self._scans: dict[int, int] = {}
        self._held: dict[int, set[str]] = {}
        self._transaction = ""
        self._home = ""
        self._is_ours = (
            False  # whether the transaction is one that we have begun for a statement that commits by itself
        )
        self._old: dict[int, tuple[str, str]] | None = None  # the relations that are there when a script begins

    def begin(self) -> None:
        """Forget all."""
        self.forget()
        self._old, self._home = None, str(row_of(self.connection, "SELECT current_schema()")[0] or "")

    def forget(self) -> None:
        """Forget what is there, and which locks were held."""
        self._catalogue, self._transaction, self._held = None, "", {}

    def known(self) -> Catalogue:
        """Return the catalogue as it is known, and what uses functions."""
        return {**(self._catalogue or {}), **uses_of_functions(self.connection, self._home)}

    def parts(self, statement: str) -> tuple[str, ...]:
        """Return the statements of a text that the driver sends as it is, in a transaction.

        Elsewhere the server takes such a text for one transaction, or refuses it.
        """
        sends_as_it_is = self.connection.dialect.driver in ("psycopg", "psycopg2")
        if ";" not in statement.rstrip("; \n\t") or not sends_as_it_is or self._commits_by_itself():
            return (statement,)
        return statements_in(statement, "postgresql") or (statement,)

    def _commits_by_itself(self) -> bool:
        return getattr(self.connection.connection.dbapi_connection, "autocommit", False) is True

    def before(self, statement: str) -> None:
        """Read the catalogue, unless it is known of this transaction, and what was counted before."""
        transaction, held = self._begun(statement)
        if transaction != self._transaction:
            self._catalogue, self._transaction, self._held = None, transaction, held
        if self._catalogue is None:
            self._catalogue = self._read()
        if self._old is None:
            self._old = _relations(self._catalogue)
        if not runs_alone(statement):
            self._scans = self._counted()

    def after(self, statement: str, seconds: float) -> Observation | None:
        """Return what the statement did."""
        seen = self._after(statement, seconds)
        if not self._is_ours:
            return seen
        self._end("COMMIT")
        return replace(seen, transaction="")

    def _calls(self, statement: str) -> tuple[str, ...]:
        """Return the functions of a question that may do more than answer it: those that are VOLATILE."""
        names = ", ".join(literal(one) for one in called_in(statement, "postgresql", first_word(statement)))
        query = f"SELECT DISTINCT proname FROM pg_proc WHERE provolatile = 'v' AND proname IN ({names}) ORDER BY 1"
        return tuple(name for (name,) in rows_of(self.connection, query)) if names else ()

    def _after(self, statement: str, seconds: float) -> Observation:
        if _SESSION.match(statement):
            self._catalogue = self._read()  # the names of types depend on the search_path
        before = self._catalogue or {}
        alone = runs_alone(statement)
        transaction, held = ("", {}) if alone else self._locks()
        scans = {} if alone else self._counted()
        now = self._read() if alone else self._now(statement, held)
        effects = _rejoined(effects_between(before, now))
        relations = self._still_known(before, now)
        common: dict[str, Any] = {
            "sql": statement,
            "effects": without_numbers(effects, "file"),
            "seconds": seconds,
            "writes": writes_in(statement, "postgresql", now, self._home),
        }
        self._catalogue = now
        if alone:
            return _assumed(statement, relations, common)
        locks = _named(held, self._held, relations)
        scanned = {oid for oid, count in scans.items() if count > self._scans.get(oid, 0)}
        self._held = held
        if first_word(statement) in _RUNS_CODE:
            common["writes"] += _by_code(locks, {relations[one][0] for one in scanned if one in relations}, common)
        return Observation(
            calls=self._calls(statement),
            transaction=transaction,
            locks=locks,
            lock_count=len(held),
            rewritten=tuple(sorted(_rewritten(effects) & {table for table, _ in relations.values()})),
            scanned=tuple(sorted({relations[oid][0] for oid in scanned if oid in relations})),
            **common,
        )

    def _still_known(self, before: Catalogue, now: Catalogue) -> dict[int, tuple[str, str]]:
        """Return the relations that others can know, as they are called now: nobody uses what the script has made."""
        called = {**_relations(before), **_relations(now)}
        return {oid: names for oid, names in called.items() if self._old is None or oid in self._old}

    def failed(self, statement: str, words: str) -> Observation:
        """Forget what was known: the transaction, or a part of it, is rolled back; what runs alone may leave a part."""
        if self._is_ours:
            self._end("ROLLBACK")
        before = self._catalogue if runs_alone(statement) else None
        self.forget()
        seen = super().failed(statement, words)
        if before is None:
            return seen
        with suppress(DBAPIError):  # it may have been refused in a transaction, which is broken now
            return replace(seen, effects=without_numbers(_rejoined(effects_between(before, self._read())), "file"))
        return seen

    def _begun(self, statement: str) -> tuple[str, dict[int, set[str]]]:
        """Return the transaction and its locks; begin one for a statement that would commit by itself."""
        transaction, held = self._locks()
        word = first_word(statement)
        can_be_in_one = not (
            runs_alone(statement) or word in _MAY_COMMIT or usual_kind(statement, word) is StatementKind.CONTROL
        )
        if not can_be_in_one or _SESSION.match(statement) or self._locks()[0] == transaction:
            return transaction, held
        run_beside(self.connection, "BEGIN")
        self._is_ours = True
        return self._locks()

    def _end(self, how: str) -> None:
        self._is_ours = False
        run_beside(self.connection, how)
        self._transaction = ""  # the next statement has another one

    def _now(self, statement: str, held: dict[int, set[str]]) -> Catalogue:
        """Return the catalogue after a statement: read again as far as the statement can have changed it.

        Who changes an object of a relation has a lock on it, stronger than those of reading and writing rows.
        """
        before = self._catalogue or {}
        strong = {oid for oid, modes in held.items() if any(_STRENGTH[one] >= _CHANGING for one in modes)}
        word = first_word(statement)
        if word in _ROWS and all(_STRENGTH[one] < _CHANGING for oid in strong for one in held[oid] - self._had(oid)):
            return before
        if word not in _NAMING:
            return self._read()
        gone = {str(oid) for oid in strong}
        kept = {key: fact for key, fact in before.items() if _is_of_relation(key[0]) and not _belongs(key[0], gone)}
        return {**kept, **self._read(strong)}

    def _had(self, oid: int) -> set[str]:
        return self._held.get(oid, set())

    def _read(self, relations: Iterable[int] | None = None) -> Catalogue:
        return {
            (number,): Fact(kind, name, table or "", _says(says))
            for kind, number, table, name, says in rows_of(self.connection, catalogue(self._home, relations))
            if not any(is_bookkeeping(one) for one in (name, table or ""))
        }

    def _locks(self) -> tuple[str, dict[int, set[str]]]:
        held: dict[int, set[str]] = {}
        transaction = ""
        for number, relation, mode in rows_of(self.connection, LOCKS):
            transaction = number
            if relation is not None:
                held.setdefault(relation, set()).add(mode)
        return transaction, held

    def _counted(self) -> dict[int, int]:
        return {oid: int(count) for oid, count in rows_of(self.connection, SCANS)}


def _by_code(locks: tuple[Held, ...], scanned: set[str], common: dict[str, Any]) -> tuple[Write, ...]:
    """Return what the code that a statement runs has done to rows, where only the locks tell."""
    known = {one.table for one in common["writes"]} | {one.fact.name for one in common["effects"]}
    written = [one.table for one in locks if one.mode == _ROW_EXCLUSIVE and one.is_new and not one.index]
    return tuple(Write("", one, one in scanned) for one in written if one not in known)


def _says(told: Any) -> dict[str, str]:
    found = json.loads(told) if isinstance(told, str) else told or {}
    return {key: value for key, value in found.items() if value not in (None, "", "false")}


def _is_of_relation(number: str) -> bool:
    return number[0] in "raik"


def _belongs(number: str, relations: set[str]) -> bool:
    """Tell whether an object is one of some relations, or belongs to one."""
    relation, _, own = number[1:].partition(".")
    return relation in relations or (number[0] == "i" and own in relations)


def _relations(known: Catalogue) -> dict[int, tuple[str, str]]:
    """Return for each number of a relation its table, and its own name if it is an index."""
    found = {}
    for (number,), fact in known.items():
        if number.startswith("r"):
            found[int(number[1:])] = (fact.name, "")
        elif number.startswith("i"):
            found[int(number.partition(".")[2])] = (fact.table, fact.name)
    return found


def _named(
    held: dict[int, set[str]], before: dict[int, set[str]], relations: dict[int, tuple[str, str]]
) -> tuple[Held, ...]:
    """Return the strongest lock on each relation that is known by name."""
    found = []
    for relation, modes in held.items():
        if relation not in relations:
            continue  # what holds long values of a table, for one
        strongest = max(modes, key=_STRENGTH.__getitem__)
        earlier = max(before.get(relation, set()), key=_STRENGTH.__getitem__, default="")
        table, index = relations[relation]
        mode, blocks = _MODES[strongest]
        is_new = not earlier or _STRENGTH[earlier] < _STRENGTH[strongest]
        found.append(Held(table, mode, blocks, index, is_new))
    return tuple(sorted(found, key=lambda one: (one.table, one.index)))


def _rewritten(effects: tuple[Effect, ...]) -> set[str]:
    """Return the tables that lie in another file now."""
    return {
        one.fact.name
        for one in effects
        if one.kind in ("table", "materialized view") and (pair := one.change("file")) is not None and all(pair)
    }


def _rejoined(effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
    """Take what is gone and made again under its name as changed: a new type has new indexes and constraints."""
    gone = {_called(one.was): one for one in effects if one.was and one.is_gone and one.kind in ("index", "constraint")}
    kept: list[Effect] = []
    for one in effects:
        earlier = gone.pop(_called(one.now), None) if one.now and one.is_made else None
        if earlier is not None:
            kept.remove(earlier)
            kept.append(Effect(earlier.was, one.now))
        else:
            kept.append(one)
    return tuple(kept)


def _called(fact: Fact) -> tuple[str, str, str]:
    return fact.kind, fact.table, fact.name


def _assumed(statement: str, relations: dict[int, tuple[str, str]], common: dict[str, Any]) -> Observation:
    """Say of a statement that runs alone what is known of its kind."""
    found = next((one for one in _ALONE if re.match(rf"\s*{one[0]}\b", statement, re.IGNORECASE | re.DOTALL)), None)
    words = set(re.findall(r"[^\W\d][\w$]*", statement))
    tables = sorted({table for table, index in relations.values() if table.split(".")[-1] in words or index in words})
    if found is None:
        return Observation(is_measured=False, **common)
    _, mode, work = found
    words_of_mode, blocks = _MODES[mode]
    return Observation(
        is_measured=False,
        locks=tuple(Held(table, words_of_mode, blocks) for table in tables),
        rewritten=tuple(tables) if work == "rewrites" else (),
        scanned=tuple(tables) if work == "reads" else (),
        **common,
    )
