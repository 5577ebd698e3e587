"""How much each kind of evidence counts, and how findings become a score.

A finding's worth is a logarithm of odds: what it adds to the odds that the pair is a rename, seen
from how often it is so in renames and how often in pairs that merely came and went together. Worths
add up; the logistic function of the sum is the score. Few weights, each with its reason.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from .model import Answers, Candidate, Pair
from .types import Closeness

LISTED: Final = 0.05  # below, a pair is out of the question and not listed
_UNLIKE: Final = 0.2  # what two names have in common by chance


@dataclass(frozen=True, slots=True)
class Finding:
    """One piece of evidence: what it is worth, and how it reads; empty text is not shown."""

    worth: float
    says: str = ""


@dataclass(frozen=True, slots=True)
class Weights:
    """What each kind of evidence is worth.

    Args:
        prior: Slightly below even: of columns that vanish beside one that appears, fewer than half are
            renames.
        type: Nearly all renames keep the type; among unrelated columns about one pair in three has the
            same one by chance.
        rules: Nullability and default: like the type, but they change more often along with a name.
        place: A name is mostly edited where it stands; a column that replaces another may stand anywhere.
        keys: Constraints, indexes and foreign keys, in both directions.
        names: The span between names with nothing in common and names that differ by a letter.
        stayed: A column that changes alone is renamed more often than one of many that change.
        body: For a table: the span between no column in common and all of them.
        kept: The reluctance to see in a column that kept its name any but itself.
        offered: The score from which a pair is worth a question. Well below one half: a needless
            question costs a key, an unasked one the data.
    """

    prior: float = -0.2
    type: float = 1.0
    rules: float = 0.6
    place: float = 1.3
    keys: float = 1.2
    names: float = 3.5
    stayed: float = 0.4
    body: float = 6.0
    kept: float = 4.0
    offered: float = 0.25

    @property
    def offered_odds(self) -> float:
        """Return the logarithm of the odds at which a pair is worth a question."""
        return math.log(self.offered / (1 - self.offered))

    def of_type(self, close: Closeness) -> float:
        """Return the worth of a type; one that no server would cast speaks strongly against."""
        steps = {Closeness.SAME: 1.0, Closeness.KIN: 0.6, Closeness.CASTABLE: -1.0, Closeness.FAR: -3.0}
        return self.type * steps[close]

    def names_finding(self, alike: float, old: str, new: str) -> Finding:
        """Say what two names are worth; unlike ones speak a little against."""
        word = "alike" if alike > _UNLIKE else "unlike"
        return Finding(self.names * (alike - _UNLIKE), f"names {word}: {old} → {new}")


WEIGHTS: Final = Weights()


@dataclass(frozen=True, slots=True)
class Terms:
    """What a search goes by: what is settled already, and what evidence is worth."""

    answers: Answers
    weights: Weights


def total(findings: Iterable[Finding], weights: Weights) -> float:
    """Add up the odds' logarithm."""
    return weights.prior + math.fsum(finding.worth for finding in findings)


def gain(log_odds: float) -> int:
    """Return what an assignment gains by a pair: minus the logarithm of the chance that it is no rename.

    Always above 0, so a weak pair is still better than none; for strong pairs the odds' logarithm, so
    that the assignment is the likeliest one; in millionths, as an integer, so that sums are exact.
    """
    return round(1e6 * (max(log_odds, 0.0) + math.log1p(math.exp(-abs(log_odds)))))


def candidate(pair: Pair, findings: Iterable[Finding], weights: Weights) -> Candidate:
    """Make a candidate of a pair and what was found about it."""
    found = sorted(findings, key=lambda finding: -abs(finding.worth))
    score = 1 / (1 + math.exp(-total(found, weights)))
    return Candidate(
        pair=pair,
        score=round(score, 4),
        evidence=tuple(f.says for f in found if f.says and f.worth > 0),
        against=tuple(f.says for f in found if f.says and f.worth < 0),
        offered=score >= weights.offered,
    )


def agreement(same: float, other: float) -> float:
    """Return from -1 to 1 how far what both sides have outweighs what only one has; 0 for nothing at all."""
    return (same - other) / (same + other + 1)
