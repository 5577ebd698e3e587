"""What a script may do to the people who use the database: rules by theme, each a pure function of what was seen."""

from __future__ import annotations

from whimbrel.hazards.accepting import Judged, accepted
from whimbrel.hazards.access import RULES as ACCESS
from whimbrel.hazards.case import Case, Server, Size
from whimbrel.hazards.compatibility import RULES as COMPATIBILITY
from whimbrel.hazards.dependencies import RULES as DEPENDENCIES
from whimbrel.hazards.hazard import EFFECTS, Hazard, Rule, Severity
from whimbrel.hazards.hygiene import RULES as HYGIENE
from whimbrel.hazards.locks import RULES as LOCKS
from whimbrel.hazards.loss import RULES as LOSS
from whimbrel.hazards.text import Acceptance, ScriptText, text_of_script
from whimbrel.hazards.values import RULES as VALUES

RULES: tuple[Rule, ...] = (*LOCKS, *LOSS, *VALUES, *COMPATIBILITY, *ACCESS, *DEPENDENCIES, *HYGIENE)


def hazards_in(case: Case) -> tuple[Hazard, ...]:
    """Return the hazards of one script, in the order of its statements."""
    rules = [rule for rule in RULES if not rule.servers or case.server.kind in rule.servers]
    found = [hazard for rule in rules for hazard in rule.find(case, rule)]
    return tuple(sorted(found, key=lambda one: one.line))


__all__ = [
    "EFFECTS",
    "RULES",
    "Acceptance",
    "Case",
    "Hazard",
    "Judged",
    "Rule",
    "ScriptText",
    "Server",
    "Severity",
    "Size",
    "accepted",
    "hazards_in",
    "text_of_script",
]
