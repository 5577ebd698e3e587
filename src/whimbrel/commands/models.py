"""The models of one database, as the app's own metadata says them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, Index, MetaData, Table


def metadatas_of(context: Any) -> list[Any]:
    """Return the metadata of an autogenerate context, every index of it with a name."""
    given = context.opts["target_metadata"]
    metadatas = list(given) if isinstance(given, list | tuple) else [given]
    for metadata in metadatas:
        for table in metadata.tables.values():
            _name_indexes(table)
    return metadatas


def tables_by_name(metadatas: Sequence[Any], default: str) -> dict[tuple[str, str], Any]:
    """Return all tables by their schema and name."""
    return {(table.schema or default, table.name): table for one in metadatas for table in one.tables.values()}


def have_hints(metadatas: Sequence[Any]) -> bool:
    """Tell whether a table or column says what it was called; of two that swapped, nothing else may show it."""
    tables = [table for metadata in metadatas for table in metadata.tables.values()]
    things = (thing for table in tables for thing in (table, *table.columns))
    # `info` is made where somebody asks for it.
    return any("info" in vars(thing) and "renamed_from" in thing.info for thing in things)


def _name_indexes(table: Table) -> None:
    """Name what a naming convention without indexes leaves unnamed.

    ``create_all()`` fails on such an index (SQLAlchemy 2.0 and 2.1: an AssertionError), Alembic's scripts give it
    the name that it has without a convention; this is that name.
    """
    for index in table.indexes:
        columns = [expression for expression in index.expressions if isinstance(expression, Column)]
        if not isinstance(index.name, str) and len(columns) == len(index.expressions):
            bare = Table(table.name, MetaData(), *(Column(one.name) for one in columns), schema=table.schema)
            index.name = Index(None, *bare.columns).name
