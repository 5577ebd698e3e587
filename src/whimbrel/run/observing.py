"""``Observer``: is told of each statement that a script sends, before it runs and afterwards.

It stands nearest to the driver, below the journal: so it looks inside the transaction that the journal makes for a
statement, and hears nothing of one that the journal answers.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Container, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from whimbrel.backends import backend_for
from whimbrel.backends.generic import first_word
from whimbrel.backends.observed import Catalogue, Held, Observation, together
from whimbrel.backends.statements import StatementKind, names_in
from whimbrel.run.literals import with_values
from whimbrel.tokens import without_comments

if TYPE_CHECKING:
    from types import FrameType

    from sqlalchemy import Connection

    from whimbrel.run.progress import Progress

_OPERATIONS = ("whimbrel.backends.", "whimbrel.archive.")
# Takes a text apart, and each of its statements is an operation of its own.
_TAKES_APART = ("whimbrel.archive.keeper", "run")
# What runs from there is no script's, though a script is at its root.
_OWN_TABLES = ("whimbrel.journal.tables", "whimbrel.archive.records")


class Observer(Protocol):
    """Looks at what runs on one connection."""

    def parts(self, statement: str, values: Any = None) -> tuple[str, ...]:
        """Return the statements that a text holds, to be run one by one."""
        ...

    def before(self, statement: str) -> None:
        """Hear that a statement is about to run."""

    def after(self, statement: str, seconds: float, values: Any = None, rows: int = -1) -> None:
        """Hear that it has run, with which values and on how many rows, in the transaction that is still open."""

    def failed(self, statement: str, error: Exception) -> None:
        """Hear that the server refused it."""


@contextmanager
def observed(connection: Connection, observer: Observer) -> Iterator[None]:
    """Tell an observer of all that runs on a connection."""
    fairy: Any = connection.connection
    real = fairy.cursor
    fairy.cursor = lambda *a, **k: _Cursor(real(*a, **k), observer)
    try:
        yield
    finally:
        with suppress(AttributeError):
            del fairy.cursor


class _Cursor:
    """A driver's cursor whose statements are observed."""

    def __init__(self, cursor: Any, observer: Observer) -> None:
        object.__setattr__(self, "_cursor", cursor)
        object.__setattr__(self, "_observer", observer)

    def execute(self, statement: Any, *parameters: Any, **more: Any) -> Any:
        """Run a statement."""
        values = parameters[0] if parameters else None
        *first, last = self._observer.parts(statement, values) if isinstance(statement, str) else (statement,)
        for part in first:
            self._observed(part, values, partial(self._cursor.execute, part, *parameters, **more))
        return self._observed(last, values, partial(self._cursor.execute, last, *parameters, **more))

    def executemany(self, statement: Any, parameters: Any, **more: Any) -> Any:
        """Run a statement for many parameters."""
        values = list(parameters)  # it may be what can be gone through once only
        return self._observed(statement, values, lambda: self._cursor.executemany(statement, values, **more))

    def _observed(self, statement: Any, values: Any, call: Callable[[], Any]) -> Any:
        text = statement.decode("utf-8", "replace") if isinstance(statement, bytes) else str(statement)
        self._observer.before(text)
        began = time.perf_counter()
        try:
            result = call()
        except Exception as error:
            self._observer.failed(text, error)
            raise
        rows = getattr(self._cursor, "rowcount", -1)
        self._observer.after(text, time.perf_counter() - began, values, rows if isinstance(rows, int) else -1)
        return result

    def __iter__(self) -> Iterator[Any]:
        """Yield the rows."""
        return iter(self._cursor)

    def __enter__(self) -> _Cursor:
        """Be the cursor, there too."""
        self._cursor.__enter__()
        return self

    def __exit__(self, *error: Any) -> Any:
        """Let the driver's cursor end."""
        return self._cursor.__exit__(*error)

    def __getattr__(self, name: str) -> Any:
        """Be the driver's cursor in all else."""
        return getattr(self._cursor, name)

    def __setattr__(self, name: str, value: Any) -> None:
        """Be the driver's cursor in what is set, too."""
        setattr(self._cursor, name, value)


@dataclass(slots=True)
class Measured:
    """What was seen of one script.

    Attributes:
        revision: Its id.
        path: Its file.
        direction: ``upgrade`` or ``downgrade``.
        kind: The kind of its server, as SQLAlchemy calls it.
        version: The server's version.
        bind: The name of the database in the app; empty for the default one.
        session: What the server says of the session, and what a statement's effect may depend on.
        before: The catalogue when it began; empty if it sent nothing.
        statements: What was seen of each statement, in order.
        asked: The tables whose rows the script itself asks for, of those that are there before.
    """

    revision: str
    path: str
    direction: str
    kind: str
    version: tuple[int, ...] = ()
    bind: str = ""
    session: Mapping[str, str] = field(default_factory=dict)
    before: Catalogue = field(default_factory=dict)
    statements: list[Observation] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Aside:
    """What the runner sends to keep rows, and does not send on scratch, where there are none: for the next statement.

    Attributes:
        before: What is sent right before that statement.
        after: What is sent right after it.
        read: The tables whose rows it reads.
        locks: The locks under which it does.
    """

    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    read: list[str] = field(default_factory=list)
    locks: list[Held] = field(default_factory=list)

    def joined(self, seen: Observation) -> Observation:
        """Take it as a part of what was seen of the statement, and forget it."""
        joined = replace(
            seen,
            texts=(*self.before, *seen.texts, *self.after),
            scanned=tuple(dict.fromkeys((*seen.scanned, *self.read))),
            locks=(*seen.locks, *self.locks),
        )
        self.before, self.after, self.read, self.locks = [], [], [], []
        return joined


class Measuring:
    """Observes the scripts that are asked for, while the runner runs them; others run unseen.

    Args:
        connection: The migration's connection.
        place: Returns the script that is running: its id, its file and its direction; nothing if it is not asked for.
        found: Where to put what is seen.
        bind: The name of the database; empty for the default one.
        aside: What is not sent on scratch.
    """

    def __init__(
        self,
        connection: Connection,
        place: Callable[[], tuple[str, str, str] | None],
        found: list[Measured],
        bind: str = "",
        aside: Aside | None = None,
    ) -> None:
        """Look at nothing yet."""
        self._backend = backend_for(connection.dialect.name)
        self._watch = self._backend.watch(connection)
        self._dialect = connection.dialect
        self._place = place
        self._bind = bind
        self._aside = aside or Aside()
        self._found = found
        self._script: Measured | None = None
        self._texts: list[str] = []  # what was sent since the last statement that was noted
        self._line: int | None = None
        self._unit: FrameType | None = None  # the operation of ours that sends the statements, where it needs several
        self._last_unit: FrameType | None = None
        self._are_apart = False  # whether the statements are those of one text, whatever sends it

    def parts(self, statement: str, values: Any = None) -> tuple[str, ...]:
        """Return the statements of a script's text, where the server takes several."""
        found = self._watch.parts(statement) if not values and self._place() is not None else (statement,)
        self._are_apart = len(found) > 1
        return found

    def before(self, statement: str) -> None:
        """Look at what is there, if it is a script's statement."""
        place = self._place()
        statement = self._bare(statement)
        self._line, self._unit = (None, None) if place is None else _caller(place[1], self._only_reads(statement))
        if place is None or self._line is None:
            return
        script = self._script
        is_first = script is None or (script.revision, script.direction) != (place[0], place[2])
        if not is_first and self._backend.kind_of(statement) is StatementKind.CONTROL:
            return  # it may stand in a transaction that is broken, where nothing can be asked
        if is_first:
            self._watch.begin()
        self._watch.before(statement)
        if is_first:
            self._script, self._last_unit = self._new(place), None
            self._found.append(self._script)

    def after(self, statement: str, seconds: float, values: Any = None, rows: int = -1) -> None:
        """Note what it did."""
        if self._line is None:
            return
        bare = self._bare(statement)
        seen: Observation | None = Observation(bare, seconds=seconds)
        if self._backend.kind_of(statement) is StatementKind.CONTROL:
            self._watch.forget()
        else:
            seen = self._watch.after(bare, seconds)
        self._note_asked(bare)
        if not self._only_reads(bare) or (seen is not None and seen.calls):
            self._texts.append(with_values(statement, values, self._dialect))
        if seen is not None:
            wrote = rows if self._backend.kind_of(statement) is StatementKind.DATA else -1
            self._note(self._aside.joined(replace(seen, rows=wrote, texts=tuple(self._texts))))
            self._texts.clear()

    def failed(self, statement: str, error: Exception) -> None:
        """Note that it failed."""
        self._texts.clear()
        if self._line is not None:
            self._note(self._watch.failed(self._bare(statement), str(error).strip()))

    def _bare(self, statement: str) -> str:
        """Return a statement as its server reads it: without comments, and with each % once."""
        if self._dialect.paramstyle in ("format", "pyformat"):
            statement = statement.replace("%%", "%")
        return without_comments(statement, self._dialect.name).strip().rstrip("; \n\t")

    def _new(self, place: tuple[str, str, str]) -> Measured:
        kind, version = self._backend.name_of(self._dialect).lower(), self._dialect.server_version_info or ()
        numbers = tuple(one for one in version if isinstance(one, int))
        return Measured(*place, kind, numbers, self._bind, self._watch.session(), self._watch.known())

    def _note(self, seen: Observation) -> None:
        script = self._script
        if script is None:
            return
        seen = replace(seen, revision=script.revision, line=self._line or 0)
        if self._unit is not None and self._unit is self._last_unit and not self._are_apart:
            script.statements[-1] = together(script.statements[-1], seen)
        elif seen.effects or seen.error or seen.scanned or seen.calls or not self._only_reads(seen.sql):
            script.statements.append(seen)
            self._last_unit = self._unit

    def _note_asked(self, statement: str) -> None:
        script = self._script
        if script is None or first_word(statement) not in ("SELECT", "WITH") or not self._only_reads(statement):
            return
        names = set(names_in(statement))
        tables = sorted(fact.name for fact in script.before.values() if fact.kind == "table")
        named = (one for one in tables if one.rpartition(".")[2] in names)
        script.asked += [one for one in named if one not in script.asked]

    def _only_reads(self, statement: str) -> bool:
        return self._backend.kind_of(statement) is StatementKind.READ


def observer_of(
    found: list[Measured], wanted: Container[str], aside: Aside | None = None
) -> Callable[[Connection, Progress, str], Measuring]:
    """Return what makes observers of some scripts.

    Args:
        found: Where to put what is seen.
        wanted: The ids of the scripts.
        aside: What is not sent on scratch.
    """

    def observer(connection: Connection, progress: Progress, bind: str) -> Measuring:
        def place() -> tuple[str, str, str] | None:
            script = running_script(progress)
            return script if script is not None and script[0] in wanted else None

        return Measuring(connection, place, found, bind, aside)

    return observer


def running_script(progress: Progress) -> tuple[str, str, str] | None:
    """Return the id, the file and the direction of the script that a run is at."""
    step: Any = progress.step
    revision = getattr(step, "revision", None)
    if revision is None:
        return None
    return revision.revision, revision.path, "upgrade" if step.is_upgrade else "downgrade"


def _caller(path: str, reads: bool) -> tuple[int | None, FrameType | None]:
    """Return the line of a script from which this was called, and the operation of ours that it went through, if any.

    Args:
        path: The script's file.
        reads: Whether the statement only reads.

    Returns:
        Line and operation; the line is None if it was called from elsewhere, or if it is a question of our own code:
        what that asks in order to keep rows, or to change a table, is no work of the script's.
    """
    frame: FrameType | None = sys._getframe(1)
    unit: FrameType | None = None
    by_sqlalchemy = False
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module in _OWN_TABLES:
            return None, None
        if frame.f_code.co_filename == path:
            return frame.f_lineno, unit
        if module.startswith("sqlalchemy."):
            by_sqlalchemy = True
        elif by_sqlalchemy and reads and module.startswith("whimbrel."):
            return None, None
        else:
            reads = reads and not by_sqlalchemy  # it is whoever has called SQLAlchemy first that asks
        if module.startswith(_OPERATIONS) and (module, frame.f_code.co_name) != _TAKES_APART:
            unit = frame
        frame = frame.f_back
    return None, None
