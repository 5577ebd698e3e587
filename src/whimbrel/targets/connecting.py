"""A connection through any engine, blocking or asynchronous, inside a running event loop or not."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from contextvars import copy_context
from copy import copy
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy.pool import SingletonThreadPool, StaticPool

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.ext.asyncio import AsyncEngine

Result = TypeVar("Result")

# In an in-memory database the connection is the database.
_THE_DATABASE_ITSELF = (StaticPool, SingletonThreadPool)


def with_connection(engine: Any, use: Callable[[Connection], Result]) -> Result:
    """Call a function with a connection, and return what it returns.

    Args:
        engine: An engine; of an asynchronous one the connection is the blocking side.
        use: What to do with the connection.
    """
    if not hasattr(engine, "sync_engine"):
        with engine.connect() as connection:
            return use(connection)

    async def connect() -> Result:
        async with _own_connections(engine) as own, own.connect() as connection:
            return await connection.run_sync(use)

    return _run_to_end(connect())


def let_go(engines: Iterable[Any]) -> None:
    """Close the connections that the pools keep, for a process that may fork: children would share them."""
    for engine in engines:
        # Asynchronous ones were connected by pools of their own.
        if not hasattr(engine, "sync_engine") and not isinstance(engine.pool, _THE_DATABASE_ITSELF):
            engine.dispose()


@asynccontextmanager
async def _own_connections(engine: AsyncEngine) -> AsyncIterator[AsyncEngine]:
    """Lend the engine with a pool of its own.

    A connection belongs to the event loop that made it: those of the app's pool to the app's, and ours
    to the one that ends here. In an in-memory database the connection is the database; it stays.
    """
    pool = engine.sync_engine.pool
    if isinstance(pool, StaticPool):
        yield engine
        return
    twin = copy(engine.sync_engine)
    twin.pool = pool.recreate()
    own = type(engine)(twin)
    try:
        yield own
    finally:
        await own.dispose()


def _run_to_end(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine, also where an event loop is running in this thread: then in another one."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(coroutine)
    results: list[Result] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(asyncio.run(coroutine))
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=copy_context().run, args=(run,))
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]
