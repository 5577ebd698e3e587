"""Lead the app's engines to scratch while something runs for it, or refuse them.

`redirected` is for a process that does nothing else (``flask db``): the engines of the app, and others
that are made from the same URL, connect to scratch. `refused` is for a process that serves requests:
nothing is led anywhere, and only the code of this context gets no connection.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from whimbrel.errors import Withheld
from whimbrel.scratch.gate import gate_of_context, gate_of_process
from whimbrel.scratch.leading import MARK, Lead, without_async
from whimbrel.scratch.scratch import Scratch
from whimbrel.scratch.servers import kind_of
from whimbrel.targets.direct import connect_directly

if TYPE_CHECKING:
    from sqlalchemy import Dialect, Engine
    from sqlalchemy.ext.asyncio import AsyncEngine
    from sqlalchemy.orm import scoped_session


@dataclass(slots=True)
class Held:
    """What was held back meanwhile.

    Attributes:
        back: What was held back, in words. If there is anything, the result is not proved, even if
            the code swallowed the error.
    """

    back: list[str] = field(default_factory=list)


@contextmanager
def redirected(
    ways: Mapping[Engine | AsyncEngine, Scratch | None], sessions: Iterable[scoped_session[Any]] = ()
) -> Iterator[Held]:
    """Let the app's engines connect to scratch, in all threads of this process.

    Engines without a scratch database, engines that connect by a function of their own, and engines
    that lead to some place that is not known here get no connection: `Withheld`. So does a
    connection that was taken from its pool before, whoever uses it.

    Args:
        ways: The app's engines, each with the scratch database of its target; none: it is refused.
        sessions: Scoped sessions: those that are open here are put aside, so that the code gets new
            ones, and put back afterwards.
    """
    held = Held()
    gate = _Leading(held, ways)
    with ExitStack() as cleanup:
        cleanup.callback(gate.forget)
        for engine, scratch in ways.items():
            cleanup.enter_context(_other_pool(without_async(engine), scratch, held))
        cleanup.enter_context(gate_of_process(gate))
        for session in sessions:
            cleanup.enter_context(_other_session(session))
        yield held


@contextmanager
def refused() -> Iterator[Held]:
    """Give the code of this context no connection but to scratch; all other code goes on undisturbed."""
    held = Held()
    with gate_of_context(_Refusing(held)):
        yield held


@contextmanager
def shut() -> Iterator[Held]:
    """Give the code of this context no connection at all, not even to scratch."""
    held = Held()
    gate = _Refusing(held)
    gate.closed = True
    with gate_of_context(gate):
        yield held


class _Refusing:
    """A gate that nothing passes but what leads to scratch."""

    closed = False

    def __init__(self, held: Held) -> None:
        self._held = held

    def opens(self, dialect: Dialect, record: Any, cargs: Any, cparams: Any) -> Any:
        """Refuse."""
        raise self.withhold(f"a new connection by {dialect.name}+{dialect.driver}")

    def reopens(self, pool_dialect: Dialect | None) -> bool:
        """Leave the connections of a serving process alone."""
        return False

    def withhold(self, what: str) -> Withheld:
        """Note it."""
        self._held.back.append(what)
        return Withheld(
            f"Held back: {what}.",
            why="This code runs to find out what it would do, and must not reach the app's database. "
            "Nothing was changed.",
        )


class _Leading(_Refusing):
    """A gate that leads engines which nobody told of to scratch, if they come from a known URL."""

    def __init__(self, held: Held, ways: Mapping[Engine | AsyncEngine, Scratch | None]) -> None:
        super().__init__(held)
        self._ways: list[tuple[Engine, Scratch]] = [
            (without_async(engine), scratch)
            for engine, scratch in ways.items()
            if scratch is not None and scratch.can_lead
        ]
        self._addresses = {self._address(engine): (engine, scratch) for engine, scratch in self._ways}
        self._records: list[weakref.ref[Any]] = []
        self._dialects: list[tuple[Dialect, str, str]] = []

    def opens(self, dialect: Dialect, record: Any, cargs: Any, cparams: Any) -> Any:
        """Open a connection to the scratch database of the URL that the arguments come from."""
        new_cargs, new_cparams = self._as_the_app_has_it(dialect, record, cargs, cparams)
        address = kind_of(dialect.name).address(new_cargs, new_cparams) if self._knows(dialect.name) else ()
        if not address or address not in self._addresses or record is None:
            raise self.withhold(f"a new connection by {dialect.name}+{dialect.driver} to a place not known here")
        app, scratch = self._addresses[address]
        lead = scratch.lead_for(app)
        connection = lead.opened(dialect, new_cargs, new_cparams)
        record.info[MARK] = lead
        self._records.append(weakref.ref(record))
        self._dialects.append((dialect, scratch.name, address[-1]))
        scratch.before_renewal(self._close_led)
        return connection

    def reopens(self, pool_dialect: Dialect | None) -> bool:
        """Let an idle connection be closed if another one can be led to scratch."""
        return pool_dialect is not None and self._knows(pool_dialect.name)

    def forget(self) -> None:
        """Close what was led: the pools that hold these connections go on to live."""
        self._close_led()
        for dialect, scratch, real in self._dialects:
            # A dialect that met its database here for the first time has learned the wrong name.
            if (dialect.default_schema_name or "").startswith(scratch):
                dialect.default_schema_name = real

    def _close_led(self) -> None:
        for reference in self._records:
            record = reference()
            if record is not None and isinstance(record.info.get(MARK), Lead):
                with suppress(Exception):
                    record.invalidate()
        self._records.clear()

    def _as_the_app_has_it(
        self, dialect: Dialect, record: Any, cargs: Any, cparams: Any
    ) -> tuple[list[Any], dict[str, Any]]:
        """Let the app's own listeners have their say, on copies."""
        from whimbrel.scratch.gate import _do_connect

        new_cargs, new_cparams = list(cargs), dict(cparams)
        for listener in dialect.dispatch.do_connect:
            if listener in (_do_connect, connect_directly):
                continue
            connection = listener(dialect, record, new_cargs, new_cparams)
            if connection is not None:
                connection.close()
                raise self.withhold("a connection that a listener of the app's opens by itself")
        return new_cargs, new_cparams

    def _address(self, engine: Engine) -> tuple[str, ...]:
        cargs, cparams = engine.dialect.create_connect_args(engine.url)
        return kind_of(engine.dialect.name).address(cargs, cparams)

    def _knows(self, name: str) -> bool:
        return name in [engine.dialect.name for engine, _ in self._ways]


@contextmanager
def _other_pool(engine: Engine, scratch: Scratch | None, held: Held) -> Iterator[None]:
    """Give an engine another pool for the time being; its own one is not touched."""
    if scratch is None or not scratch.can_lead:
        yield
        return
    own, dialect, name = engine.pool, engine.dialect, engine.dialect.default_schema_name
    lead = scratch.lead_for(engine)
    engine.pool = scratch.lead_pool(engine, lead)
    if scratch.kind.schemas_are_databases:
        dialect.default_schema_name = scratch.name
    try:
        yield
    finally:
        engine.pool.dispose()
        engine.pool = own
        held.back.extend(lead.astray)
        if scratch.kind.schemas_are_databases:
            dialect.default_schema_name = name or engine.url.database


@contextmanager
def _other_session(sessions: scoped_session[Any]) -> Iterator[None]:
    """Put the open session of this scope aside."""
    registry: Any = sessions.registry
    own = registry() if registry.has() else None
    registry.clear()
    try:
        yield
    finally:
        with suppress(Exception):
            sessions.remove()
        if own is not None:
            registry.set(own)
