"""Why SQLite writes a table anew or reads all of it, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whimbrel.hazards.advice import listed
from whimbrel.hazards.causes import Cause, Told, first

if TYPE_CHECKING:
    from whimbrel.backends.observed import Observation
    from whimbrel.hazards.case import Case

SQLITE = "SQLite, all versions"


def _rebuilt(case: Case, seen: Observation) -> Told | None:
    if seen.way != "rebuild":
        return None
    return Told(
        f"builds {listed(seen.rewritten)} again, with all of its rows",
        "all changes of the table into one with op.batch_alter_table(…), so that it is built again once; a quiet hour",
    )


def _dropped(case: Case, seen: Observation) -> Told | None:
    found = first(seen, "column", lambda one: one.is_gone)
    if found is None:
        return None
    return Told(
        f"writes the rows of {found.fact.table} anew without {found.fact.name}",
        "a quiet hour; the file needs twice the room",
    )


def _index(case: Case, seen: Observation) -> Told | None:
    found = first(seen, "index", lambda one: one.is_made)
    if found is None:
        return None
    return Told(
        f"builds index {found.fact.name} on {found.fact.table}", "a quiet hour: there is no way beside the writers"
    )


def _edited(case: Case, seen: Observation) -> Told | None:
    if seen.way != "text edit" or not seen.scanned:
        return None
    return Told(f"reads every row of {listed(seen.scanned)} to see that the new rule holds", "a quiet hour")


CAUSES = (
    Cause("table-built-again", "rewrites-table", SQLITE, _rebuilt),
    Cause("rows-written-anew", "rewrites-table", SQLITE, _dropped),
    Cause("rules-in-the-file", "blocks-writes", SQLITE, _edited),
    Cause("index-in-the-file", "blocks-writes", SQLITE, _index),
)
