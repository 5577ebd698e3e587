"""A script is better than it was if it has fewer differences, and has lost nothing for them."""

import pytest

from whimbrel.commands.repairing import is_better
from whimbrel.proof import Check, Claim, Finding, Outcome, Verdict


def verdict(**outcomes: int | str) -> Verdict:
    """Return a verdict: a claim is shown, not shown, or refuted by so many findings."""
    checks = []
    for name, said in outcomes.items():
        findings = tuple(Finding(str(one), "is missing") for one in range(said)) if isinstance(said, int) else ()
        outcome = Outcome.REFUTED if isinstance(said, int) else Outcome(said)
        checks.append(Check(Claim[name], outcome, findings))
    return Verdict("a", "a.py", "sqlite 3", 1, 20, tuple(checks))


@pytest.mark.parametrize(
    ("before", "after", "better"),
    [
        ({"REACHES": 2}, {"REACHES": "shown"}, True),
        ({"REACHES": 2}, {"REACHES": 1}, True),
        ({"REACHES": 2}, {"REACHES": 2}, False),
        ({"REACHES": 2, "RETURNS": "shown"}, {"REACHES": "shown", "RETURNS": 1}, False),
        ({"RETURNS": 1, "KEEPS": "shown"}, {"RETURNS": "shown", "KEEPS": 1}, False),
        ({"RETURNS": 1}, {"RETURNS": "shown", "GIVES_BACK": 1}, False),
        ({"RETURNS": 1}, {"RETURNS": "shown", "GIVES_BACK": "shown"}, True),
        ({"RETURNS": 1, "KEEPS": 1}, {"RETURNS": "shown", "KEEPS": 1}, True),
        ({"RETURNS": 1, "RUNS": "shown"}, {"RETURNS": "shown", "RUNS": "not shown"}, False),
        ({"RETURNS": 1, "TAKES_ALL": "shown"}, {"RETURNS": "shown", "TAKES_ALL": "not shown"}, True),
        ({"RETURNS": 1, "RUNS": "shown"}, {"RUNS_EMPTY": "not shown"}, False),
    ],
)
def test_better_is_fewer_differences_and_nothing_else_lost(
    before: dict[str, int | str], after: dict[str, int | str], better: bool
) -> None:
    assert is_better(verdict(**after), verdict(**before)) is better
