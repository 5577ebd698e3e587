"""``explain``: what a script does, up and down, for people who read no SQL; found out on scratch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from whimbrel.commands.beginning import read_places
from whimbrel.commands.choosing import chosen
from whimbrel.commands.linting import cases_of, judged
from whimbrel.commands.proving import starts_of
from whimbrel.commands.rehearsing import Rehearsal
from whimbrel.commands.sizes import large_tables
from whimbrel.commands.troubles import explained
from whimbrel.errors import Refused
from whimbrel.hazards import Hazard
from whimbrel.plan import summary, told
from whimbrel.proof import About, Stage, about, lay_ground, text_of
from whimbrel.scripts import proofs
from whimbrel.scripts.script import shown_path

if TYPE_CHECKING:
    from alembic.script import Script

    from whimbrel.hazards import Case
    from whimbrel.run import Project
    from whimbrel.run.observing import Measured


@dataclass(frozen=True, slots=True)
class Way:
    """What a script does in one direction.

    Attributes:
        steps: What its statements do, in words.
        failure: Why it stops on a database without rows; empty if it does not.
        was_tried: Whether it was; not where the other direction stops.
    """

    steps: tuple[str, ...] = ()
    failure: str = ""
    was_tried: bool = True


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a script does.

    Attributes:
        revision: Its id.
        path: Its file.
        message: What its author says of it.
        follows: The revisions that it comes after.
        summary: What it does, in one sentence.
        up: What its upgrade does.
        down: What its downgrade does; None if it says that there is no way back.
        hazards: What it may do to the people who use the database.
        remarks: What is special in it.
        proof: What its proof came to; empty if there is none that holds.
    """

    revision: str
    path: str
    message: str
    follows: tuple[str, ...]
    summary: str
    up: Way
    down: Way | None
    hazards: tuple[Hazard, ...] = ()
    remarks: tuple[str, ...] = ()
    proof: str = ""


def explain(project: Project, revision: str = "head") -> Explanation:
    """Say what a script does.

    Args:
        project: The app's migrations.
        revision: Which.

    Raises:
        RevisionUnknown: No script has such an id.
        ScratchUnavailable: There is no scratch database, and why.
    """
    script = _one(project, revision)
    facts = about(text_of(script.path), project.settings.drops)
    places = read_places(project)
    starts = starts_of(project, places, [script])
    if not starts:
        raise Refused(
            f"A script before {script.revision} does not run on an empty database.",
            why="The history is played on scratch up to there, and stops before. The app's database was not touched.",
            do="flask db prove base:head   (says which, and why)",
        )
    with explained(project), Stage(project, list(places)) as stage:
        lay_ground(stage, starts[0], facts)
        found: list[Measured] = []
        failure = stage.upgrade(script, found)
        back = None if failure is not None or facts.has_no_way_back else stage.downgrade(script, found)
    ways = [Rehearsal([one for one in found if one.direction == name]) for name in ("upgrade", "downgrade")]
    known = large_tables(project)
    cases, cases_down = ([replace(case, beside=()) for case in cases_of(project, [script], one, known)] for one in ways)
    way_down = _way(cases_down, back) if failure is None else Way(was_tried=False)
    return Explanation(
        script.revision,
        shown_path(script.path),
        script.doc or "",
        tuple(script._versioned_down_revisions),
        " ".join(dict.fromkeys(summary(case) for case in cases if case.statements or failure is None))
        or "It stops before its first statement.",
        _way(cases, failure),
        None if facts.has_no_way_back else way_down,
        judged(project, [script], ways[0], cases).hazards,
        tuple(_remarks(facts)),
        _proof(project, script),
    )


def _one(project: Project, revision: str) -> Script:
    found = chosen(project, revision, None)
    if len(found) != 1:
        raise Refused(
            f"{revision} is {len(found)} scripts.",
            why="One at a time is explained. Nothing was changed.",
            do="flask db explain REVISION   (flask db history lists them)",
        )
    return found[0]


def _way(cases: Sequence[Case], failure: Any) -> Way:
    steps = [words for case in cases for seen in case.statements if not seen.error for words in told(case, seen).what]
    return Way(tuple(dict.fromkeys(steps)), str(failure.finding) if failure is not None else "")


def _remarks(facts: About) -> Iterator[str]:
    """Name what is special in a script."""
    if facts.imports:
        yield facts.words_of_imports
    if facts.branches:
        yield "It looks at the kind of database, and may do otherwise on another."
    if facts.writes:
        yield "It reads or writes rows: what it does with them depends on what is there."
    if facts.says_drop:
        yield "What it drops goes for good; it says so."
    if facts.forgets_way_back:
        yield "Its downgrade is empty: it does not lead back."


def _proof(project: Project, script: Script) -> str:
    checksum = proofs.checksum_of(script.path)
    known = [one for one in proofs.read(project.scripts.dir) if one.revision == script.revision]
    return ", ".join(dict.fromkeys(f"{one.outcome.value} on {one.kind}" for one in known if one.checksum == checksum))
