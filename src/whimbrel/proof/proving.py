"""``prove``: from a script and the schema before it to a verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from whimbrel.proof.rehearsal import Rehearsal, Wants
from whimbrel.proof.rows import Recipe
from whimbrel.proof.scope import Scope, named, whole
from whimbrel.proof.script import About, about, text_of
from whimbrel.proof.sowing import Sowing
from whimbrel.proof.stage import Stage
from whimbrel.proof.verdict import Claim, Finding, Verdict, not_shown
from whimbrel.scripts.script import shown_path
from whimbrel.snapshot import Key, Snapshot

if TYPE_CHECKING:
    from alembic.script import Script


# Says what is not as the models want it, of a scope, with the schemas before and after.
Wanting = Callable[[Scope, Snapshot, Snapshot], tuple[Finding, ...]]


@dataclass(frozen=True, slots=True)
class Start:
    """Where a script begins in one database.

    Attributes:
        found: The schema before it.
        changed: What is known to differ afterwards, beside what the script names.
        rows: Statements for the rows that earlier scripts have put in, by their tables.
    """

    found: Snapshot
    changed: tuple[Key, ...] = ()
    rows: Mapping[Key, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Subject:
    """A script that is to be proved.

    Attributes:
        script: The script.
        starts: Where it begins, by bind.
        wants: Says what is not as the models want it, by the scope that is played in; none if that is not known.
    """

    script: Script
    starts: Mapping[str, Start]
    wants: Mapping[str, Wanting] = field(default_factory=dict)


def prove(stage: Stage, subject: Subject, recipe: Recipe) -> Verdict:
    """Rehearse a script, and return what that shows.

    Args:
        stage: Where.
        subject: What.
        recipe: With which rows.
    """
    facts = about(text_of(subject.script.path), stage.drops)
    scopes = lay_ground(stage, subject.starts, facts)
    known = len(stage.held_back)
    standing = {bind: one.rows for bind, one in subject.starts.items()}
    sowing = Sowing(stage, subject.script, standing)
    seen = Rehearsal(stage, subject.script, facts, recipe, sowing, _wants(subject, scopes)).play()
    held_back = stage.held_back[known:]
    if held_back:
        seen.checks.append(
            not_shown(Claim.RUNS, Finding("", f"it wanted to reach what is not scratch: {held_back[0]}"))
        )
    remarks = (*_remarks(facts, stage), *seen.remarks)
    return Verdict(
        subject.script.revision,
        shown_path(subject.script.path),
        _server(subject.starts.values()),
        recipe.seed,
        seen.rows,
        tuple(seen.checks),
        tuple(dict.fromkeys(seen.goes)),
        remarks,
        tuple(seen.measured),
    )


def unreached(script: Script, server: str, recipe: Recipe) -> Verdict:
    """Return the verdict on a script that could not be tried, since one before it does not run."""
    why = Finding("", "a script before it does not run on the empty database")
    checks = (not_shown(Claim.RUNS_EMPTY, why),)
    return Verdict(script.revision, shown_path(script.path), server, recipe.seed, 0, checks)


def lay_ground(stage: Stage, starts: Mapping[str, Start], facts: About) -> Mapping[str, Scope]:
    """Make what scripts stand on: as much of the schema as they need; return how much that is, by bind.

    Args:
        stage: Where.
        starts: The schemas before.
        facts: What the scripts say of themselves.
    """
    scopes = {bind: scope_of(one.found, facts, one.changed) for bind, one in starts.items()}
    stage.prepare({bind: one.side for bind, one in scopes.items()})
    if stage.refused and not facts.finds:  # they may stand on something that nobody named
        scopes = {bind: whole(one.found) for bind, one in starts.items()}
        stage.prepare({bind: one.side for bind, one in scopes.items()})
    return scopes


def scope_of(found: Snapshot, facts: About, changed: Iterable[Key] = ()) -> Scope:
    """Return how much of a schema scripts need.

    Args:
        found: The schema.
        facts: What the scripts say of themselves.
        changed: What is known to differ afterwards, beside what they name.
    """
    return whole(found) if facts.finds else named(found, facts.text, changed)


def _wants(subject: Subject, scopes: Mapping[str, Scope]) -> Wants | None:
    if not subject.wants:
        return None

    def wants(bind: str, before: Snapshot, after: Snapshot) -> tuple[Finding, ...]:
        asked = subject.wants.get(bind)
        return asked(scopes[bind], before, after) if asked is not None else ()

    return wants


def _server(starts: Iterable[Start]) -> str:
    return ", ".join(dict.fromkeys(f"{one.found.kind} {one.found.version}" for one in starts))


def _remarks(facts: About, stage: Stage) -> Iterator[str]:
    """Name what a proof of this script does not cover, or what is special in it."""
    if facts.imports:
        yield facts.words_of_imports
    if facts.branches:
        yield "It looks at the dialect: this holds for the database that it was tried on."
    if facts.writes:
        yield "It writes rows."
    if facts.has_no_way_back:
        yield "It has no downgrade, and says so."
    for words in stage.refused:
        yield f"Not all of the schema before could be made on scratch: {words}"
