"""The gate: while code runs for scratch, no connection is handed out that does not lead there.

It stands on SQLAlchemy's events for all engines and pools, because code that makes an engine of its
own, from the same URL, must be held back as well. The listeners stay once they are needed; without a
gate they do nothing. What a driver does without SQLAlchemy is out of their sight.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import Engine, Pool, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import SingletonThreadPool, StaticPool

from whimbrel.errors import Withheld
from whimbrel.scratch.leading import MARK, Lead, led_now, mark_of

if TYPE_CHECKING:
    from sqlalchemy import Connection, Dialect


class Gate(Protocol):
    """Who decides what becomes of a connection.

    Attributes:
        closed: Whether not even connections to scratch pass.
    """

    closed: bool

    def opens(self, dialect: Dialect, record: Any, cargs: Any, cparams: Any) -> Any:
        """Open a connection that leads to scratch instead, or raise `Withheld`."""
        ...

    def reopens(self, pool_dialect: Dialect | None) -> bool:
        """Tell whether an idle connection may be closed, so that the pool opens another one."""
        ...

    def withhold(self, what: str) -> Withheld:
        """Note that something was held back, and return the error to raise."""
        ...


_REOPENED = "whimbrel.reopened"


class _OfTheProcess:
    gate: Gate | None = None


_of_context: ContextVar[Gate | None] = ContextVar("whimbrel_gate", default=None)
_lifted: ContextVar[bool] = ContextVar("whimbrel_gate_lifted", default=False)
_installing = threading.Lock()


def current_gate() -> Gate | None:
    """Return the gate that code here and now has to pass."""
    if _lifted.get():
        return None
    return _of_context.get() or _OfTheProcess.gate


@contextmanager
def gate_of_context(gate: Gate) -> Iterator[None]:
    """Hold back what runs in this context; other threads and tasks go on undisturbed."""
    _install()
    token = _of_context.set(gate)
    try:
        yield
    finally:
        _of_context.reset(token)


@contextmanager
def gate_of_process(gate: Gate) -> Iterator[None]:
    """Hold back all threads of this process."""
    _install()
    before, _OfTheProcess.gate = _OfTheProcess.gate, gate
    try:
        yield
    finally:
        _OfTheProcess.gate = before


@contextmanager
def lifted() -> Iterator[None]:
    """Let our own code pass, in this context: it reads the target while the app's code is held back."""
    token = _lifted.set(True)
    try:
        yield
    finally:
        _lifted.reset(token)


def _install() -> None:
    with _installing:
        if event.contains(Pool, "checkout", _checkout):
            return
        event.listen(Engine, "do_connect", _do_connect)
        event.listen(Pool, "checkout", _checkout)
        event.listen(Engine, "engine_connect", _engine_connect)
        event.listen(Engine, "before_cursor_execute", _before_cursor_execute)
        event.listen(Engine, "commit", _commit)


def _do_connect(dialect: Dialect, record: Any, cargs: Any, cparams: Any) -> Any:
    gate = current_gate()
    if gate is None or (led_now() and not gate.closed):
        return None
    return gate.opens(dialect, record, cargs, cparams)


def _checkout(dbapi_connection: Any, record: Any, proxy: Any) -> None:
    gate = current_gate()
    if gate is None:
        return
    if MARK in record.info and not gate.closed:
        record.record_info.pop(_REOPENED, None)
        return
    pool = proxy._pool
    if isinstance(pool, (StaticPool, SingletonThreadPool)):
        return  # to refuse here closes the connection, which may be all there is of a database in memory
    if gate.reopens(pool._dialect) and not record.record_info.get(_REOPENED):
        record.record_info[_REOPENED] = True  # once: what opens it may not be ours to lead
        raise DisconnectionError("The code that runs now gets a connection to a scratch database.")
    record.record_info.pop(_REOPENED, None)
    raise gate.withhold("a connection that was open already")


def _engine_connect(connection: Connection) -> None:
    gate = current_gate()
    if gate is None or (mark_of(connection) and not gate.closed):
        return
    connection.close()
    raise gate.withhold("a connection that was open already")


def _before_cursor_execute(connection: Connection, cursor: Any, statement: str, *rest: Any) -> None:
    _only_marked(connection, statement)


def _commit(connection: Connection) -> None:
    _only_marked(connection, "COMMIT")


def _only_marked(connection: Connection, statement: str) -> None:
    """Hold back connections that were taken from a pool before, such as that of an open session."""
    gate = current_gate()
    if gate is None:
        return
    words = " ".join(statement.split())[:60]
    led = mark_of(connection)
    if not led or gate.closed:
        raise gate.withhold(f"{words!r} on a connection that was in use before")
    if isinstance(led, Lead) and led.named(statement):
        raise gate.withhold(f"{words!r}, because it names the database {led.named(statement)}")
