"""``plan``: what an upgrade will do, found out on scratch for the databases as they are. They are only read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from whimbrel.backends.rates import Rates, measure_rates
from whimbrel.commands.ahead import look_ahead
from whimbrel.commands.foreseeing import foreseen
from whimbrel.commands.linting import cases_of, judged
from whimbrel.commands.rehearsing import Rehearsal, rehearse_on
from whimbrel.commands.sizes import Known, Named, Own, other_database, own_sizes
from whimbrel.commands.troubles import explained
from whimbrel.hazards.advice import listed
from whimbrel.plan import Plan, Planned, planned, worked_on
from whimbrel.proof import Stage
from whimbrel.run import Project
from whimbrel.run.observing import Aside

if TYPE_CHECKING:
    from alembic.script import Script

    from whimbrel.hazards import Case


def plan(project: Project, revision: str = "head", *, against: str | None = None) -> Plan:
    """Find out what ``upgrade`` would do.

    Args:
        project: The app's migrations.
        revision: Where it would go, as ``upgrade`` takes it.
        against: The URL of another database whose sizes count in the place of the app's own; it is only read.

    Raises:
        ScratchUnavailable: There is no scratch database, and why.
        DatabaseAhead: The scripts do not have the revisions that the database is at.
        Refused: A revision was interrupted.
    """
    known: Known = Named(other_database(against)) if against else Own(own_sizes(project))
    ahead = look_ahead(project, revision)
    scripts = tuple({one.revision: one for each in ahead.values() for one in each.scripts}.values())
    whole = Plan(revision, project.settings.drops, tuple(one.base for one in ahead.values()))
    if not scripts:
        return whole
    places = {bind: one.place for bind, one in ahead.items()}
    with explained(project), Stage(project) as stage:
        aside = Aside()
        seen = rehearse_on(
            stage, project, scripts, places, aside, keeping=lambda own, bind: foreseen(own, ahead[bind].known, aside)
        )
        cases = cases_of(project, scripts, seen, known)
        rates = _rates(stage, cases)
    remarks = (*(words for one in ahead.values() for words in one.back), *_remarks(seen))
    told, stops = tuple(_planned(project, scripts, seen, cases, rates)), seen.stopped is not None
    return replace(whole, scripts=told, remarks=remarks, stops=stops, asks=any(one.asked for one in seen.measured))


def _rates(stage: Stage, cases: Sequence[Case]) -> dict[str, Rates]:
    """Measure how fast the servers are on which a step works on rows, by bind."""
    binds = {case.bind for case in cases for seen in case.statements if worked_on(case, seen)}
    return {bind: stage.on(bind, measure_rates) for bind in sorted(binds)}


def _planned(
    project: Project, scripts: Sequence[Script], seen: Rehearsal, cases: Sequence[Case], rates: Mapping[str, Rates]
) -> Iterator[Planned]:
    """Yield what is told of each script, in each database."""
    hazards = judged(project, scripts, seen, cases).hazards
    messages = {one.revision: one.doc or "" for one in scripts}
    for case in cases:
        own = [one for one in hazards if one.revision == case.revision]
        yield planned(case, own, rates.get(case.bind), messages[case.revision])


def _remarks(seen: Rehearsal) -> tuple[str, ...]:
    """Say what of the scripts could not be seen, and what will be kept of what they drop."""
    remarks = [f"It will say: {one}" for one in seen.notes]
    remarks += [
        f"{one.revision} asks for rows of {listed(one.asked)}; what it does with those that are there is not seen."
        for one in seen.measured
        if one.asked
    ]
    if seen.stopped is not None:
        remarks.append(
            f"{seen.stopped.revision} stops on a database without rows"
            f"{f': {seen.stopped.words}' if seen.stopped.words else ''}. What comes after is not told."
        )
    return (*remarks, *seen.gaps)
