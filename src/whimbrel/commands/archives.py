"""``archive``, ``restore``, ``purge``: what scripts have dropped, for a person."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from whimbrel.archive import ByHand, Item, Records, Restored
from whimbrel.backends import backend_for
from whimbrel.commands.troubles import explained
from whimbrel.errors import BadSetting, NotKept
from whimbrel.run import Progress, Project, RunnerEnvironment, Work, bind_of, history_name
from whimbrel.targets import shown_url
from whimbrel.targets.direct import url_of

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext


@dataclass(frozen=True, slots=True)
class Archive:
    """What is kept in one database.

    Attributes:
        name: The bind; empty for the default one.
        url: Where it is, without a password.
        items: What is kept, the newest first.
    """

    name: str
    url: str
    items: tuple[Item, ...]


def archive(project: Project) -> tuple[Archive, ...]:
    """Return what is kept, database by database; changes nothing."""
    found: list[Archive] = []

    def each(heads: Any, context: MigrationContext) -> Iterable[Any]:
        connection = context.connection
        assert connection is not None
        found.append(Archive(bind_of(context), shown_url(url_of(connection)), by_hand(context).items()))
        return ()

    _run(project, Work(each, options={"dont_mutate": True}))
    return tuple(found)


def restore(project: Project, name: str, bind: str | None = None) -> Restored:
    """Put back by hand what is kept under a name.

    Args:
        project: The app's migrations.
        name: ``table`` or ``table.column``.
        bind: Of which database; of the first that has it, if not given.

    Raises:
        NotKept: Nothing of that name is kept, or it has no place to go.
    """
    done: list[Restored] = []
    refusals: list[NotKept] = []

    def each(heads: Any, context: MigrationContext) -> Iterable[Any]:
        if done or bind not in (None, bind_of(context)):
            return ()
        try:
            done.append(by_hand(context).restore(name))
        except NotKept as error:
            refusals.append(error)
        return ()

    _run(project, Work(each, changes=True, options={"dont_mutate": True}))
    if not done:
        raise refusals[0] if refusals else _no_such_bind(bind)
    return done[0]


def to_purge(project: Project, names: Sequence[str] = (), older_than: str | None = None) -> tuple[Item, ...]:
    """Return what ``purge`` would let go; changes nothing.

    Args:
        project: The app's migrations.
        names: Of what; of everything if none is given.
        older_than: Only of what was dropped so long ago, as ``30d``.

    Raises:
        NotKept: Nothing is kept under one of the names.
        BadSetting: The age cannot be read.
    """
    return _purge(project, names, older_than, Work(lambda *_: (), options={"dont_mutate": True}))


def purge(project: Project, names: Sequence[str] = (), older_than: str | None = None) -> tuple[Item, ...]:
    """Let go for good of what is kept; takes what ``to_purge`` takes, and returns what went."""
    return _purge(project, names, older_than, Work(lambda *_: (), changes=True, options={"dont_mutate": True}))


def _purge(project: Project, names: Sequence[str], older_than: str | None, work: Work) -> tuple[Item, ...]:
    age = None if older_than is None else age_from("--older-than", older_than)
    found: list[Item] = []
    refusals: list[NotKept] = []

    def each(heads: Any, context: MigrationContext) -> Iterable[Any]:
        hand = by_hand(context)
        try:
            items = hand.chosen(names, age)
        except NotKept as error:  # another database may have it
            refusals.append(error)
            return ()
        if work.changes:
            hand.purge(items)
        found.extend(items)
        return ()

    _run(project, replace(work, each=each))
    if refusals and not found:
        raise refusals[0]
    return tuple(found)


def purge_old(context: MigrationContext, keep: str) -> None:
    """Let go of what was dropped longer ago than the setting ``MIGRATE_ARCHIVE_KEEP`` says."""
    hand = by_hand(context)
    hand.purge(hand.chosen((), age_from("MIGRATE_ARCHIVE_KEEP", keep)))


def by_hand(context: MigrationContext) -> ByHand:
    """Return the archive of a database."""
    records = records_of(context)
    return ByHand(records.keeping, records)


def records_of(context: MigrationContext) -> Records:
    """Return the records of what a database keeps."""
    connection = context.connection
    assert connection is not None
    keeping = backend_for(connection.dialect.name).keeping(connection)
    schema = context.version_table_schema
    return Records(keeping, schema, history_name(connection, context.version_table, schema))


_UNITS = {"h": "hours", "d": "days", "w": "weeks", "": "days"}


def age_from(name: str, text: str) -> datetime.timedelta:
    """Read an age such as ``30d``, ``12h`` or ``4w``.

    Raises:
        BadSetting: It is none.
    """
    found = re.fullmatch(r"(\d+)\s*([hdw]?)", text.strip().lower())
    if found is None:
        raise BadSetting(
            f"{name} cannot be {text!r}.",
            why="It is a number of hours, days or weeks, as 12h, 30d or 4w. Nothing was changed.",
            do=f"{name} 30d" if name.startswith("-") else f'app.config["{name}"] = "30d"',
        )
    return datetime.timedelta(**{_UNITS[found[2]]: int(found[1])})


def _run(project: Project, work: Work) -> None:
    progress = Progress()
    with explained(project, progress):
        RunnerEnvironment(project, work, progress).run()


def _no_such_bind(bind: str | None) -> NotKept:
    return NotKept(f"There is no bind {bind}.", why="Nothing was changed.", do="flask db archive")
