"""The heads of a migrations folder at a glance: without Alembic, without running a script.

The rule: an answer is given only where Alembic's would be the same. Where a folder is laid out in another way
than `init` does it, or a script has to be imported to know its place, there is none.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Set
from dataclasses import dataclass
from pathlib import Path

from whimbrel.scripts.header import Header, Ids, is_source, read_header

# Options by which Alembic looks for scripts elsewhere, or for others; a commented line does not begin with them.
_OTHER_LAYOUT = re.compile(r"^\s*(?:version_locations|recursive_version_locations|sourceless)\b", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Known:
    """The revisions that have a script.

    Attributes:
        revisions: All of them.
        heads: Those that no other one follows or depends on.
    """

    revisions: frozenset[str]
    heads: frozenset[str]

    def is_head(self, versions: Set[str]) -> bool:
        """Tell whether a database with these rows in its version table has all revisions, and none besides."""
        return self.heads <= versions <= self.revisions


def known_at_a_glance(folder: Path) -> Known | None:
    """Return the revisions of a migrations folder; None where only Alembic can tell."""
    if any(_OTHER_LAYOUT.search(text) for text in _options(folder)):
        return None
    headers: dict[str, Header] = {}
    try:
        with os.scandir(folder / "versions") as found:
            paths = [one.path for one in found if is_source(one.path)]
    except OSError:
        return None
    for path in paths:
        header = read_header(path)
        if header is None or headers.setdefault(header.revision, header) is not header:
            return None
    named = {name for one in headers.values() for ids in (one.down_revision, one.depends_on) for name in _each(ids)}
    if not named <= headers.keys():  # a branch label, or a gap in the history
        return None
    return Known(frozenset(headers), frozenset(headers.keys() - named))


def _options(folder: Path) -> Iterator[str]:
    for path in {folder / "alembic.ini", Path.cwd() / "pyproject.toml", folder.resolve().parent / "pyproject.toml"}:
        try:
            yield path.read_text("utf-8")
        except (OSError, ValueError):
            continue


def _each(ids: Ids) -> tuple[str, ...]:
    if ids is None:
        return ()
    return (ids,) if isinstance(ids, str) else tuple(ids)
