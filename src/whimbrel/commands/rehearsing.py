"""Scripts run for a look: by the runner itself, on scratch databases in the place of the app's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy.exc import DBAPIError

from whimbrel.commands.troubles import explained
from whimbrel.errors import ReplayFailed, Withheld
from whimbrel.proof import Stage, Start, about_all, lay_ground, text_of
from whimbrel.run import Progress, Project, bind_of
from whimbrel.run.observing import Aside, Measured, observer_of, running_script
from whimbrel.scripts.script import line_in, shown_path, words_of

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from alembic.script import Script, ScriptDirectory

    from whimbrel.commands.beginning import Place


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
        missing: What of the schema before could not be made, in words.
        notes: What was kept of what was dropped, in words.
    """

    measured: list[Measured] = field(default_factory=list)
    stopped: Stopped | None = None
    held_back: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def gaps(self) -> tuple[str, ...]:
        """What could not be seen beside what comes after a script that stopped, in sentences."""
        missing = [f"Not all of the schema before could be made on scratch: {one}" for one in self.missing]
        return (*missing, *(f"Held back: {one}. What it would have done was not seen." for one in self.held_back))


def rehearse(project: Project, scripts: Sequence[Script], places: Mapping[str, Place] | None = None) -> Rehearsal:
    """Run scripts on scratch, and observe them. What they drop is not kept: what a plain drop does is to be seen.

    Args:
        project: The app's migrations.
        scripts: The scripts, each after those that it follows.
        places: Where they begin, by bind; the history before them is run, if that is not given.

    Raises:
        ScratchUnavailable: There is no scratch database, and why.
        ReplayFailed: An earlier script cannot be run on an empty database.
    """
    with explained(project), Stage(project, drops="drop") as stage:
        return rehearse_on(stage, project, scripts, places)


def rehearse_on(
    stage: Stage,
    project: Project,
    scripts: Sequence[Script],
    places: Mapping[str, Place] | None = None,
    aside: Aside | None = None,
    **how: Any,
) -> Rehearsal:
    """Run scripts on a stage, and observe them, as `rehearse` does.

    Args:
        stage: Where.
        project: The app's migrations.
        scripts: The scripts.
        places: Where they begin.
        aside: What is not sent on scratch.
        **how: What else the runner takes.
    """
    found, progress = Rehearsal(), Progress()
    wanted, history = frozenset(one.revision for one in scripts), project.scripts
    ends = _ends(history, scripts)

    def steps(heads: Any, context: MigrationContext) -> Iterable[Any]:
        there = tuple(places[bind_of(context)].heads) if places is not None else heads
        if places is not None and there:
            yield from history._stamp_revs(there, heads)
        yield from history._upgrade_revs(ends, there)  # type: ignore[arg-type]

    if places is not None:
        paths = dict.fromkeys((*(one.path for one in scripts), *_between(history, ends, places)))
        facts = about_all(text_of(one) for one in paths)
        lay_ground(stage, {bind: Start(one.found) for bind, one in places.items()}, facts)
        found.missing = stage.refused
    try:
        stage.run(steps, progress, observer=observer_of(found.measured, wanted, aside), **how)
    except (Exception, SystemExit) as error:  # a script can raise anything
        found.stopped = _stopped(progress, wanted, error)
    found.held_back, found.notes = stage.held_back, tuple(progress.notes)
    _rename(found, stage.real_names())
    return found


def _rename(found: Rehearsal, names: Mapping[str, str]) -> None:
    """Say of statements what they would be on the target."""

    def real(text: str) -> str:
        for scratch, name in names.items():
            text = text.replace(scratch, name)
        return text

    for measured in found.measured if names else ():
        measured.statements[:] = [
            replace(one, texts=tuple(real(text) for text in one.texts)) for one in measured.statements
        ]
    found.notes = tuple(real(one) for one in found.notes)


def _ends(history: ScriptDirectory, scripts: Sequence[Script]) -> tuple[str, ...]:
    """Return the scripts that no other one of them follows, directly or not."""
    left, followed = [parent for one in scripts for parent in one._all_down_revisions], set[str]()
    while left:
        if (name := left.pop()) not in followed:
            followed.add(name)
            left += history.get_revision(name)._all_down_revisions
    return tuple(one.revision for one in scripts if one.revision not in followed)


def _between(history: ScriptDirectory, ends: tuple[str, ...], places: Mapping[str, Place]) -> Iterator[str]:
    """Yield the files of all scripts that are run from the places to the ends, asked for or not."""
    for place in places.values():
        for step in history._upgrade_revs(ends, tuple(place.heads)):  # type: ignore[arg-type]
            yield cast("Any", step).revision.path


def _stopped(progress: Progress, wanted: frozenset[str], error: BaseException) -> Stopped:
    """Say where and why an observed script stopped; of a history that does not lead there, nothing can be said."""
    script = running_script(progress)
    words = words_of(error).partition("\n")[0]
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
    is_of_server = isinstance(error, DBAPIError) or isinstance(error.__cause__ or error.__context__, DBAPIError)
    return Stopped(script[0], line or 0, "" if is_of_server else words)
