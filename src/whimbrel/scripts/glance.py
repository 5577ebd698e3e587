"""The heads of a migrations folder at a glance: without Alembic, without running a script.

The rule: an answer is given only where Alembic's would be the same. Where a folder is laid out in another way
than `init` does it, or a script has to be imported to know its place, there is none.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Set
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from whimbrel.scripts.header import Header, ids_in, is_source, read_header

# Options by which Alembic looks for scripts elsewhere, or for others; a commented line does not begin with them.
_OTHER_LAYOUT = re.compile(r"^\s*(?:version_locations|recursive_version_locations|sourceless)\b", re.MULTILINE)


def heads_at_a_glance(folder: Path) -> frozenset[str] | None:
    """Return the revisions that no other one follows or depends on; None where only Alembic can tell.

    These are the rows that the version table has at head.
    """
    if any(_OTHER_LAYOUT.search(text) for text in _options(folder)):
        return None
    headers = _headers(folder)
    if headers is None:
        return None
    names = Counter(name for one in headers for name in (one.revision, *ids_in(one.branch_labels)))
    after = {one.revision: {*ids_in(one.down_revision), *ids_in(one.depends_on)} for one in headers}
    followed = set[str]().union(*after.values())
    # An id or label twice, a dependency on a label, a parent that is missing, a circle: Alembic resolves or refuses it.
    if max(names.values(), default=1) > 1 or not followed <= after.keys() or _is_circular(after):
        return None
    return frozenset(after.keys() - followed)


def _headers(folder: Path) -> list[Header] | None:
    try:
        with os.scandir(folder / "versions") as found:
            headers = [read_header(one.path) for one in found if is_source(one.path)]
    except OSError:
        return None
    read = [one for one in headers if one is not None]
    return read if len(read) == len(headers) else None


def _is_circular(after: Mapping[str, Set[str]]) -> bool:
    try:
        TopologicalSorter(after).prepare()
    except CycleError:
        return True
    return False


def _options(folder: Path) -> Iterator[str]:
    for path in {folder / "alembic.ini", Path.cwd() / "pyproject.toml", folder.resolve().parent / "pyproject.toml"}:
        try:
            yield path.read_text("utf-8")
        except (OSError, ValueError):
            continue
