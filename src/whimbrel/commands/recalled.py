"""Scripts that are not in the folder: where their texts are, and the steps that run them.

The rule: a text that is not in the folder is run only after somebody has agreed to it, or where it is, letter for
letter, what a local branch of the project's own git repository holds and what the journal says was run.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from whimbrel.errors import Refused, Unconfirmed
from whimbrel.journal import Past
from whimbrel.run import Project, checksum_of


@dataclass(frozen=True, slots=True)
class Recalled:
    """A script that is not in the folder.

    Attributes:
        revision: Its id.
        message: Its first line; empty if it is not known.
        text: Its text.
        checksum: The SHA-256 of the text, in hexadecimal.
        origin: Where the text is from, in words.
        is_trusted: Whether it may be run without a question.
    """

    revision: str
    message: str
    text: str
    checksum: str
    origin: str
    is_trusted: bool = False


class Reader(Protocol):
    """Who agrees to texts that are not in the folder."""

    def agrees(self, scripts: Sequence[Recalled]) -> bool:
        """Show the texts, and tell whether their downgrades may be run."""
        ...


def from_journals(pasts: Iterable[tuple[Past, ...]]) -> dict[str, Recalled]:
    """Return the scripts whose texts the databases have recorded, by revision.

    Args:
        pasts: What was run in each database, the first one first, with texts.

    Raises:
        Refused: Two databases have different texts of one revision, or a text is not what was run.
    """
    found: dict[str, Recalled] = {}
    for past in pasts:
        for name, one in last_upgrades(past).items():
            if one.text is None:
                continue
            script = Recalled(name, one.message, one.text, checksum_of(one.text), "the database's journal")
            if found.setdefault(name, script).text != script.text:
                raise _different(name)
            if script.checksum != one.checksum:
                raise _altered(name)
    return found


def last_upgrades(past: Iterable[Past]) -> dict[str, Past]:
    """Return the last upgrade to each revision."""
    return {one.revision: one for one in past if one.direction == "upgrade"}


def from_git(texts: Mapping[str, Sequence[str]], recorded: Mapping[str, str]) -> dict[str, Recalled]:
    """Return the scripts that git has, by revision: the version that was run, else the newest one.

    Args:
        texts: What local branches ever had of each revision, the newest first.
        recorded: The checksums of what was run, by revision.
    """
    found: dict[str, Recalled] = {}
    for name, versions in texts.items():
        by_checksum = {checksum_of(text): text for text in reversed(versions)}
        ran = recorded.get(name)
        if ran in by_checksum:
            found[name] = Recalled(name, "", by_checksum[ran], ran, "a local branch, as it was run", is_trusted=True)
        else:
            found[name] = Recalled(name, "", versions[0], checksum_of(versions[0]), "a local branch")
    return found


@contextmanager
def joined(project: Project, scripts: Iterable[Recalled]) -> Iterator[Project]:
    """Give the project with further scripts, which lie in a folder of their own meanwhile; none is run by it."""
    with tempfile.TemporaryDirectory(prefix="whimbrel-") as folder:
        for number, one in enumerate(scripts):
            words = "".join(letter if letter.isalnum() else "_" for letter in one.revision)
            text = one.text.encode("utf-8", "surrogateescape")
            Path(folder, f"recalled_{number}_{words}.py").write_bytes(text)
        with project.with_scripts_in(Path(folder)) as whole:
            yield whole


def require_consent(scripts: Sequence[Recalled], reader: Reader, command: str, goal: str) -> None:
    """Make sure that somebody has agreed to all texts that need it.

    Args:
        scripts: Those that are to be run, in order.
        reader: Who is asked.
        command: What the person typed, without checksums and goal.
        goal: The goal that was named; empty if none was.

    Raises:
        Unconfirmed: Nobody has.
    """
    asked = [one for one in scripts if not one.is_trusted]
    if not asked or reader.agrees(asked):
        return
    names = ", ".join(one.revision for one in asked)
    checksums = "".join(f" --checksum {one.checksum}" for one in asked)
    many = "scripts are" if len(asked) > 1 else "script is"
    raise Unconfirmed(
        f"The {many} not in the folder, and nobody has agreed to run {'them' if len(asked) > 1 else 'it'}: {names}.",
        why="Whoever may write into the database may have written what its journal holds. Read the text above. "
        "Nothing was changed.",
        do=f"{command}{checksums} {'-- ' if goal.startswith('-') else ''}{goal}".rstrip(),
    )


def steps_down(project: Project, names: Iterable[str]) -> list[Any]:
    """Return the steps that revert revisions, in the order in which they are given; this imports their scripts."""
    from alembic.runtime.migration import RevisionStep

    scripts = project.scripts
    found: list[Any] = [scripts.get_revision(one) for one in names]
    return [RevisionStep(scripts.revision_map, one, False) for one in found]


def _different(revision: str) -> Refused:
    return Refused(
        f"The databases have recorded different scripts of revision {revision}.",
        why="One run takes one script for all of them. Nothing was changed.",
        do="bring back the script (git log --all -- migrations)",
    )


def _altered(revision: str) -> Refused:
    return Refused(
        f"The recorded script of revision {revision} is not what was run.",
        why="Its text does not have the checksum that was written down with it: somebody has altered one of them. "
        "Nothing was changed.",
        do="bring back the script (git log --all -- migrations)",
    )
