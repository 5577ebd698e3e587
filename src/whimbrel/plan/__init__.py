"""What a script will do, told before it is done: values made from what was seen on scratch. Nothing here connects."""

from __future__ import annotations

from whimbrel.plan.estimates import worked_on
from whimbrel.plan.locks import first_locks
from whimbrel.plan.plan import FORMAT, Base, Plan, Planned, Step, Waiting, planned
from whimbrel.plan.summary import summary
from whimbrel.plan.words import Told, told

__all__ = [
    "FORMAT",
    "Base",
    "Plan",
    "Planned",
    "Step",
    "Told",
    "Waiting",
    "first_locks",
    "planned",
    "summary",
    "told",
    "worked_on",
]
