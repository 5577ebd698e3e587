"""``lint``: what scripts may do to the people who use the database, measured on scratch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alembic.runtime.migration import RevisionStep
from sqlalchemy.exc import SQLAlchemyError

from whimbrel.commands.beginning import are_there, is_next, read_places
from whimbrel.commands.choosing import chosen
from whimbrel.commands.rehearsing import Rehearsal, rehearse
from whimbrel.commands.sizes import Known, Named, Other, large_tables, look_whether_there_is, other_database_for
from whimbrel.errors import BadSetting, WhimbrelError
from whimbrel.hazards import (
    EFFECTS,
    RULES,
    Acceptance,
    Case,
    Hazard,
    Server,
    accepted,
    hazards_in,
    text_of_script,
)
from whimbrel.run import Project, text_of
from whimbrel.run.recording import drops_of
from whimbrel.scripts.script import shown_path

if TYPE_CHECKING:
    from alembic.script import Script

    from whimbrel.commands.beginning import Place


@dataclass(frozen=True, slots=True)
class Linted:
    """What was found.

    Attributes:
        scripts: The scripts that were looked at, as paths, in their order.
        hazards: What they may do, script by script.
        unused: The acceptances that accept nothing, in words.
        remarks: What a person should know beside it.
    """

    scripts: tuple[str, ...]
    hazards: tuple[Hazard, ...]
    unused: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def counted(self) -> tuple[Hazard, ...]:
        """The hazards that the command fails for: those above a note that nobody has accepted."""
        return tuple(one for one in self.hazards if one.severity.counts and not one.accepted)


def lint(
    project: Project,
    revisions: str | None = None,
    *,
    since: str | None = None,
    accept: Sequence[str] = (),
    against: str | None = None,
) -> Linted:
    """Say what scripts may do to the people who use the database.

    Args:
        project: The app's migrations.
        revisions: One revision, or ``from:to``; the heads if not given.
        since: Only the scripts that a Git revision lacks.
        accept: The names of hazards that are accepted.
        against: The URL of another database, whose sizes count; it is only read.

    Raises:
        ScratchUnavailable: There is no scratch database, and why.
        ReplayFailed: The history cannot be run on an empty database.
    """
    scripts = chosen(project, revisions, since)
    if not scripts:
        return Linted((), ())
    other = other_database_for(project, against) if against else None
    _judged_for(project, other)  # refuses, before anything is run
    rehearsal = rehearse(project, scripts, _places_before(project, scripts[0]))
    return judge(project, scripts, rehearsal, other, accept)


def judge(
    project: Project,
    scripts: Sequence[Script],
    rehearsal: Rehearsal,
    other: Other | None = None,
    accept: Sequence[str] = (),
) -> Linted:
    """Say what scripts may do, from what was seen of them.

    Args:
        project: The app's migrations.
        scripts: The scripts.
        rehearsal: What was seen.
        other: The database whose sizes and version count; the app's own ones if there is none.
        accept: The names of hazards that are accepted.
    """
    known = Named(other) if other is not None else large_tables(project)
    cases = cases_of(project, scripts, rehearsal, known, _judged_for(project, other))
    return judged(project, scripts, rehearsal, cases, accept)


def judged(
    project: Project, scripts: Sequence[Script], rehearsal: Rehearsal, cases: Sequence[Case], accept: Sequence[str] = ()
) -> Linted:
    """Say what scripts may do, from all that is known of them."""
    found = dict.fromkeys(hazard for case in cases for hazard in hazards_in(case))
    whole = accepted(found, {one.revision: one.text.acceptances for one in cases}, _given(project, accept))
    remarks = (*_remarks_on(project, rehearsal), *rehearsal.gaps)
    unused = [f"{one.where} accepts {one.name}, and there is no such hazard." for one in whole.unused]
    return Linted(tuple(shown_path(one.path) for one in scripts), whole.hazards, tuple(unused), remarks)


def cases_of(
    project: Project, scripts: Sequence[Script], rehearsal: Rehearsal, known: Known, server: Server | None = None
) -> tuple[Case, ...]:
    """Return what is known of scripts: of each once for each database that it sent something to, and at least once.

    Args:
        project: The app's migrations.
        scripts: The scripts.
        rehearsal: What was seen of them.
        known: The sizes of the tables.
        server: The server that they are judged for; the one that they ran on, if none is named.
    """
    further = _further(project, scripts, rehearsal)
    return tuple(case for one in scripts for case in _cases(one, rehearsal, server, known, further[one.revision]))


def _places_before(project: Project, script: Script) -> Mapping[str, Place] | None:
    """Return the app's own databases, if the script is what comes next there; then no history needs to be run."""
    with suppress(SQLAlchemyError, OSError, WhimbrelError):  # there may be none here, or an empty one
        if are_there(project) and is_next(script, places := read_places(project)):
            return places
    return None


def _remarks_on(project: Project, rehearsal: Rehearsal) -> list[str]:
    """Say where the scripts were measured on another kind of server than they are to be judged for."""
    named = project.settings.lint_target
    kinds = sorted({one.kind for one in rehearsal.measured})
    if not named or not kinds or named.partition(" ")[0] in kinds:
        return []
    return [f"MIGRATE_LINT_TARGET is {named}, and what was measured is {', '.join(kinds)}: it is judged for that."]


def _further(project: Project, scripts: Sequence[Script], rehearsal: Rehearsal) -> dict[str, dict[str, Any]]:
    """Return what is known of each script beside its statements."""
    found, stop, has_stopped = {}, rehearsal.stopped, False
    for one in scripts:
        words, line = "did not run: a script before it stops" if has_stopped else "", 0
        is_whole = not has_stopped and (stop is None or one.revision != stop.revision)
        if stop is not None and one.revision == stop.revision:
            has_stopped, line = True, stop.line
            words = f"stops on a database without rows: {stop.words}" if stop.words else ""
        found[one.revision] = {
            "lock_timeout": project.settings.lock_timeout,
            "statement_timeout": project.settings.statement_timeout,
            "beside": _beside(project, one),
            "is_whole": is_whole,
            "stopped": (words, line) if words else None,
            "keeps_drops": drops_of(RevisionStep(project.scripts.revision_map, one, True), project.settings)
            == "archive",
        }
    return found


def _cases(
    script: Script, rehearsal: Rehearsal, server: Server | None, known: Known, further: dict[str, Any]
) -> Iterator[Case]:
    """Yield what is known of a script: once for each database that it sent something to, and at least once."""
    path = shown_path(script.path)
    text = text_of_script(text_of(script.path) or "", path)
    seen = [one for one in rehearsal.measured if one.revision == script.revision]
    for one in seen:
        own = Server(one.kind, one.version)
        judged = server if server is not None and server.kind == own.kind else own
        sizes, knows_all = known.sizes(one)
        told = {"bind": one.bind, "session": one.session, "knows_all_sizes": knows_all, **further}
        yield Case(script.revision, path, text, tuple(one.statements), one.before, judged, sizes, **told)
    if not seen:
        yield Case(script.revision, path, text, (), {}, server or Server(""), **further)


def _beside(project: Project, script: Script) -> tuple[str, ...]:
    """Return the other heads, if the script is a head of the branch that it is in."""
    heads = [one for one in project.scripts.get_heads() if not project.scripts.get_revision(one).branch_labels]
    return tuple(one for one in heads if one != script.revision) if script.revision in heads else ()


def _given(project: Project, accept: Sequence[str]) -> list[Acceptance]:
    names = {*EFFECTS, *(rule.name for rule in RULES)}
    settings = [Acceptance(one, where="MIGRATE_ACCEPT") for one in project.settings.accept]
    for one in settings:
        if one.name not in names:
            raise BadSetting(
                f"MIGRATE_ACCEPT names {one.name!r}, and there is no such hazard.",
                why="Nothing was changed.",
                do=f"one of: {', '.join(EFFECTS)}",
            )
    return [*(Acceptance(one.lower(), where=f"--accept {one}") for one in accept), *settings]


def _judged_for(project: Project, other: Other | None) -> Server | None:
    """Return the server that is judged for, where it is not the one that is measured on.

    Raises:
        LintTargetDiffers: The app has no database of that kind here.
    """
    named = project.settings.lint_target
    kind, _, version = named.partition(" ")
    if not named:
        return other.server if other else None
    look_whether_there_is(project, kind, f"MIGRATE_LINT_TARGET is {named}")
    return Server(kind, tuple(int(one) for one in version.split(".") if one))
