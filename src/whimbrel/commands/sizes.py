"""Another database, which is only read: how large its tables are, and what server it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine

from whimbrel.backends import backend_for
from whimbrel.errors import OtherDatabaseUnreadable
from whimbrel.hazards import Server, Size
from whimbrel.targets import shown_url
from whimbrel.targets.connecting import with_connection


@dataclass(frozen=True, slots=True)
class Other:
    """Another database.

    Attributes:
        server: What it runs on.
        sizes: The size of each table.
    """

    server: Server
    sizes: Mapping[str, Size]


def other_database(url: str) -> Other:
    """Read the sizes of another database, in a transaction that may not write.

    Raises:
        OtherDatabaseUnreadable: It cannot be reached or read.
    """
    try:
        parsed = sa.make_url(url)
        engine: Any = sa.create_engine(parsed, poolclass=sa.NullPool)
        if engine.dialect.is_async:
            engine = create_async_engine(parsed, poolclass=sa.NullPool)
    except (ArgumentError, NoSuchModuleError, ImportError, ValueError):
        raise OtherDatabaseUnreadable(
            "--against names no database that can be read here.",
            why="It is no database URL, or its driver is not installed. Nothing was changed.",
            do='--against "postgresql://user:password@host/database"',
        ) from None
    backend = backend_for(engine.dialect.name)

    def read(connection: sa.Connection) -> Other:
        sizes = {name: Size(rows, size) for name, rows, size in backend.sizes(connection)}
        version = tuple(one for one in connection.dialect.server_version_info or () if isinstance(one, int))
        return Other(Server(backend.name_of(connection.dialect).lower(), version), sizes)

    try:
        return with_connection(engine, read)
    except SQLAlchemyError as error:
        words = backend.trouble(error).words if isinstance(error, sa.exc.DBAPIError) else str(error)
        raise OtherDatabaseUnreadable(
            f"{shown_url(parsed)} cannot be read: {words}",
            why="Its tables' sizes tell how bad a hazard is there. Nothing was changed.",
            do="name an account that may read its catalogue",
        ) from error
