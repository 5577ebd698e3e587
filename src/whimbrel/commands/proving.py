"""``prove``: whether scripts do what they should; tried on scratch, and noted beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any
from zlib import crc32

from whimbrel.backends.rows import rows_for
from whimbrel.commands.autogenerate import Onlooker, Seen
from whimbrel.commands.beginning import is_next, read_places
from whimbrel.commands.compare import How, compare_models, count_pending
from whimbrel.commands.linting import judge
from whimbrel.commands.putting_off import put_off_in
from whimbrel.commands.rehearsing import Rehearsal
from whimbrel.commands.troubles import explained
from whimbrel.compare import compare
from whimbrel.compare.without import replaced, without
from whimbrel.errors import ModelsMissing, Refused, ScratchUnavailable, WhimbrelError
from whimbrel.plan import first_locks
from whimbrel.proof import (
    Finding,
    Outcome,
    Recipe,
    Scope,
    Stage,
    Start,
    Subject,
    Verdict,
    differences,
    text_of,
    unreached,
)
from whimbrel.proof import prove as proved
from whimbrel.proof.differences import Everything
from whimbrel.proof.filling import standing
from whimbrel.run import Project
from whimbrel.scripts import proofs
from whimbrel.snapshot import Key, Snapshot, Table, Whole, snapshot_of

if TYPE_CHECKING:
    from alembic.script import Script

    from whimbrel.commands.beginning import Place
    from whimbrel.commands.compare import Comparison
    from whimbrel.commands.drafting import Repair
    from whimbrel.hazards import Hazard

ROWS = 20


@dataclass(frozen=True, slots=True)
class Proved:
    """What was proved.

    Attributes:
        verdicts: One for each script, in the order of the history.
        unproved: Why nothing could be proved, in words; empty if it could.
        hazards: What a new script may do to the people who use the database.
        repairs: What was added to a new script, since the proof had found it missing.
    """

    verdicts: tuple[Verdict, ...] = ()
    unproved: str = ""
    hazards: tuple[Hazard, ...] = ()
    repairs: tuple[Repair, ...] = ()

    @property
    def refuted(self) -> tuple[Verdict, ...]:
        """Those that do not do what they should."""
        return tuple(one for one in self.verdicts if one.outcome is Outcome.REFUTED)


def prove(project: Project, revisions: str = "head", *, rows: int = ROWS, seed: int | None = None) -> Proved:
    """Prove scripts.

    Args:
        project: The app's migrations.
        revisions: One revision, or a range ``from:to`` without its beginning; ``base:head`` is all of them.
        rows: How many rows each table gets.
        seed: What the rows are made from; the script's text if not given.

    Raises:
        ScratchUnavailable: There is no scratch database, and why.
    """
    scripts = _chosen(project, revisions)
    if not scripts:
        raise Refused(
            f"There is no revision in {revisions}.",
            why="A range leaves its beginning out. Nothing was tried, and nothing was changed.",
            do="flask db prove base:head",
        )
    places = read_places(project)
    starts = starts_of(project, places, scripts)
    wants = _wants_of_models(project, scripts[-1])
    verdicts = []
    with Stage(project, list(places)) as stage:
        for script, start in zip(scripts, starts, strict=False):
            wanted = _as_said(script, wants) if script is scripts[-1] else {}
            subject = Subject(
                script, _with_changes(start, wanted), {bind: _wanting(one) for bind, one in wanted.items()}
            )
            verdict = proved(stage, subject, _recipe(script, rows, seed))
            verdicts.append(_with_put_off(verdict, wanted))
    server = ", ".join(dict.fromkeys(f"{one.found.kind} {one.found.version}" for one in places.values()))
    verdicts += [unreached(one, server, _recipe(one, rows, seed)) for one in scripts[len(verdicts) :]]
    with explained(project):
        proofs.write(project.scripts.dir, _records(verdicts, scripts))
    return Proved(tuple(verdicts))


def prove_new(project: Project, script: Script, comparison: Comparison) -> Proved:
    """Prove a script that was just written from a comparison, and put in what it lacks, where we know how.

    Args:
        project: The app's migrations.
        script: The script.
        comparison: What it was written from.
    """
    seen = comparison.seen
    starts = _with_changes({bind: Start(one.found) for bind, one in seen.items()}, seen)
    subject = Subject(script, starts, {bind: _wanting(one) for bind, one in seen.items()})
    repairs: tuple[Repair, ...] = ()
    try:
        with Stage(project, list(seen)) as stage:
            verdict = proved(stage, subject, _recipe(script, ROWS, None))
            if verdict.outcome is Outcome.REFUTED:
                verdict, repairs = _repaired(project, stage, subject, comparison, verdict)
    except ScratchUnavailable as reason:
        return Proved(unproved=f"{reason.what} {reason.why}\n  Do:   {reason.do}")
    except Exception as error:  # the script is written: what hinders its proof is told, no more
        words = str(error).partition("\n")[0]
        return Proved(unproved=f"{type(error).__name__}: {words}\n  Do:   flask db prove")
    verdict = _with_put_off(verdict, seen)
    with explained(project):
        proofs.write(project.scripts.dir, _records([verdict], [script]))
    return Proved((verdict,), hazards=_hazards(project, script, verdict), repairs=repairs)


def _repaired(
    project: Project, stage: Stage, subject: Subject, comparison: Comparison, verdict: Verdict
) -> tuple[Verdict, tuple[Repair, ...]]:
    """Repair a script; the code for it is for those that need it."""
    from whimbrel.commands.drafting import Bench
    from whimbrel.commands.repairing import repaired

    should = {bind: partial(_should_be, one) for bind, one in comparison.seen.items()}
    bench = Bench(project, stage, subject.script, subject.starts, should, comparison, comparison.taken_out)
    return repaired(bench, verdict, lambda: proved(stage, subject, _recipe(subject.script, ROWS, None)))


def _with_put_off(verdict: Verdict, seen: Mapping[str, Seen]) -> Verdict:
    """Remark what a script leaves otherwise than the models want it."""
    put_off = sorted({key for one in seen.values() for key in one.put_off}, key=Key.order)
    left = (f"{key.name}.{key.part} stays nullable for now, as the script says." for key in put_off)
    return replace(verdict, remarks=(*verdict.remarks, *left))


def _hazards(project: Project, script: Script, verdict: Verdict) -> tuple[Hazard, ...]:
    """Return what a script was seen to do to others, but for notes and what is accepted."""
    with suppress(WhimbrelError):  # of wrong settings `flask db lint` will tell
        return judge(project, [script], Rehearsal(list(verdict.measured))).counted
    return ()


def _records(verdicts: Sequence[Verdict], scripts: Sequence[Script]) -> Iterator[proofs.Record]:
    """Yield what is kept of verdicts."""
    for verdict, script in zip(verdicts, scripts, strict=True):
        checksum = proofs.checksum_of(script.path)
        for kind in {server.partition(" ")[0] for server in verdict.server.split(", ")}:
            up = [one for one in verdict.measured if one.kind == kind]
            locks = first_locks(up[0].statements, up[0].before) if len(up) == 1 else ()  # of several, which is meant?
            yield proofs.Record(verdict.revision, kind, verdict.outcome, checksum, locks)


def _recipe(script: Script, rows: int, seed: int | None) -> Recipe:
    """Choose rows by the script's text, unless told otherwise: the same text is always proved with the same rows."""
    return Recipe(crc32(proofs.checksum_of(script.path).encode()) % 10**6 if seed is None else seed, rows)


def _with_changes(start: Mapping[str, Start], seen: Mapping[str, Seen]) -> dict[str, Start]:
    """Add what the models want otherwise, so that it is in scope even if the script does not name it."""
    return {
        bind: Start(
            one.found, tuple(change.key for change in seen[bind].comparison.changes) if bind in seen else (), one.rows
        )
        for bind, one in start.items()
    }


# What the models want ----------------------------------------------------------------------------


def _wants_of_models(project: Project, last: Script) -> Mapping[str, Seen]:
    """Compare the models, if the last script is the head; what cannot be had is left out."""
    if last.revision not in project.scripts.get_heads():
        return {}
    try:
        comparison = compare_models(project, how=How(count_pending, Onlooker))
    except ModelsMissing:
        return {}
    return {} if comparison.unavailable is not None else comparison.seen


def _as_said(script: Script, wants: Mapping[str, Seen]) -> dict[str, Seen]:
    """Want columns as the models do, but for those that the script says it leaves nullable for now."""
    text = text_of(script.path)
    return {bind: replace(one, put_off=put_off_in(text, one.wanted.snapshot)) for bind, one in wants.items()}


def _wanting(seen: Seen) -> Any:
    """Return what says in what a schema is not as the models want it: what another ``migrate`` would find."""

    def wanting(scope: Scope, before: Snapshot, after: Snapshot) -> tuple[Finding, ...]:
        return differences(after, _should_be(seen, scope, before, after), seen.owned)

    return wanting


def _should_be(seen: Seen, scope: Scope, before: Snapshot, after: Snapshot) -> Snapshot:
    """Return what the models want of the part of a schema that is on scratch."""
    objects = [
        before.by_key[key] if key in scope.cut else one
        for key, one in seen.wanted.snapshot.by_key.items()
        if key in scope.side.by_key or key not in seen.found.by_key or key in after.by_key
    ]
    should = _as_answered(snapshot_of(after.kind, after.version, objects, after.default_schema), seen.put_off)
    return _as_others_leave_it(should, after, seen) if seen.theirs else should


def _as_answered(should: Snapshot, put_off: Iterable[Key]) -> Snapshot:
    """Want columns nullable that stay so for now, by an answer."""
    tables: dict[Key, Whole | None] = {}
    for key in put_off:
        table = tables.get(place := Key("table", *key.owner), should.by_key.get(place))
        if isinstance(table, Table):
            columns = (replace(one, nullable=True) if one.name == key.part else one for one in table.columns)
            tables[place] = replace(table, columns=tuple(columns))
    return replaced(should, tables)


def _as_others_leave_it(should: Snapshot, after: Snapshot, seen: Seen) -> Snapshot:
    """Want what other packages write as they have left it: they alone know what it should be."""
    wholes: dict[Key, Whole | None] = {}
    for change in compare(after, should, Everything()).changes:
        if change.key in seen.theirs:
            key = Key("table", *change.key.owner) if change.key.part else change.key
            there, wanted = after.by_key.get(key), wholes.get(key, should.by_key.get(key))
            if not change.key.part:
                wholes[key] = there
            elif isinstance(there, Table) and isinstance(wanted, Table):
                wholes[key] = without(wanted, there, [change])
    return replaced(should, wholes)


# Where scripts begin -----------------------------------------------------------------------------


def _chosen(project: Project, revisions: str) -> list[Any]:
    """Return the scripts of a range, the first one first."""
    scripts = project.scripts
    with explained(project):
        if ":" not in revisions:
            return list(scripts.get_revisions(revisions))
        start, _, end = revisions.partition(":")
        return list(reversed(list(scripts.iterate_revisions(end or "heads", start or "base"))))


def starts_of(project: Project, places: Mapping[str, Place], scripts: Sequence[Any]) -> list[dict[str, Start]]:
    """Return where each script begins, up to the first one that cannot be reached.

    Args:
        project: The app's migrations.
        places: The app's databases; where a single script comes next there, it begins at their schemas.
        scripts: The scripts, each after those that it follows.
    """
    if len(scripts) == 1 and is_next(scripts[0], places):
        return [{bind: Start(one.found) for bind, one in places.items()}]
    return list(_replayed(project, list(places), scripts))


def _replayed(project: Project, binds: Sequence[str], scripts: Sequence[Any]) -> Iterator[dict[str, Start]]:
    """Play the history on scratch, and yield where each script begins, until one does not run."""
    with Stage(project, binds) as stage:
        left = list(scripts)
        for one in reversed(list(project.scripts.walk_revisions("base", "heads"))):
            if not left:
                return
            if one.revision == left[0].revision:
                left.pop(0)
                yield {bind: Start(side, rows=_standing(stage, bind, side)) for bind, side in stage.snapshots().items()}
            if stage.upgrade(one) is not None:
                return


def _standing(stage: Stage, bind: str, side: Snapshot) -> dict[Key, str]:
    return stage.on(bind, partial(standing, rows=rows_for(side.kind, side.default_schema), side=side))
