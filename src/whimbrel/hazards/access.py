"""Who may see, change and run what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from whimbrel.hazards.advice import listed
from whimbrel.hazards.case import Case
from whimbrel.hazards.hazard import Hazard, Rule, Severity
from whimbrel.hazards.loss import gone_tables

if TYPE_CHECKING:
    from whimbrel.backends.observed import Effect


def _rights(case: Case, rule: Rule) -> Iterator[Hazard]:
    for seen, effect in case.effects("table", "view", "materialized view", "column", *_WHOSE):
        changed = [key for key in _RIGHTS if effect.change(key)]
        changed += ["options"] if effect.kind == "view" and effect.change("options") else []
        if effect.kind in ("policy", "default rights"):
            changed = [effect.kind if effect.kind != "policy" else f"policy {effect.fact.name}"]
        table = effect.fact.table or effect.fact.name
        if not changed or not _is_known(case, effect) or table in gone_tables(seen):
            continue
        what = _WHOSE.get(effect.kind, "may see or change rows of {0}").format(table, effect.fact.get("owner"))
        yield case.hazard(
            rule,
            seen,
            Severity.WARNING,
            f"changes who {what}: {listed(changed)}",
            why="A mistake here shows in no error: rows are missing, or are seen by those who should not.",
            do="have it read by a second person; then, in the script: # whimbrel: accept changes-access because …",
            table=table if case.is_old(table) else "",
        )


_RIGHTS = ("row security", "forced row security", "rights", "owner", "definer")
_WHOSE = {
    "policy": "may see or change rows of {0}",
    "schema": "may use schema {0}",
    "sequence": "may use sequence {0}",
    "function": "may run function {0}, or with whose rights it runs",
    "default rights": "may use what will be made by {1}",
}


def _is_known(case: Case, effect: Effect) -> bool:
    """Tell whether others know an object: it was there when the script began, or its table was."""
    if effect.kind == "default rights":
        return True
    if effect.kind in ("table", "column", "policy"):
        return case.is_old(effect.fact.table or effect.fact.name)
    was = effect.was
    return was is not None and any((one.kind, one.name) == (was.kind, was.name) for one in case.before.values())


RULES: tuple[Rule, ...] = (
    Rule("rights-changed", "changes-access", ("postgresql",), "PostgreSQL, all versions", _rights),
)
