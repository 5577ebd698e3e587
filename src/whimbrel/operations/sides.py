"""``Sides``: all that the operations are made from: both snapshots, the models, and the tables that are there."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Column, Connection, MetaData, Table
from sqlalchemy.exc import SAWarning

from whimbrel.backends.ddl import Ddl, ddl_for
from whimbrel.snapshot import Key, Snapshot


@dataclass(frozen=True, slots=True)
class Sides:
    """The found side and the wanted side.

    Attributes:
        found: What the database is.
        wanted: What it should be.
        models: The models' tables, by schema and name as in the snapshot.
        present: The database's tables as SQLAlchemy reflects them, those that change.
        fills: For a column that becomes NOT NULL, the SQL expression for rows without a value.
        casts: For a column whose type changes, the SQL expression of its new value.
        dialect: SQLAlchemy's dialect of the connection.
        moved: The found side as the renames leave it.
        ddl: The server's own statements.
    """

    found: Snapshot
    wanted: Snapshot
    models: Mapping[tuple[str, str], Table]
    present: Mapping[tuple[str, str], Table]
    dialect: Any
    moved: Snapshot
    fills: Mapping[tuple[str, str, str], str] = field(default_factory=dict)
    casts: Mapping[tuple[str, str, str], str] = field(default_factory=dict)
    ddl: Ddl = field(init=False)

    def __post_init__(self) -> None:
        """Choose the server's statements."""
        object.__setattr__(self, "ddl", ddl_for(self.found.kind, self.found.default_schema))

    def schema(self, name: str) -> str | None:
        """Return a schema as a script names it: not at all if it is the default one."""
        return None if not name or name == self.found.default_schema else name

    def model_column(self, schema: str, table: str, column: str) -> Column[Any] | None:
        """Return the model's column of a name in the database."""
        return _column(self.models.get((schema, table)), column)

    def present_column(self, schema: str, table: str, column: str) -> Column[Any] | None:
        """Return the database's column as SQLAlchemy reflects it."""
        return _column(self.present.get((schema, table)), column)


def sides_of(
    connection: Connection,
    found: Snapshot,
    wanted: Snapshot,
    metadatas: Iterable[MetaData],
    changed: Iterable[Key],
    moved: Snapshot | None = None,
    **answers: Any,
) -> Sides:
    """Put the sides together.

    Args:
        connection: To the database.
        found: What it is.
        wanted: What it should be.
        metadatas: The models.
        changed: The keys of what changes, named as found.
        moved: The found side as the renames leave it, where there are any.
        **answers: ``fills`` and ``casts``.
    """
    default = found.default_schema
    models = {
        (table.schema or default, table.name): table for metadata in metadatas for table in metadata.tables.values()
    }
    wants = {key.owner for key in changed}
    names = {(one.schema, one.name) for one in found.tables() if (one.schema, one.name) in wants}
    present = _present(connection, names, default)
    return Sides(found, wanted, models, present, connection.dialect, moved or found, **answers)


def _present(connection: Connection, names: set[tuple[str, str]], default: str) -> dict[tuple[str, str], Table]:
    tables: dict[tuple[str, str], Table] = {}
    for schema in {schema for schema, _ in names}:
        metadata = MetaData()
        only = [name for where, name in names if where == schema]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)  # what SQLAlchemy does not know is in the snapshot
            metadata.reflect(connection, schema=None if schema in ("", default) else schema, only=only)
        for table in metadata.tables.values():
            tables[table.schema or default or "", table.name] = table
    return tables


def _column(table: Table | None, name: str) -> Column[Any] | None:
    if table is None:
        return None
    return next((column for column in table.columns if column.name == name), None)
