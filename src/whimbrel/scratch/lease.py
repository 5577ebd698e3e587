"""``lease``: lend an empty database like the target, and take it back whatever happens."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import copy_context
from queue import Queue
from typing import TYPE_CHECKING, TypeVar, cast

from whimbrel.errors import Reason, ScratchUnavailable
from whimbrel.scratch.database import leased_on_server, scratch_url
from whimbrel.scratch.inside import FEW, leased_inside
from whimbrel.scratch.leading import without_async
from whimbrel.scratch.memory import leased_in_memory
from whimbrel.scratch.servers import kind_of

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine
    from sqlalchemy.ext.asyncio import AsyncEngine

    from whimbrel.scratch.scratch import Scratch
    from whimbrel.scratch.servers import Likeness
    from whimbrel.settings import Settings

T = TypeVar("T")


class Lent:
    """A scratch database, lent to code that is in no event loop.

    Attributes:
        scratch: The database.
    """

    def __init__(self, scratch: Scratch) -> None:
        """Know it."""
        self.scratch = scratch

    def do(self, work: Callable[[], T]) -> T:
        """Do something on the database where its connections can be used."""
        return work()


@contextmanager
def lease_outside(target: Engine | AsyncEngine, settings: Settings) -> Iterator[Lent]:
    """Lend as `lease` does, to code that is in no event loop; also for an engine of an asynchronous driver.

    The connections that the lease holds belong to an event loop, which waits in a thread of its own meanwhile.

    Raises:
        ScratchUnavailable: There is none, and why.
    """
    if not hasattr(target, "sync_engine"):
        with lease(target, settings) as scratch:
            yield Lent(scratch)
        return
    holding = _Holding(target, settings)
    try:
        holding.begin()
        yield holding
    finally:
        holding.end()


class _Holding(Lent):
    """A lease that is held in an event loop, in a thread of its own."""

    def __init__(self, target: Engine | AsyncEngine, settings: Settings) -> None:
        self._target, self._settings = target, settings
        self._is_settled = threading.Event()
        self._work: Queue[Callable[[], None] | None] = Queue()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=copy_context().run, args=(self._run,), daemon=True)

    def begin(self) -> None:
        """Wait for the database."""
        self._thread.start()
        self._is_settled.wait()
        if self._error is not None:
            raise self._error

    def do(self, work: Callable[[], T]) -> T:
        """Have the event loop's thread do it, and wait for that."""
        outcome: Future[T] = Future()

        def fulfil() -> None:
            try:
                outcome.set_result(work())
            except BaseException as error:
                outcome.set_exception(error)

        self._work.put(fulfil)
        return outcome.result()

    def end(self) -> None:
        """Wait until the database is gone."""
        has_begun = self._error is None
        self._work.put(None)
        self._thread.join()
        if has_begun and self._error is not None:
            raise self._error

    def _run(self) -> None:
        from sqlalchemy.util.concurrency import greenlet_spawn

        try:
            asyncio.run(greenlet_spawn(self._hold))
        except BaseException as error:
            self._error = error
        finally:
            self._is_settled.set()

    def _hold(self) -> None:
        with lease(self._target, self._settings) as scratch:
            self.scratch = scratch
            self._is_settled.set()
            while (work := self._work.get()) is not None:
                work()


@contextmanager
def lease(
    target: Connection | Engine | AsyncEngine, settings: Settings, *, tables_inside: int | None = None
) -> Iterator[Scratch]:
    """Lend an empty database of the target's kind, with its encoding, collation and settings.

    It is dropped at the end, also after exceptions and Ctrl-C; what a killed process leaves is
    dropped by a later lease. Nothing is done on the target's connection: the server is asked on one of
    our own, with the options of the target's engine. An engine of an asynchronous driver works inside
    `run_sync`, as ``env.py`` does it.

    Args:
        target: The database to be like.
        settings: ``MIGRATE_SCRATCH_URL`` names another server to make it on.
        tables_inside: How many tables will be built, if a schema in a transaction that is rolled back
            will do where PostgreSQL refuses a database, or a pooler the way to it (see `fits_inside`). The
            transaction holds about a dozen locks for each table until its end, so it takes few.

    Raises:
        ScratchUnavailable: There is none, and why.
    """
    engine = without_async(target)
    kind = kind_of(engine.dialect.name)
    if kind.in_memory:
        with leased_in_memory(engine) as scratch:
            yield scratch
        return
    server = cast("type[Likeness]", kind)
    url = scratch_url(settings.scratch_url, engine.dialect.name)
    entered = False
    try:
        with leased_on_server(engine, server, url) as scratch:
            entered = True
            yield scratch
            return
    except ScratchUnavailable as refusal:
        if entered or tables_inside is None or tables_inside > FEW or not _a_schema_will_do(refusal, url):
            raise
        missing = refusal
    with leased_inside(engine, server, settings.lock_timeout, missing) as scratch:
        yield scratch


def _a_schema_will_do(refusal: ScratchUnavailable, url: URL | None) -> bool:
    """Tell whether something stands in the way that does not hinder a schema in the target's own database."""
    return refusal.reason is Reason.NO_RIGHT or (refusal.reason is Reason.NOT_REACHABLE and url is None)
