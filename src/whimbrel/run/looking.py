"""What a command that only asks learns of the runs in a database. Nothing is made, taken or waited for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whimbrel.journal import Record, Tables
from whimbrel.run.version_table import history_name

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import Connection


def records_in(context: MigrationContext) -> tuple[Record, ...] | None:
    """Return the finished revisions of a database, the last one first; None where there is no journal."""
    tables, connection = _journal(context)
    return tables.records(connection) if tables.exist(connection) else None


def bind_of(context: MigrationContext) -> str:
    """Return the name of the bind that Alembic is configured for; empty for the default one."""
    token = str(context.opts.get("upgrade_token", ""))
    return token.removesuffix("_upgrades") if token.endswith("_upgrades") else ""


def _journal(context: MigrationContext) -> tuple[Tables, Connection]:
    connection, schema = context.connection, context.version_table_schema
    assert connection is not None
    return Tables(schema, history_name(connection, context.version_table, schema)), connection
