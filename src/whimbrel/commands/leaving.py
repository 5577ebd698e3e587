"""``leave``: the way back to Flask-Migrate, or to Alembic alone.

Each step may be the last one before a crash: what is done already is not found again, and the rest is done by the
same command, said once more. The records of what is kept go after it, the journal after them, and the files last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from whimbrel.archive import Item, Restored, State
from whimbrel.archive.by_hand import in_words
from whimbrel.archive.exporting import Exported, export
from whimbrel.commands.archives import by_hand, records_of
from whimbrel.commands.leaving_folder import Folder, folder_of, make_plain
from whimbrel.commands.troubles import explained
from whimbrel.errors import CannotLeave, NotKept
from whimbrel.journal import Tables
from whimbrel.run import (
    Interruption,
    Progress,
    Project,
    RunnerEnvironment,
    Work,
    bind_of,
    history_name,
    interruption_in,
)
from whimbrel.targets import shown_url
from whimbrel.targets.direct import url_of

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext


@dataclass(frozen=True, slots=True)
class Held:
    """A table of ours.

    Attributes:
        name: Its name.
        rows: How many rows of this history it has.
    """

    name: str
    rows: int


@dataclass(frozen=True, slots=True)
class Belongings:
    """What is ours in one database.

    Attributes:
        name: The bind; empty for the default one.
        url: Where it is, without a password.
        kind: What it is.
        items: What is kept, the newest first.
        tables: The journal's tables and that of the records.
        beside: What else there is, in words.
        unknown: The revisions that it is at and no script has.
        interrupted: The revision that was interrupted, or runs now.
    """

    name: str
    url: str
    kind: str
    items: tuple[Item, ...]
    tables: tuple[Held, ...]
    beside: tuple[str, ...]
    unknown: tuple[str, ...]
    interrupted: Interruption | None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is ours."""
        return not (self.items or self.tables or self.beside)

    @property
    def kept(self) -> tuple[Item, ...]:
        """What values are in; what was put back is in its table."""
        back = [one for one in self.items if one.entry is not None and one.entry.state is State.BACK]
        return tuple(one for one in self.items if one.is_there and one not in back)


@dataclass(frozen=True, slots=True)
class Ours:
    """All that is ours.

    Attributes:
        databases: In each database.
        folder: Beside the scripts.
    """

    databases: tuple[Belongings, ...]
    folder: Folder

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left."""
        return self.folder.is_plain and all(one.is_empty for one in self.databases)

    @property
    def kept(self) -> tuple[Item, ...]:
        """What is kept in all databases."""
        return tuple(item for one in self.databases for item in one.kept)


@dataclass(frozen=True, slots=True)
class Choice:
    """What becomes of what is kept: first what fits is put back, then the rest is written into files, or let go.

    Attributes:
        restores: Whether what fits is put back.
        export: The folder for the rest; None for none.
        purges: Whether the rest is let go without that.
        keeps_files: Whether the migrations folder is left as it is.
    """

    restores: bool = False
    export: Path | None = None
    purges: bool = False
    keeps_files: bool = False

    @property
    def lets_go(self) -> bool:
        """Whether something is said of what cannot be put back."""
        return self.purges or self.export is not None


@dataclass(frozen=True, slots=True)
class Left:
    """What was done.

    Attributes:
        restored: What was put back.
        exported: What was written into files.
        purged: How many things were let go; those in files count.
    """

    restored: tuple[Restored, ...]
    exported: tuple[Exported, ...]
    purged: int


def to_leave(project: Project, *, keep_files: bool = False) -> Ours:
    """Return all that is ours; changes nothing.

    Args:
        project: The app's migrations.
        keep_files: Whether the migrations folder is to be left as it is.
    """
    found: list[Belongings] = []
    _each(project, lambda heads, context: found.append(_belongings(project, heads, context)), changes=False)
    if keep_files:
        return Ours(tuple(found), Folder())
    with explained(project):
        return Ours(tuple(found), folder_of(project.scripts, {one.kind for one in found}))


def require_way(ours: Ours, choice: Choice) -> None:
    """Make sure that nothing is in the way, and that it is said what becomes of what is kept.

    Raises:
        CannotLeave: Something is.
    """
    for one in ours.databases:
        _require_finished(one)
    orphans = [item for item in ours.kept if item.entry is None]
    if ours.kept and not choice.restores and not choice.lets_go:
        raise _undecided(ours.kept, "Nobody has said what becomes of it. Nothing was changed.")
    if orphans and not choice.lets_go:
        raise _undecided(orphans, "It has no record, so nothing can put it back. Nothing was changed.")


def leave(project: Project, ours: Ours, choice: Choice) -> Left:
    """Remove all that is ours.

    Args:
        project: The app's migrations.
        ours: What was shown; what was added since is not touched.
        choice: What becomes of what is kept.

    Raises:
        CannotLeave: Something is in the way; the error says what was done.
    """
    require_way(ours, choice)
    restored = _restore(project, choice) if choice.restores and ours.kept else ()
    exported: list[Exported] = []
    purged: list[Item] = []
    agreed = {(one.name, item.place) for one in ours.databases for item in one.items}

    def each(heads: Sequence[str], context: MigrationContext) -> None:
        found = _belongings(project, heads, context)
        _require_finished(found)
        added = [item for item in found.items if (found.name, item.place) not in agreed]
        if added or (found.kept and not choice.lets_go):
            raise _undecided(added or found.kept, "It was dropped while this command ran, and is kept still.")
        if choice.export is not None:
            exported.extend(export(records_of(context).keeping, one, choice.export, found.name) for one in found.kept)
        purged.extend(found.kept)
        _drop(context, found.items)

    if not all(one.is_empty for one in ours.databases):
        _each(project, each, changes=True)
    with explained(project):
        make_plain(ours.folder)
    return Left(restored, tuple(exported), len(purged))


def _restore(project: Project, choice: Choice) -> tuple[Restored, ...]:
    """Put back what fits in all databases, before anything is dropped in one of them."""
    restored: list[Restored] = []
    refusals: list[str] = []
    remaining: list[Item] = []

    def each(heads: Sequence[str], context: MigrationContext) -> None:
        found, hand = _belongings(project, heads, context), by_hand(context)
        _require_finished(found)
        for item in found.kept:
            try:
                restored.append(hand.restore(item.place.name))
            except NotKept as error:
                refusals.append(error.what)
        remaining.extend(_belongings(project, heads, context).kept)

    _each(project, each, changes=True)
    if remaining and not choice.lets_go:
        done = f"{len(restored)} put back" if restored else "Nothing was put back"
        why = " ".join(dict.fromkeys(refusals)) or "Its rows are there no longer, or their places are taken."
        raise CannotLeave(
            f"Not all can be put back: {_named(remaining)}.",
            why=f"{why} {done}; nothing was dropped.",
            do="flask db leave --export FOLDER   (writes the rest into files; or --purge: lets it go)",
        )
    return tuple(restored)


def _drop(context: MigrationContext, items: Sequence[Item]) -> None:
    """Let go of what is kept, then of what is known about it, and of the journal last."""
    records = records_of(context)
    by_hand(context).purge(items)
    records.leave()
    records.keeping.dismantle()
    assert context.connection is not None
    _journal(context).leave(context.connection)


def _belongings(project: Project, heads: Sequence[str], context: MigrationContext) -> Belongings:
    connection = context.connection
    assert connection is not None
    records, items = records_of(context), by_hand(context).items()
    tables = [Held(name, rows) for name, rows in _journal(context).rows(connection).items()]
    if records.are_there():
        tables.append(Held(records.place.name, sum(one.entry is not None for one in items)))
    known = project.scripts.revision_map._revision_map
    return Belongings(
        name=bind_of(context),
        url=shown_url(url_of(connection)),
        kind=connection.dialect.name,
        items=items,
        tables=tuple(tables),
        beside=records.keeping.remains(),
        unknown=tuple(one for one in heads if one not in known),
        interrupted=interruption_in(context),
    )


def _require_finished(one: Belongings) -> None:
    if one.interrupted is not None:
        direction = one.interrupted.direction
        raise CannotLeave(
            f"Revision {one.interrupted.revision} was interrupted in its {direction}, or runs now.",
            why=f"What it has done is known by {one.url} alone, in a table that would go. Nothing was changed.",
            do=f"flask db {direction}   (goes on where it stopped), then: flask db leave",
        )
    if one.unknown and one.tables:
        raise CannotLeave(
            f"The database is at {', '.join(one.unknown)}, which no script here has.",
            why="The journal, which would go, may have its only text; and no tool goes on from a revision without a "
            "script. Nothing was changed.",
            do="bring back the script, or deploy the newer code; or revert what is not here, by the recorded scripts: "
            "flask db downgrade --from-journal",
        )


def _undecided(items: Sequence[Item], why: str) -> CannotLeave:
    return CannotLeave(
        f"{_named(items)} {'is' if len(items) == 1 else 'are'} kept.",
        why=why,
        do="flask db leave --restore   (puts back what fits), --export FOLDER (writes the rest into files), "
        "--purge (lets it go), or several of them",
    )


def _named(items: Sequence[Item]) -> str:
    return ", ".join(in_words(one) for one in items)


def _journal(context: MigrationContext) -> Tables:
    schema = context.version_table_schema
    assert context.connection is not None
    return Tables(schema, history_name(context.connection, context.version_table, schema))


def _each(project: Project, do: Callable[[Sequence[str], MigrationContext], None], *, changes: bool) -> None:
    """Do something in each database; under the runner's lock where it changes something."""
    progress = Progress()

    def each(heads: Any, context: MigrationContext) -> Iterable[Any]:
        do(heads, context)
        return ()

    with explained(project, progress):
        RunnerEnvironment(project, Work(each, changes=changes, options={"dont_mutate": True}), progress).run()
