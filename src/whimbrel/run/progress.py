"""``Progress``: what one run has done so far, and what of it stays if it stops here."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from whimbrel.backends import Backend, backend_for
from whimbrel.targets import shown_url
from whimbrel.targets.direct import url_of

if TYPE_CHECKING:
    from alembic.runtime.migration import RevisionStep
    from sqlalchemy import Connection
    from sqlalchemy.exc import DBAPIError

    from whimbrel.backends.sessions import Blocker
    from whimbrel.journal import Journal


@dataclass(slots=True)
class Progress:
    """A thing with a life: it is told what happens while revisions run.

    Attributes:
        applied: The ids of the revisions that are finished, in order, bind by bind.
        applied_before: How many of them belong to the databases before this one.
        urls: The databases that were reached, this one the last; without passwords.
        step: The revision that is running.
        heads: The database's heads after the last finished revision.
        heads_before: Its heads before the first one.
        heads_after_step: Its heads when the running step is committed.
        atomic: Whether all revisions are one transaction.
        backend: The server it runs on.
        kept: How many statements of the running revision stay, whatever comes.
        is_journalled: Whether they are in the journal, so that the next run goes on after them.
        pending: How many statements of the running revision would be rolled back.
        blockers: The sessions that were in the way when a lock was missed the last time.
        waited: How long the run waited for another one, in seconds.
        executing: Whether a statement is running.
        interrupted: Whether a person has asked it to stop.
        notes: What was kept and put back, in words.
        journal: The journal of this database, while revisions run in it.
        started: When the run began (monotonic, in seconds).
    """

    applied: list[str] = field(default_factory=list)
    applied_before: int = 0
    urls: list[str] = field(default_factory=list)
    step: RevisionStep | None = None
    heads: frozenset[str] = frozenset()
    heads_before: frozenset[str] = frozenset()
    heads_after_step: frozenset[str] = frozenset()
    atomic: bool = False
    backend: Backend = field(default_factory=Backend)
    kept: int = 0
    is_journalled: bool = False
    pending: int = 0
    blockers: tuple[Blocker, ...] = ()
    waited: float = 0.0
    executing: bool = False
    interrupted: bool = False
    notes: list[str] = field(default_factory=list)
    journal: Journal | None = None
    started: float = field(default_factory=time.monotonic)

    @property
    def at(self) -> str:
        """Where the database is if the running revision is rolled back, in words."""
        return ", ".join(sorted(self.heads_before if self.atomic else self.heads)) or "base"

    @property
    def applied_here(self) -> int:
        """How many revisions are finished in this database."""
        return len(self.applied) - self.applied_before

    @property
    def database(self) -> str:
        """Which database it is, in words: named only where there are several."""
        return f"The database {self.urls[-1]}" if len(self.urls) > 1 else "The database"

    @property
    def seconds(self) -> float:
        """How long it has taken so far."""
        return time.monotonic() - self.started

    def watch(self, connection: Connection) -> None:
        """Count what runs on a connection, for the answer to "was the database changed?"."""
        from sqlalchemy import event

        self.backend = backend_for(connection.dialect.name)
        self.applied_before = len(self.applied)
        self.urls.append(shown_url(url_of(connection)))
        event.listen(connection, "before_cursor_execute", self._executing)
        event.listen(connection, "after_cursor_execute", self._executed)
        event.listen(connection, "commit", self._committed)

    def steps(self, steps: Iterable[RevisionStep], heads: Iterable[str]) -> Iterator[RevisionStep]:
        """Hand out steps one by one; asking for the next means that the one before is finished."""
        self.heads = self.heads_before = frozenset(heads)
        for step in steps:
            self.step, self.kept, self.pending, self.executing = step, 0, 0, False
            yield step
            self.heads = self.heads_after_step
            self.applied.append(_id_of(step))
        self.step = None

    def again(self) -> None:
        """Take note that the running revision was rolled back and begins anew."""
        self.pending, self.executing, self.blockers = 0, False, ()

    def wrote_drops(self, count: int) -> None:
        """Take note that the SQL that was written drops columns or tables, which nobody keeps there."""
        if count:
            self.notes.append(f"The SQL drops {count} column(s) or table(s): whoever runs it, it is for good.")

    def was_blocked(self, connection: Connection, error: DBAPIError) -> None:
        """Find out who was in the way of a statement, on a connection whose transaction is rolled back."""
        self.blockers = self.backend.blockers(connection, error.statement or "")

    def anew(self) -> None:
        """Take note that all that was done in this database was rolled back, and begins anew."""
        self.again()
        self.kept, self.step = 0, None
        del self.applied[self.applied_before :], self.urls[-1:]

    def version_applied(self, *, heads: Iterable[str], **rest: Any) -> None:
        """Take note of the heads after a step; one of Alembic's ``on_version_apply`` callbacks."""
        self.heads_after_step = frozenset(heads)

    def _executing(self, connection: Connection, cursor: Any, statement: str, *rest: Any) -> None:
        if self.interrupted:
            raise KeyboardInterrupt
        self.executing = True
        if self.backend.commits_by_itself(statement):
            self._committed(connection)

    def _executed(self, connection: Connection, cursor: Any, statement: str, *rest: Any) -> None:
        self.executing = False
        self.pending += self.backend.changes_something(statement)
        if self.backend.commits_by_itself(statement):
            self._committed(connection)

    def _committed(self, connection: Connection) -> None:
        self.kept += self.pending
        self.pending = 0


def _id_of(step: RevisionStep) -> str:
    revision: str = step.revision.revision if hasattr(step, "revision") else str(step)
    return revision
