"""Keeps the snapshot files in step with the models, and says what of a database is not ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from whimbrel.commands.autogenerate import Onlooker, Seen
from whimbrel.commands.compare import Comparison, How, compare_models, count_pending
from whimbrel.commands.ownership import listed
from whimbrel.commands.snapshots import write_file
from whimbrel.run import Project
from whimbrel.scripts.script import shown_path


@dataclass(frozen=True, slots=True)
class Snapshots:
    """What ``snapshot`` has done.

    Attributes:
        files: All snapshot files, as a person here would type them.
        written: Those that were not as they had to be.
        objects: How many objects are in them.
        remarks: What a person should know.
    """

    files: tuple[str, ...]
    written: tuple[str, ...]
    objects: int
    remarks: tuple[str, ...] = ()


def snapshot(project: Project) -> Snapshots:
    """Write the snapshot files anew from the models.

    Raises:
        ModelsMissing: The models describe no table.
    """
    comparison = compare_models(project, how=How(count_pending, Onlooker, may_remember=False))
    if comparison.unavailable is not None:
        raise comparison.unavailable
    seen = comparison.seen
    remarks = remarks_on(comparison)
    files = tuple(shown_path(one.kept.path) for one in seen.values())
    return Snapshots(files, keep(seen), sum(len(one.wanted.own.objects) for one in seen.values()), remarks)


def keep(seen: Mapping[str, Seen]) -> tuple[str, ...]:
    """Write the snapshot files that are to be others than they are, and return their paths."""
    written = []
    for one in seen.values():
        if write_file(one.kept, one.wanted.own, one.owned.ledger, one.found, one.wanted.ddl, one.wanted.events):
            written.append(shown_path(one.kept.path))
    return tuple(written)


def remarks_on(comparison: Comparison) -> tuple[str, ...]:
    """Say what a person should know: what is not ours, what could not be read or had to be done by Alembic."""
    remarks = [remark for one in comparison.seen.values() for remark in _remarks(one)]
    reason = comparison.unavailable
    if reason is not None:
        remarks.append(f"Compared by Alembic, which sees less: {reason.what} {reason.why}\n  Do:   {reason.do}")
    return tuple(remarks)


def _remarks(one: Seen) -> Iterator[str]:
    if one.kept.trouble:
        yield f"{one.kept.trouble} flask db snapshot writes it anew."
    scripted = [key for key in one.comparison.not_ours if one.owned.is_scripted(key)]
    foreign = [key for key in one.comparison.not_ours if key not in scripted]
    if foreign:
        yield f"Not ours, left alone: {listed(foreign)}."
    if scripted:
        yield f"Made by scripts and not by the models, left alone: {listed(scripted)}."
    yield from one.found.notes
