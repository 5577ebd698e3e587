"""``diff``: what differs between models and databases, and what may be a rename. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from whimbrel.commands.autogenerate import Onlooker, Seen
from whimbrel.commands.compare import Comparison, How, compare_models, count_pending
from whimbrel.commands.decisions import Decisions
from whimbrel.commands.keeping import remarks_on
from whimbrel.commands.names import Names, spoken
from whimbrel.commands.remembered import always, elsewhere
from whimbrel.commands.renaming import flag_of
from whimbrel.compare.changes import Added, Altered, Change, Removed, Renamed
from whimbrel.compare.renames import Candidate
from whimbrel.run import Project
from whimbrel.scripts.describe import describe_all
from whimbrel.snapshot import Check, Column, ForeignKey, Index, Key, Table

# So many candidates are told of one old name, and so many in all.
_MOST_OF_ONE = 5
_MOST = 200


@dataclass(frozen=True, slots=True)
class Aspect:
    """One way in which something differs."""

    name: str
    found: Any
    wanted: Any


@dataclass(frozen=True, slots=True)
class Line:
    """One difference.

    Attributes:
        sign: ``+ - ~ >``.
        kind: What it is: table, column, index …
        name: Its name, of a part with that of its table.
        to: Its new name, where it is renamed.
        summary: What is added or removed, in short.
        aspects: How what is on both sides differs.
    """

    sign: str
    kind: str
    name: str
    to: str = ""
    summary: str = ""
    aspects: tuple[Aspect, ...] = ()


@dataclass(frozen=True, slots=True)
class Possible:
    """A pair that may be a rename.

    Attributes:
        kind: table, column or value.
        old: The name that vanishes.
        new: The name that appears.
        score: How likely it is, from 0 to 1: a ranking, not a promise.
        offered: Whether `migrate` asks about it.
        evidence: What speaks for it, strongest first.
        against: What speaks against it.
        flag: The flag that says yes.
    """

    kind: str
    old: str
    new: str
    score: float
    offered: bool
    evidence: tuple[str, ...]
    against: tuple[str, ...]
    flag: str


@dataclass(frozen=True, slots=True)
class DatabaseDiff:
    """The differences of one database.

    Attributes:
        name: The bind; empty for the default database.
        kind: The kind of its server.
        changes: The differences.
        candidates: What may be a rename, the most likely first for each old name.
        candidates_left_out: How many were too unlikely to be told.
        not_ours: What is there and neither wanted nor ours, as ``view v``.
    """

    name: str
    kind: str
    changes: tuple[Line, ...]
    candidates: tuple[Possible, ...]
    candidates_left_out: int
    not_ours: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs.

    Attributes:
        databases: One by one.
        others: What comparators of other packages would do, in words; empty if nothing.
        tables: How many tables the models describe.
        pending: How many revisions are not applied; what they bring differs too.
        remarks: What else a person should know.
    """

    databases: tuple[DatabaseDiff, ...]
    others: str
    tables: int
    pending: int
    remarks: tuple[str, ...]

    @property
    def count(self) -> int:
        """How many differences there are."""
        return sum(len(one.changes) for one in self.databases) + bool(self.others)


def diff(project: Project, decisions: Decisions | None = None, *, scratch: bool = False) -> Difference:
    """Compare the models with the databases.

    Args:
        project: The app's migrations.
        decisions: The flags; what they leave open is told as a candidate.
        scratch: Whether a scratch database may be made on the target's server.

    Raises:
        ModelsMissing: The models describe no table.
        BadAnswer: A flag names what is not there.
    """
    how = How(count_pending, Onlooker, always if scratch else elsewhere(project.settings))
    comparison = compare_models(project, decisions=decisions, how=how)
    return Difference(
        tuple(_database(bind, one) for bind, one in comparison.seen.items()),
        others_in(comparison),
        comparison.tables,
        comparison.pending,
        remarks_on(comparison),
    )


def _database(bind: str, seen: Seen) -> DatabaseDiff:
    names = Names(seen.found)
    lines = tuple(line_of(change, names) for change in seen.comparison.changes)
    told = list(_told(seen.candidates))[:_MOST]
    foreign = tuple(f"{key.kind.replace('_', ' ')} {names.of_key(key)}" for key in seen.comparison.not_ours)
    left_out = len(seen.candidates) - len(told)
    return DatabaseDiff(bind, seen.found.kind, lines, tuple(map(_possible, told)), left_out, foreign)


def _told(candidates: tuple[Candidate, ...]) -> Iterator[Candidate]:
    """Leave out all but the best of each old name."""
    counts: dict[Any, int] = {}
    for one in candidates:
        old = (one.pair.kind, one.pair.old)
        counts[old] = counts.get(old, 0) + 1
        if counts[old] <= _MOST_OF_ONE:
            yield one


def _possible(one: Candidate) -> Possible:
    old, new = spoken(one.pair, one.pair.old), spoken(one.pair, one.pair.new)
    return Possible(
        one.pair.kind, old, new, round(one.score, 4), one.offered, one.evidence, one.against, flag_of(one.pair)
    )


def others_in(comparison: Comparison) -> str:
    """Say what comparators of other packages would do, or Alembic where its comparison had to do."""
    if not any(one.ops for one in comparison.operations):
        return ""
    return describe_all(comparison.operations)


def line_of(change: Change, names: Names) -> Line:
    """Return a difference as it is shown."""
    kind, name = change.key.kind.replace("_", " "), _name(change.key, names)
    if isinstance(change, Renamed):
        return Line(change.SIGN, kind, name, _name(change.to, names))
    if isinstance(change, Altered):
        aspects = (Aspect(one, getattr(change.found, one), getattr(change.wanted, one)) for one in change.aspects)
        return Line(change.SIGN, kind, name, aspects=tuple(aspects))
    assert isinstance(change, Added | Removed)
    thing = change.wanted if isinstance(change, Added) else change.found
    return Line(change.SIGN, kind, name, summary=_summary(thing))


def _name(key: Key, names: Names) -> str:
    if key.kind == "enum" and key.part:
        return f"{names.of(key.schema, key.name)}:{key.part}"
    return names.of_key(key)


def _summary(thing: Any) -> str:
    """Say in a few words what something is."""
    if isinstance(thing, Table):
        return f"({len(thing.columns)} column{'' if len(thing.columns) == 1 else 's'})"
    if isinstance(thing, Column):
        default = f" DEFAULT {thing.default}" if thing.default is not None else ""
        return f"{thing.type}{'' if thing.nullable else ' NOT NULL'}{default}"
    if isinstance(thing, Check):
        return f"({thing.text})"
    names = next((getattr(thing, one) for one in ("labels", "parts", "columns") if _is_list(thing, one)), ())
    words = [f"({', '.join(names)})"] if names else []
    if isinstance(thing, ForeignKey):
        words.append(f"→ {thing.table} ({', '.join(thing.target)})".removesuffix(" ()"))
    return " ".join([*words, *(["unique"] if isinstance(thing, Index) and thing.unique else [])])


def _is_list(thing: Any, name: str) -> bool:
    return isinstance(getattr(thing, name, None), tuple)
