"""``Plan``: what an upgrade will do, step by step, and what it stands on. Values only.

A step is one statement of a script, with all that the runner sends for it. The digest is made from what the plan
stands on: where the databases are, the scripts' texts, and the objects that these name. Rows and sizes are left out:
they change all the time.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

from whimbrel.backends.generic import first_word
from whimbrel.hazards import Hazard, Size
from whimbrel.plan.estimates import Estimate, estimate, held_for, together, worked_on
from whimbrel.plan.rows import columns_set
from whimbrel.plan.summary import summary
from whimbrel.plan.words import told
from whimbrel.tokens import scan

if TYPE_CHECKING:
    from whimbrel.backends.observed import Observation
    from whimbrel.backends.rates import Rates
    from whimbrel.hazards import Case

FORMAT = 1  # of the JSON that a plan is stored as


@dataclass(frozen=True, slots=True)
class Step:
    """One statement of a script.

    Attributes:
        line: The script's line; 0 where that is not known.
        what: What it does, a phrase for each effect.
        manner: How it goes about it.
        locks: The locks that keep others from something, each with what it means.
        sql: All that is sent for it.
        sizes: The tables whose rows it works on, with their sizes.
        seconds: How long it takes, estimated; None if that cannot be told.
        hazards: What it may do to others.
        error: Why it fails; empty if it does not.
        at_most: Whether it may take less, since a condition chooses the rows.
    """

    line: int
    what: tuple[str, ...]
    manner: str = ""
    locks: tuple[str, ...] = ()
    sql: tuple[str, ...] = ()
    sizes: tuple[tuple[str, Size], ...] = ()
    seconds: float | None = None
    hazards: tuple[Hazard, ...] = ()
    error: str = ""
    at_most: bool = False

    @property
    def takes(self) -> Estimate:
        """How long it takes."""
        return Estimate(self.seconds, self.at_most)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A table that others wait for.

    Attributes:
        table: Its name.
        mode: The strongest lock on it, in the server's word.
        seconds: How long it is held, estimated; None if that cannot be told.
        at_most: Whether that may be less.
    """

    table: str
    mode: str
    seconds: float | None
    at_most: bool = False

    @property
    def takes(self) -> Estimate:
        """How long it is held."""
        return Estimate(self.seconds, self.at_most)


@dataclass(frozen=True, slots=True)
class Planned:
    """What one script will do in one database.

    Attributes:
        revision: Its id.
        path: Its file.
        message: What its author says of it.
        bind: The database; empty for the default one.
        summary: What it does, in one sentence.
        steps: Its statements.
        hazards: What it may do to others, where that is no single statement's.
        waiting: The tables that others wait for.
        written_over: The columns whose values it writes over, of those that are there before.
    """

    revision: str
    path: str
    message: str
    bind: str = ""
    summary: str = ""
    steps: tuple[Step, ...] = ()
    hazards: tuple[Hazard, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    written_over: tuple[str, ...] = ()

    @property
    def takes(self) -> Estimate:
        """How long it takes."""
        return together(one.takes for one in self.steps)

    @property
    def all_hazards(self) -> tuple[Hazard, ...]:
        """All that it may do to others."""
        return (*(hazard for step in self.steps for hazard in step.hazards), *self.hazards)

    @property
    def for_good(self) -> tuple[str, ...]:
        """What cannot be undone, in words; a note of a loss is of what the archive keeps, or of what is not there."""
        lost = (one for one in self.all_hazards if one.name == "loses-data" and one.severity.counts)
        found = [*lost, *(one for one in self.all_hazards if one.name == "cannot-undo")]
        over = (f"writes over values of {column}" for column in self.written_over)
        return tuple(dict.fromkeys([*(one.what for one in found), *over]))


@dataclass(frozen=True, slots=True)
class Base:
    """What a plan stands on in one database.

    Attributes:
        bind: The database; empty for the default one.
        url: Where it is, without a password.
        server: What it runs on.
        version: The kind and the major version of that: what a server does with a statement depends on them.
        heads: The revisions that it is at.
        scripts: The scripts that are pending there, in order: the id of each, and the checksum of its text.
        objects: The digest of each object that the scripts name, by its kind and name.
    """

    bind: str
    url: str
    server: str
    version: str
    heads: tuple[str, ...]
    scripts: tuple[tuple[str, str], ...]
    objects: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """What an upgrade will do.

    Attributes:
        goal: What was asked for, as ``flask db upgrade`` takes it.
        drops: What becomes of what scripts drop where they say nothing of it.
        bases: What it stands on, for each database.
        scripts: What will be done, in order.
        remarks: What a person should know.
        stops: Whether a script has stopped on scratch, so that what comes after is not told.
        asks: Whether a script asks for rows, so that what it does with them is not told.
    """

    goal: str
    drops: str
    bases: tuple[Base, ...]
    scripts: tuple[Planned, ...] = ()
    remarks: tuple[str, ...] = ()
    stops: bool = False
    asks: bool = False

    @property
    def takes(self) -> Estimate:
        """How long it takes."""
        known = together(one.takes for one in self.scripts)
        return Estimate(None) if self.stops else known

    @property
    def steps(self) -> int:
        """How many steps it has."""
        return sum(len(one.steps) for one in self.scripts)

    @property
    def digest(self) -> str:
        """What the plan stands on, as 16 hexadecimal digits."""
        told = [[one.bind, one.version, one.heads, one.scripts, sorted(one.objects.items())] for one in self.bases]
        return sha256(json.dumps([self.drops, told]).encode()).hexdigest()[:16]


def planned(case: Case, hazards: Iterable[Hazard], rates: Rates | None, message: str) -> Planned:
    """Make what is told of a script from what was seen of it.

    Args:
        case: The script, and all that is known of it.
        hazards: What it may do to others.
        rates: How fast its server is, if that was measured.
        message: What its author says of it.
    """
    left = list(hazards)
    steps = []
    for seen in case.statements:
        own = [one for one in left if one.sql and (one.sql, one.line) == (seen.sql, seen.line)]
        left = [one for one in left if one not in own]
        steps.append(_step(case, seen, rates, tuple(own)))
    held = held_for(case, (step.takes for step in steps))
    waiting = (Waiting(table, mode, *taken) for table, mode, taken in held)
    return Planned(
        case.revision,
        case.path,
        message,
        case.bind,
        summary(case),
        tuple(steps),
        tuple(left),
        tuple(sorted(waiting, key=lambda one: one.table)),
        tuple(dict.fromkeys(column for seen in case.statements for column in _written_over(case, seen))),
    )


def _written_over(case: Case, seen: Observation) -> Iterator[str]:
    """Yield the columns of an UPDATE that are there before: what stood there nothing brings back."""
    if first_word(seen.sql) == "UPDATE" and case.is_old(seen.written) and not seen.error:
        known = {fact.name for fact in case.columns_of(seen.written)}
        named = columns_set(scan(seen.sql, case.server.kind))
        yield from (f"{seen.written}.{column}" for column in named if column in known)


def _step(case: Case, seen: Observation, rates: Rates | None, hazards: tuple[Hazard, ...]) -> Step:
    words, taken = told(case, seen), estimate(case, seen, rates)
    return Step(
        seen.line,
        words.what,
        words.manner,
        words.locks,
        seen.texts or (seen.sql,),
        tuple((table, case.size(table)) for table in worked_on(case, seen)),
        taken.seconds,
        hazards,
        seen.error,
        taken.at_most,
    )
