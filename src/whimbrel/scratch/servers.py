"""What is asked of a kind of database when a scratch database is made; the answers live in `backends`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from whimbrel.errors import Reason, ScratchUnavailable

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection
    from sqlalchemy.exc import DBAPIError


class Kind(Protocol):
    """What is asked of any kind of database.

    Attributes:
        in_memory: Whether scratch databases need no server.
        schemas_are_databases: Whether a schema is a database of its own on the same server.
        faster_with_indexes_inside: Whether indexes are made faster together with their table.
        schema_missing: The codes that say that a schema is not there.
    """

    in_memory: ClassVar[bool]
    schemas_are_databases: ClassVar[bool]
    faster_with_indexes_inside: ClassVar[bool]
    schema_missing: ClassVar[frozenset[str]]

    @staticmethod
    def place(url: URL, name: str) -> URL:
        """Return the URL of a scratch database."""
        ...

    @staticmethod
    def database_of(cursor: Any, wanted: str) -> str:
        """Return the database that a cursor of the driver works in; the wanted one where nothing tells."""
        ...

    @staticmethod
    def address(cargs: Sequence[Any], cparams: Mapping[str, Any]) -> tuple[str, ...]:
        """Return where arguments of a driver lead to; empty if that is unknown."""
        ...

    @staticmethod
    def missing_object(error: DBAPIError) -> str:
        """Return a code if a statement needs an object that is not there, else nothing."""
        ...

    @staticmethod
    def is_duplicate(error: DBAPIError) -> bool:
        """Tell whether a statement makes an object that is there already."""
        ...

    @staticmethod
    def create_schema(name: str) -> str:
        """Return the statement that makes a schema; only asked where one can be missing."""
        ...

    @staticmethod
    def seeding() -> tuple[str, ...]:
        """Return what a session needs before objects are copied."""
        ...


class Likeness(Kind, Protocol):
    """What a database on a server must have to be like the target.

    Attributes:
        maintenance_database: Where to connect if a URL names none; empty: nowhere in particular.
    """

    maintenance_database: ClassVar[str]

    @property
    def database(self) -> str:
        """The target's own name."""
        ...

    @property
    def account(self) -> str:
        """The account, as its server writes it."""
        ...

    @property
    def product(self) -> str:
        """Name and major version of the server."""
        ...

    @property
    def clock(self) -> int:
        """The server's clock, in seconds since 1970."""
        ...

    @property
    def may_create(self) -> bool:
        """Whether the account may make databases, as far as one can tell beforehand."""
        ...

    @property
    def may_create_schema(self) -> bool:
        """Whether the account may make a schema that a rolled-back transaction can hold."""
        ...

    @classmethod
    def read(cls, connection: Connection) -> Likeness:
        """Read the traits of the database that a connection is in."""
        ...

    def create(self, connection: Connection, name: str) -> None:
        """Make an empty database with these traits."""

    def carry(self, connection: Connection, name: str, *, elsewhere: bool) -> tuple[str, ...]:
        """Give a database the target's settings; return a note for each that is refused."""
        ...

    def drop(self, connection: Connection, name: str) -> None:
        """Drop a database, whoever is connected to it."""

    @staticmethod
    def drop_unused(connection: Connection, name: str) -> None:
        """Drop a database that nobody is connected to."""

    def session(self) -> tuple[str, ...]:
        """Return the statements that make a session like one of the target."""
        ...

    def missing_right(self) -> str:
        """Return the statement that gives the account what it lacks."""
        ...

    @staticmethod
    def leftovers(connection: Connection, prefix: str, pattern: str, seconds: int) -> tuple[str, ...]:
        """Return scratch databases older than so many seconds and without a session."""
        ...

    @staticmethod
    def is_right_missing(error: DBAPIError) -> bool:
        """Tell whether the account may not do it."""
        ...


_HOMES = {
    "postgresql": ("whimbrel.backends.postgresql.scratch", "PostgreSQLScratch"),
    "mysql": ("whimbrel.backends.mysql.scratch", "MySQLScratch"),
    "mariadb": ("whimbrel.backends.mysql.scratch", "MySQLScratch"),
    "sqlite": ("whimbrel.backends.sqlite.scratch", "SQLiteScratch"),
}


def kind_of(dialect_name: str) -> type[Kind]:
    """Return what answers for a kind of database.

    Raises:
        ScratchUnavailable: Nothing is known of this kind.
    """
    found = _HOMES.get(dialect_name)
    if found is None:
        raise ScratchUnavailable(
            f"There is no scratch database for {dialect_name}.",
            reason=Reason.UNKNOWN_KIND,
            why="Scratch databases are made on PostgreSQL, MariaDB, MySQL and SQLite. Nothing was changed.",
        )
    home, name = found
    kind: type[Kind] = getattr(import_module(home), name)
    return kind
