"""What a script will do, told before it is done."""

from __future__ import annotations

from whimbrel.plan.summary import summary
from whimbrel.plan.words import Told, told

__all__ = ["Told", "summary", "told"]
