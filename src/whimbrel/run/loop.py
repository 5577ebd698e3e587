"""``Loop``: runs steps as Alembic's ``MigrationContext.run_migrations`` does, and tries again where a lock is missed.

A pause is never made while a lock is held: the revision is rolled back first, and run again from its start. Where
all revisions are one transaction, all of them are: then whoever runs ``env.py`` tries again.
"""

from __future__ import annotations

import datetime
import logging
import time
from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING, Any, TypeGuard

from alembic.runtime.migration import HeadMaintainer, RevisionStep
from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError

from whimbrel.backends import TroubleKind
from whimbrel.errors import NotResumable
from whimbrel.run.recording import drops_of, script_of
from whimbrel.run.waiting import tries_within

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

    from whimbrel.archive import Keeper
    from whimbrel.backends.sessions import Blocker
    from whimbrel.journal import Journal, Unfinished
    from whimbrel.run.environment import Work
    from whimbrel.run.lease import Lease
    from whimbrel.run.progress import Progress
    from whimbrel.run.recording import Recorder, Script
    from whimbrel.run.transactions import Transactions
    from whimbrel.settings import Settings

log = logging.getLogger("whimbrel.run")

# Where there is always somebody in a table, who never waits never gets it. So many tries take about ten seconds.
_WITHOUT_WAITING = 8
alembics = logging.getLogger("alembic.runtime.migration")


class Loop:
    """The steps of one database, while they run.

    Args:
        context: Alembic's context.
        transactions: How revisions are committed.
        lease: What keeps other runners away.
        progress: Is told what happens.
        journal: Is told what runs, and knows what was interrupted.
        recorder: Knows who runs it.
        keeper: Keeps what scripts drop.
        settings: For how long a revision that missed a lock is tried again, and what becomes of what is dropped.
        work: What the command does: whether a revision that was interrupted is finished first (else it is forgotten
            where steps are run), and which locks a step takes first.
    """

    def __init__(
        self,
        context: MigrationContext,
        transactions: Transactions,
        lease: Lease,
        progress: Progress,
        journal: Journal,
        recorder: Recorder,
        keeper: Keeper,
        settings: Settings,
        work: Work,
    ) -> None:
        """Run nothing yet."""
        self._journal = journal
        self._recorder = recorder
        self._work = work
        self._context = context
        self._transactions = transactions
        self._lease = lease
        self._progress = progress
        self.keeper = keeper
        self._settings = settings

    def run(self, **arguments: Any) -> None:
        """Run the steps that the command asks for.

        Args:
            **arguments: What ``env.py`` passes on to each script's function.
        """
        context = self._context
        context.impl.start_migrations()
        self._journal.open()
        self._progress.journal = self._journal
        heads = self._heads()
        self._transactions.read()
        maintainer = HeadMaintainer(context, heads)
        with self._journal.installed():
            heads = self._finish_interrupted(maintainer, arguments)
            assert context._migrations_fn is not None
            for step in context._migrations_fn(heads, context):
                self._until_done(step, maintainer, arguments)
            self._transactions.read()  # what belongs to no revision

    def let_go(self) -> None:
        """End the transaction in which the command may have asked something before its first step."""
        self._transactions.read()

    def _finish_interrupted(self, maintainer: HeadMaintainer, arguments: dict[str, Any]) -> tuple[str, ...]:
        """Take up the revision that was interrupted, whatever was asked for, and return the heads."""
        unfinished = self._journal.unfinished
        if unfinished is None or not self._work.resumes:
            return tuple(maintainer.heads)
        step = _step_of(unfinished, self._context.script)
        log.warning(
            "Revision %s was interrupted in its %s after %d statement(s). It is taken up there.",
            unfinished.revision,
            unfinished.direction,
            unfinished.done,
        )
        if not self._is_asked_for(step, tuple(maintainer.heads)):
            for one in self._progress.steps([step], maintainer.heads):
                self._until_done(one, maintainer, arguments)
        return tuple(maintainer.heads)

    def _is_asked_for(self, step: RevisionStep, heads: tuple[str, ...]) -> bool:
        """Tell whether a step is the command's own first one: ``downgrade -1``, said again, means no further one."""
        assert self._context._migrations_fn is not None
        try:
            first: Any = next(iter(self._context._migrations_fn(heads, self._context)), None)
        except CommandError:  # it may make sense from where the step leads
            return False
        return first is not None and (first.revision, first.is_upgrade) == (step.revision, step.is_upgrade)

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
        self._lease.keep()
        heads, script = set(maintainer.heads), script_of(step)
        tries = tries_within(self._settings.lock_retry)
        for number in count():
            try:
                self._make_journal()
                self._once(step, script, maintainer, arguments, waits=number >= _WITHOUT_WAITING)
                self._sweep()
                return
            except BaseException as error:
                maintainer.heads = set(heads)
                if self._journal.is_kept:
                    self._progress.kept, self._progress.is_journalled = self._journal.kept, True
                if self._transactions.together or not self.missed_a_lock(error):
                    raise
                assert self._context.connection is not None
                self._progress.was_blocked(self._context.connection, error)
                if not pause_for(error, self._progress.blockers, tries):
                    raise
                self._progress.again()

    def _once(
        self, step: Any, script: Script, maintainer: HeadMaintainer, arguments: dict[str, Any], *, waits: bool
    ) -> None:
        journal, began = self._journal, datetime.datetime.now(datetime.UTC)
        from whimbrel.archive import Policy

        policy = Policy(drops_of(step, self._settings), self._settings.archive_copy, journal.is_kept)
        with (
            self._transactions.revision(),
            journal.revision(script.revision, script.direction, script.checksum),
            self.keeper.revision(script.revision, script.direction, policy),
        ):
            self._progress.kept = journal.kept
            self._take_locks(step, waits=waits)
            alembics.info("Running %s", step)
            step.migration_fn(**arguments)
            self.keeper.settle()
            maintainer.update_to_step(step)
            heads = set(maintainer.heads)
            for callback in self._context.on_version_apply_callbacks:
                callback(ctx=self._context, step=step.info, heads=heads, run_args=arguments)
            self.keeper.finish(at_base=not heads and script.direction == "downgrade")
            journal.finish(self._recorder.record(script, heads, journal.statements, began))

    def _take_locks(self, step: Any, *, waits: bool) -> None:
        """Take the locks that are known of a step, before its first statement, so that nobody waits on one of them."""
        context, backend = self._context, self._progress.backend
        assert context.connection is not None
        if self._work.locks is not None and self._progress.kept == 0:
            locks = self._work.locks(step, backend.name_of(context.dialect).lower())
            if locks:
                backend.take_locks(context.connection, locks, waits=waits)

    def _sweep(self) -> None:
        """Let go of what was put back, where that cannot be undone, once the revision is committed."""
        if not self.keeper.has_swept:
            self.keeper.sweep()
            self._transactions.read()

    def _make_journal(self) -> None:
        """Make the journal's tables before the first step that is recorded in them."""
        if self._journal.is_settled:
            return
        trouble = self._journal.ensure()
        self._transactions.read()
        if trouble is not None and trouble.kind is not TroubleKind.READ_ONLY:  # of that the step itself will tell
            log.warning(
                "The journal's tables cannot be made or written here (%s). So nothing is recorded, and a revision that "
                "is interrupted between two commits cannot be taken up.",
                trouble.words,
            )

    def missed_a_lock(self, error: BaseException) -> TypeGuard[DBAPIError]:
        """Tell whether another try may help."""
        return isinstance(error, DBAPIError) and self._progress.backend.trouble(error).kind is TroubleKind.LOCKED

    def lost_all(self, error: BaseException) -> TypeGuard[DBAPIError]:
        """Tell whether a missed lock rolled back all revisions, which are one transaction; all may be tried again."""
        return self._progress.atomic and self.missed_a_lock(error)


def pause_for(error: DBAPIError, blockers: tuple[Blocker, ...], tries: Iterator[float]) -> bool:
    """Wait for whoever has a lock that was missed; tell whether there is a next try.

    Args:
        error: What the server said.
        blockers: Who has it.
        tries: The pauses that are left.
    """
    length = next(tries, None)
    if length is None:
        return False
    words = " ".join((error.statement or "").split())[:120]
    log.warning(
        "Waiting for a lock: %s%s Rolled back, so that nobody waits behind it; again in %.1f s.",
        words,
        _named(blockers),
        length,
    )
    time.sleep(length)
    return True


def _step_of(unfinished: Unfinished, scripts: Any) -> RevisionStep:
    """Return the step that finishes a revision which was interrupted."""
    try:
        script = scripts.get_revision(unfinished.revision)
    except CommandError as error:
        from whimbrel.scripts.git import command_for  # a revision whose script is there does without

        known = command_for(scripts.folders, unfinished.revision, "--all")
        raise NotResumable(
            f"Revision {unfinished.revision} was interrupted, and no script has that id.",
            why=f"{unfinished.done} statement(s) of its {unfinished.direction} are done and stay. "
            "Nothing was changed now.",
            do=f"{known or 'bring back its script (git log --all -- migrations)'}, and run the command again",
        ) from error
    return RevisionStep(scripts.revision_map, script, unfinished.direction == "upgrade")


def _named(blockers: tuple[Blocker, ...]) -> str:
    if not blockers:
        return "."
    lines = [f"\n  held by {one.words}\n  to end it: {one.remedy}" for one in blockers]
    return "".join(lines) + "\n "
