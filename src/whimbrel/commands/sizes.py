"""Another database, which is only read: how large its tables are, and what server it is."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine

from whimbrel.backends import backend_for
from whimbrel.errors import OtherDatabaseUnreadable, WhimbrelError
from whimbrel.hazards import Server, Size
from whimbrel.run import Project
from whimbrel.targets import Target, shown_url
from whimbrel.targets.connecting import with_connection
from whimbrel.targets.direct import led_directly


@dataclass(frozen=True, slots=True)
class Other:
    """Another database.

    Attributes:
        server: What it runs on.
        sizes: The size of each table.
    """

    server: Server
    sizes: Mapping[str, Size]


def large_tables(project: Project) -> Mapping[str, Mapping[str, Size]]:
    """Return the tables of the app's own databases that are large, by the kind of server; nothing where there are none.

    They tell only that a table is at least so large: a developer's database may be empty where production's is not. One
    that cannot be read tells nothing.
    """
    found: dict[str, dict[str, Size]] = {}
    with led_directly(project.database, project.settings.direct_url):
        for target in project.targets():
            with suppress(SQLAlchemyError, OSError, WhimbrelError):
                if backend_for(_dialect(target).name).is_there(_url(target)):
                    other = with_connection(target.engine, _read)
                    large = {name: size for name, size in other.sizes.items() if size.severity.counts and size.rows}
                    found.setdefault(other.server.kind, {}).update(large)
    return found


def _dialect(target: Target) -> Any:
    return target.engine.dialect


def _url(target: Target) -> sa.URL:
    return target.engine.url


def _read(connection: sa.Connection) -> Other:
    backend = backend_for(connection.dialect.name)
    sizes = {name: Size(rows, size) for name, rows, size in backend.sizes(connection)}
    version = tuple(one for one in connection.dialect.server_version_info or () if isinstance(one, int))
    return Other(Server(backend.name_of(connection.dialect).lower(), version), sizes)


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
    if not backend.is_there(parsed):
        raise OtherDatabaseUnreadable(
            f"{shown_url(parsed)} cannot be read: there is no such file.",
            why="Its tables' sizes tell how bad a hazard is there. Nothing was changed.",
            do="correct the path",
        )
    try:
        return with_connection(engine, _read)
    except SQLAlchemyError as error:
        words = backend.trouble(error).words if isinstance(error, DBAPIError) else str(error)
        raise OtherDatabaseUnreadable(
            f"{shown_url(parsed)} cannot be read: {words}",
            why="Its tables' sizes tell how bad a hazard is there. Nothing was changed.",
            do="name an account that may read its catalogue",
        ) from error
