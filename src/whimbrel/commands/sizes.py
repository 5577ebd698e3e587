"""Another database, which is only read: how large its tables are, and what server it is."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from whimbrel.backends import backend_for
from whimbrel.backends.generic import TroubleKind
from whimbrel.errors import LintTargetDiffers, OtherDatabaseUnreadable, WhimbrelError
from whimbrel.hazards import Server, Size
from whimbrel.run import Project
from whimbrel.scratch.leading import without_async
from whimbrel.targets import Target, shown_url
from whimbrel.targets.connecting import with_connection
from whimbrel.targets.direct import led_directly

if TYPE_CHECKING:
    from whimbrel.run.observing import Measured


@dataclass(frozen=True, slots=True)
class Other:
    """Another database.

    Attributes:
        server: What it runs on.
        sizes: The size of each table.
    """

    server: Server
    sizes: Mapping[str, Size]


class Known(Protocol):
    """What is known of the tables' sizes in another database than scratch."""

    def sizes(self, seen: Measured) -> tuple[Mapping[str, Size], bool]:
        """Return the sizes for what was seen of a script, and whether a table that they lack is not there."""
        ...


@dataclass(frozen=True, slots=True)
class Named:
    """The sizes of a database that somebody has named, for all that runs on its kind of server."""

    other: Other

    def sizes(self, seen: Measured) -> tuple[Mapping[str, Size], bool]:
        """Return all of them."""
        return (self.other.sizes if self.other.server.kind == seen.kind else {}), True


@dataclass(frozen=True, slots=True)
class Large:
    """The large tables of the app's own databases, by the kind of server."""

    tables: Mapping[str, Mapping[str, Size]]

    def sizes(self, seen: Measured) -> tuple[Mapping[str, Size], bool]:
        """Return those; of the others nothing is known."""
        return self.tables.get(seen.kind, {}), False


@dataclass(frozen=True, slots=True)
class Own:
    """The sizes of the app's own databases, by bind."""

    databases: Mapping[str, Mapping[str, Size]]

    def sizes(self, seen: Measured) -> tuple[Mapping[str, Size], bool]:
        """Return those of the database that the script will be run on."""
        return self.databases.get(seen.bind, {}), True


def own_sizes(project: Project) -> dict[str, Mapping[str, Size]]:
    """Return the sizes of the app's own databases, by bind."""
    with led_directly(project.database, project.settings.direct_url):
        return {one.name: with_connection(one.engine, _read).sizes for one in project.targets()}


def large_tables(project: Project) -> Large:
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
    return Large(found)


def _dialect(target: Target) -> Any:
    return target.engine.dialect


def _url(target: Target) -> sa.URL:
    return target.engine.url


def _read(connection: sa.Connection) -> Other:
    backend = backend_for(connection.dialect.name)
    sizes = {name: Size(rows, size) for name, rows, size in backend.sizes(connection)}
    version = tuple(one for one in connection.dialect.server_version_info or () if isinstance(one, int))
    return Other(Server(backend.name_of(connection.dialect).lower(), version), sizes)


def other_database_for(project: Project, url: str) -> Other:
    """Read the sizes of another database, of a kind that the app has one of.

    Args:
        project: The app's migrations.
        url: Where the database is.

    Raises:
        OtherDatabaseUnreadable: It cannot be reached or read.
        LintTargetDiffers: It is of another kind.
    """
    found = other_database(url)
    look_whether_there_is(project, found.server.kind, f"--against names a database of {found.server.kind}")
    return found


def other_database(url: str) -> Other:
    """Read the sizes of another database, in a transaction that may not write.

    Raises:
        OtherDatabaseUnreadable: It cannot be reached or read.
    """
    try:
        parsed = sa.make_url(url)
        engine: Any = sa.create_engine(parsed, poolclass=sa.NullPool)
        if engine.dialect.is_async:
            from sqlalchemy.ext.asyncio import create_async_engine  # needs greenlet, which not everybody has

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
    except (SQLAlchemyError, OSError) as error:  # asyncpg lets the system's errors through
        trouble = backend.trouble(error) if isinstance(error, DBAPIError) else None
        is_out_of_reach = trouble is None or trouble.kind is TroubleKind.UNREACHABLE
        raise OtherDatabaseUnreadable(
            f"{shown_url(parsed)} cannot be read: {trouble.words if trouble else error}",
            why="Its tables' sizes tell how bad a hazard is there. Nothing was changed.",
            do=_REACH if is_out_of_reach else "name an account that may read its catalogue",
        ) from error


_REACH = "look whether the server runs, and whether it can be reached from here"


def look_whether_there_is(project: Project, kind: str, said: str) -> None:
    """Refuse where the app has no database of a kind, by which a person has said what to judge for.

    Raises:
        LintTargetDiffers: It has none.
    """
    dialects = [without_async(one.engine).dialect for one in project.targets()]
    kinds = sorted({backend_for(one.name).name.lower() for one in dialects})
    if not any(kind in one.split("/") for one in kinds):
        raise LintTargetDiffers(
            f"{said}, and the app's database here is {', '.join(kinds)}.",
            why="Hazards are measured on a scratch database of the same kind as the app's. Nothing was changed.",
            do="run it where the app's database URL is one of that kind; a developer's or CI's server will do",
        )
