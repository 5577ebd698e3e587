"""``RunnerEnvironment``: Alembic's environment, with Whimbrel's rules.

It is a subclass and changes nothing of Alembic's own: an untouched ``env.py`` of any age runs in it,
and plain Alembic in the same process is left alone.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from alembic.runtime.environment import EnvironmentContext
from alembic.util.langhelpers import ModuleClsProxy, to_tuple

from whimbrel.backends import backend_for
from whimbrel.run.logs import logs_obey
from whimbrel.run.operations import operations_of
from whimbrel.run.progress import Progress
from whimbrel.run.version_table import fit_version_column
from whimbrel.targets import metadata_seen, old_calls_answered

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext, RevisionStep

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
        options: Further options for Alembic's environment.
    """

    each: Callable[[Any, MigrationContext], Iterable[RevisionStep]]
    changes: bool = False
    sql: bool = False
    options: dict[str, Any] = field(default_factory=dict)


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

    def run(self) -> Progress:
        """Run ``env.py``, and return what was done."""
        with _one_at_a_time, self, logs_obey(self._project.logs), old_calls_answered(self._project.database):
            self._project.scripts.run_env()
        return self._progress

    def configure(self, connection: Any = None, *args: Any, **options: Any) -> None:
        """Give each revision a transaction of its own, unless told otherwise, and prepare the connection."""
        settings = self._project.settings
        if not self._work.sql:
            options.setdefault("transaction_per_migration", not settings.atomic)
        if connection is not None and self._work.changes and not self._work.sql:
            self._progress.watch(connection)
            undone_together = self._progress.backend.transactional_ddl and not options["transaction_per_migration"]
            self._progress.atomic = undone_together
            options["on_version_apply"] = (
                *to_tuple(options.get("on_version_apply"), ()),
                self._progress.version_applied,
            )
            backend_for(connection.dialect.name).prepare(connection, settings.lock_timeout)
        # Alembic takes silence for a no, and does not tell the two apart; None leaves no trace in its options.
        options.setdefault("compare_server_default", None)
        if connection is not None and "target_metadata" in options:
            bind = str(options.get("upgrade_token", "")).removesuffix("_upgrades")
            given = options["target_metadata"]
            options["target_metadata"] = metadata_seen(self._project.database, connection, given, bind)
        super().configure(connection, *args, **options)
        if self._progress.atomic and options.get("transactional_ddl") is None:
            # Alembic holds SQLite to be without (its log line, just written, stays); there it would not
            # begin the transaction around all revisions.
            self.get_context().impl.transactional_ddl = True

    def run_migrations(self, **kw: Any) -> None:
        """Run the steps, in a version table that their ids fit into."""
        if self._work.changes:
            fit_version_column(self.get_context(), self._project.scripts)
        with operations_of(self.get_context()):
            self.get_context().run_migrations(**kw)

    def _steps(self, heads: Any, context: MigrationContext) -> Iterator[RevisionStep]:
        yield from self._progress.steps(self._work.each(heads, context), heads or ())
        if self._work.changes and not self._work.sql:
            _commit_between_revisions(context)


def _commit_between_revisions(context: MigrationContext) -> None:
    """Commit what belongs to no revision: the version table, made or emptied without one to follow."""
    if context._transaction is None and not context._in_external_transaction and context.connection is not None:
        context.connection.commit()


# Alembic finds the module proxies (`alembic.context`) of an environment by its exact class.
ModuleClsProxy._setups[RunnerEnvironment] = ModuleClsProxy._setups[EnvironmentContext]
