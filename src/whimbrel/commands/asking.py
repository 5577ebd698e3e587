"""The verbs that ask about history. What they return is, line by line, what Alembic prints."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from alembic import util

from whimbrel.commands.known_heads import ahead_is_fine, require_known_heads
from whimbrel.commands.troubles import explained
from whimbrel.errors import NotAtHead, Refused
from whimbrel.run import Progress, Project, RunnerEnvironment, Work
from whimbrel.targets import shown_url

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from alembic.script import Script

    Ask = Callable[[Any, MigrationContext], Iterable[str]]


def show(project: Project, revision: str = "head") -> tuple[str, ...]:
    """Describe revisions; ``current`` is the database's own."""
    if revision == "current":
        return _ask(project, lambda heads, context: _entries(project, heads))
    with explained(project):
        return tuple(_entries(project, revision))


def heads(project: Project, verbose: bool = False, resolve_dependencies: bool = False) -> tuple[str, ...]:
    """List the heads of the history."""
    with explained(project):
        wanted: Any = "heads" if resolve_dependencies else project.scripts.get_heads()
        found = project.scripts.get_revisions(wanted)
        return tuple(one.cmd_format(verbose, include_branches=True, tree_indicators=False) for one in found)


def branches(project: Project, verbose: bool = False) -> tuple[str, ...]:
    """List the revisions from which the history branches."""
    with explained(project):
        points = [script for script in project.scripts.walk_revisions() if script.is_branch_point]
        return tuple(_branch_point(project, script, verbose) for script in points)


def history(
    project: Project, rev_range: str | None = None, verbose: bool = False, indicate_current: bool = False
) -> tuple[str, ...]:
    """List revisions, the newest first.

    Args:
        project: The app's migrations.
        rev_range: ``[start]:[end]``; ``current`` is the database's own revision.
        verbose: Describe each.
        indicate_current: Mark where the database is.
    """
    base, head = _history_range(rev_range)
    environment = util.asbool(project.config.get_alembic_option("revision_environment"))
    if not (indicate_current or environment or "current" in (base, head)):
        with explained(project):
            return tuple(_history(project, base, head, verbose))

    def ask(heads: Any, context: MigrationContext) -> Iterable[str]:
        current = tuple(heads)
        lower = current if base == "current" and head != "current" else base
        upper = current if head == "current" else head
        return _history(project, lower, upper, verbose, current if indicate_current else None)

    return _ask(project, ask)


def current(project: Project, verbose: bool = False, check_heads: bool = False) -> tuple[str, ...]:
    """List the revisions that the databases are at.

    Raises:
        NotAtHead: ``check_heads``, and a database is not at all heads.
        DatabaseAhead: The scripts do not have its revisions; with ``check_heads``, ``MIGRATE_IF_AHEAD`` may allow that.
    """

    def ask(heads: Any, context: MigrationContext) -> Iterable[str]:
        if (ahead_is_fine if check_heads else require_known_heads)(project, heads, context):
            yield from (f"{head} (ahead)" for head in heads)
            return
        if verbose and context.connection is not None:
            yield f"Current revision(s) for {shown_url(context.connection.engine.url)}:"
        if check_heads and set(context.get_current_heads()) != set(project.scripts.get_heads()):
            raise NotAtHead(
                "Database is not on all head revisions",
                why=f"It is at {', '.join(sorted(heads)) or 'base'}. Nothing was changed.",
                do="flask db upgrade",
            )
        for script in project.scripts.get_all_current(heads):
            yield script.cmd_format(verbose)

    return _ask(project, ask)


def _ask(project: Project, ask: Ask) -> tuple[str, ...]:
    lines: list[str] = []

    def each(heads: Any, context: MigrationContext) -> tuple[()]:
        lines.extend(ask(heads, context))
        return ()

    with explained(project):
        RunnerEnvironment(project, Work(each, options={"dont_mutate": True}), Progress()).run()
    return tuple(lines)


def _entries(project: Project, revision: Any) -> list[str]:
    return [script.log_entry for script in project.scripts.get_revisions(revision)]


def _branch_point(project: Project, script: Script, verbose: bool) -> str:
    indent = " " * len(str(script.revision))
    children = [project.scripts.get_revision(child) for child in script.nextrev]
    lines = [f"{indent} -> {child.cmd_format(False, include_branches=True, include_doc=verbose)}" for child in children]
    return "{}\n{}\n".format(script.cmd_format(verbose, include_branches=True), "\n".join(lines))


def _history_range(rev_range: str | None) -> tuple[str | None, str | None]:
    if rev_range is None:
        return None, None
    if ":" not in rev_range:
        raise Refused(
            "History range requires [start]:[end], [start]:, or :[end]",
            why=f"{rev_range!r} has no colon. Nothing was changed.",
            do=f"flask db history -r {rev_range}:",
        )
    base, head = rev_range.strip().split(":", 1)
    return base, head


def _history(
    project: Project, base: Any, head: Any, verbose: bool, current: tuple[str, ...] | None = None
) -> Iterable[str]:
    for script in project.scripts.walk_revisions(base=base or "base", head=head or "heads"):
        if current is not None:
            script._db_current_indicator = script.revision in current
        yield script.cmd_format(verbose=verbose, include_branches=True, include_doc=True, include_parents=True)
