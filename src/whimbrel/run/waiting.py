"""Pauses between tries: they grow, and are never the same for two who wait for one thing."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator


def tries_within(patience: float) -> Iterator[float]:
    """Yield the pauses before each further try of what missed a lock.

    Args:
        patience: For how long to go on in all, in seconds.
    """
    return pauses(patience, first=0.2, longest=15.0)


def pauses(limit: float, first: float, longest: float) -> Iterator[float]:
    """Yield how long to sleep before each further try, until a limit is used up.

    Args:
        limit: How long to go on in all, in seconds; the last pause ends there.
        first: The first pause, in seconds; each is half as long again as the one before.
        longest: The longest pause, in seconds.
    """
    ends = time.monotonic() + limit
    length = first
    while (left := ends - time.monotonic()) > 0:
        # Not for secrecy: two runners shall not try in step.
        yield min(left, length * random.uniform(0.7, 1.3))
        length = min(longest, length * 1.5)
