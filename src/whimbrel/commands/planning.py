"""``plan``: what an upgrade will do, found out on scratch for the databases as they are. They are only read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from whimbrel.backends.rates import Rates, measure_rates
from whimbrel.commands.ahead import look_ahead
from whimbrel.commands.foreseeing import foreseen
from whimbrel.commands.linting import cases_of, judged
from whimbrel.commands.rehearsing import Rehearsal, rehearse_on
from whimbrel.commands.sizes import Known, Named, Other, Own, other_database, own_sizes
from whimbrel.commands.troubles import explained
from whimbrel.errors import OtherDatabaseUnreadable
from whimbrel.hazards.advice import listed
from whimbrel.plan import Base, Plan, Planned, planned, worked_on
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
        OtherDatabaseUnreadable: ``against`` names none that can be compared.
        ScratchUnavailable: There is no scratch database, and why.
        DatabaseAhead: The scripts do not have the revisions that the database is at.
        Refused: A revision was interrupted.
    """
    other = other_database(against) if against else None
    ahead = look_ahead(project, revision)
    if other is not None:
        _require_same_kind(other, (one.base for one in ahead.values()))
    scripts = tuple({one.revision: one for each in ahead.values() for one in each.scripts}.values())
    whole = Plan(revision, project.settings.drops, tuple(one.base for one in ahead.values()))
    if not scripts:
        return whole
    places = {bind: one.place for bind, one in ahead.items()}
    known: Known = Named(other) if other is not None else Own(own_sizes(project))  # before the engines lead to scratch
    with explained(project), Stage(project) as stage:
        aside = Aside()
        seen = rehearse_on(
            stage, project, scripts, places, aside, keeping=lambda own, bind: foreseen(own, ahead[bind].known, aside)
        )
        # Where an upgrade goes is said, so it does not stop at several heads.
        cases = [replace(one, beside=()) for one in cases_of(project, scripts, seen, known)]
        rates = _rates(stage, cases)
    remarks = (*(words for one in ahead.values() for words in one.back), *_remarks(seen))
    told, stops = tuple(_planned(project, scripts, seen, cases, rates)), seen.stopped is not None
    return replace(whole, scripts=told, remarks=remarks, stops=stops, asks=any(one.asked for one in seen.measured))


def _require_same_kind(other: Other, bases: Iterable[Base]) -> None:
    """Refuse a database on another kind of server: how large its tables are says nothing of ours.

    Raises:
        OtherDatabaseUnreadable: It is on such a one.
    """
    kinds = list(dict.fromkeys(one.version.partition(" ")[0] for one in bases))
    if other.server.kind not in kinds:
        raise OtherDatabaseUnreadable(
            f"--against names a database on {other.server.kind}, and the app's is on {' and '.join(kinds)}.",
            why="Only tables on the same kind of server have comparable sizes. Nothing was changed.",
            do="name a database like the app's, or leave --against out",
        )


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
