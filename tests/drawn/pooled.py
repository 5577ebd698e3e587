"""Grounds with one connection each that stays open: making one costs more than what most steps do with it."""

import functools
from typing import Any

import sqlalchemy as sa

from tests.operations.grounds import Ground, ground
from tests.support import schema


class PooledGround(Ground):
    """A ground that keeps its connections."""

    def __init__(self, plain: Ground) -> None:
        super().__init__(plain.database)
        if self.kind == "sqlite":
            return  # its file goes each time
        driver = sa.make_url(plain.database.url).get_driver_name()
        # A prepared statement would remember what its table was.
        how = {"connect_args": {"prepare_threshold": None}} if driver == "psycopg" else {}
        self.engine = sa.create_engine(plain.database.url, **how)
        if self.kind != "postgresql":
            sa.event.listen(self.engine, "checkout", self._use)

    def emptied(self) -> "PooledGround":
        """Remove all that is in it."""
        if self.kind == "sqlite":
            super().emptied()
            return self
        with self.engine.connect() as connection:
            if self.kind == "postgresql":
                statements = ["DROP SCHEMA public CASCADE", "CREATE SCHEMA public"]
            else:
                name = self.engine.url.database
                statements = [f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name} CHARACTER SET utf8mb4"]
            for statement in statements:
                connection.exec_driver_sql(statement)
            connection.commit()
        return self

    def schema(self) -> str:
        """Write its schema down, by means that are none of Whimbrel's."""
        how = {"no_parameters": True}
        with self.engine.connect() as connection:
            return schema.READERS[self.kind](
                lambda query: [tuple(row) for row in connection.exec_driver_sql(query, execution_options=how)]
            )

    def _use(self, connection: Any, *_: Any) -> None:
        cursor = connection.cursor()
        name = self.engine.url.database
        cursor.execute("SELECT 1 FROM information_schema.schemata WHERE schema_name = %s", (name,))
        if cursor.fetchone():
            cursor.execute(f"USE {name}")
        cursor.execute("SET FOREIGN_KEY_CHECKS = 1")
        cursor.close()


@functools.cache
def pooled(kind: str, name: str) -> PooledGround:
    """Return this process's database of a kind and a name."""
    return PooledGround(ground(kind, name))
