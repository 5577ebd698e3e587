"""``Sides``: all that the operations are made from: both snapshots, the models, and the tables that are there."""

from __future__ import annotations

import warnings
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import CheckConstraint, Column, Connection, DefaultClause, MetaData, String, Table, TextClause
from sqlalchemy.exc import SAWarning
from sqlalchemy.types import NullType

from whimbrel.backends.ddl import Ddl, ddl_for
from whimbrel.compare.changes import Comparison, Renamed
from whimbrel.operations.step import plain_text
from whimbrel.snapshot import Snapshot
from whimbrel.snapshot import Table as FoundTable


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
        defaulted: The columns whose fill is the model's default, which nobody was asked about.
        left_out: The models' indexes, by their ids, that a new table is not to get.
        dialect: SQLAlchemy's dialect of the connection.
        moved: The found side as the renames leave it.
        tables_before: For a table that is renamed, from its new name to its old one.
        columns_before: For a column that is renamed, from its new place to its old name.
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
    defaulted: Container[tuple[str, str, str]] = frozenset()
    left_out: Container[int] = frozenset()
    tables_before: Mapping[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    columns_before: Mapping[tuple[str, str, str], str] = field(default_factory=dict)
    ddl: Ddl = field(init=False)

    def __post_init__(self) -> None:
        """Choose the server's statements."""
        domains = (*self.found.domains(), *self.wanted.domains())
        object.__setattr__(self, "ddl", ddl_for(self.found.kind, self.found.default_schema, domains))

    @property
    def has_conventions(self) -> bool:
        """Whether the models name constraints by a convention that takes a name for a part of one."""
        return any(
            "constraint_name" in str(how)
            for table in self.models.values()
            for how in table.metadata.naming_convention.values()
        )

    def schema(self, name: str) -> str | None:
        """Return a schema as a script names it: not at all if it is the default one."""
        return None if not name or name == self.found.default_schema else name

    def model_column(self, schema: str, table: str, column: str) -> Column[Any] | None:
        """Return the model's column of a name in the database."""
        return _column(self.models.get((schema, table)), column)

    def present_column(self, schema: str, table: str, column: str) -> Column[Any] | None:
        """Return the database's column as SQLAlchemy reflects it; the name may be that after the renames.

        None where values of the column's own enumeration are renamed: what was reflected has the old ones.
        """
        place = self.tables_before.get((schema, table), (schema, table))
        name = self.columns_before.get((schema, table, column), column)
        before, after = self.found.table(place[1], place[0]), self.moved.table(table, schema)
        facts = [side.column(one) for side, one in ((before, name), (after, column)) if side is not None]
        types = {fact.type for fact in facts if fact is not None}
        return _column(self.present.get(place), name) if len(types) <= 1 else None


def sides_of(
    connection: Connection,
    found: Snapshot,
    wanted: Snapshot,
    metadatas: Iterable[MetaData],
    comparison: Comparison,
    moved: Snapshot | None = None,
    **answers: Any,
) -> Sides:
    """Put the sides together.

    Args:
        connection: To the database.
        found: What it is.
        wanted: What it should be.
        metadatas: The models.
        comparison: What changes.
        moved: The found side as the renames leave it, where there are any.
        **answers: ``fills``, ``casts``, ``defaulted`` and ``left_out``.
    """
    default = found.default_schema
    models = {
        (table.schema or default, table.name): table for metadata in metadatas for table in metadata.tables.values()
    }
    renames = [one for one in comparison.changes if isinstance(one, Renamed)]
    wants = {one.key.owner for one in comparison.changes} | {one.to.owner for one in renames}
    tables = {one.to.owner: one.key.owner for one in renames if one.key.kind == "table" and not one.key.part}
    columns = {(*one.to.owner, one.to.part): one.key.part for one in renames if one.key.kind == "column"}
    wants |= set(tables.values())
    names = {(one.schema, one.name) for one in found.tables() if (one.schema, one.name) in wants}
    present = present_tables(connection, names, found)
    return Sides(
        found, wanted, models, present, connection.dialect, moved or found,
        tables_before=tables, columns_before=columns, **answers,
    )  # fmt: skip


def present_tables(
    connection: Connection, names: set[tuple[str, str]], found: Snapshot
) -> dict[tuple[str, str], Table]:
    """Return tables of the database as SQLAlchemy reflects them, by schema and name.

    Args:
        connection: To the database.
        names: Which.
        found: What the database is.
    """
    default = found.default_schema
    tables: dict[tuple[str, str], Table] = {}
    for schema in {schema for schema, _ in names}:
        metadata = MetaData()
        only = [name for where, name in names if where == schema]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)  # what SQLAlchemy does not know is in the snapshot
            # Not what they refer to as well: that may be all tables, in a chain too long for Python's stack.
            metadata.reflect(
                connection, schema=None if schema in ("", default) else schema, only=only, resolve_fks=False
            )
        reflected = list(metadata.tables.values())
        for table in reflected:
            tables[table.schema or default or "", table.name] = table
            _stand_in_for_targets(table, metadata)
    ddl = ddl_for(found.kind, default)
    for place, table in tables.items():
        _correct_checks(table)
        _correct(table, found.table(place[1], place[0]), ddl)
        computed = [column for column in table.columns if column.computed is not None]
        virtual = ddl.virtual_columns(connection, table.name) if computed else ()
        for column in computed:
            if column.name in virtual:
                column.computed.persisted = False  # type: ignore[union-attr]
    return tables


def _stand_in_for_targets(table: Table, metadata: MetaData) -> None:
    """Let the foreign keys of a table find what they refer to, without reflecting it."""
    for foreign_key in table.foreign_keys:
        target, _, column = foreign_key.target_fullname.rpartition(".")
        schema, _, name = target.rpartition(".")
        known = metadata.tables.get(target)
        if known is None:
            known = Table(name, metadata, schema=schema or None)
        if column not in known.columns:
            known.append_column(Column(column, NullType()))


def _correct_checks(table: Table) -> None:
    """Take each CHECK's text as the server says it: reflection takes a colon in it for a parameter's."""
    for rule in table.constraints:
        if isinstance(rule, CheckConstraint) and isinstance(rule.sqltext, TextClause):
            rule.sqltext = plain_text(rule.sqltext.text)


def _correct(table: Table, fact: FoundTable | None, ddl: Ddl) -> None:
    """Put in what reflection leaves out, and leave out the defaults of serial columns, which make their sequence."""
    if fact is not None and ddl.counting_option and any(one.autoincrement for one in fact.columns):
        table.kwargs[ddl.counting_option] = True
    for column in table.columns:
        known = fact.column(column.name) if fact is not None else None
        if known is not None and known.collation and isinstance(column.type, String) and ddl.names_collations:
            column.type = column.type.copy()
            column.type.collation = known.collation
        if column.computed is not None and known is not None:
            column.computed.persisted = True if known.stored else None
            # SQLAlchemy finds the text by a pattern on SQLite, and may take another column's.
            column.computed.sqltext = plain_text(known.generated or str(column.computed.sqltext))
        if known is None or not isinstance(column.server_default, DefaultClause):
            continue
        if known.numbering is not None and not known.identity:
            column.server_default, column.autoincrement = None, True
        elif known.default is not None:
            column.server_default = DefaultClause(plain_text(known.default))


def _column(table: Table | None, name: str) -> Column[Any] | None:
    if table is None:
        return None
    return next((column for column in table.columns if column.name == name), None)
