"""The verdict: what was shown of a script, what was refuted, and what was not shown and why. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from whimbrel.scripts.proofs import Outcome

if TYPE_CHECKING:
    from whimbrel.run.observing import Measured


class Claim(Enum):
    """What is claimed of a script, in the order in which it is looked at."""

    RUNS_EMPTY = "it runs on the empty database"
    REACHES = "the upgrade ends where the models want it"
    RETURNS = "the downgrade ends at the schema before"
    RUNS = "it runs with rows in the tables"
    KEEPS = "every value is still there, or the script says that it goes"
    WORKS = "views and triggers work afterwards, and foreign keys hold"
    GIVES_BACK = "the downgrade brings the values back"
    AGAIN = "another upgrade ends at the same"
    TAKES_ALL = "it takes all rows that were allowed before"


# Whether a script runs with rows that its own new rules refuse is told, and no fault of it.
ASIDE = frozenset({Claim.TAKES_ALL})


@dataclass(frozen=True, slots=True)
class Finding:
    """What is not as claimed.

    Attributes:
        object: What it is about, as ``column users.email``; empty if it is the script as a whole.
        words: The difference, or the error.
        is_loss: Whether rows or values are lost that no rule stands against.
    """

    object: str
    words: str
    is_loss: bool = False

    def __str__(self) -> str:
        """Return it as a line."""
        return f"{self.object}: {self.words}" if self.object else self.words


@dataclass(frozen=True, slots=True)
class Check:
    """What became of one claim."""

    claim: Claim
    outcome: Outcome
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found out about one script.

    Attributes:
        revision: Its id.
        path: Its file, as a person here would type it.
        server: What it was tried on.
        seed: What the rows were made from.
        rows: How many rows went into the tables.
        checks: What was looked at.
        goes: What the upgrade drops or rewrites on purpose.
        remarks: What a person should know of it.
        measured: What was seen of its upgrade's statements on empty tables, in each database.
    """

    revision: str
    path: str
    server: str
    seed: int
    rows: int
    checks: tuple[Check, ...]
    goes: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    measured: tuple[Measured, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """Refuted if a claim is, shown if all are that count."""
        counted = [one.outcome for one in self.checks if one.claim not in ASIDE or one.outcome is Outcome.REFUTED]
        if Outcome.REFUTED in counted:
            return Outcome.REFUTED
        return Outcome.NOT_SHOWN if not counted or Outcome.NOT_SHOWN in counted else Outcome.SHOWN


def shown(claim: Claim) -> Check:
    """Say that a claim holds."""
    return Check(claim, Outcome.SHOWN)


def refuted(claim: Claim, *findings: Finding) -> Check:
    """Say that a claim does not hold."""
    return Check(claim, Outcome.REFUTED, findings)


def not_shown(claim: Claim, *findings: Finding) -> Check:
    """Say that nobody knows."""
    return Check(claim, Outcome.NOT_SHOWN, findings)


def judged(claim: Claim, findings: tuple[Finding, ...]) -> Check:
    """Refute a claim if there are findings."""
    return refuted(claim, *findings) if findings else shown(claim)
