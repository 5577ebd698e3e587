"""The wanted side: what ``create_all()`` makes of the models on a scratch database."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool, StaticPool

from whimbrel.backends.reflect import reflect
from whimbrel.snapshot import Snapshot


@contextmanager
def built_on_scratch(connection: Connection, metadatas: Sequence[Any]) -> Iterator[Snapshot]:
    """Build the models and give the snapshot (a stand-in for whimbrel.scratch)."""
    kind = connection.dialect.name
    if kind == "sqlite":
        engine = create_engine("sqlite://", poolclass=StaticPool)
        yield _build(engine, metadatas)
        return
    name = f"whimbrel_scratch_{secrets.token_hex(6)}"
    admin = create_engine(connection.engine.url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with admin.connect() as server:
        server.execute(text(f"CREATE DATABASE {name}" + (" TEMPLATE template0" if kind == "postgresql" else "")))
    engine = create_engine(connection.engine.url.set(database=name), poolclass=NullPool)
    try:
        yield _build(engine, metadatas)
    finally:
        with admin.connect() as server:
            server.execute(text(f"DROP DATABASE {name}"))


def _build(engine: Any, metadatas: Sequence[Any]) -> Snapshot:
    for one in metadatas:
        for schema in {table.schema for table in one.tables.values() if table.schema}:
            if engine.dialect.name == "postgresql":
                with engine.begin() as connection:
                    connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{schema}"'))
        one.create_all(engine)
    with engine.connect() as connection:
        return reflect(connection)
