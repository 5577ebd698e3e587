"""Engines of test databases, and what is left on their servers."""

import asyncio
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from tests.support.databases import Database, server_url
from whimbrel.scratch import Scratch
from whimbrel.settings import Settings

NO_SETTINGS = Settings()

DRIVERS = [
    ("postgresql", "postgresql+psycopg"),
    ("postgresql", "postgresql+psycopg2"),
    ("mariadb", "mysql+pymysql"),
    ("mariadb", "mysql+mysqldb"),
    ("mariadb", "mariadb+pymysql"),
    ("sqlite", "sqlite+pysqlite"),
]
ASYNC_DRIVERS = [
    ("postgresql", "postgresql+asyncpg"),
    ("postgresql", "postgresql+psycopg"),
    ("mariadb", "mysql+aiomysql"),
    ("sqlite", "sqlite+aiosqlite"),
]


class Citext(sa.types.UserDefinedType[str]):
    """A type of an extension; SQLAlchemy has it since 2.0.7."""

    cache_ok = True

    def get_col_spec(self, **options: Any) -> str:
        return "CITEXT"


def engine_of(database: Database, drivername: str = "", **options: Any) -> sa.Engine:
    """Make an engine as an app would, with a pool that keeps its connections."""
    url = sa.make_url(database.url)
    return sa.create_engine(url.set(drivername=drivername) if drivername else url, **options)


def in_async(database: Database, drivername: str, work: Callable[[sa.Connection], Any], **options: Any) -> Any:
    """Call something with a connection of an asynchronous driver, as an `env.py` does it."""

    async def run() -> Any:
        url = sa.make_url(database.url).set(drivername=drivername)
        if drivername == "postgresql+asyncpg":
            url = url.set(query={})
        engine = create_async_engine(url, **options)
        try:
            async with engine.connect() as connection:
                return await connection.run_sync(work)
        finally:
            await engine.dispose()

    return asyncio.run(run())


def exists(kind: str, name: str) -> bool:
    """Tell whether a server has a database; the ones in memory are known by asking them."""
    catalogue = {
        "postgresql": "SELECT 1 FROM pg_database WHERE datname = :name",
        "mariadb": "SELECT 1 FROM information_schema.schemata WHERE schema_name = :name",
    }
    engine = sa.create_engine(server_url(kind), poolclass=sa.NullPool)
    with engine.connect() as connection:
        return connection.scalar(sa.text(catalogue[kind]), {"name": name}) is not None


def is_gone(kind: str, scratch: Scratch) -> bool:
    """Tell whether a scratch database is no more."""
    if kind != "sqlite":
        return not exists(kind, scratch.name)
    with scratch.engine.connect() as connection:  # a new one, because the old one is gone
        gone = not sa.inspect(connection).get_table_names()
    scratch.engine.dispose()
    return gone


def fill(engine: sa.Engine) -> None:
    """Make a table with a row."""
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE thing (id INTEGER NOT NULL PRIMARY KEY)")
        connection.exec_driver_sql("INSERT INTO thing VALUES (1)")


def tables(engine: sa.Engine) -> list[str]:
    """Return the names of the tables that an engine sees."""
    with engine.connect() as connection:
        return sa.inspect(connection).get_table_names()
