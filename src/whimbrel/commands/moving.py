"""The verbs that move a database through its history: upgrade, downgrade, stamp, ensure-version."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any

from alembic.util import to_list, to_tuple

from whimbrel.commands.checksums import other_than_run
from whimbrel.commands.failures import interrupted
from whimbrel.commands.known_heads import ahead_is_fine, require_known_heads
from whimbrel.commands.troubles import explained
from whimbrel.errors import Refused
from whimbrel.run import Logs, Progress, Project, RunnerEnvironment, Work, outline_of, texts_in
from whimbrel.scripts import proofs

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

    from whimbrel.backends.locks import TableLock
    from whimbrel.commands.as_planned import Stored


@dataclass(frozen=True, slots=True)
class Moved:
    """What an upgrade, downgrade or stamp has done.

    Attributes:
        applied: The revisions that ran, in order.
        heads: Where the database is now; empty at base.
        seconds: How long it took.
        waited: How much of that it waited for another run.
        notes: What was kept of what was dropped, and what was put back, in words.
    """

    applied: tuple[str, ...]
    heads: tuple[str, ...]
    seconds: float
    waited: float = 0.0
    notes: tuple[str, ...] = ()


def upgrade(
    project: Project, revision: str | None = None, *, sql: bool = False, tag: str | None = None, plan: str | None = None
) -> Moved:
    """Apply revisions up to one.

    Args:
        project: The app's migrations.
        revision: Where to; the plan's goal if not given, or the head.
        sql: Write SQL instead of running it.
        tag: A tag for ``env.py``.
        plan: A file with the plan that is to be carried out, and nothing else.

    Raises:
        PlanOutdated: What the plan stands on has changed.
        WhimbrelError: It was refused or failed; the error says whether the database was changed.
    """
    stored = None if plan is None else _stored_plan(plan)
    start, end = _range(revision or (stored.goal if stored else "head"), sql)
    progress = Progress()

    def steps(heads: Any, context: MigrationContext) -> Iterable[Any]:
        if not sql:
            if ahead_is_fine(project, heads, context):
                return ()
            _look_for_edits(project, heads, context, progress)
        revisions: Sequence[Any] = (
            project.scripts._upgrade_revs(end, heads)
            if stored is None
            else stored.steps(project, heads, context, end, progress.applied)
        )
        require_no_loss(project, revisions, context)
        return revisions if sql else chain(revisions, _old_archives_purged(project, context))

    if stored is not None:
        stored.look(project, end)
    options = {"starting_rev": start, "destination_rev": end, "tag": tag}
    locks = None if sql else _proved_locks(project)
    return move(project, Work(steps, changes=True, sql=sql, resumes=True, options=options, locks=locks), progress)


def downgrade(project: Project, revision: str = "-1", *, sql: bool = False, tag: str | None = None) -> Moved:
    """Revert revisions down to one.

    Raises:
        WhimbrelError: It was refused or failed; the error says whether the database was changed.
    """
    revision = "head:-1" if sql and revision == "-1" else revision
    start, end = _range(revision, sql)
    if sql and start is None:
        raise Refused(
            "downgrade with --sql requires <fromrev>:<torev>",
            why="Without a connection nothing tells where the database is. Nothing was changed.",
            do="flask db downgrade --sql FROM:TO",
        )

    def steps(heads: Any, context: MigrationContext) -> Iterable[Any]:
        require_known_heads(project, heads, context, sql=sql)
        revisions = project.scripts._downgrade_revs(end, heads)
        require_no_loss(project, revisions, context)
        return revisions

    options = {"starting_rev": start, "destination_rev": end, "tag": tag}
    return move(project, Work(steps, changes=True, sql=sql, resumes=True, options=options))


def stamp(
    project: Project,
    revision: str | Sequence[str] = "head",
    *,
    sql: bool = False,
    tag: str | None = None,
    purge: bool = False,
) -> Moved:
    """Write revisions into the version table without running them.

    Args:
        project: The app's migrations.
        revision: One revision, or several for several branches.
        sql: Write SQL instead of running it.
        tag: A tag for ``env.py``.
        purge: Empty the version table first.

    Raises:
        WhimbrelError: It was refused; nothing was changed.
    """
    pairs = [_range(one, sql) for one in to_list(revision)]
    starts = {start for start, _ in pairs if start is not None}
    if len(starts) > 1:
        raise Refused(
            "Stamp operation with --sql only supports a single starting revision at a time",
            why=f"Without a connection one revision is where it starts, not {', '.join(sorted(starts))}. "
            "Nothing was changed.",
            do="flask db stamp --sql FROM:TO",
        )
    ends = tuple(end for _, end in pairs)

    def steps(heads: Any, context: MigrationContext) -> Iterable[Any]:
        require_known_heads(project, heads, context, sql=sql)
        return project.scripts._stamp_revs(ends, heads)

    options = {
        "starting_rev": next(iter(starts), None),
        "destination_rev": to_tuple(ends),
        "tag": tag,
        "purge": purge,
    }
    return move(project, Work(steps, changes=True, sql=sql, options=options))


def ensure_version(project: Project, *, sql: bool = False) -> None:
    """Make the version table if there is none."""

    def steps(heads: Any, context: MigrationContext) -> Iterable[Any]:
        context._ensure_version_table()
        return ()

    move(project, Work(steps, changes=True, sql=sql))


def require_no_loss(project: Project, steps: Sequence[Any], context: MigrationContext) -> None:
    """Make sure, where the setting asks for it, that no step removes rows that are there.

    Raises:
        LossUnconfirmed: One does.
    """
    if project.settings.confirm_loss:
        from whimbrel.commands import losses

        losses.require_no_loss(project, steps, context)


def move(project: Project, work: Work, progress: Progress | None = None) -> Moved:
    """Run the steps of a command.

    Raises:
        WhimbrelError: It was refused or failed; the error says whether the database was changed.
    """
    progress = progress or Progress()
    try:
        with explained(project, progress):
            RunnerEnvironment(project, work, progress).run()
    except KeyboardInterrupt as stop:
        if project.logs is Logs.THEIRS:
            raise  # the application may want it for itself
        raise interrupted(progress) from stop
    applied, heads = tuple(progress.applied), tuple(sorted(progress.heads))
    return Moved(applied, heads, progress.seconds, progress.waited, tuple(progress.notes))


def _old_archives_purged(project: Project, context: MigrationContext) -> Iterator[Any]:
    """Purge what was kept for long enough, after the steps before it; a step it is not."""
    if project.settings.archive_keep is not None:
        from whimbrel.commands.archives import purge_old

        purge_old(context, project.settings.archive_keep)
    yield from ()


def _stored_plan(path: str) -> Stored:
    from whimbrel.commands.as_planned import stored_plan  # few upgrades have one

    return stored_plan(path)


def _proved_locks(project: Project) -> Callable[[Any, str], Sequence[TableLock]]:
    """Return what says which locks an upgrade takes first, as the proof of its script has seen them."""

    @cache
    def known() -> dict[tuple[str, str], proofs.Record]:
        return {(one.revision, one.kind): one for one in proofs.read(project.scripts.dir)}

    def locks(step: Any, kind: str) -> Sequence[TableLock]:
        script = getattr(step, "revision", None)
        if script is None or not step.is_upgrade or (proof := known().get((script.revision, kind))) is None:
            return ()
        return proof.locks if proof.locks and proof.checksum == proofs.checksum_of(script.path) else ()

    return locks


def _look_for_edits(project: Project, heads: Any, context: MigrationContext, progress: Progress) -> None:
    """Warn of scripts that were edited since they were run; one query, where there is a journal."""
    journal, connection = progress.journal, context.connection
    past = outline_of(journal, connection) if journal is not None and connection is not None else ()
    if other_than_run(project, past):
        from whimbrel.commands.edited import edited_scripts, warn_of_edits

        warn_of_edits(edited_scripts(project, tuple(heads or ()), past, lambda: texts_in(context)))


def _range(revision: str, sql: bool) -> tuple[str | None, str]:
    """Split ``from:to``, which only makes sense where there is no database to ask."""
    if ":" not in revision:
        return None, revision
    if not sql:
        raise Refused(
            "Range revision not allowed",
            why="The database itself tells where it is; a range is for --sql. Nothing was changed.",
            do=f"flask db upgrade {revision.rpartition(':')[2]}",
        )
    start, end = revision.split(":", 1)
    return start, end
