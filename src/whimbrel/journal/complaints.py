"""What is said when a revision that was interrupted cannot be taken up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whimbrel.errors import CannotTell, NotResumable, ScriptChanged

if TYPE_CHECKING:
    from whimbrel.journal.entries import Entry


def cannot_tell(revision: str, entry: Entry) -> CannotTell:
    """Return the error that nothing tells whether a statement took effect."""
    return CannotTell(
        f"Revision {revision} was interrupted in its statement {entry.number}, "
        f"and nothing tells whether that took effect: {_short(entry.sql)}",
        why="What stands before it is done, and is not done again. Nothing was changed now.",
        do="look whether it took effect; then: flask db resume --done   (it did), "
        "or: flask db resume --redo   (it did not)",
    )


def script_changed(revision: str, entry: Entry, statement: str) -> ScriptChanged:
    """Return the error that a script says something else than what has been carried out."""
    return ScriptChanged(
        f"Revision {revision} was interrupted, and its script says something else now: "
        f"statement {entry.number} was {_short(entry.sql)}",
        why=f"Now it is {_short(statement)}. The first has been carried out and stays. Nothing was changed now.",
        do="put the script back as it was (git log -p -- migrations), and run the command again; what follows the "
        "statement that was running may be changed",
    )


def not_resumable(revision: str, why: str, entry: Entry) -> NotResumable:
    """Return the error that a statement cannot be answered from the journal."""
    return NotResumable(
        f"Revision {revision} was interrupted, and cannot be taken up at its statement {entry.number}: {why}.",
        why=f"The statement: {_short(entry.sql)}. What stands before it is done and stays. Nothing was changed now.",
        do="carry out by hand what is left of the script, then say where the database is: flask db stamp REVISION",
    )


def _short(statement: str) -> str:
    words = " ".join(statement.split())
    return words if len(words) <= 300 else f"{words[:300]} …"
