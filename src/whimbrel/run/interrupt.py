"""Ctrl-C: between statements it stops the run; while one runs, that one is cancelled on the server.

A driver that is interrupted while it waits for an answer leaves a connection that nobody can use, or waits on, and
the server goes on with the statement (seen with PyMySQL and psycopg2). So the signal does not interrupt the driver:
another thread asks the server to cancel the statement, and the driver gets the server's answer to that.
"""

from __future__ import annotations

import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import copy_context
from types import FrameType

from whimbrel.run.progress import Progress

log = logging.getLogger("whimbrel.run")


@contextmanager
def interruptible(progress: Progress, cancel: Callable[[], None] | None) -> Iterator[None]:
    """Let Ctrl-C cancel the running statement; what the server answers becomes ``KeyboardInterrupt``.

    Args:
        progress: Tells whether a statement is running, and runs none after a Ctrl-C.
        cancel: Cancels it, from another thread; without it, Ctrl-C does what it always does.
    """
    handler = signal.getsignal(signal.SIGINT)
    usual = handler is signal.default_int_handler
    if cancel is None or not usual or threading.current_thread() is not threading.main_thread():
        yield
        return
    with _woken(lambda: _cancel(progress, cancel)):
        signal.signal(signal.SIGINT, lambda number, frame: _pressed(progress, number, frame))
        try:
            yield
        except Exception as error:
            if progress.interrupted:
                raise KeyboardInterrupt from error
            raise
        finally:
            signal.signal(signal.SIGINT, handler)


def _pressed(progress: Progress, number: int, frame: FrameType | None) -> None:
    """Interrupt Python, but not a driver; whoever presses it twice wants it at any price."""
    again, progress.interrupted = progress.interrupted, True
    if again or not progress.executing:
        signal.default_int_handler(number, frame)
    log.warning("Stopping: the running statement is cancelled on the server.")


def _cancel(progress: Progress, cancel: Callable[[], None]) -> None:
    if progress.executing:
        with suppress(Exception):  # the statement may have ended meanwhile
            cancel()


@contextmanager
def _woken(wake: Callable[[], None]) -> Iterator[None]:
    """Call a function in another thread when a signal arrives, even while the main one is in a driver's C code."""
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    before = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)

    def wait() -> None:
        while received := ours.recv(1):
            if received[0] == signal.SIGINT:
                wake()

    context = copy_context()  # another connection is needed, which goes where this one does
    thread = threading.Thread(target=context.run, args=(wait,), name="whimbrel-interrupt", daemon=True)
    thread.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        theirs.close()
        thread.join(timeout=5)
        ours.close()
