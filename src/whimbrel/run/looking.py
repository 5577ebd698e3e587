"""What a command that only asks learns of the runs in a database. Nothing is made, taken or waited for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy.exc import DBAPIError

from whimbrel.backends import backend_for
from whimbrel.backends.statements import Outcome
from whimbrel.journal import Journal, Past, Record, State, Tables
from whimbrel.run.version_table import history_name

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import Connection

    from whimbrel.backends.locks import Holder

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Interruption:
    """A revision that was interrupted between two commits.

    Attributes:
        revision: Its id.
        direction: ``upgrade`` or ``downgrade``.
        done: How many of its statements are done.
        begun: The statement that was running; empty if none was.
        undecided: Whether nothing tells if that has taken effect, so that a person must say it.
    """

    revision: str
    direction: str
    done: int
    begun: str
    undecided: bool


def records_in(context: MigrationContext) -> tuple[Record, ...] | None:
    """Return the finished revisions of a database, the last one first; None where there is no journal."""
    tables, connection = _journal(context)
    return tables.records(connection) if tables.exist(connection) else None


def outline_in(context: MigrationContext) -> tuple[Past, ...]:
    """Return the last run of each revision, the earliest of them first; nothing where it cannot be read."""
    tables, connection = _journal(context)
    return _unless_refused(connection, lambda: tables.outline(connection) if tables.exist(connection) else ()) or ()


def outline_of(journal: Journal, connection: Connection) -> tuple[Past, ...]:
    """Return the same of a journal that is open; by one query, or none."""
    tables = journal.tables
    return () if tables is None else _unless_refused(connection, lambda: tables.outline(connection)) or ()


def texts_in(context: MigrationContext) -> tuple[Past, ...]:
    """Return all that was run, the first one first, with the texts of the last runs; nothing if it cannot be read."""
    tables, connection = _journal(context)
    return _unless_refused(connection, lambda: tables.texts(connection) if tables.exist(connection) else ()) or ()


def runner_in(context: MigrationContext) -> Holder | None:
    """Return who runs revisions in a database now; nobody where this account may not see it."""
    connection = context.connection
    assert connection is not None
    name = history_name(connection, context.version_table, context.version_table_schema)
    return _unless_refused(connection, backend_for(connection.dialect.name).lock(connection, name).holder)


def interruption_in(context: MigrationContext) -> Interruption | None:
    """Return the revision that was interrupted; none where this account may not see it.

    While somebody runs revisions, it is the one that is running.
    """
    tables, connection = _journal(context)

    def ask() -> Interruption | None:
        if not tables.exist(connection):
            return None
        unfinished, entries = tables.read(connection)
        if unfinished is None:
            return None
        undecided = any(one.state is State.BEGUN and _is_undecided(connection, one) for one in entries)
        return Interruption(unfinished.revision, unfinished.direction, unfinished.done, unfinished.begun, undecided)

    return _unless_refused(connection, ask)


def bind_of(context: MigrationContext) -> str:
    """Return the name of the bind that Alembic is configured for; empty for the default one."""
    token = str(context.opts.get("upgrade_token", ""))
    return token.removesuffix("_upgrades") if token.endswith("_upgrades") else ""


def _journal(context: MigrationContext) -> tuple[Tables, Connection]:
    connection, schema = context.connection, context.version_table_schema
    assert connection is not None
    return Tables(schema, history_name(connection, context.version_table, schema)), connection


def _is_undecided(connection: Connection, begun: Any) -> bool:
    outcome = backend_for(connection.dialect.name).outcome(connection, begun.sql, begun.fingerprint)
    return outcome is Outcome.UNKNOWN


def _unless_refused(connection: Connection, ask: Callable[[], T | None]) -> T | None:
    try:
        with backend_for(connection.dialect.name).sheltered(connection):
            return ask()
    except DBAPIError:
        return None
