"""The version table: its name, and its column, which is 32 characters wide unless ids are longer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import String, inspect

from whimbrel.backends import backend_for

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import Connection

    from whimbrel.scripts import Scripts

DEFAULT_WIDTH = 32


def history_name(connection: Connection, table: str, schema: str | None) -> str:
    """Return what tells a database's histories apart, in its journal and its locks.

    Args:
        connection: Leads to the database.
        table: The name of the version table.
        schema: Its schema; None for the one where names without a schema lead.
    """
    home = schema or backend_for(connection.dialect.name).home(connection)
    return f"{home}.{table}" if home else table


def fit_version_column(context: MigrationContext, scripts: Scripts) -> None:
    """Widen the version table's column where a script's id would not fit into it.

    Alembic makes it VARCHAR(32); PostgreSQL, MariaDB and MySQL refuse a longer id, and only then.
    """
    longest = max((len(script.revision) for script in scripts.revisions()), default=0)
    if longest <= DEFAULT_WIDTH:
        return
    context._version.c.version_num.type = String(longest)
    width = None if context.as_sql else version_column_width(context)
    if width is not None and width < longest:
        context.impl.alter_column(
            context.version_table,
            "version_num",
            schema=context.version_table_schema,
            type_=String(longest),
            existing_type=String(width),
            existing_nullable=False,
        )


def version_column_width(context: MigrationContext) -> int | None:
    """Return how long an id the version table holds; None where there is no limit, or no table."""
    connection = context.connection
    if connection is None or not backend_for(context.dialect.name).limits_text_length:
        return None
    if not context._has_version_table():
        return None
    columns = inspect(connection).get_columns(context.version_table, schema=context.version_table_schema)
    return next((getattr(one["type"], "length", None) for one in columns if one["name"] == "version_num"), None)
