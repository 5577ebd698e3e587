"""Which scripts are not, letter for letter, what was run; each upgrade asks it, so it is quick and loads little."""

from __future__ import annotations

from typing import Any

from whimbrel.journal import Past
from whimbrel.run import Project, checksum_in


def other_than_run(project: Project, past: tuple[Past, ...]) -> tuple[str, ...]:
    """Return the revisions whose scripts have another checksum than when they were run last.

    Args:
        project: The app's migrations.
        past: What was run, the first one first.
    """
    last = {one.revision: one for one in past}
    known: Any = project.scripts.revision_map._revision_map
    return tuple(
        name
        for name, run in last.items()
        if run.direction == "upgrade"
        and run.checksum
        and (script := known.get(name)) is not None
        and checksum_in(script.path) not in ("", run.checksum)
    )
