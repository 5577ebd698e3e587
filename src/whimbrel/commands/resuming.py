"""``resume``: say of the statement that was running when a revision was interrupted whether it took effect."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from whimbrel.commands.troubles import explained
from whimbrel.errors import Refused
from whimbrel.journal import State
from whimbrel.run import Progress, Project, RunnerEnvironment, Work

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext


@dataclass(frozen=True, slots=True)
class Resumed:
    """The statement that was spoken of.

    Attributes:
        revision: The revision that was interrupted.
        direction: ``upgrade`` or ``downgrade``.
        number: The statement's place in it.
        sql: The statement.
    """

    revision: str
    direction: str
    number: int
    sql: str


def resume(project: Project, *, done: bool) -> Resumed:
    """Note whether the interrupted statement took effect; the next upgrade or downgrade goes on from there.

    Args:
        project: The app's migrations.
        done: Whether it did; else it will be run again.

    Raises:
        Refused: No revision was interrupted in a statement.
    """
    progress, found = Progress(), []

    def each(heads: Any, context: MigrationContext) -> Iterable[Any]:
        journal = progress.journal
        unfinished = journal.unfinished if journal is not None else None
        entry = journal.settle(State.DONE if done else State.FAILED) if journal is not None else None
        if unfinished is not None and entry is not None:
            found.append(Resumed(unfinished.revision, unfinished.direction, entry.number, entry.sql))
        return ()

    with explained(project, progress):
        RunnerEnvironment(project, Work(each, changes=True, options={"dont_mutate": True}), progress).run()
    if not found:
        raise Refused(
            "No revision was interrupted in a statement.",
            why="There is nothing to say of one. Nothing was changed.",
            do="flask db status",
        )
    return found[0]
