"""``downgrade --from-journal``: revert revisions whose scripts are gone, by the texts that were recorded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from whimbrel.commands.moving import Moved, move, require_no_loss
from whimbrel.commands.recalled import Reader, Recalled, from_journals, joined, require_consent, steps_down
from whimbrel.commands.troubles import explained
from whimbrel.commands.whereabouts import Whereabouts, error_of, whereabouts
from whimbrel.errors import Refused, RevisionFailed
from whimbrel.journal import Past
from whimbrel.run import Progress, Project, RunnerEnvironment, Work, quietly, texts_in
from whimbrel.scripts.lineage import Standing

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext


@dataclass(frozen=True, slots=True)
class Looked:
    """What one database says of itself.

    Attributes:
        where: Where it is.
        past: What was run there, with texts.
    """

    where: Whereabouts
    past: tuple[Past, ...]


def downgrade_from_journal(project: Project, revision: str | None, reader: Reader, *, tag: str | None = None) -> Moved:
    """Revert revisions, those whose scripts are gone by their recorded texts.

    Args:
        project: The app's migrations.
        revision: Down to which one; if none is named, all whose scripts are gone are reverted.
        reader: Who agrees to the texts.
        tag: A tag for ``env.py``.

    Raises:
        Unconfirmed: Nobody has agreed to them.
        WhimbrelError: It was refused or failed; the error says whether the database was changed.
    """
    looked = look(project)
    gone = frozenset(name for one in looked for name in one.where.gone)
    if not gone:
        raise Refused(
            "All revisions of the database have their scripts here.",
            why="There is nothing for the journal to give. Nothing was changed.",
            do=f"flask db downgrade {revision or ''}".rstrip(),
        )
    require_common_ground(project, looked, revision)
    recorded = from_journals(one.past for one in looked)
    command = ("flask db downgrade --from-journal", revision or "")
    return revert(project, Plan(looked, recorded, gone, revision, command, tag), reader)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be reverted.

    Attributes:
        looked: What the databases say of themselves.
        texts: The scripts that are known beside those in the folder, by revision.
        names: What is to be reverted, where no goal is named.
        revision: Down to which one; None for ``names``.
        command: What the person typed, without checksums, and its goal.
        tag: A tag for ``env.py``.
    """

    looked: list[Looked]
    texts: Mapping[str, Recalled]
    names: frozenset[str]
    revision: str | None
    command: tuple[str, str]
    tag: str | None = None


def revert(project: Project, plan: Plan, reader: Reader) -> Moved:
    """Revert revisions, in each database those that it has; who is asked agrees to what is not in the folder.

    Raises:
        Unconfirmed: Nobody has agreed.
        WhimbrelError: It was refused or failed; the error says whether the database was changed.
    """
    gone = [name for one in plan.looked for name in one.where.gone]
    scripts = {name: _text(project, plan, name) for name in dict.fromkeys(gone)}
    with joined(project, scripts.values()) as whole:
        with explained(whole):
            below = [_below(whole, one.where.heads, plan) for one in plan.looked]
        wanted = dict.fromkeys(name for names in below for name in names if name in scripts)
        require_consent([scripts[name] for name in wanted], reader, *plan.command)
        return _run(whole, plan, frozenset(scripts) - frozenset(wanted))


def look(project: Project) -> list[Looked]:
    """Ask each database where it is and what was run there; nothing is run or changed."""
    found: list[Looked] = []

    def each(heads: Any, context: MigrationContext) -> Iterable[Any]:
        past = texts_in(context)
        found.append(Looked(whereabouts(project, heads, past), past))
        return ()

    with explained(project), quietly(project.logs):
        RunnerEnvironment(project, Work(each, options={"dont_mutate": True}), Progress()).run()
    return found


def require_common_ground(project: Project, looked: list[Looked], revision: str | None) -> None:
    """Make sure that it is known where to stop.

    Raises:
        DatabaseAhead: A database has the history of another project, and no goal is named; or parts of it are lost.
    """
    for one in looked:
        if one.where.gaps or (one.where.standing is Standing.FOREIGN and revision is None):
            raise error_of(project, one.where)


def _text(project: Project, plan: Plan, name: str) -> Recalled:
    if name not in plan.texts:
        raise next(error_of(project, one.where) for one in plan.looked if name in one.where.gone)
    return plan.texts[name]


def _run(project: Project, plan: Plan, withheld: frozenset[str]) -> Moved:
    """Run it; `withheld` are scripts that nobody was asked about, since they were not to be run."""

    def steps(heads: Any, context: MigrationContext) -> Iterable[Any]:
        names = _below(project, heads, plan)
        if withheld & set(names):
            raise Refused(
                "The database has moved on meanwhile.",
                why="Other scripts would be run than those that were shown. Nothing was changed.",
                do="run the command again",
            )
        revisions = steps_down(project, names)
        require_no_loss(project, revisions, context)
        return revisions

    options = {"destination_rev": plan.revision or "", "tag": plan.tag}
    try:
        return move(project, Work(steps, changes=True, resumes=True, options=options))
    except RevisionFailed as error:
        raise RevisionFailed(
            error.what,
            why=error.why,
            do="bring back the scripts (git log --all -- migrations), mend the one that failed, and then: flask db "
            f"downgrade {plan.revision or ''}".rstrip(),
        ) from error


def _below(project: Project, heads: Any, plan: Plan) -> list[str]:
    """Return what is to be reverted in a database, in order; nothing is imported for it."""
    scripts, revision = project.scripts, plan.revision
    if revision is not None:
        with scripts._catch_revision_errors(
            ancestor="Destination %(end)s is not a valid downgrade target from current head(s)", end=revision
        ):
            return [one.revision for one in scripts.iterate_revisions(heads, revision, select_for_downgrade=True)]
    every = scripts.iterate_revisions(heads, "base", implicit_base=True) if heads else ()
    return [one.revision for one in every if one.revision in plan.names]
