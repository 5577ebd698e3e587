"""``RunnerEnvironment``: Alembic's environment, with Whimbrel's rules.

It is a subclass and changes nothing of Alembic's own: an untouched ``env.py`` of any age runs in it,
and plain Alembic in the same process is left alone.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from alembic.runtime.environment import EnvironmentContext
from alembic.util.langhelpers import ModuleClsProxy, to_tuple
from sqlalchemy.exc import DBAPIError

from whimbrel.backends import backend_for
from whimbrel.backends.locks import own_connection
from whimbrel.backends.sessions import Limits, Session
from whimbrel.bookkeeping import VERSION_TABLE
from whimbrel.journal import Journal
from whimbrel.run.interrupt import interruptible
from whimbrel.run.lease import Lease
from whimbrel.run.logs import Logs, logs_obey
from whimbrel.run.looking import bind_of
from whimbrel.run.loop import Loop, pause_for
from whimbrel.run.observing import Observer, observed
from whimbrel.run.operations import operations_of
from whimbrel.run.progress import Progress
from whimbrel.run.recording import Recorder
from whimbrel.run.transactions import transactions_of
from whimbrel.run.version_table import fit_version_column, history_name
from whimbrel.run.waiting import tries_within
from whimbrel.targets import metadata_seen, old_calls_answered
from whimbrel.targets.direct import led_directly, url_of

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext, RevisionStep
    from sqlalchemy import Connection

    from whimbrel.backends.keeping import Keeping
    from whimbrel.backends.locks import TableLock
    from whimbrel.run.project import Project


# `alembic.context` and `alembic.op` are one for the process: a second thread waits for the first.
_one_at_a_time = threading.RLock()


@dataclass(frozen=True, slots=True)
class Work:
    """What a command does in the environment.

    Attributes:
        each: Called for each database with its heads and Alembic's context; returns the steps to run.
        changes: Whether it may change the database.
        sql: Whether it writes SQL instead of running it.
        resumes: Whether it finishes first what was interrupted.
        options: Further options for Alembic's environment.
        locks: Returns which locks a step takes first, on a kind of server; none where that is not known.
        keeping: Returns what a server keeps drops by, in the place of the server's own and for a bind.
        observer: Makes what is told of each statement, for each database: of its connection, progress and bind.
    """

    each: Callable[[Any, MigrationContext], Iterable[RevisionStep]]
    changes: bool = False
    sql: bool = False
    resumes: bool = False
    options: dict[str, Any] = field(default_factory=dict)
    locks: Callable[[RevisionStep, str], Sequence[TableLock]] | None = None
    keeping: Callable[[Keeping, str], Keeping] | None = None
    observer: Callable[[Connection, Progress, str], Observer] | None = None


class RunnerEnvironment(EnvironmentContext):
    """The environment for one command.

    Args:
        project: The app's migrations.
        work: What the command does.
        progress: Is told what happens.
    """

    def __init__(self, project: Project, work: Work, progress: Progress) -> None:
        """Take Alembic's options from the work."""
        super().__init__(project.config, project.scripts, fn=self._steps, as_sql=work.sql, **work.options)
        self._project = project
        self._work = work
        self._progress = progress
        self._cleanup = ExitStack()
        self._lease: Lease
        self._session: Session
        self._history = ""
        self._connection: Connection | None = None
        self._loop: Loop | None = None

    def run(self) -> Progress:
        """Run ``env.py``, and return what was done."""
        database, way = self._project.database, self._project.settings.direct_url
        with (
            _one_at_a_time,
            self,
            logs_obey(self._project.logs),
            old_calls_answered(database),
            led_directly(database, way),
        ):
            tries = tries_within(self._project.settings.lock_retry)
            while not self._is_done(tries):
                self._progress.anew()
        return self._progress

    def configure(self, connection: Any = None, *args: Any, **options: Any) -> None:
        """Give each revision a transaction of its own, unless told otherwise, and prepare the connection."""
        if not self._work.sql:
            options.setdefault("transaction_per_migration", not self._project.settings.atomic)
        if connection is not None:
            url_of(connection)  # refuses one that does not go by MIGRATE_DIRECT_URL
        changes = connection is not None and self._work.changes and not self._work.sql
        if changes:
            self._prepare(connection, options)
        # Alembic takes silence for a no, and does not tell the two apart; None leaves no trace in its options.
        options.setdefault("compare_server_default", None)
        if connection is not None and "target_metadata" in options:
            bind = str(options.get("upgrade_token", "")).removesuffix("_upgrades")
            given = options["target_metadata"]
            options["target_metadata"] = metadata_seen(self._project.database, connection, given, bind)
        try:
            super().configure(connection, *args, **options)
            if changes:
                self._begin_to_change(connection, options)
        except BaseException:
            self._cleanup.close()  # at once: an asynchronous connection can be closed here only
            raise

    def run_migrations(self, **kw: Any) -> None:
        """Run the steps, in a version table that their ids fit into."""
        if self._work.changes:
            fit_version_column(self.get_context(), self._project.scripts)
        with operations_of(self.get_context(), self._loop.keeper if self._loop is not None else None) as operations:
            if self._loop is None:
                self.get_context().run_migrations(**kw)
                self._progress.wrote_drops(operations.drops)
                return
            cancel = self._session.canceller() if self._project.logs is Logs.OURS else None
            with self._held_until_committed(), interruptible(self._progress, cancel), self._observed():
                self._loop.run(**kw)

    def _is_done(self, tries: Iterator[float]) -> bool:
        """Run ``env.py``; tell whether it was done, or is to be run again since all of it was rolled back."""
        try:
            self._project.scripts.run_env()
        except DBAPIError as error:
            self._cleanup.close()
            if not self._is_to_be_run_again(error, tries):
                raise
            return False
        return True

    def _is_to_be_run_again(self, error: DBAPIError, tries: Iterator[float]) -> bool:
        connection = self._connection
        if self._loop is None or connection is None or not self._loop.lost_all(error):
            return False
        if not connection.closed and connection.in_transaction():
            return False  # begun by the app, which has to end it
        if not connection.dialect.is_async:
            with own_connection(connection) as other:
                self._progress.was_blocked(other, error)
        return pause_for(error, self._progress.blockers, tries)

    def __exit__(self, *arg: Any, **kw: Any) -> None:
        """Give back what a failing ``env.py`` left."""
        self._cleanup.close()
        super().__exit__(*arg, **kw)

    def _prepare(self, connection: Any, options: dict[str, Any]) -> None:
        """Keep other runners away, before anything is begun that would hinder them, and limit what is begun."""
        settings = self._project.settings
        backend = backend_for(connection.dialect.name)
        self._cleanup.close()  # what an earlier database of this run has left
        table, schema = options.get("version_table", VERSION_TABLE), options.get("version_table_schema")
        self._history = history_name(connection, table, schema)
        lock = backend.lock(connection, self._history)
        self._lease = Lease(lock, settings.lock_wait)
        self._lease.take()
        self._cleanup.callback(self._lease.release)
        limits = Limits(settings.lock_timeout, settings.statement_timeout)
        self._session = backend.prepare(connection, limits, lock.guard)
        self._cleanup.callback(self._session.end)
        self._progress.waited += self._lease.waited
        self._progress.watch(connection)
        options["on_version_apply"] = (*to_tuple(options.get("on_version_apply"), ()), self._progress.version_applied)

    def _begin_to_change(self, connection: Any, options: dict[str, Any]) -> None:
        self._connection = connection
        context = self.get_context()
        transactions = transactions_of(context, self._session)
        self._progress.atomic = transactions.together and self._progress.backend.transactional_ddl
        if self._progress.atomic and options.get("transactional_ddl") is None:
            # Alembic holds SQLite to be without (its log line, just written, stays); there it would not
            # begin the transaction around all revisions.
            context.impl.transactional_ddl = True
        from whimbrel.archive import Keeper, Records  # what only asks has no use for it

        settings, backend, schema = self._project.settings, self._progress.backend, context.version_table_schema
        keeping = backend.keeping(connection)
        if self._work.keeping is not None:
            keeping = self._work.keeping(keeping, bind_of(context))
        journal = Journal(connection, backend, self._session, self._history, schema)
        records = Records(keeping, schema, self._history)
        journal.watch = keeper = Keeper(keeping, records, self._progress.notes.append, journal.note)
        recorder = Recorder(context.dialect.driver, settings.journal_text)
        self._loop = Loop(
            context, transactions, self._lease, self._progress, journal, recorder, keeper, settings, self._work
        )

    @contextmanager
    def _held_until_committed(self) -> Iterator[None]:
        """Give the lock back when the last revision is committed.

        Where ``env.py`` commits, that is later than here; but an asynchronous connection can be closed here only.
        """
        context = self.get_context()
        theirs = self._progress.atomic and (context._in_external_transaction or context._transaction is not None)
        try:
            yield
        finally:
            if not theirs or context.dialect.is_async:
                self._cleanup.close()

    def _observed(self) -> AbstractContextManager[None]:
        make, connection = self._work.observer, self._connection
        return (
            nullcontext()
            if make is None or connection is None
            else observed(connection, make(connection, self._progress, bind_of(self.get_context())))
        )

    def _steps(self, heads: Any, context: MigrationContext) -> Iterator[RevisionStep]:
        steps = self._work.each(heads, context)
        if self._loop is not None:
            self._loop.let_go()
        yield from self._progress.steps(steps, heads or ())


# Alembic finds the module proxies (`alembic.context`) of an environment by its exact class.
ModuleClsProxy._setups[RunnerEnvironment] = ModuleClsProxy._setups[EnvironmentContext]
