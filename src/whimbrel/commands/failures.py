"""What to say when a revision fails: which, where, why, and what of it stays in the database."""

from __future__ import annotations

from typing import Any

from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError

from whimbrel.backends import Trouble, TroubleKind
from whimbrel.commands.adoption import advice_for_existing_tables
from whimbrel.errors import (
    ChangeRefused,
    Interrupted,
    RevisionFailed,
    StoppedPartWay,
    TablesWithoutHistory,
    WhimbrelError,
)
from whimbrel.run import Progress, Project
from whimbrel.scripts.script import line_in, shown_path, words_of


def revision_failed(project: Project, progress: Progress, error: BaseException) -> WhimbrelError:
    """Return the error for a revision that failed.

    Args:
        project: The app's migrations.
        progress: What the run has done so far.
        error: What the script or the server raised.
    """
    step: Any = progress.step
    script = step.revision if hasattr(step, "revision") else None
    name = f"Revision {script.revision} ({script.doc})" if script is not None else "The stamp"
    trouble = progress.backend.trouble(error) if isinstance(error, DBAPIError) else None
    what = f"{name} failed: {_words(error, trouble)}"
    place = _place(script, error)
    outcome = _outcome(progress)
    if progress.kept:
        return StoppedPartWay(what, why=f"{place}{outcome}", do=_go_on(progress))
    if isinstance(error, ChangeRefused):
        why = f"{place}{error.why} {outcome}" if error.why else f"{place}{outcome}"
        return RevisionFailed(what, why=why, do=error.do or _advice(script, error, None))
    if trouble is not None and trouble.kind is TroubleKind.TABLE_EXISTS and not progress.heads:
        advice = advice_for_existing_tables(project)
        return TablesWithoutHistory(what, why=f"{place}{outcome} {advice.why}", do=advice.do)
    waited = _waited(project, progress, trouble)
    return RevisionFailed(what, why=f"{place}{outcome}{waited}", do=_advice(script, error, trouble))


def interrupted(progress: Progress) -> WhimbrelError:
    """Return the error for a run that a person stopped."""
    step: Any = progress.step
    name = step.revision.revision if step is not None and hasattr(step, "revision") else ""
    what = f"Stopped by Ctrl-C in revision {name}." if name else "Stopped by Ctrl-C."
    outcome = _outcome(progress) if name else f"{progress.database} is at {progress.at}."
    if name and progress.kept:
        return StoppedPartWay(what, why=outcome, do=_go_on(progress))
    return Interrupted(what, why=outcome, do="run the command again to go on")


def _words(error: BaseException, trouble: Trouble | None) -> str:
    if trouble is not None:
        return trouble.words
    if isinstance(error, CommandError):
        return str(error)
    return words_of(error)


def _place(script: Any, error: BaseException) -> str:
    if script is None:
        return ""
    line = line_in(script.path, error)
    where = shown_path(script.path) + (f", line {line}" if line else "")
    statement = getattr(error, "statement", None)
    return f"{where}{': ' + ' '.join(statement.split())[:300] if statement else ''}.\n        "


def _outcome(progress: Progress) -> str:
    if progress.kept:
        return (
            f"{progress.backend.name} keeps schema changes when a revision fails: {progress.kept} statement(s) of it "
            f"took effect and stay. {progress.database} says in its version table: {progress.at}."
        )
    before = progress.applied_here
    is_at = f"{progress.database} is at {progress.at}."
    if before and progress.atomic:
        return f"It was rolled back, with the {before} revision(s) before it. {is_at}"
    stay = f" The {before} revision(s) before it stay applied." if before else ""
    return f"It was rolled back.{stay} {is_at}"


def _go_on(progress: Progress) -> str:
    if progress.is_journalled:
        return (
            "mend the script from the statement that failed on, or what hindered it, and run the command again: "
            "it goes on there, and what is done is not done twice"
        )
    return (
        f"undo by hand the {progress.kept} statement(s) that took effect, or take them out of the script; "
        "then run the command again"
    )


def _advice(script: Any, error: BaseException, trouble: Trouble | None) -> str:
    by_kind = {
        TroubleKind.NULL_VALUES: "fill the column first, or give it a server_default or nullable=True, in ",
        TroubleKind.DUPLICATE_VALUES: "remove the duplicates first, in ",
    }
    if trouble is not None and trouble.advice:
        return f"{trouble.advice}; then run the command again"
    line = line_in(script.path, error) if script is not None else None
    where = f"{shown_path(script.path)}{f', line {line}' if line else ''}" if script is not None else "the script"
    return f"{by_kind.get(trouble.kind if trouble else TroubleKind.OTHER, 'edit ')}{where}; then run the command again"


def _waited(project: Project, progress: Progress, trouble: Trouble | None) -> str:
    if trouble is None or trouble.kind is not TroubleKind.LOCKED:
        return ""
    listed = "".join(f"\n        {one.words}\n        to end it: {one.remedy}" for one in progress.blockers)
    settings = project.settings
    waited = f" It waited {settings.lock_timeout:g} s for a lock, again and again for {settings.lock_retry:g} s."
    return f"{waited} In the way:{listed or ' nobody who can be seen'}"
