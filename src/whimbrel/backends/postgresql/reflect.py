"""A whole PostgreSQL database as a snapshot, in a fixed number of catalogue queries.

`pg_get_*def` and its kin give texts that can be executed as they are; with an empty
`search_path` all names in them are qualified. PostgreSQL 13 to 18.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.engine import Connection

from whimbrel.backends.postgresql import reflect_queries as queries
from whimbrel.backends.postgresql.reflect_objects import whole_objects
from whimbrel.backends.postgresql.reflect_tables import tables_and_views
from whimbrel.snapshot import Snapshot, snapshot_of

Rows = list[Any]


class Catalogue:
    """The answers to the catalogue queries, and the comments by what they are on."""

    def __init__(self, ask: Callable[[str], Rows], version: int, search_path: str) -> None:
        """Run all queries."""
        self.search_path = search_path
        self.comments = {(kind, oid, part): text for kind, oid, part, text in ask(queries.COMMENTS)}
        self.relations = ask(queries.RELATIONS)
        self.columns = ask(queries.columns(version))
        self.constraints = ask(queries.CONSTRAINTS)
        self.indexes = ask(queries.INDEXES)
        self.sequences = ask(queries.SEQUENCES)
        self.types = ask(queries.TYPES)
        self.routines = ask(queries.ROUTINES)
        self.triggers = ask(queries.TRIGGERS)
        self.policies = ask(queries.POLICIES)
        self.schemas = ask(queries.SCHEMAS)
        self.extensions = ask(queries.EXTENSIONS)
        self.definitions = ask(queries.DEFINITIONS)
        self.uncompared = ask(queries.UNCOMPARED)
        self.needs = ask(queries.NEEDS)

    def comment(self, catalogue: str, oid: int, part: int = 0) -> str | None:
        """Find the comment on an object of a system catalogue."""
        return self.comments.get((catalogue, oid, part))


def reflect(connection: Connection) -> Snapshot:
    """Take the snapshot of the database that a connection is on; nothing is changed, no lock is left."""

    def ask(statement: str) -> Rows:
        return list(connection.exec_driver_sql(statement))

    version, search_path, default_schema = connection.exec_driver_sql(queries.SETTINGS).one()
    with _empty_search_path(connection, search_path):
        return _snapshot(Catalogue(ask, version, search_path), version, default_schema or "")


def reflect_inside(connection: Connection, inside: str, default: str) -> Snapshot:
    """Take the snapshot of one schema as if it were the default one; extensions are those of the database."""
    prefix, quoted = f"{inside}.", f"{connection.dialect.identifier_preparer.quote_schema(default)}."

    def told(value: Any) -> Any:
        if isinstance(value, str):
            return default if value == inside else value.replace(prefix, quoted)
        return [told(one) for one in value] if isinstance(value, list) else value

    def ask(statement: str) -> Rows:
        if statement == queries.SCHEMAS:
            return []
        rows = connection.exec_driver_sql(statement.replace(queries.OUTSIDE, f"n.nspname = '{inside}'"))
        return [tuple(map(told, row)) for row in rows]

    version, search_path, _ = connection.exec_driver_sql(queries.SETTINGS).one()
    with _empty_search_path(connection, search_path):
        return _snapshot(Catalogue(ask, version, search_path), version, default)


def _snapshot(catalogue: Catalogue, version: int, default_schema: str) -> Snapshot:
    objects = [*tables_and_views(catalogue), *whole_objects(catalogue)]
    notes = sorted(f"{kind} {name} is not compared" for kind, name in catalogue.uncompared)
    return snapshot_of("postgresql", str(version // 10000), objects, default_schema, notes)


@contextmanager
def _empty_search_path(connection: Connection, before: str) -> Iterator[None]:
    """Set the path for the transaction; where there is none (autocommit), for one of our own.

    Never for the session: behind a pooler it may be another's with the next statement.
    """
    connection.exec_driver_sql("SELECT set_config('search_path', '', true)")
    is_local = connection.exec_driver_sql("SELECT current_setting('search_path')").scalar_one() == ""
    if not is_local:
        connection.exec_driver_sql("BEGIN")
        connection.exec_driver_sql("SELECT set_config('search_path', '', true)")
    try:
        yield
    finally:
        quoted = before.replace("'", "''").replace("%", "%%")
        end = f"SELECT set_config('search_path', '{quoted}', true)" if is_local else "ROLLBACK"
        connection.exec_driver_sql(end)
