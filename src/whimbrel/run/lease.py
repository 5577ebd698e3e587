"""``Lease``: the right to change a target, which one runner at a time has."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from whimbrel.backends.locks import lost
from whimbrel.errors import RunnerBusy
from whimbrel.run.waiting import pauses

if TYPE_CHECKING:
    from whimbrel.backends.locks import Holder, Lock

log = logging.getLogger("whimbrel.run")

PATIENT_FOR = 1.0  # seconds of waiting that nobody needs to hear of
SAID_AGAIN_AFTER = 30.0  # seconds
LOOKED_AT_AFTER = 10.0  # seconds: a connection that nobody uses may have been cut on its way


class Lease:
    """A lock while it is taken, kept and given back.

    Args:
        lock: The server's lock.
        limit: How long to wait for it, in seconds.

    Attributes:
        waited: How long it took to get it, in seconds; 0 where nobody had it.
    """

    def __init__(self, lock: Lock, limit: float) -> None:
        """Take nothing yet."""
        self._lock = lock
        self._limit = limit
        self._looked_at = 0.0
        self.waited = 0.0

    def take(self) -> None:
        """Take the lock, and wait for whoever has it.

        Raises:
            RunnerBusy: Somebody else had it all the time.
        """
        try:
            self._wait()
        except BaseException:
            self._lock.release()
            raise
        self._looked_at = time.monotonic()

    def keep(self) -> None:
        """Make sure, between revisions, that the lock is still ours.

        Raises:
            LeaseLost: It is not, and somebody else has it.
        """
        if time.monotonic() - self._looked_at < LOOKED_AT_AFTER:
            return
        self._looked_at = time.monotonic()
        if not self._lock.is_held():
            raise lost()

    def release(self) -> None:
        """Give the lock back; a second time does nothing."""
        self._lock.release()

    def _wait(self) -> None:
        if self._lock.take():
            return
        begun, said = time.monotonic(), 0.0
        for pause in pauses(self._limit, first=0.05, longest=0.5):
            time.sleep(pause)
            if self._lock.take():
                self.waited = time.monotonic() - begun
                return
            now = time.monotonic()
            if now - begun > PATIENT_FOR and now - said > SAID_AGAIN_AFTER:
                said = now
                log.warning("Waiting: %s.", _held_by(self._lock.holder()))
        holder = self._lock.holder()
        raise RunnerBusy(
            f"Another run has this database: {_held_by(holder)}.",
            why=f"It was waited for {self._limit:g} s (MIGRATE_LOCK_WAIT). Nothing was changed.",
            do="run the command again when it has finished"
            + (f"; or, if it hangs, end it: {holder.remedy}" if holder and holder.remedy else ""),
        )


def _held_by(holder: Holder | None) -> str:
    return f"the lock is held by {holder.words}" if holder else "another runner holds the lock"
