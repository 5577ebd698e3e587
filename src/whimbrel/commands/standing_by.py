"""``wait``: wait until the databases are at head, for processes that must not migrate them."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from whimbrel.commands.known_heads import ahead_is_fine
from whimbrel.commands.troubles import explained
from whimbrel.errors import ConnectionFailed, NotAtHead
from whimbrel.run import Progress, Project, RunnerEnvironment, Work, pauses

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext


def wait(project: Project, timeout: float | None = None) -> tuple[str, ...]:
    """Wait until each database is at the heads of the scripts, and return them. Nothing is ever changed.

    Args:
        project: The app's migrations.
        timeout: How long to wait, in seconds; as long as ``MIGRATE_LOCK_WAIT`` says if not given.

    Raises:
        NotAtHead: A database is not there in time.
        ConnectionFailed: A database cannot be reached, and could not all the time.
        DatabaseAhead: A database is at a revision that no script has.
    """
    limit = project.settings.lock_wait if timeout is None else timeout
    ends = time.monotonic() + limit

    def each(heads: Any, context: MigrationContext) -> Iterable[Any]:
        _await_heads(project, heads, context, ends, limit)
        return ()

    while True:
        try:
            with explained(project):
                RunnerEnvironment(project, Work(each, options={"dont_mutate": True}), Progress()).run()
        except ConnectionFailed:
            if time.monotonic() >= ends:
                raise
            time.sleep(min(1.0, max(0.0, ends - time.monotonic())))
        else:
            return tuple(sorted(project.scripts.get_heads()))


def _await_heads(project: Project, heads: Any, context: MigrationContext, ends: float, limit: float) -> None:
    tries = pauses(ends - time.monotonic(), first=0.1, longest=1.0)
    connection = context.connection
    assert connection is not None
    while _pending(project, heads, context):
        length = next(tries, None)
        if length is None:
            at, wanted = ", ".join(sorted(heads)) or "base", ", ".join(sorted(project.scripts.get_heads()))
            raise NotAtHead(
                f"The database is at {at}, and not at {wanted}.",
                why=f"It was waited for {limit:g} s. Nothing was changed.",
                do="flask db upgrade   (or see what hinders the one that runs: flask db status)",
            )
        connection.rollback()  # a transaction that stays open hinders who migrates, and may not see what it did
        time.sleep(length)
        heads = context.get_current_heads()


def _pending(project: Project, heads: Any, context: MigrationContext) -> bool:
    if ahead_is_fine(project, heads, context):
        return False
    return any(True for _ in project.scripts.iterate_revisions("heads", heads, implicit_base=True))
