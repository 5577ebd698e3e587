"""``history --applied``: what was run in the databases, as their journals have it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from alembic.util import CommandError

from whimbrel.commands.troubles import explained
from whimbrel.journal import Record
from whimbrel.run import Progress, Project, RunnerEnvironment, Work, bind_of, checksum_of, records_in, text_of
from whimbrel.targets import shown_url

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext


class ScriptNow(Enum):
    """What became of a script since it was run."""

    SAME = "same"
    CHANGED = "changed"
    GONE = "gone"
    NONE = "none"  # a stamp has none


@dataclass(frozen=True, slots=True)
class Run:
    """A revision that was run.

    Attributes:
        record: What the journal has of it.
        script: What became of its script.
    """

    record: Record
    script: ScriptNow


@dataclass(frozen=True, slots=True)
class Applied:
    """What was run in one database.

    Attributes:
        name: The bind; empty for the default one.
        url: Where it is, without a password.
        has_journal: Whether anything was ever written down there.
        runs: What was run, the last one first.
    """

    name: str
    url: str
    has_journal: bool
    runs: tuple[Run, ...]


def applied(project: Project) -> tuple[Applied, ...]:
    """Return what was run in each database.

    Raises:
        WhimbrelError: A database cannot be reached, or its journal not be read.
    """
    found: list[Applied] = []

    def each(heads: Any, context: MigrationContext) -> Iterable[Any]:
        assert context.connection is not None
        records = records_in(context)
        runs = tuple(Run(one, _script_now(project, one)) for one in records or ())
        found.append(Applied(bind_of(context), shown_url(context.connection.engine.url), records is not None, runs))
        return ()

    with explained(project):
        RunnerEnvironment(project, Work(each, options={"dont_mutate": True}), Progress()).run()
    return tuple(found)


def _script_now(project: Project, record: Record) -> ScriptNow:
    if not record.checksum:
        return ScriptNow.NONE
    try:
        text = text_of(project.scripts.get_revision(record.revision).path)
    except CommandError:
        text = None
    if text is None:
        return ScriptNow.GONE
    return ScriptNow.SAME if checksum_of(text) == record.checksum else ScriptNow.CHANGED
