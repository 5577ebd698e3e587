"""Keeps the snapshot files in step with the models, and says what of a database is not ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from whimbrel.commands.autogenerate import Onlooker, Seen
from whimbrel.commands.compare import compare_models, count_pending
from whimbrel.commands.ownership import listed
from whimbrel.commands.snapshots import Kept, kept_file, write_file
from whimbrel.run import Project
from whimbrel.scripts.directory import shown_path


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
    seen = compare_models(project, pending=count_pending, kind=Onlooker).seen
    remarks = remarks_on(project, seen)
    files = tuple(shown_path(_kept(project, bind, one).path) for bind, one in seen.items())
    return Snapshots(files, keep(project, seen), sum(len(one.wanted.objects) for one in seen.values()), remarks)


def keep(project: Project, seen: Mapping[str, Seen]) -> tuple[str, ...]:
    """Write the snapshot files that are to be others than they are, and return their paths."""
    written = []
    for bind, one in seen.items():
        kept = _kept(project, bind, one)
        if write_file(kept, one.wanted, one.owned.ledger, one.found):
            written.append(shown_path(kept.path))
    return tuple(written)


def remarks_on(project: Project, seen: Mapping[str, Seen]) -> tuple[str, ...]:
    """Say what a person should know of the databases: what is not ours, what could not be read."""
    return tuple(remark for bind, one in seen.items() for remark in _remarks(project, bind, one))


def _remarks(project: Project, bind: str, one: Seen) -> Iterator[str]:
    trouble = _kept(project, bind, one).trouble
    if trouble:
        yield f"{trouble} flask db snapshot writes it anew."
    scripted = [key for key in one.comparison.not_ours if one.owned.is_scripted(key)]
    foreign = [key for key in one.comparison.not_ours if key not in scripted]
    if foreign:
        yield f"Not ours, left alone: {listed(foreign)}."
    if scripted:
        yield f"Made by scripts and not by the models, left alone: {listed(scripted)}."
    yield from one.found.notes


def _kept(project: Project, bind: str, one: Seen) -> Kept:
    return kept_file(project.scripts.dir, bind, one.found.kind)
