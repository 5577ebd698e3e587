"""Scripts run for a look: by the runner itself, on scratch databases in the place of the app's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

from whimbrel.commands.troubles import explained
from whimbrel.errors import ReplayFailed, Withheld
from whimbrel.run import Progress, Project, RunnerEnvironment, Work, muted
from whimbrel.run.observing import Measured, Measuring, running_script
from whimbrel.run.project import KEY
from whimbrel.scratch import Scratch, lease_outside, redirected
from whimbrel.scripts.script import line_in, shown_path
from whimbrel.targets import sessions_of
from whimbrel.targets.direct import led_directly

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import Connection

_PATIENT: dict[str, Any] = {"lock_timeout": 30.0, "lock_retry": 5.0, "lock_wait": 30.0, "statement_timeout": 0.0}


@dataclass(frozen=True, slots=True)
class Stopped:
    """An observed script that stopped before its end; those after it have not run.

    Attributes:
        revision: Its id.
        line: Where; 0 if that is not known.
        words: Why; empty where that is seen in its statements.
    """

    revision: str
    line: int
    words: str


@dataclass(slots=True)
class Rehearsal:
    """What was seen of scripts.

    Attributes:
        measured: What was seen of each script that sent a statement, in each database.
        stopped: The script that stopped before its end.
        held_back: What was kept from reaching another database than scratch, in words.
    """

    measured: list[Measured] = field(default_factory=list)
    stopped: Stopped | None = None
    held_back: tuple[str, ...] = ()


def rehearse(project: Project, wanted: frozenset[str], ends: tuple[str, ...]) -> Rehearsal:
    """Run the history on scratch up to some revisions, and observe those that are wanted.

    Args:
        project: The app's migrations.
        wanted: The ids of the scripts to observe.
        ends: Where to stop.

    Raises:
        ScratchUnavailable: There is no scratch database, and why.
        ReplayFailed: An earlier script cannot be run on an empty database.
    """
    found, progress = Rehearsal(), Progress()
    # What a drop does is to be seen, and not what is done to keep the rows that are there by chance.
    # Nobody else has a scratch database, so what is waited for there is a busy server.
    settings = replace(project.settings, direct_url=(), drops="drop", confirm_loss=False, **_PATIENT)
    rehearsed = replace(project, settings=settings)

    def steps(heads: Any, context: MigrationContext) -> Iterable[Any]:
        return project.scripts._upgrade_revs(ends, heads)  # type: ignore[arg-type]

    def observer(connection: Connection, told: Progress) -> Measuring:
        def place() -> tuple[str, str, str] | None:
            script = running_script(told)
            return script if script is not None and script[0] in wanted else None

        return Measuring(connection, place, found.measured)

    with explained(project), on_scratch(project) as held, muted():
        try:
            RunnerEnvironment(rehearsed, Work(steps, changes=True, observer=observer), progress).run()
        except Exception as error:  # a script can raise anything
            found.stopped = _stopped(progress, wanted, error)
        finally:
            project.config.attributes[KEY] = project
    found.held_back = tuple(held)
    return found


@contextmanager
def on_scratch(project: Project) -> Iterator[list[str]]:
    """Let all engines of the app lead to scratch databases of their own; what is held back is put into the list."""
    ways: dict[Any, Scratch | None] = {}
    held: list[str] = []
    with ExitStack() as cleanup:
        cleanup.enter_context(led_directly(project.database, project.settings.direct_url))
        for target in project.targets():
            ways[target.engine] = cleanup.enter_context(lease_outside(target.engine, project.settings))
        redirection = cleanup.enter_context(redirected(ways, sessions_of(project.database)))
        yield held
        held.extend(redirection.back)


def _stopped(progress: Progress, wanted: frozenset[str], error: Exception) -> Stopped:
    """Say where and why an observed script stopped; of a history that does not lead there, nothing can be said."""
    script = running_script(progress)
    words = f"{type(error).__name__}: {error}"
    if isinstance(error, DBAPIError):
        words = progress.backend.trouble(error).words
    if script is None or isinstance(error, Withheld):
        raise error
    place = shown_path(script[1])
    line = line_in(script[1], error)
    if script[0] not in wanted:
        raise ReplayFailed(
            f"{place} fails on an empty database: {words}",
            why="The history is run on a scratch database up to the scripts in question. The app's database was not "
            "touched.",
            do="let the history run on an empty database (what was made by hand belongs into a script), or give a "
            "scratch server that has what it needs: MIGRATE_SCRATCH_URL",
        ) from error
    return Stopped(script[0], line or 0, "" if isinstance(error, DBAPIError) else words)
