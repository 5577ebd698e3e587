"""``Journal``: what it is told while revisions run, and what it knows of one that was interrupted."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

from whimbrel.backends.generic import TroubleKind, first_word
from whimbrel.backends.statements import Outcome, StatementKind, ends_transaction
from whimbrel.journal.complaints import cannot_tell, not_resumable, script_changed
from whimbrel.journal.cursor import JournalCursor
from whimbrel.journal.entries import Answer, Entry, Record, State, Unfinished
from whimbrel.journal.tables import Tables

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from whimbrel.backends import Backend, Trouble
    from whimbrel.backends.sessions import Session
    from whimbrel.journal.watch import Watch

MOST_STATEMENTS = 1_000  # of one revision that are listed in its record; the rest is counted
_UNWATCHED = {StatementKind.READ, StatementKind.SESSION, StatementKind.CONTROL, StatementKind.TEMPORARY}
MOST_LETTERS = 10_000  # of a statement in a record


class Journal:
    """The journal of one connection.

    Args:
        connection: The migration's connection.
        backend: Its server.
        session: Tells a transaction that is begun beside SQLAlchemy what it has to be told.
        history: The name of the version table.
        schema: The version table's schema; None for the one where names without a schema lead.

    Attributes:
        is_kept: Whether it can be written; else revisions run without it.
        kept: How many statements of the running revision are committed.
        watch: Stands before the script's statements; None where nobody does.
    """

    def __init__(
        self, connection: Connection, backend: Backend, session: Session, history: str, schema: str | None
    ) -> None:
        """Know the connection; nothing is asked yet."""
        self._connection, self._backend, self._session = connection, backend, session
        self._place = Tables(schema, history)
        self._tables: Tables | None = None
        self._is_ready = False
        self.is_kept = True
        self.kept = 0
        self.watch: Watch | None = None
        self._is_watched = False  # while the watch runs one statement, perhaps as several
        self.unfinished: Unfinished | None = None
        self._revision = ("", "", "")
        self._recording = False
        self._aside = False  # while a statement of our own runs
        self._done: list[Entry] = []  # committed, in order
        self._at = 0
        self._buffer: list[Entry] = []
        self._number = 0
        self._written = False
        self._statements: list[dict[str, Any]] = []
        self._more = 0

    def open(self) -> None:
        """Look for the tables, and for a revision that was interrupted; where they may not be read there is none."""
        try:
            if not self._place.exist(self._connection):
                return
            with self._backend.sheltered(self._connection):
                self.unfinished, _ = self._place.read(self._connection)
            self._tables = self._place
        except DBAPIError as error:
            if self._backend.trouble(error).kind is not TroubleKind.FORBIDDEN:
                raise

    def ensure(self) -> Trouble | None:
        """Make the tables where there are none; return what hinders, and then the journal is not kept.

        Raises:
            DBAPIError: A lock was missed; another try may help.
        """
        try:
            with self._backend.sheltered(self._connection):
                if self._tables is None:
                    self._place.create(self._connection)
                self._place.require_rights(self._connection)
        except DBAPIError as error:
            trouble = self._backend.trouble(error)
            if trouble.kind is TroubleKind.LOCKED:
                raise
            self.is_kept = False
            return trouble
        self._tables, self._is_ready = self._place, True
        return None

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Stand between SQLAlchemy and the driver's connection."""
        fairy: Any = self._connection.connection
        real_cursor, real_commit = fairy.cursor, fairy.commit

        def commit() -> None:
            self._flush()
            real_commit()

        fairy.cursor = lambda *a, **k: JournalCursor(real_cursor(*a, **k), self._run)
        fairy.commit = commit
        try:
            yield
        finally:
            with suppress(AttributeError):
                del fairy.cursor, fairy.commit

    @contextmanager
    def revision(self, revision: str, direction: str, checksum: str) -> Iterator[None]:
        """Record one revision, or go on with it where it was interrupted; also when it is begun again."""
        self._revision = (revision, direction, checksum)
        self._buffer, self._at, self._number, self._statements, self._more = [], 0, 0, [], 0
        self._done = self._committed() if self._written or self.unfinished else []
        self._written = bool(self._done)
        self.kept = sum(one.state is State.DONE for one in self._done)
        self._recording = self.is_kept
        try:
            yield
        finally:
            self._recording = False

    def finish(self, record: Record) -> None:
        """Write down that the running revision is finished, in its transaction."""
        self._recording = False
        self._buffer = []
        if self._tables is None or (not self.is_kept and self.unfinished is None):
            return
        with self._ours():
            if self._written or self.unfinished is not None:
                self._tables.forget(self._connection)
            self._tables.finish(self._connection, record)
        self._written, self.unfinished = False, None

    @property
    def is_settled(self) -> bool:
        """Whether it is known that it can be written, or that it is not kept."""
        return self._is_ready or not self.is_kept

    def settle(self, state: State) -> Entry | None:
        """Say of the statement that was running when the revision was interrupted whether it is done."""
        if self._tables is None or self.unfinished is None:
            return None
        _, entries = self._tables.read(self._connection)
        begun = next((one for one in entries if one.state is State.BEGUN), None)
        if begun is not None:
            begun.state = state
            one = self.unfinished
            self._tables.write(self._connection, [begun], one.revision, one.direction, one.checksum)
        return begun

    @property
    def tables(self) -> Tables | None:
        """Its tables; None where there are none, or where they may not be read."""
        return self._tables

    @property
    def statements(self) -> tuple[dict[str, Any], ...]:
        """The statements of the running revision, with seconds and rows."""
        more = [{"sql": f"({self._more} more)", "seconds": 0.0, "rows": 0}] if self._more else []
        return (*self._statements, *more)

    def note(self, words: str, rows: int) -> None:
        """Write something down among the statements of the running revision."""
        self._statements.append({"sql": f"-- {words}", "seconds": 0.0, "rows": rows})

    def _committed(self) -> list[Entry]:
        if self._tables is None:
            return []
        with self._ours():
            unfinished, entries = self._tables.read(self._connection)
        if unfinished is None or (unfinished.revision, unfinished.direction) != self._revision[:2]:
            return []
        return entries

    def _run(self, cursor: JournalCursor, statement: str, call: Callable[[], Any], times: int) -> None:
        kind = self._backend.kind_of(statement)

        def run(before: Sequence[str] = (), after: Sequence[str] = ()) -> Any:
            self._recorded(cursor, statement, kind, call, times, before, after)
            return cursor.rowcount

        if self.watch is None or self._is_watched or self._aside or kind in _UNWATCHED:
            listed = len(self._statements)
            run()
            if kind is StatementKind.READ and self._is_watched:
                del self._statements[listed:]  # what the watch asks is no business of the script's
            elif kind is StatementKind.READ and self.watch is not None:
                self.watch.has_read()
            return
        self._is_watched = True
        try:
            self.watch.run(statement, run)
        finally:
            self._is_watched = False

    def _recorded(
        self,
        cursor: JournalCursor,
        statement: str,
        kind: StatementKind,
        call: Callable[[], Any],
        times: int,
        before: Sequence[str],
        after: Sequence[str],
    ) -> None:
        if before or after:
            call = partial(self._between, before, call, after)
        if not self._recording or self._aside or kind is StatementKind.SESSION:
            call()
            return
        if kind is StatementKind.CONTROL:
            if ends_transaction(first_word(statement)):
                self._flush()
            call()
            return
        if not self._answer(cursor, statement, call):
            began = time.perf_counter()
            self._live(cursor, statement, kind, call)
            self._list(statement, time.perf_counter() - began, cursor.rowcount, times)

    def _between(self, before: Sequence[str], call: Callable[[], Any], after: Sequence[str]) -> None:
        """Run a statement between others, which are one with it: they run again if it does, and only then."""
        if self._backend.transactional_ddl and self._autocommits():
            before, after = ("BEGIN", *before), (*after, "COMMIT")
        try:
            for one in before:
                self._session.run(one)
            call()
        except BaseException:
            if after[-1:] == ("COMMIT",):
                after = ("ROLLBACK",)
            raise
        finally:
            for one in after:
                self._session.run(one)

    def _list(self, statement: str, seconds: float, rows: Any, times: int) -> None:
        if len(self._statements) >= MOST_STATEMENTS:
            self._more += 1
            return
        text = (
            statement if len(statement) <= MOST_LETTERS else f"{statement[:MOST_LETTERS]} … ({len(statement)} letters)"
        )
        one = {"sql": text, "seconds": round(seconds, 6), "rows": rows if isinstance(rows, int) else -1}
        self._statements.append({**one, "times": times} if times != 1 else one)

    # --- what ran before

    def _answer(self, cursor: JournalCursor, statement: str, call: Callable[[], Any]) -> bool:
        """Answer a statement that ran before, and tell whether it did."""
        if self._failed_before(statement) or self._at >= len(self._done):
            return False
        entry = self._done[self._at]
        if entry.state is State.BEGUN and not self._has_happened(entry):
            del self._done[self._at :]
            self._number = entry.number - 1
            return False
        if entry.sql != statement:
            raise script_changed(self._revision[0], entry, statement)
        if entry.temporary:
            raise not_resumable(self._revision[0], "its temporary table ended with the session that made it", entry)
        self._at, self._number = self._at + 1, entry.number
        if entry.answer.description is not None and entry.answer.rows is None:
            self._read_again(cursor, entry, call)
        else:
            cursor.answered(entry.answer)
        return True

    def _read_again(self, cursor: JournalCursor, entry: Entry, call: Callable[[], Any]) -> None:
        """Run a read whose rows were too many to keep, and make sure that they are the same."""
        again = Answer()
        call()
        cursor.note(again)
        cursor.hold()
        if again.digest != entry.answer.digest:
            raise not_resumable(self._revision[0], "it gives other rows now, and there were too many to keep", entry)

    def _failed_before(self, statement: str) -> bool:
        """Pass what failed and was caught; tell whether it was this statement, which is run again then."""
        while self._at < len(self._done) and self._done[self._at].state is State.FAILED:
            failed = self._done[self._at]
            self._at += 1
            if failed.sql == statement:
                self._number = failed.number - 1
                return True
        return False

    def _has_happened(self, entry: Entry) -> bool:
        with self._ours():
            outcome = self._backend.outcome(self._connection, entry.sql, entry.fingerprint)
        if outcome is Outcome.UNKNOWN:
            raise cannot_tell(self._revision[0], entry)
        if outcome is Outcome.HAPPENED:
            entry.state = State.DONE
            self.kept += 1
        return outcome is Outcome.HAPPENED

    # --- what runs now

    def _live(self, cursor: JournalCursor, statement: str, kind: StatementKind, call: Callable[[], Any]) -> None:
        self._number += 1
        entry = Entry(self._number, State.DONE, statement, kind is StatementKind.TEMPORARY)
        try:
            if self._commits(kind):
                self._begun(entry, call)
            elif kind is not StatementKind.READ and self._autocommits():
                self._in_transaction(entry, cursor, call)
                return
            else:
                call()
        except Exception:
            self._buffer.append(Entry(entry.number, State.FAILED, statement))
            raise
        cursor.note(entry.answer)
        self._buffer.append(entry)

    def _commits(self, kind: StatementKind) -> bool:
        return kind is StatementKind.ALONE or (kind is StatementKind.SCHEMA and not self._backend.transactional_ddl)

    def _autocommits(self) -> bool:
        driver = self._connection.connection.dbapi_connection
        return self._backend.autocommits(driver)

    def _begun(self, entry: Entry, call: Callable[[], Any]) -> None:
        """Run a statement that commits by itself, or alone: what is known before it is committed with its beginning."""
        with self._ours():
            entry.fingerprint = self._backend.fingerprint(self._connection, entry.sql)
            self._backend.clear_for(self._connection, entry.sql)
        entry.state = State.BEGUN
        self._flush(entry)
        call()
        entry.state = State.DONE
        self.kept += 1

    def _in_transaction(self, entry: Entry, cursor: JournalCursor, call: Callable[[], Any]) -> None:
        """Where each statement would commit by itself, let this one and its entry be one transaction."""
        self._session.run("BEGIN")
        try:
            self._session.begin()
            call()
            cursor.note(entry.answer)
            cursor.hold()
            self._flush(entry)
        except BaseException:
            self._session.run("ROLLBACK")
            raise
        self._session.run("COMMIT")

    def _flush(self, *further: Entry) -> None:
        """Write what is not written yet; who calls it commits."""
        if not self._recording or self._aside:
            return
        entries = [*self._buffer, *further]
        if not entries or self._tables is None:
            return
        with self._ours():
            self._tables.write(self._connection, entries, *self._revision)
        self.kept += sum(one.state is State.DONE for one in entries)
        self._buffer, self._written = [], True

    @contextmanager
    def _ours(self) -> Iterator[None]:
        before, self._aside = self._aside, True
        try:
            yield
        finally:
            self._aside = before
