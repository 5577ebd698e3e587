"""What a script will do, told before it is done: values made from what was seen on scratch. Nothing here connects."""

from __future__ import annotations

from whimbrel.plan.locks import first_locks
from whimbrel.plan.summary import summary
from whimbrel.plan.words import Told, told

__all__ = ["Told", "first_locks", "summary", "told"]
