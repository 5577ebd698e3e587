"""``Entry``: one statement of a running revision; ``Record``: one finished revision."""

from __future__ import annotations

import datetime
import hashlib
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from whimbrel.journal.values import Unstorable, from_text, to_text

MOST_CELLS = 20_000  # of a result that is kept; of a larger one, only its digest


class State(Enum):
    """How far a statement is."""

    BEGUN = "begun"
    DONE = "done"
    FAILED = "failed"  # its error was caught by the script; it is run again


@dataclass(slots=True)
class Answer:
    """What a driver's cursor says after a statement.

    Attributes:
        rowcount: As the driver counts.
        lastrowid: The number that the server gave to an inserted row.
        description: Name and type code of each column; None for a statement without rows.
        rows: The rows that were fetched; None if they were too many, or cannot be stored.
        digest: A digest of the rows that were fetched.
        cells: How many values these are.
    """

    rowcount: int = -1
    lastrowid: Any = None
    description: list[tuple[str, Any]] | None = None
    rows: list[tuple[Any, ...]] | None = field(default_factory=list)
    digest: str = ""
    cells: int = 0

    def fetched(self, rows: list[Any]) -> None:
        """Take note of further rows."""
        for row in rows:
            self.digest = digest_of(self.digest + repr(tuple(row)))
            self.cells += len(row)
            if self.rows is not None:
                self.rows.append(tuple(row))
        if self.cells > MOST_CELLS:
            self.rows = None

    def stored(self) -> str:
        """Return it as text; rows with values that cannot be stored are left out."""
        fixed = [self.rowcount, self.lastrowid if isinstance(self.lastrowid, int) else None, self.digest]
        columns = [[str(name), code if isinstance(code, int) else None] for name, code in self.description or []]
        try:
            return to_text([*fixed, columns if self.description is not None else None, self.rows])
        except Unstorable:
            return to_text([*fixed, columns if self.description is not None else None, None])


def answer_from(text: str) -> Answer:
    """Return the answer that was stored."""
    rowcount, lastrowid, digest, columns, rows = from_text(text)
    description = None if columns is None else [(name, code) for name, code in columns]
    return Answer(rowcount, lastrowid, description, rows, digest)


@dataclass(slots=True)
class Entry:
    """One statement of a running revision.

    Attributes:
        number: Its place among the revision's statements, from 1.
        state: How far it is.
        sql: Its text.
        temporary: Whether it concerns a temporary table.
        fingerprint: What the catalogue said of the objects that it names, before it began.
        answer: What the cursor said.
    """

    number: int
    state: State
    sql: str
    temporary: bool = False
    fingerprint: str = ""
    answer: Answer = field(default_factory=Answer)


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A revision that was interrupted between two commits.

    Attributes:
        revision: Its id.
        direction: ``upgrade`` or ``downgrade``.
        checksum: Of the script that began it.
        done: How many of its statements are done.
        begun: The statement that was running; empty if none was.
    """

    revision: str
    direction: str
    checksum: str
    done: int
    begun: str


@dataclass(frozen=True, slots=True)
class Record:
    """One finished revision.

    Attributes:
        revision: Its id.
        direction: ``upgrade``, ``downgrade`` or ``stamp``.
        heads: Where the database was afterwards.
        message: The script's first line.
        checksum: SHA-256 of the script's text, in hexadecimal.
        text: The script's text; None if it was not to be kept.
        statements: Each statement with its seconds and rows.
        started: When it began, in UTC.
        seconds: How long it took.
        account: The operating system's name of who ran it.
        host: On which machine.
        pid: In which process.
        versions: The tools, by name.
    """

    revision: str
    direction: str
    heads: tuple[str, ...]
    message: str
    checksum: str
    text: str | None
    statements: tuple[dict[str, Any], ...]
    started: datetime.datetime
    seconds: float
    account: str
    host: str
    pid: int
    versions: dict[str, str]


@dataclass(frozen=True, slots=True)
class Past:
    """What a record says of where the database was: enough to tell how revisions follow one another.

    Attributes:
        revision: Its id; of a stamp, those that were stamped.
        direction: ``upgrade``, ``downgrade`` or ``stamp``.
        checksum: SHA-256 of the script's text, in hexadecimal; empty without a text.
        heads: Where the database was afterwards; empty if not asked for.
        text: The script's text; None if it was not kept, or not asked for.
        message: The script's first line; empty if not asked for.
    """

    revision: str
    direction: str
    checksum: str
    heads: tuple[str, ...] = ()
    text: str | None = None
    message: str = ""


def digest_of(text: str) -> str:
    """Return the SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
