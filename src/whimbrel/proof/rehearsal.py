"""The rehearsal: a script goes up, down and up again, on empty tables and with rows in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

from whimbrel.backends import backend_of_error
from whimbrel.proof.contents import Contents, contents
from whimbrel.proof.differences import differences
from whimbrel.proof.pairs import Ends
from whimbrel.proof.rows import OUT_OF_THE_WAY, Recipe
from whimbrel.proof.script import About
from whimbrel.proof.sowing import Sides, Sowing, Sown, rules_at
from whimbrel.proof.stage import Failure, Stage
from whimbrel.proof.survival import Survival, came_back, same_again, survival
from whimbrel.proof.usable import broken_keys, unusable
from whimbrel.proof.verdict import Check, Claim, Finding, judged, not_shown, refuted, shown
from whimbrel.scripts.proofs import Outcome
from whimbrel.snapshot import Sequence as NumberSequence
from whimbrel.snapshot import Snapshot, Table

if TYPE_CHECKING:
    from alembic.script import Script

    from whimbrel.run.observing import Measured

# Adds a column and nothing else: there is nothing that the rows could be to blame for.
_ADDS_ONE = re.compile(r"\[ALTER TABLE \S+ ADD COLUMN [^,]*\]\Z", re.I)
# Says in what a schema is not what the models want, by the bind, what was before and what is now.
Wants = Callable[[str, Snapshot, Snapshot], tuple[Finding, ...]]


@dataclass(slots=True)
class Seen:
    """What was seen so far.

    Attributes:
        checks: What became of the claims.
        goes: What the upgrade drops or rewrites.
        remarks: What a person should know.
        rows: How many rows there were.
        measured: What the upgrade's statements did on empty tables.
        unusable: The views and triggers that named what was not there before the upgrade.
    """

    checks: list[Check] = field(default_factory=list)
    goes: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    rows: int = 0
    measured: list[Measured] = field(default_factory=list)
    unusable: set[str] = field(default_factory=set)

    def add(self, check: Check) -> bool:
        """Note what became of a claim; tell whether it holds."""
        self.checks.append(check)
        return check.outcome is Outcome.SHOWN


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What is rehearsed, where, and with which rows.

    Attributes:
        stage: The scratch databases, at the schema before.
        script: The script.
        about: What it says of itself.
        recipe: How rows are chosen.
        wants: Says what is not as the models want it; none if nobody knows that of this revision.
        sowing: What puts rows in.
    """

    stage: Stage
    script: Script
    about: About
    recipe: Recipe
    sowing: Sowing
    wants: Wants | None = None

    def play(self) -> Seen:
        """Play all of it, as far as it goes."""
        seen = Seen()
        before = self.stage.snapshots()
        after = self._on_empty(before, seen)
        if after is None:
            return seen
        if self._has_contents(before):
            self._with_rows(before, after, seen)
        else:
            self._again_empty(after, seen)
        return seen

    # On empty tables ---------------------------------------------------------------------------------

    def _on_empty(self, before: Sides, seen: Seen) -> Sides | None:
        """Go up and down; return the schemas after the upgrade, if it runs."""
        try:
            is_sown = self.sowing.seeds(before)
        except DBAPIError as error:
            seen.add(not_shown(Claim.RUNS_EMPTY, Finding("seed", backend_of_error(error.orig).trouble(error).words)))
            return None
        failure = self.stage.upgrade(self.script, seen.measured)
        if failure is not None:
            seen.add(_blamed(Claim.RUNS_EMPTY, failure))
            return None
        seen.add(shown(Claim.RUNS_EMPTY))
        after = self.stage.snapshots()
        if self.wants is not None:
            seen.add(judged(Claim.REACHES, _every(after, lambda bind: self.wants_of(bind, before, after))))
        if not self._has_contents(before):  # what the script puts in is all there is
            self._look_at({bind: Contents() for bind in before}, before, after, seen)
        if self.about.has_no_way_back:
            self.stage.renew()
            return after
        failure = self.stage.downgrade(self.script)
        if failure is not None:
            seen.add(_blamed(Claim.RETURNS, failure))
            self.stage.renew()
            return after
        back = self.stage.snapshots()
        found = _every(back, lambda bind: differences(back[bind], before[bind]))
        if not seen.add(judged(Claim.RETURNS, found)) or is_sown:
            self.stage.renew()
        return after

    def wants_of(self, bind: str, before: Sides, after: Sides) -> tuple[Finding, ...]:
        """Say what is not as the models want it."""
        return self.wants(bind, before[bind], after[bind]) if self.wants is not None else ()

    def _again_empty(self, after: Sides, seen: Seen) -> None:
        """Go up again where there is no table to fill."""
        if self._returns(seen):
            self._go_again(after, {}, seen)

    # With rows ---------------------------------------------------------------------------------------

    def _with_rows(self, before: Sides, after: Sides, seen: Seen) -> None:
        """Go up, down and up with rows that keep the rules before and after; then up with any rows."""
        sown, failure = self._tried(before, after, self.recipe, seen)
        strange = failure
        careful = self._careful(before, after)
        is_fault = not careful and _is_fault(failure)
        for tamer in (*careful, *self._tamer()):
            if failure is None or is_fault:
                break
            self.stage.renew()
            sown, failure = self._tried(before, after, tamer, seen)
            is_fault = _is_fault(failure)
        if strange is not None and failure is None:
            seen.add(not_shown(Claim.TAKES_ALL, strange.finding))
        seen.rows = sown.count
        seen.remarks += [f"No row could be made for table {name}." for name in sorted(sown.bare)]
        if failure is not None:
            is_fault = is_fault or sown.refuses_all(failure) or _is_its_own(failure, before, after)
            seen.add(refuted(Claim.RUNS, failure.finding) if is_fault else not_shown(Claim.RUNS, failure.finding))
            return
        seen.add(shown(Claim.RUNS))
        first = sown.contents
        up = self._look_at(first, before, after, seen)
        self._use(first, up, before, after, seen)
        if self._returns(seen):
            self._go_back(first, up, before, after, seen)
        if strange is None:
            self._with_any_rows(before, after, seen)

    def _tried(self, before: Sides, after: Sides, recipe: Recipe, seen: Seen) -> tuple[Sown, Failure | None]:
        """Go up with some rows."""
        sown = self.sowing.rows(before, after, recipe)
        seen.unusable = {name for bind, side in before.items() for name in self._unusable(bind, side)}
        return sown, self.stage.upgrade(self.script)

    def _careful(self, before: Sides, after: Sides) -> tuple[Recipe, ...]:
        """Return a recipe for rows whose values also fit columns that may come in place of theirs, if there are any."""
        rules = (one for bind in before for one in rules_at(before[bind], after[bind]))
        is_guessed = any(place.is_guessed for one in rules for place in one.places)
        return (replace(self.recipe, is_careful=True),) if is_guessed else ()

    def _tamer(self) -> tuple[Recipe, ...]:
        """Return recipes for rows that a script stumbles over less: out of the way of its own ids, then plain ones."""
        away = replace(self.recipe, first=OUT_OF_THE_WAY, is_careful=True)
        return away, replace(away, is_plain=True)

    def _look_at(
        self, first: Mapping[str, Contents], before: Sides, after: Sides, seen: Seen
    ) -> Mapping[str, tuple[Contents, Survival]]:
        out = {}
        for bind, held in first.items():
            out[bind] = self._survived(held, before[bind], after[bind], bind)
        seen.goes += [line for _, one in out.values() for line in one.goes]
        seen.add(judged(Claim.KEEPS, tuple(finding for _, one in out.values() for finding in one.findings)))
        return out

    def _survived(self, held: Contents, old: Snapshot, new: Snapshot, bind: str) -> tuple[Contents, Survival]:
        """Say what became of the values that were there before the upgrade."""
        now = self._contents(bind, new)
        return now, survival(Ends(old, new, held, now, self.about))

    def _use(self, first: Mapping[str, Contents], up: Any, before: Sides, after: Sides, seen: Seen) -> None:
        """Read views, fire triggers and follow foreign keys."""
        findings: list[Finding] = []
        for bind, side in after.items():
            findings += broken_keys(before[bind], side, first[bind], up[bind][0])
            findings += (Finding(*one) for one in self._unusable(bind, side).items())
        seen.add(judged(Claim.WORKS, tuple(one for one in findings if one.object not in seen.unusable)))

    def _unusable(self, bind: str, side: Snapshot) -> Mapping[str, str]:
        found = self.stage.on(bind, partial(unusable, side=side))
        return {name: self.stage.said(words) for name, words in found.items()}

    def _came_back(self, first: Any, up: Any, before: Sides) -> tuple[Finding, ...]:
        """Say what is otherwise than before, after the downgrade."""
        findings: list[Finding] = []
        back = self.stage.snapshots()
        for bind, held in first.items():
            findings += differences(back[bind], before[bind])
            ends = Ends(before[bind], back[bind], held, self._contents(bind, before[bind]), self.about)
            findings += came_back(ends, *up[bind]).findings
        return tuple(findings)

    def _go_back(self, first: Any, up: Any, before: Sides, after: Sides, seen: Seen) -> None:
        """Go down with rows, and up again."""
        failure = self.stage.downgrade(self.script)
        if failure is not None:
            # The rows were there before, so a change of the schema that stumbles over them is not their fault.
            is_fault = _is_fault(failure) or (failure.is_schema and not failure.is_withheld)
            seen.add((refuted if is_fault else not_shown)(Claim.GIVES_BACK, failure.finding))
            self.stage.renew()
            return
        seen.add(judged(Claim.GIVES_BACK, self._came_back(first, up, before)))
        self._go_again(after, up, seen)

    def _go_again(self, after: Sides, up: Mapping[str, tuple[Contents, Survival]], seen: Seen) -> None:
        """Go up once more: it has to end at the same."""
        failure = self.stage.upgrade(self.script)
        if failure is not None:
            seen.add(refuted(Claim.AGAIN, failure.finding))
            return
        now = self.stage.snapshots()
        findings = list(_every(now, lambda bind: differences(now[bind], after[bind])))
        for bind, (held, way) in up.items():
            findings += same_again(held, self._contents(bind, now[bind]), way)
        seen.add(judged(Claim.AGAIN, tuple(findings)))

    def _with_any_rows(self, before: Sides, after: Sides, seen: Seen) -> None:
        """Go up with rows that keep the rules before only, where those after are stricter."""
        if all(rules_at(before[bind]) == rules_at(before[bind], after[bind]) for bind in before):
            return
        self._empty(before, seen)
        first = self.sowing.daring_rows(before, after, self.recipe)
        failure = self.stage.upgrade(self.script)
        if failure is not None:
            seen.add(not_shown(Claim.TAKES_ALL, failure.finding))
            return
        up = {bind: self._survived(held, before[bind], after[bind], bind) for bind, held in first.items()}
        findings = [finding for _, one in up.values() for finding in one.findings]
        for bind, held in first.items():
            findings += broken_keys(before[bind], after[bind], held, up[bind][0])
        told = {line.partition(" (")[0] for line in seen.goes}
        seen.goes += [line for _, one in up.values() for line in one.goes if line.partition(" (")[0] not in told]
        if not findings and any(one.owed for _, one in up.values()) and self._returns(seen):
            findings += self._owed_back(first, up, before)
        seen.add(_judged_aside(tuple(findings)))

    def _owed_back(self, first: Any, up: Any, before: Sides) -> tuple[Finding, ...]:
        """Go down to see whether values that got another type come back as they were."""
        failure = self.stage.downgrade(self.script)
        if failure is not None:
            return (failure.finding,)
        return self._came_back(first, up, before)

    # Means -------------------------------------------------------------------------------------------

    def _returns(self, seen: Seen) -> bool:
        return any(one.claim is Claim.RETURNS and one.outcome is Outcome.SHOWN for one in seen.checks)

    def _has_contents(self, before: Sides) -> bool:
        return any(isinstance(one, Table | NumberSequence) for side in before.values() for one in side.objects)

    def _empty(self, before: Sides, seen: Seen) -> None:
        """Go back to the schema before, with empty tables."""
        again = any(one.claim is Claim.AGAIN and one.outcome is Outcome.SHOWN for one in seen.checks)
        if not again or self.stage.downgrade(self.script) is not None:
            self.stage.renew()
            return
        self.sowing.empty(before)

    def _contents(self, bind: str, side: Snapshot) -> Contents:
        return self.stage.on(bind, partial(contents, side=side))


def _every(sides: Sides, differ: Callable[[str], tuple[Finding, ...]]) -> tuple[Finding, ...]:
    return tuple(finding for bind in sides for finding in differ(bind))


def _is_fault(failure: Failure | None) -> bool:
    """Tell a failure of the script's own making from one that rows of our making may be to blame for."""
    return failure is not None and failure.breaks_rules


def _named(failure: Failure) -> set[str]:
    """Return the names in what the server says of a failure."""
    return set(re.findall(r"['\"`](\w+)['\"`]", failure.finding.words.partition(" [")[0]))


def _is_its_own(failure: Failure, before: Sides, after: Sides) -> bool:
    """Tell whether a change of the schema failed at a column that the script has added: its values are the script's."""
    if not failure.is_schema:
        return False
    if _ADDS_ONE.search(failure.finding.words):
        return True
    named = _named(failure)
    for bind, side in before.items():
        for old in side.tables():
            new = after[bind].get(old.key)
            if isinstance(new, Table) and not {one.name for one in old.columns} - {one.name for one in new.columns}:
                named_new = {one.name for one in new.columns if old.column(one.name) is None} & named
                if named_new:
                    return True
    return False


def _blamed(claim: Claim, failure: Failure) -> Check:
    """Blame a script for a failure on empty tables, unless it was held back."""
    return not_shown(claim, failure.finding) if failure.is_withheld else refuted(claim, failure.finding)


def _judged_aside(findings: tuple[Finding, ...]) -> Check:
    """Refute only what no rule asks for: rows that are gone, values that were cut, foreign keys that do not hold."""
    if any(one.is_loss for one in findings):
        return refuted(Claim.TAKES_ALL, *findings)
    return not_shown(Claim.TAKES_ALL, *findings) if findings else shown(Claim.TAKES_ALL)
