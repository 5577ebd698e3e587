"""Puts into a new script what its proof finds missing, where we know how; the proof has the last word.

A text is taken only if it is proved to be better: fewer differences of the schema, and nothing refuted that was not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from whimbrel.commands.drafting import Bench, Repair
from whimbrel.proof import Claim, Outcome, Verdict
from whimbrel.proof.verdict import ASIDE
from whimbrel.scripts import amending

Taken = tuple[Verdict, tuple[Repair, ...]]

_MOST = 2
_SCHEMA = (Claim.REACHES, Claim.RETURNS)


def repaired(bench: Bench, verdict: Verdict, prove: Callable[[], Verdict]) -> Taken:
    """Repair a script as far as it gets better; return the verdict on what it is then, and what was added.

    Args:
        bench: Where.
        verdict: That on the script as it is.
        prove: Proves the script as it is then.
    """
    repairs: tuple[Repair, ...] = ()
    for _ in range(_MOST):
        if not differences_in(verdict):
            break
        try:
            taken = _repaired_once(bench, verdict, prove)
        except Exception as error:  # the script is written and judged: why it is no better is told, no more
            words = f"{type(error).__name__}: {error}".partition("\n")[0]
            return replace(verdict, remarks=(*verdict.remarks, f"It could not be repaired: {words}")), repairs
        if taken is None:
            break
        verdict, repairs = taken[0], _joined((*repairs, *taken[1]))
    return verdict, repairs


def differences_in(verdict: Verdict) -> int:
    """Count in what a schema is not as claimed, where the script runs at all."""
    return sum(len(one.findings) for one in verdict.checks if _is_of_the_schema(one.claim, one.outcome))


def is_better(verdict: Verdict, than: Verdict) -> bool:
    """Tell whether a script has become better: what was shown is shown, and what was not refuted is not."""
    before = {one.claim: one.outcome for one in than.checks}
    after = {one.claim: one.outcome for one in verdict.checks}
    refuted = [claim for claim, outcome in after.items() if outcome is Outcome.REFUTED]
    if any(before.get(claim) is not Outcome.REFUTED for claim in refuted):
        return False
    held = [claim for claim, outcome in before.items() if outcome is Outcome.SHOWN and claim not in ASIDE]
    return all(after.get(one) is Outcome.SHOWN for one in held) and differences_in(verdict) < differences_in(than)


def _repaired_once(bench: Bench, verdict: Verdict, prove: Callable[[], Verdict]) -> Taken | None:
    """Put a draft in the script's place if it is better; else the script is what it was, whatever happens."""
    text = amending.read(bench.script.path)
    taken: Taken | None = None
    try:
        draft = bench.drafted(text)
        if draft.repairs:
            bench.put(draft.text)
            again = prove()
            taken = (again, draft.repairs) if is_better(again, verdict) else None
    finally:
        if taken is None:
            bench.put_back(text)
    return taken


def _joined(repairs: Iterable[Repair]) -> tuple[Repair, ...]:
    """Make one of what was added to the same function."""
    joined: dict[str, Repair] = {}
    for one in repairs:
        first = joined.get(one.function, replace(one, count=0, objects=()))
        objects = tuple(dict.fromkeys((*first.objects, *one.objects)))
        joined[one.function] = replace(first, count=first.count + one.count, objects=objects)
    return tuple(joined.values())


def _is_of_the_schema(claim: Claim, outcome: Outcome) -> bool:
    return claim in _SCHEMA and outcome is Outcome.REFUTED
