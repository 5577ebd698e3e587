"""``JournalCursor``: a driver's cursor that tells the journal what runs, and answers from it what ran before.

SQLAlchemy's events do not do: a statement that an event skips has no rows, no count and no ids, and the rows of
``INSERT … RETURNING`` are taken from the cursor itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from whimbrel.journal.entries import Answer

Run = Callable[["JournalCursor", str, Callable[[], Any], int], None]


class JournalCursor:
    """A cursor in place of the driver's.

    Args:
        cursor: The driver's cursor.
        run: Runs a statement, or answers it.
    """

    def __init__(self, cursor: Any, run: Run) -> None:
        """Stand in for the cursor."""
        self._cursor = cursor
        self._run = run
        self._answer: Answer | None = None  # of a statement that ran before
        self._noted: Answer | None = None  # of one that runs now
        self._held: list[Any] | None = None  # rows that are given out of memory
        self._place = 0

    def execute(self, statement: Any, *parameters: Any, **more: Any) -> Any:
        """Run a statement, or answer it."""
        self._begin()
        self._run(self, _text(statement), lambda: self._cursor.execute(statement, *parameters, **more), 1)
        return self

    def executemany(self, statement: Any, parameters: Any, **more: Any) -> Any:
        """Run a statement for many parameters, or answer it.

        The drivers of MySQL return the number of rows, which SQLAlchemy takes from there and not from `rowcount`.
        """
        self._begin()
        many = len(parameters) if hasattr(parameters, "__len__") else 0
        self._run(self, _text(statement), lambda: self._cursor.executemany(statement, parameters, **more), many)
        return self.rowcount

    def answered(self, answer: Answer) -> None:
        """Give, from now on, the answer that the statement had when it ran."""
        self._answer, self._held = answer, answer.rows or []

    def note(self, answer: Answer) -> None:
        """Write down what the cursor says, and the rows that are fetched from now on."""
        self._noted = answer
        cursor = self._cursor
        answer.rowcount = getattr(cursor, "rowcount", -1)
        answer.lastrowid = getattr(cursor, "lastrowid", None)
        columns = cursor.description
        answer.description = None if columns is None else [(one[0], one[1]) for one in columns]

    def hold(self) -> None:
        """Fetch all rows now, and give them out of memory."""
        if self._noted is not None and self._noted.description is not None:
            rows = list(self._cursor.fetchall())
            self._noted.fetched(rows)
            self._held = rows

    def fetchone(self) -> Any:
        """Return the next row."""
        if self._held is not None:
            return next(iter(self._next(1)), None)
        row = self._cursor.fetchone()
        self._fetched([] if row is None else [row])
        return row

    def fetchmany(self, size: int | None = None) -> Any:
        """Return some rows."""
        if self._held is not None:
            return self._next(size or 1)
        rows = self._cursor.fetchmany() if size is None else self._cursor.fetchmany(size)
        self._fetched(rows)
        return rows

    def fetchall(self) -> Any:
        """Return the rest of the rows."""
        if self._held is not None:
            return self._next(len(self._held))
        rows = self._cursor.fetchall()
        self._fetched(rows)
        return rows

    @property
    def description(self) -> Any:
        """The columns, as the driver describes them."""
        if self._answer is None:
            return self._cursor.description
        columns = self._answer.description
        return None if columns is None else [(name, code, None, None, None, None, None) for name, code in columns]

    @property
    def rowcount(self) -> Any:
        """The number of rows, as the driver counts."""
        return self._cursor.rowcount if self._answer is None else self._answer.rowcount

    @property
    def lastrowid(self) -> Any:
        """The number that the server gave to a row."""
        return self._cursor.lastrowid if self._answer is None else self._answer.lastrowid

    def __iter__(self) -> Iterator[Any]:
        """Yield the rows."""
        while (row := self.fetchone()) is not None:
            yield row

    def __enter__(self) -> JournalCursor:
        """Stand in, there too."""
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
        if name.startswith("_"):
            object.__setattr__(self, name, value)
        else:
            setattr(self._cursor, name, value)

    def _begin(self) -> None:
        self._answer, self._noted, self._held, self._place = None, None, None, 0

    def _next(self, count: int) -> list[Any]:
        taken = (self._held or [])[self._place : self._place + count]
        self._place += len(taken)
        return taken

    def _fetched(self, rows: Any) -> None:
        if self._noted is not None and rows:
            self._noted.fetched(list(rows))


def _text(statement: Any) -> str:
    """Return a statement as text; psycopg also takes bytes and objects of its own."""
    return statement.decode("utf-8", "replace") if isinstance(statement, bytes) else str(statement)
