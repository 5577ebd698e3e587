"""Which of the scripts that were run have been edited since."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from whimbrel.commands.checksums import other_than_run
from whimbrel.journal import Past
from whimbrel.run import Project, text_of
from whimbrel.scripts.edits import Edit, difference, edit_of
from whimbrel.scripts.header import header_of, ids_in
from whimbrel.scripts.script import shown_path

log = logging.getLogger("whimbrel.commands")
MOST_LINES = 40  # of a difference that a warning shows


@dataclass(frozen=True, slots=True)
class Edited:
    """A script that was edited since it was run.

    Attributes:
        revision: Its id.
        path: The file, as a person here would type it.
        edit: What was edited.
        difference: How, as a unified diff; empty where the text that was run is not recorded.
        before: The revision before it, where it was the last one to be run and not the first; else empty.
        parents: What it follows by now.
        followed: What it followed when it was run, ``base`` for nothing.
        skipped: What it follows by now, and was never run here: the history went another way then.
    """

    revision: str
    path: str
    edit: Edit
    difference: str
    before: str = ""
    parents: tuple[str, ...] = ()
    followed: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()

    @property
    def counts(self) -> bool:
        """Whether an upgrade of another database would come out otherwise."""
        return self.edit.counts or bool(self.skipped)


def edited_scripts(
    project: Project, heads: tuple[str, ...], past: tuple[Past, ...], texts: Callable[[], tuple[Past, ...]]
) -> tuple[Edited, ...]:
    """Return the scripts that a database has, and that are not as they were when they were run there.

    A stamp is a person's word that the database is as the scripts say: what was run before it is not compared.

    Args:
        project: The app's migrations.
        heads: The revisions that the database is at; the scripts have all of them.
        past: What was run there, the first one first.
        texts: Returns the same with the texts; asked only where something was edited.
    """
    other = other_than_run(project, past)
    if not other:
        return ()
    last = {one.revision: number for number, one in enumerate(past) if one.direction != "stamp"}
    stamps = [(number, one.revision.split(", ")) for number, one in enumerate(past) if one.direction == "stamp"]
    applied = _ancestors(project, heads)
    counted = [
        name
        for name in other
        if name in applied
        and not any(last[name] < number and name in _ancestors(project, ids) for number, ids in stamps)
    ]
    ran = {one.revision: one.text for one in texts() if one.direction == "upgrade"} if counted else {}
    found = (_edited(project, name, ran.get(name), name in heads) for name in counted)
    upgraded = {one.revision for one in past if one.direction == "upgrade"}
    stamped = {name for _, ids in stamps for name in _ancestors(project, ids)}
    return tuple(_with_what_it_skipped(project, one, ran.get(one.revision), stamped | upgraded) for one in found)


def warn_of_edits(found: tuple[Edited, ...]) -> None:
    """Log a warning for each edit that counts."""
    for line in remarks_on_edits(found):
        log.warning("%s", line)


def remarks_on_edits(found: tuple[Edited, ...]) -> tuple[str, ...]:
    """Say of each edit that counts what it is."""
    return tuple(
        f"{one.path} was edited after it was run here: this database has what the script was, others will have "
        f"what it is. What to do: flask db status\n{_shortened(one.difference)}".rstrip()
        for one in found
        if one.counts
    )


def _edited(project: Project, name: str, ran: str | None, is_last: bool) -> Edited:
    script = project.scripts.get_revision(name)
    now = text_of(script.path) or ""
    path, parents = shown_path(script.path), script._versioned_down_revisions
    before = parents[0] if is_last and len(parents) == 1 else ""  # nobody is to empty a database for an edit
    if ran is None:
        return Edited(name, path, Edit.UPGRADE, "", before)
    return Edited(name, path, edit_of(ran, now), difference(ran, now, path), before)


def _with_what_it_skipped(project: Project, one: Edited, ran: str | None, run: set[str]) -> Edited:
    """Look for revisions that came before an applied one after it was run, as a rebase puts them there."""
    header = None if ran is None else header_of(ran.encode("utf-8", "replace"))
    if header is None:
        return one
    before = ids_in(header.down_revision)
    now = project.scripts.get_revision(one.revision)._versioned_down_revisions
    gained = _ancestors(project, now) - _ancestors(project, before) - run
    return replace(one, parents=tuple(now), followed=before or ("base",), skipped=tuple(sorted(gained)))


def _ancestors(project: Project, names: Iterable[str]) -> set[str]:
    history = project.scripts.revision_map
    here = tuple(one for one in names if history._revision_map.get(one) is not None)
    return {one.revision for one in history._get_ancestor_nodes(project.scripts.get_revisions(here))} if here else set()


def _shortened(text: str) -> str:
    lines = text.splitlines()
    more = len(lines) - MOST_LINES
    return "\n".join(lines if more <= 0 else [*lines[:MOST_LINES], f"({more} more lines)"])
