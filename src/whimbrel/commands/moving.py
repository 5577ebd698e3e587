"""The verbs that move a database through its history: upgrade, downgrade, stamp, ensure-version."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alembic.util import to_list, to_tuple

from whimbrel.commands.failures import interrupted
from whimbrel.commands.troubles import explained, require_known_heads
from whimbrel.errors import Refused
from whimbrel.run import Logs, Progress, Project, RunnerEnvironment, Work

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

    Steps = Callable[[Any, MigrationContext], Iterable[Any]]


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


def upgrade(project: Project, revision: str = "head", *, sql: bool = False, tag: str | None = None) -> Moved:
    """Apply revisions up to one.

    Raises:
        WhimbrelError: It was refused or failed; the error says whether the database was changed.
    """
    start, end = _range(revision, sql)

    def steps(heads: Any, context: MigrationContext) -> Iterable[Any]:
        require_known_heads(project, heads, sql)
        revisions = project.scripts._upgrade_revs(end, heads)
        _require_no_loss(project, revisions, context)
        yield from revisions
        if project.settings.archive_keep is not None and not sql:
            from whimbrel.commands.archives import purge_old

            purge_old(context, project.settings.archive_keep)

    return _move(project, steps, sql, {"starting_rev": start, "destination_rev": end, "tag": tag}, resumes=True)


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
        require_known_heads(project, heads, sql)
        revisions = project.scripts._downgrade_revs(end, heads)
        _require_no_loss(project, revisions, context)
        return revisions

    return _move(project, steps, sql, {"starting_rev": start, "destination_rev": end, "tag": tag}, resumes=True)


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
        require_known_heads(project, heads, sql)
        return project.scripts._stamp_revs(ends, heads)

    options = {
        "starting_rev": next(iter(starts), None),
        "destination_rev": to_tuple(ends),
        "tag": tag,
        "purge": purge,
    }
    return _move(project, steps, sql, options)


def ensure_version(project: Project, *, sql: bool = False) -> None:
    """Make the version table if there is none."""

    def steps(heads: Any, context: MigrationContext) -> Iterable[Any]:
        context._ensure_version_table()
        return ()

    _move(project, steps, sql, {})


def _require_no_loss(project: Project, steps: Sequence[Any], context: MigrationContext) -> None:
    if project.settings.confirm_loss:
        from whimbrel.commands.losses import require_no_loss

        require_no_loss(project, steps, context)


def _move(project: Project, steps: Steps, sql: bool, options: dict[str, Any], *, resumes: bool = False) -> Moved:
    progress = Progress()
    try:
        with explained(project, progress):
            RunnerEnvironment(
                project, Work(steps, changes=True, sql=sql, resumes=resumes, options=options), progress
            ).run()
    except KeyboardInterrupt as stop:
        if project.logs is Logs.THEIRS:
            raise  # the application may want it for itself
        raise interrupted(progress) from stop
    applied, heads = tuple(progress.applied), tuple(sorted(progress.heads))
    return Moved(applied, heads, progress.seconds, progress.waited, tuple(progress.notes))


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
