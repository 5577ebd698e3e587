"""``check --proved``: whether each script is proved as it is now. Asks no database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from whimbrel.errors import Unproved
from whimbrel.proof import Outcome, about, text_of
from whimbrel.run import Project
from whimbrel.scripts import proofs
from whimbrel.scripts.script import shown_path


def check_proofs(project: Project) -> int:
    """Say that each script is proved as it is now, and return how many there are. No database is asked.

    Raises:
        Unproved: Some are not.
    """
    known: dict[str, list[proofs.Record]] = {}
    for one in proofs.read(project.scripts.dir):
        known.setdefault(one.revision, []).append(one)
    count, complaints = 0, []
    for script in reversed(list(project.scripts.walk_revisions())):
        checksum = proofs.checksum_of(script.path)
        current = [one.outcome for one in known.get(script.revision, ()) if one.checksum == checksum]
        count += 1
        if Outcome.REFUTED in current:
            complaints.append((script, "refuted"))
        elif Outcome.SHOWN not in current and not about(text_of(script.path)).does_nothing:
            complaints.append((script, _why_not(current, known.get(script.revision))))
    if complaints:
        raise _unproved(complaints, count)
    return count


def _why_not(current: Sequence[Any], known: Any) -> str:
    if current:
        return "could not be shown"
    return "edited since it was proved" if known else "never proved"


def _unproved(complaints: Sequence[tuple[Any, str]], count: int) -> Unproved:
    named = [f"{shown_path(script.path)} ({words})" for script, words in complaints]
    more = f", and {len(named) - 10} more" if len(named) > 10 else ""
    single = complaints[0][0].revision if len(complaints) == 1 else "base:head"
    return Unproved(
        f"{len(complaints)} of {count} scripts {'is' if len(complaints) == 1 else 'are'} not proved: "
        f"{', '.join(named[:10])}{more}.",
        why="migrations/snapshot/proofs.txt has no proof that holds for the text as it is now. Nothing was changed.",
        do=f"flask db prove {single}   (and commit migrations/snapshot)",
    )
