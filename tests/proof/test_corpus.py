"""Each script of the corpus is judged rightly: what is broken is refuted for that, and what is good is not."""

import pytest

from tests.proof.corpus import CASES, Case
from tests.proof.stage import app_of, prove
from tests.support.project import Project
from whimbrel.proof import Claim, Outcome, Verdict

pytestmark = [
    pytest.mark.sweep,
    # Alembic says it of scripts that are for several servers; only these tests make an error of it.
    pytest.mark.filterwarnings("ignore:autoincrement and existing_autoincrement"),
]

PAIRS = [(case, kind) for case in CASES.all for kind in case.on]


@pytest.mark.parametrize(
    ("case", "backend"),
    PAIRS,
    indirect=["backend"],
    ids=[f"{case.name} on {kind}".replace(" ", "_") for case, kind in PAIRS],
)
def test_a_script_is_refuted_for_what_is_wrong_with_it_and_for_nothing_else(case: Case, project: Project) -> None:
    with app_of(project, case.scripts(), case.wanted):
        (verdict,) = prove("b").verdicts
    refuted = {one.claim.name for one in verdict.checks if one.outcome is Outcome.REFUTED}
    assert refuted == {claim for claim, _ in case.refuted} or (case.refuted and case.refuted[0][0] in refuted), shown(
        verdict
    )
    assert verdict.outcome is (Outcome.REFUTED if case.refuted else Outcome.SHOWN), shown(verdict)
    for claim, words in case.refuted:
        assert words in findings(verdict, claim), shown(verdict)
    for words in case.says:
        assert any(words in one for one in (*verdict.goes, *verdict.remarks)), shown(verdict)
    assert case.aside in findings(verdict, Claim.TAKES_ALL.name), shown(verdict)


def findings(verdict: Verdict, claim: str) -> str:
    return "\n".join(str(each) for one in verdict.checks if one.claim.name == claim for each in one.findings)


def shown(verdict: Verdict) -> str:
    lines = [f"{one.outcome.value}: {one.claim.value} {[str(each) for each in one.findings]}" for one in verdict.checks]
    return "\n".join([verdict.outcome.value, *lines, *verdict.goes, *verdict.remarks])
