"""What an app does before its first request: make sure that the databases are at head, or bring them there."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from whimbrel.commands.moving import upgrade
from whimbrel.commands.troubles import explained
from whimbrel.commands.whereabouts import Whereabouts, error_of, whereabouts
from whimbrel.errors import DatabaseAhead, NotAtHead
from whimbrel.run import Progress, Project, RunnerEnvironment, Work, texts_in
from whimbrel.scripts.lineage import Standing
from whimbrel.targets import shown_url

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext


@dataclass(frozen=True, slots=True)
class Started:
    """What was found, or done, before the first request.

    Attributes:
        applied: The revisions that ran, in order.
        unknown: Those that a database is at and no script here has: newer code has migrated it.
    """

    applied: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def require_head(project: Project) -> Started:
    """Make sure that no revision is pending.

    A database that is ahead is no error, unless ``MIGRATE_IF_AHEAD`` says so: while a new version is rolled out, old
    code meets a newer schema.

    Raises:
        NotAtHead: A database has revisions pending.
        DatabaseAhead: Its revisions are of another branch or project; or it is ahead and must not be.
        ConnectionFailed: A database cannot be reached.
    """
    return _judged(project, _look(project), ())


def bring_to_head(project: Project) -> Started:
    """Apply what is pending, all heads of it; whoever does the same elsewhere is waited for.

    Raises:
        WhimbrelError: It was refused or failed; the error says whether the database was changed.
    """
    found = _look(project)
    if not any(one.pending for one in found):
        return _judged(project, found, ())
    applied: tuple[str, ...] = ()
    with suppress(DatabaseAhead):  # newer code was faster; whether something is pending still is looked at below
        applied = upgrade(project, "heads").applied
    return _judged(project, _look(project), applied)


@dataclass(frozen=True, slots=True)
class _Found:
    """One database.

    Attributes:
        url: Where it is, without secrets.
        heads: Its rows in the version table.
        pending: How many revisions it lacks; none where it is ahead.
        unknown: Which of its rows no script has.
        where: Where that is; None if a script has all of them.
    """

    url: str
    heads: tuple[str, ...]
    pending: int
    unknown: tuple[str, ...]
    where: Whereabouts | None = None


def _look(project: Project) -> list[_Found]:
    found: list[_Found] = []

    def each(heads: Any, context: MigrationContext) -> Iterable[Any]:
        assert context.connection is not None
        known = project.scripts.revision_map._revision_map
        unknown = tuple(one for one in heads if one not in known)
        steps = () if unknown else project.scripts.iterate_revisions("heads", heads, implicit_base=True)
        url = shown_url(context.connection.engine.url)
        where = whereabouts(project, heads, texts_in(context)) if unknown else None
        found.append(_Found(url, tuple(sorted(heads)), sum(1 for _ in steps), unknown, where))
        return ()

    with explained(project):
        RunnerEnvironment(project, Work(each, options={"dont_mutate": True}), Progress()).run()
    return found


def _judged(project: Project, found: list[_Found], applied: tuple[str, ...]) -> Started:
    for one in found:
        if one.where is not None and not _is_served(project, one.where):
            raise error_of(project, one.where)
        if one.pending:
            at, wanted = ", ".join(one.heads) or "base", ", ".join(sorted(project.scripts.get_heads()))
            pending = "1 revision is" if one.pending == 1 else f"{one.pending} revisions are"
            raise NotAtHead(
                f"The database is at {at}, and not at {wanted}.",
                why=f"{pending} pending in {one.url}, so the app answers no request. Nothing was changed.",
                do="flask db upgrade",
            )
    return Started(applied, tuple(name for one in found for name in one.unknown))


def _is_served(project: Project, where: Whereabouts) -> bool:
    """Tell whether this code may serve a database that is not at its revisions, as far as anything tells of it."""
    if where.standing in (Standing.DIVERGED, Standing.FOREIGN):
        return False  # scripts that are here are not applied
    return project.settings.if_ahead != "fail"
