"""What is not as it should be, each with what it means and the way out, the gravest first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from whimbrel.backends.locks import Holder
    from whimbrel.commands.edited import Edited
    from whimbrel.commands.overview import DatabaseStatus
    from whimbrel.run import Interruption


class State(Enum):
    """What something is called in JSON."""

    UNREACHABLE = "unreachable"
    AHEAD = "ahead"
    DIVERGED = "diverged"
    FOREIGN = "foreign"
    LOST = "lost"
    INTERRUPTED = "interrupted"
    RUNNING = "running"
    SEVERAL_HEADS = "several-heads"
    NO_MODELS = "no-models"
    NO_HISTORY = "no-history"
    SKIPPED = "skipped"
    EDITED = "edited"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be.

    Attributes:
        name: Which one it is.
        database: The bind; empty for the default one, and for what concerns none alone.
        what: What it is, in one sentence.
        why: What it means.
        do: The way out; first a command, or a line to edit.
        difference: How a script was edited, as a unified diff.
    """

    name: State
    database: str
    what: str
    why: str
    do: str
    difference: str = ""


def judged(databases: tuple[DatabaseStatus, ...], heads: tuple[str, ...], revisions: int) -> tuple[Finding, ...]:
    """Return what is not as it should be in databases that could be reached.

    Args:
        databases: What was seen of them.
        heads: The heads of the scripts.
        revisions: How many scripts there are.
    """
    return tuple(_judged(databases, heads, revisions))


def next_step(databases: Iterable[DatabaseStatus], revisions: int) -> str:
    """Return what to do next where all is as it should be; empty if there is nothing to do."""
    if any(one.pending for one in databases):
        return "flask db upgrade"
    return "" if revisions else 'flask db migrate -m "initial migration"'


def _judged(databases: tuple[DatabaseStatus, ...], heads: tuple[str, ...], revisions: int) -> Iterator[Finding]:
    yield from (_interrupted(one.name, one.interrupted) for one in databases if one.interrupted)
    yield from (_running(one.name, one.runner) for one in databases if one.runner)
    if len(heads) > 1:
        yield Finding(
            State.SEVERAL_HEADS,
            "",
            f"The history has {len(heads)} heads.",
            f"Scripts were written beside one another, as in two branches: {', '.join(heads)}. "
            "`upgrade` does not guess which one is meant.",
            "flask db merge heads",
        )
    if databases and not any(one.model_tables for one in databases):
        yield Finding(
            State.NO_MODELS,
            "",
            "No models are imported.",
            "Models count once their module is imported; without them nothing can be compared.",
            "import them where the app is made",
        )
    yield from (_without_history(one, revisions) for one in databases if one.tables and not one.current)
    yield from (_skipped(at, one) for at in databases for one in at.edited if one.skipped)
    yield from (_edited(at, one) for at in databases for one in at.edited if one.edit.counts)


def _interrupted(database: str, one: Interruption) -> Finding:
    done = f"{one.done} of its statements {'is' if one.done == 1 else 'are'} done"
    way = f"flask db {one.direction}   (goes on where it stopped)"
    if one.undecided:
        way = "look whether the statement took effect; then: flask db resume --done, or: flask db resume --redo"
    return Finding(
        State.INTERRUPTED,
        database,
        f"Revision {one.revision} was interrupted in its {one.direction}: {done}.",
        "The database is neither where it was nor at the end of a revision.",
        way,
    )


def _running(database: str, one: Holder) -> Finding:
    remedy = f"   (if it hangs, end it: {one.remedy})" if one.remedy else ""
    why = "Another run has the database; a second one would wait for it."
    return Finding(State.RUNNING, database, "Somebody runs revisions now.", why, f"flask db wait{remedy}")


def _without_history(one: DatabaseStatus, revisions: int) -> Finding:
    way = "flask db stamp head   (if the tables are what the newest revision makes; it shows first whether they are)"
    return Finding(
        State.NO_HISTORY,
        one.name,
        "Tables exist without a history.",
        "db.create_all() makes such tables; the first `upgrade` would try to make them again.",
        way if revisions else "flask db migrate",
    )


def _skipped(at: DatabaseStatus, one: Edited) -> Finding:
    names, parents, before = ", ".join(one.skipped), " ".join(one.parents), " ".join(one.followed)
    return Finding(
        State.SKIPPED,
        at.name,
        f"{names} {'was' if len(one.skipped) == 1 else 'were'} never run here, though {one.revision} follows by now.",
        f"{one.path} was given another place in the history after it was run, as by a rebase: it followed {before}.",
        f"flask db downgrade {parents}, then flask db stamp {before}, then flask db upgrade   (runs all in order)",
        one.difference,
    )


def _edited(at: DatabaseStatus, one: Edited) -> Finding:
    anew = f"or, in development: flask db downgrade {one.before}, then flask db upgrade; " if one.before else ""
    return Finding(
        State.EDITED,
        at.name,
        f"{one.path} was edited after it was run here.",
        "This database has what the script was; a new one would get what it is now.",
        f"put the script back as it was, and write a new one for what is to change: flask db migrate; {anew}"
        f"or, if the database is as the script is now: flask db stamp --purge {' '.join(at.current)}",
        one.difference,
    )
