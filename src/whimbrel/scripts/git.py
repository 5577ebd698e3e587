"""What git knows of scripts that are not here. Where there is no git, or no repository, it knows nothing.

Git is only asked: nothing is checked out, fetched or written.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from whimbrel.scripts.header import header_of, is_source
from whimbrel.scripts.script import shown_path

# A clone of any size answers within it, or the answer is not worth the wait; in seconds.
PATIENCE = 5.0
_PLAIN = re.compile(r"[\w.+-]+")
_MOST_FILES = 200


@dataclass(frozen=True, slots=True)
class Committed:
    """A script in a commit.

    Attributes:
        commit: The commit, abbreviated.
        path: The file, from the folder in which git was asked.
    """

    commit: str
    path: str


def last_commit_of(folder: Path, revision: str, refs: str) -> Committed | None:
    """Return the newest commit that has written the script of a revision; None if none is known.

    Args:
        folder: Where the scripts lie.
        revision: Which one.
        refs: Where to look: ``HEAD`` or ``--all``.
    """
    if not _PLAIN.fullmatch(revision):
        return None
    glob = f":(glob)**/*{revision}*.py"
    changes = (refs, "--diff-filter=AMR", "--name-only", "--relative", "--format=commit %h", f"-{_MOST_FILES}")
    commit = ""
    for line in _ask(folder, "log", *changes, "--", glob).decode("utf-8", "replace").splitlines():
        if line.startswith("commit "):
            commit = line.removeprefix("commit ")
        elif line and _revision_of(_ask(folder, "show", f"{commit}:./{line}")) == revision:
            return Committed(commit, line)
    return None


def command_for(folders: Iterable[Path], revision: str, refs: str = "HEAD") -> str:
    """Return the command that brings a script back; empty if git does not know it, or is not there.

    With ``HEAD``, one that was deleted on this branch; with ``--all``, one of any branch.
    """
    for folder in folders:
        found = last_commit_of(folder, revision, refs)
        if found is not None:
            return f"git checkout {found.commit} -- {shlex.quote(shown_path(folder / found.path))}"
    return ""


def scripts_at(folders: Iterable[Path], ref: str) -> dict[str, str] | None:
    """Return the texts of the scripts that a branch, tag or commit has, by revision; None if there is no such ref."""
    texts: dict[str, str] = {}
    known = False
    for folder in folders:
        commit = _commit(folder, ref)
        if commit is None:
            continue
        known = True
        listed = _ask(folder, "ls-tree", "-r", "-z", commit, "--", ".").decode("utf-8", "surrogateescape")
        entries = (line.partition("\t") for line in listed.split("\0") if line)
        blobs = [entry.split()[2] for entry, _, path in entries if is_source(path)]
        texts |= dict(_texts(folder, blobs))
    return texts if known else None


def scripts_of_branches(folders: Iterable[Path]) -> dict[str, list[str]]:
    """Return all texts that scripts ever had on a local branch, by revision, the newest first."""
    found: dict[str, list[str]] = {}
    for folder in folders:
        listed = _ask(folder, "rev-list", "--objects", "--branches", "HEAD", "--", ".").decode("utf-8", "replace")
        pairs = (line.partition(" ") for line in listed.splitlines())
        blobs = dict.fromkeys(blob for blob, _, path in pairs if path and is_source(path))
        for name, text in _texts(folder, blobs):
            found.setdefault(name, []).append(text)
    return found


def _commit(folder: Path, ref: str) -> str | None:
    if ref.startswith("-"):
        return None
    said = _ask(folder, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}").decode("ascii", "replace").strip()
    return said or None


def _texts(folder: Path, blobs: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the revision and the text of each blob that is a script."""
    wanted = list(blobs)
    answer = _ask(folder, "cat-file", "--batch", given="".join(f"{one}\n" for one in wanted)) if wanted else b""
    at = 0
    while at < len(answer):
        line_end = answer.index(b"\n", at)
        size = answer[at:line_end].split()[-1]
        if not size.isdigit():  # "… missing"
            at = line_end + 1
            continue
        content = answer[line_end + 1 : line_end + 1 + int(size)]
        at = line_end + 1 + int(size) + 1
        revision = _revision_of(content)
        if revision is not None:
            yield revision, _as_read(content)


def _as_read(content: bytes) -> str:
    """Return a text as Python reads it from a file."""
    text = content.decode("utf-8", "surrogateescape")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _revision_of(content: bytes) -> str | None:
    header = header_of(content)
    return None if header is None else header.revision


def _ask(folder: Path, *arguments: str, given: str = "") -> bytes:
    """Return what git answers; nothing where it fails, or is not there."""
    while not folder.is_dir() and folder != folder.parent:
        folder = folder.parent
    try:
        done = subprocess.run(
            ["git", "--no-pager", *arguments],
            cwd=folder,
            env={**_environment(os.environ), "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"},
            input=given.encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=PATIENCE,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return b""
    return done.stdout if done.returncode == 0 else b""


def _environment(given: Mapping[str, str]) -> dict[str, str]:
    """Return an environment in which git looks for the repository of the folder, not for that of a running hook."""
    return {name: value for name, value in given.items() if name not in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")}
