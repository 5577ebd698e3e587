"""Which scripts a command is about: one, a range, or those that a Git revision lacks."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from whimbrel.commands.troubles import explained
from whimbrel.errors import BadAnswer

if TYPE_CHECKING:
    from alembic.script import Script

    from whimbrel.run import Project


def chosen(project: Project, revisions: str | None, since: str | None) -> tuple[Script, ...]:
    """Return scripts, each after those that it follows.

    Args:
        project: The app's migrations.
        revisions: One revision; or ``from:to``, without ``from``; the heads if not given.
        since: Only the scripts that this Git revision lacks.

    Raises:
        RevisionUnknown: No script has such an id.
        BadAnswer: Git does not know the revision, or is not there.
    """
    with explained(project):
        scripts = project.scripts
        if revisions is None and since is not None:
            revisions = "base:heads"
        if revisions is None:
            wanted = {one.revision for one in scripts.get_revisions("heads") if one is not None}
        elif ":" in revisions:
            start, _, end = revisions.partition(":")
            wanted = {one.revision for one in scripts.iterate_revisions(end or "heads", start or "base")}
        else:
            wanted = {one.revision for one in scripts.get_revisions(revisions) if one is not None}
        in_order = [one for one in scripts.walk_revisions() if one.revision in wanted][::-1]
    if since is not None:
        known = _known_to_git(project, since)
        in_order = [one for one in in_order if Path(one.path).resolve() not in known]
    return tuple(in_order)


def _known_to_git(project: Project, since: str) -> set[Path]:
    """Return the files in the scripts' folders that a Git revision has; of a branch, where ours has left it."""
    known: set[Path] = set()
    for folder in cast("list[Any]", project.scripts._version_locations):
        place = Path(folder)
        base = _git(place, since, "merge-base", since, "HEAD", may_fail=True).strip() or since
        known |= {
            (place / line).resolve() for line in _git(place, since, "ls-tree", "-r", "--name-only", base).splitlines()
        }
    return known


def _git(folder: Path, since: str, *arguments: str, may_fail: bool = False) -> str:
    try:
        done = subprocess.run(
            ["git", "-c", "core.quotepath=off", *arguments], cwd=folder, capture_output=True, text=True, check=False
        )
    except OSError as error:
        raise _refused(since, f"Git cannot be run: {error.strerror}.") from error
    if done.returncode and not may_fail:
        raise _refused(since, done.stderr.strip().splitlines()[0] if done.stderr.strip() else "Git refuses it.")
    return "" if done.returncode else done.stdout


def _refused(since: str, why: str) -> BadAnswer:
    return BadAnswer(
        f"--since {since}: Git does not tell which scripts it has.",
        why=f"{why} Nothing was changed.",
        do="name a branch, tag or commit that is here (in CI, fetch it first: git fetch origin main)",
    )
