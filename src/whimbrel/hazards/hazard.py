"""``Hazard``: what a script may do to the people who use the database, and how to have it otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from whimbrel.hazards.case import Case

# What a hazard does is its name: the same word in a script, in an option, in JSON, and of its page.
EFFECTS = {
    "blocks-reads": "Nobody can read a table, nor write it, while the server works on it.",
    "blocks-writes": "Nobody can write a table while the server works on it.",
    "rewrites-table": "The server writes a table anew, row by row, and others wait meanwhile.",
    "scans-table": "The server reads or changes all rows of a table.",
    "waits-for-others": "A statement waits for other sessions, and others wait behind it.",
    "loses-data": "Values that are in the database are gone afterwards.",
    "changes-data": "The server changes values that nobody asked it to change.",
    "may-fail": "It works on an empty database, and fails where the rows are not as it takes them to be.",
    "fails": "The server refuses the script.",
    "breaks-old-code": "The code that runs now fails, or meets what it does not expect.",
    "changes-access": "Others may see or change other rows than before.",
    "drops-guard": "Rows can be there that the database would refuse, or would have refused.",
    "slows-queries": "Queries lose what makes them fast.",
    "cannot-undo": "The downgrade does not bring back what was there.",
    "stops-part-way": "A failure leaves the database between two revisions.",
    "depends-on-code": "What the script does depends on code that will change.",
    "not-measured": "Nothing could be seen of a statement.",
}


class Severity(Enum):
    """How bad a hazard is for this database."""

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"

    @property
    def counts(self) -> bool:
        """Whether ``flask db lint`` fails for it."""
        return self is not Severity.NOTE


@dataclass(frozen=True, slots=True)
class Hazard:
    """One hazard of one statement of a script, or of a script as a whole.

    Attributes:
        name: What it does: one of ``EFFECTS``.
        rule: What it is, the section of the page.
        severity: How bad it is here.
        what: What happens, in the names and numbers of this database.
        why: The reason: the lock by its name, what it means, on what.
        do: What to do instead, as text to paste.
        holds_for: The databases and versions that this is so for.
        is_measured: Whether it was seen on scratch; else it is known of such statements.
        revision: The script's id.
        path: Its file.
        line: The line; 0 where it is the script as a whole.
        sql: The statement; empty where it is the script as a whole.
        table: The table that it is about; empty if there is none.
        rows: How many rows that has in the target; None where that is not known.
        bytes: How large it is there; None where that is not known.
        accepted: Why it is accepted; empty if it is not.
        accepted_at: The script's line that accepts it; 0 if that is an option or a setting.
    """

    name: str
    rule: str
    severity: Severity
    what: str
    why: str = ""
    do: str = ""
    holds_for: str = ""
    is_measured: bool = True
    revision: str = ""
    path: str = ""
    line: int = 0
    sql: str = ""
    table: str = ""
    rows: int | None = None
    bytes: int | None = None
    accepted: str = ""
    accepted_at: int = 0


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing to look for.

    Attributes:
        name: The rule; a section of the page of what it does.
        effect: What such a hazard does: one of ``EFFECTS``.
        servers: The kinds of server that it is for.
        holds_for: The databases and versions that it is so for, in words.
        find: Finds it in what was seen of a script.
    """

    name: str
    effect: str
    servers: tuple[str, ...]
    holds_for: str
    find: Callable[[Case, Rule], Iterator[Hazard]]
