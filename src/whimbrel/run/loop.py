"""``Loop``: runs steps as Alembic's ``MigrationContext.run_migrations`` does, and tries again where a lock is missed.

A pause is never made while a lock is held: the revision is rolled back first, and run again from its start.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from alembic.runtime.migration import HeadMaintainer
from sqlalchemy.exc import DBAPIError

from whimbrel.backends import Backend, TroubleKind
from whimbrel.run.waiting import pauses

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

    from whimbrel.backends.sessions import Blocker
    from whimbrel.run.lease import Lease
    from whimbrel.run.progress import Progress
    from whimbrel.run.transactions import Transactions

log = logging.getLogger("whimbrel.run")
alembics = logging.getLogger("alembic.runtime.migration")


class Loop:
    """The steps of one database, while they run.

    Args:
        context: Alembic's context.
        transactions: How revisions are committed.
        lease: What keeps other runners away.
        progress: Is told what happens.
        patience: For how long a revision that missed a lock is tried again, in seconds.
    """

    def __init__(
        self,
        context: MigrationContext,
        transactions: Transactions,
        lease: Lease,
        progress: Progress,
        patience: float,
    ) -> None:
        """Run nothing yet."""
        self._context = context
        self._transactions = transactions
        self._lease = lease
        self._progress = progress
        self._patience = patience

    def run(self, **arguments: Any) -> None:
        """Run the steps that the command asks for.

        Args:
            **arguments: What ``env.py`` passes on to each script's function.
        """
        context = self._context
        context.impl.start_migrations()
        heads = self._heads()
        self._transactions.read()
        maintainer = HeadMaintainer(context, heads)
        assert context._migrations_fn is not None
        for step in context._migrations_fn(heads, context):
            self._lease.keep()
            self._until_done(step, maintainer, arguments)

    def _heads(self) -> tuple[str, ...]:
        context = self._context
        if context.purge:
            context._ensure_version_table(purge=True)
            return ()
        heads = context.get_current_heads()
        if not heads and not context.opts.get("dont_mutate", False):
            context._ensure_version_table()
        return heads

    def _until_done(self, step: Any, maintainer: HeadMaintainer, arguments: dict[str, Any]) -> None:
        heads = set(maintainer.heads)
        tries = pauses(self._patience, first=0.2, longest=15.0)
        while True:
            try:
                self._once(step, maintainer, arguments)
            except DBAPIError as error:
                maintainer.heads = set(heads)
                if self._transactions.together or not self._is_a_missed_lock(error):
                    raise
                if not self._pause(tries, error):
                    raise
                self._progress.again()
            else:
                return

    def _once(self, step: Any, maintainer: HeadMaintainer, arguments: dict[str, Any]) -> None:
        with self._transactions.revision():
            alembics.info("Running %s", step)
            step.migration_fn(**arguments)
            maintainer.update_to_step(step)
            for callback in self._context.on_version_apply_callbacks:
                callback(ctx=self._context, step=step.info, heads=set(maintainer.heads), run_args=arguments)

    @property
    def _backend(self) -> Backend:
        return self._progress.backend

    def _is_a_missed_lock(self, error: DBAPIError) -> bool:
        return self._backend.trouble(error).kind is TroubleKind.LOCKED

    def _pause(self, tries: Iterator[float], error: DBAPIError) -> bool:
        """Wait for whoever has the lock; tell whether there is a next try."""
        connection = self._context.connection
        assert connection is not None
        self._progress.blockers = self._backend.blockers(connection, error.statement or "")
        length = next(tries, None)
        if length is None:
            return False
        words = " ".join((error.statement or "").split())[:120]
        log.warning(
            "Waiting for a lock: %s%s Rolled back, so that nobody waits behind it; again in %.1f s.",
            words,
            _named(self._progress.blockers),
            length,
        )
        time.sleep(length)
        return True


def _named(blockers: tuple[Blocker, ...]) -> str:
    if not blockers:
        return "."
    lines = [f"\n  held by {one.words}\n  to end it: {one.remedy}" for one in blockers]
    return "".join(lines) + "\n "
