"""``Cause``: why a statement works under a lock, for the statements that have a better form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whimbrel.backends.generic import first_word

if TYPE_CHECKING:
    from whimbrel.backends.observed import Effect, Observation
    from whimbrel.hazards.case import Case


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of one statement.

    Attributes:
        what: What it does, in words that follow the name of the statement's script.
        do: What to do instead.
    """

    what: str
    do: str


@dataclass(frozen=True, slots=True)
class Cause:
    """One kind of statement.

    Attributes:
        name: The rule's name.
        effect: What such a statement does to others; what was seen of one wins.
        holds_for: The databases and versions.
        tell: Says what such a statement does; None if it is none.
    """

    name: str
    effect: str
    holds_for: str
    tell: Callable[[Case, Observation], Told | None]


def first(seen: Observation, kind: str, matches: Callable[[Effect], bool]) -> Effect | None:
    """Return the first effect on an object of a kind that matches."""
    return next((one for one in seen.effects if one.kind == kind and matches(one)), None)


def word(seen: Observation, text: str) -> bool:
    """Tell whether a statement begins with a word."""
    return first_word(seen.sql) == text


def uses_index(seen: Observation) -> bool:
    """Tell whether a constraint takes an index that is there."""
    return " USING INDEX " in f" {' '.join(seen.sql.upper().split())} "
