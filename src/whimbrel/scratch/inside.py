"""The way out where PostgreSQL refuses CREATE DATABASE: a schema in a transaction that is rolled back.

Everything lies in the target's own database, on one connection, and nobody else sees it. Real names
could be hit by what names its schema, so it is for models that name none and have no DDL events
(`fits_inside`); and it holds its locks to the end, so it is for few tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool
from sqlalchemy.types import SchemaType

from whimbrel.backends.postgresql.scratch import enter_schema
from whimbrel.errors import ScratchUnavailable, Withheld
from whimbrel.scratch.leading import Lead, drivername_of, led_engine, mark
from whimbrel.scratch.scratch import Scratch, new_name

if TYPE_CHECKING:
    from sqlalchemy import Engine, MetaData

    from whimbrel.scratch.servers import Likeness

# A table with two indexes and a foreign key holds 13 locks, and the lock table of an untouched
# configuration has room for 6,400 of all sessions together, and a little to spare.
FEW = 300


def fits_inside(metadatas: Iterable[MetaData]) -> int | None:
    """Return how many tables there are, if a schema will do for them; ``None`` if it will not.

    It will not where a table or sequence names its schema, or where there are DDL events: their text
    can name anything in the database.
    """
    count = 0
    for metadata in metadatas:
        if metadata.schema or _has_events(metadata) or any(s.schema for s in metadata._sequences.values()):
            return None
        for table in metadata.tables.values():
            if table.schema or _has_events(table) or any(_type_schema(column) for column in table.columns):
                return None
            count += 1
    return count


@contextmanager
def leased_inside(
    engine: Engine, kind: type[Likeness], lock_timeout: float, refusal: ScratchUnavailable
) -> Iterator[Scratch]:
    """Lend a schema in a transaction of the target's database.

    Args:
        engine: The app's.
        kind: What answers for PostgreSQL.
        lock_timeout: How long a statement may wait for a lock, in seconds.
        refusal: Why there is no scratch database; raised if there can be no schema either.
    """
    control = led_engine(engine, Lead(engine.url), schema_translate_map=None)
    try:
        with control.connect() as connection:
            like = kind.read(connection)
            connection.rollback()
            if not like.may_create_schema:
                raise refusal
            scratch = InsideScratch(engine, kind, new_name(like.clock), connection.connection.dbapi_connection)
            scratch.lock_timeout = lock_timeout
            try:
                scratch.open()
                yield scratch
            finally:
                scratch.close()
    finally:
        control.dispose()


class InsideScratch(Scratch):
    """A schema in a transaction on one connection, which is never committed."""

    lock_timeout = 10.0

    def __init__(self, app: Engine, kind: type[Likeness], name: str, dbapi_connection: Any) -> None:
        """Take the connection that the transaction is on."""
        super().__init__(name, kind)
        self.schema = name
        self._dbapi_connection = dbapi_connection
        self.engine = create_engine(
            app.url.set(drivername=drivername_of(app)),
            creator=lambda: dbapi_connection,
            poolclass=StaticPool,
            pool_reset_on_return=None,
            execution_options=dict(app.get_execution_options()),
        )
        event.listen(self.engine, "connect", mark)

    @property
    def can_lead(self) -> bool:
        """Other connections do not see what is not committed."""
        return False

    def lead_for(self, engine: Engine) -> Lead:
        """Refuse: only this one connection is inside.

        Raises:
            Withheld: Always.
        """
        raise Withheld("Only one connection sees a schema that is not committed.")

    def open(self) -> None:
        """Begin, and make the schema."""
        self.engine.connect().close()  # the dialect asks for the server's version, and rolls back
        self.engine.dialect.default_schema_name = self.name
        _never_commit(self.engine.dialect)
        self._enter()

    def renew(self) -> None:
        """Roll back, and begin again."""
        self._dbapi_connection.rollback()
        self._enter()

    def close(self) -> None:
        """Roll everything back."""
        with suppress(Exception):
            self._dbapi_connection.rollback()

    def _enter(self) -> None:
        for statement in enter_schema(self.name, self.lock_timeout):
            self._execute(statement)

    def _execute(self, statement: str) -> None:
        cursor = self._dbapi_connection.cursor()
        try:
            cursor.execute(statement)
        except self.engine.dialect.loaded_dbapi.Error as error:
            raise DBAPIError(statement, None, error) from error
        finally:
            cursor.close()


def _never_commit(dialect: Any) -> None:
    """Make savepoints of the transactions on our own engine: the real one is never committed."""

    def tell(statement: str, connection: Any) -> None:
        cursor = connection.cursor()
        cursor.execute(statement)
        cursor.close()

    dialect.do_begin = lambda connection: tell("SAVEPOINT whimbrel", connection)
    dialect.do_commit = lambda connection: tell("RELEASE SAVEPOINT whimbrel", connection)
    dialect.do_rollback = lambda connection: tell("ROLLBACK TO SAVEPOINT whimbrel", connection)
    dialect.set_isolation_level = lambda connection, level: None
    dialect.reset_isolation_level = lambda connection: None
    dialect._assert_and_set_isolation_level = lambda connection, level: None
    dialect.do_close = lambda connection: None


def _has_events(item: Any) -> bool:
    """Tell whether there are listeners beside SQLAlchemy's own, which make the types of the columns."""
    names = ("before_create", "after_create", "before_drop", "after_drop")
    listeners = [listener for name in names for listener in getattr(item.dispatch, name)]
    return any(not _is_of_types(listener) for listener in listeners)


def _is_of_types(listener: Any) -> bool:
    function = getattr(listener, "func", listener)  # a partial since SQLAlchemy 2.1
    owner = getattr(function, "__self__", None) or getattr(function, "target", None)
    return isinstance(owner, SchemaType)


def _type_schema(column: Any) -> str | None:
    return getattr(column.type, "schema", None)
