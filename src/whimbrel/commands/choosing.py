"""Which scripts a command is about: one, a range, or those that a Git revision lacks."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
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
        since: Only the scripts that this Git revision lacks, or has with another text.

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
        contents = _contents((one.path for one in in_order), since)
        in_order = [one for one in in_order if contents[one.path] not in known]
    return tuple(in_order)


def _known_to_git(project: Project, since: str) -> set[str]:
    """Return Git's digests of what a Git revision has in the scripts' folders; of a branch, where ours has left it."""
    known: set[str] = set()
    for folder in cast("list[Any]", project.scripts._version_locations):
        place = Path(folder)
        base = _git(place, since, "merge-base", since, "HEAD", may_fail=True).strip() or since
        listed = _git(place, since, "ls-tree", "-r", base).splitlines()
        known |= {line.partition("\t")[0].split()[2] for line in listed}
    return known


def _contents(paths: Iterable[str], since: str) -> dict[str, str]:
    """Return Git's digests of files as they are now."""
    found: dict[str, str] = {}
    folders: dict[Path, list[str]] = {}
    for path in paths:
        folders.setdefault(Path(path).parent, []).append(path)
    for folder, inside in folders.items():
        for start in range(0, len(inside), _AT_ONCE):
            some = inside[start : start + _AT_ONCE]
            told = _git(folder, since, "hash-object", "--", *(Path(one).name for one in some))
            found |= dict(zip(some, told.split(), strict=True))
    return found


_AT_ONCE = 500  # files: a command line has an end


def _git(folder: Path, since: str, *arguments: str, may_fail: bool = False) -> str:
    try:
        done = subprocess.run(
            ["git", "-c", "core.quotepath=off", *arguments], cwd=folder, capture_output=True, text=True, check=False
        )
    except OSError as error:
        raise _refused(since, f"Git cannot be run: {error.strerror}", _NO_GIT) from error
    if done.returncode and not may_fail:
        words = (done.stderr.strip().splitlines() or ["Git refuses it"])[0].removeprefix("fatal: ")
        raise _refused(since, words, _NO_CLONE if "not a git repository" in words else _FETCH)
    return "" if done.returncode else done.stdout


_NO_GIT = "install Git, or name the scripts: flask db lint REVISION:"
_NO_CLONE = "run it in a clone of the repository, or name the scripts: flask db lint REVISION:"
_FETCH = "name a branch, tag or commit that is here (in CI, fetch it first: git fetch origin main)"


def _refused(since: str, why: str, do: str = _FETCH) -> BadAnswer:
    return BadAnswer(
        f"--since {since}: Git does not tell which scripts it has.",
        why=f"{why.rstrip('.')}. Nothing was changed.",
        do=do,
    )
