"""``goto-branch``: bring a database from the scripts of one git branch to those of another."""

from __future__ import annotations

from dataclasses import dataclass, replace

from whimbrel.commands.moving import upgrade
from whimbrel.commands.recalled import Reader, Recalled, from_git, from_journals, last_upgrades
from whimbrel.commands.reverting import Looked, Plan, look, require_common_ground, revert
from whimbrel.commands.whereabouts import whereabouts
from whimbrel.errors import ForeignHistory, Refused
from whimbrel.run import Project
from whimbrel.scripts.git import scripts_at, scripts_of_branches


@dataclass(frozen=True, slots=True)
class Went:
    """What ``goto-branch`` has done.

    Attributes:
        reverted: The revisions that were reverted, in order.
        applied: Those that were applied, in order.
        heads: Where the database is now; empty at base.
        seconds: How long it took.
        missing: How many scripts of the branch are not here yet.
    """

    reverted: tuple[str, ...]
    applied: tuple[str, ...]
    heads: tuple[str, ...]
    seconds: float
    missing: int = 0


def goto_branch(project: Project, ref: str | None, reader: Reader) -> Went:
    """Revert what a branch does not have, down to what it has in common with the database; then apply what is here.

    Args:
        project: The app's migrations.
        ref: A branch, tag or commit of git; without one, the goal is the scripts that are in the folder.
        reader: Who agrees to scripts that are not in the folder.

    Raises:
        Unconfirmed: Nobody has agreed to them.
        WhimbrelError: It was refused or failed; the error says whether the database was changed.
    """
    looked = look(project)
    goal = _goal(project, ref)
    looked, texts = _completed(project, looked)
    require_common_ground(project, looked, None)
    has = frozenset(name for one in looked for name in (*one.where.gone, *one.where.reached))
    if has and not has & goal:
        raise _nothing_in_common(ref)
    command = ("flask db goto-branch", ref or "")
    down = revert(project, Plan(looked, texts, has - goal, None, command), reader) if has - goal else None
    here = frozenset(one.revision for one in project.scripts.revisions())
    ups = [upgrade(project, name) for name in (_last_of(project, goal & here) if goal - here else ("heads",))]
    seconds = sum(one.seconds for one in ups) + (down.seconds if down else 0)
    heads = ups[-1].heads if ups else down.heads if down else ()
    applied = tuple(name for one in ups for name in one.applied)
    return Went(down.applied if down else (), applied, heads, seconds, len(goal - here))


def _goal(project: Project, ref: str | None) -> frozenset[str]:
    """Return the revisions that the database is to have in the end."""
    if ref is None:
        return frozenset(one.revision for one in project.scripts.revisions())
    texts = scripts_at(project.scripts.folders, ref)
    if not texts:
        what = "has no migration scripts" if texts is not None else "is no branch, tag or commit that git knows here"
        raise Refused(
            f"{ref!r} {what}.",
            why="Without it nothing tells how far to go back. Nothing was changed.",
            do="git switch BRANCH, and there: flask db goto-branch   (takes the scripts in the folder for the goal)",
        )
    return frozenset(texts)


def _last_of(project: Project, names: frozenset[str]) -> list[str]:
    """Return those of the revisions that no other one of them follows."""
    scripts = [one for one in project.scripts.revisions() if one.revision in names]
    return sorted(names - {parent for one in scripts for parent in one._all_down_revisions})


def _completed(project: Project, looked: list[Looked]) -> tuple[list[Looked], dict[str, Recalled]]:
    """Add what git knows of the scripts that are not here."""
    if not any(one.where.gone for one in looked):
        return looked, {}
    here = {one.revision for one in project.scripts.revisions()}
    committed = {
        name: texts for name, texts in scripts_of_branches(project.scripts.folders).items() if name not in here
    }
    ran = {name: past.checksum for one in looked for name, past in last_upgrades(one.past).items()}
    by_git = from_git(committed, ran)
    by_journal = from_journals(one.past for one in looked)
    trusted = {name: one for name, one in by_git.items() if one.is_trusted}
    texts = {**by_git, **by_journal, **trusted}
    plain = {name: one.text for name, one in texts.items()}
    again = [replace(one, where=whereabouts(project, one.where.heads, one.past, plain)) for one in looked]
    return again, texts


def _nothing_in_common(ref: str | None) -> ForeignHistory:
    goal = repr(ref) if ref else "the folder"
    return ForeignHistory(
        f"The database and the scripts of {goal} have no revision in common.",
        why="To get there, everything would have to be reverted. Nothing was changed.",
        do="correct the database URL; or, if everything is to be reverted: flask db downgrade --from-journal base",
    )
