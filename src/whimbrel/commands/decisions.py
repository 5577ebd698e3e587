"""What was decided about the questions that a comparison raises: by flags, by hints in the models, by a person."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Protocol

from whimbrel.errors import BadAnswer

if TYPE_CHECKING:
    from whimbrel.compare.renames import Candidate


@dataclass(frozen=True, slots=True)
class Decisions:
    """The answers given on the command line.

    Attributes:
        renames: ``--rename OLD=NEW``: tables, or columns as ``table.column``.
        values: ``--rename-value TYPE_OR_COLUMN:OLD=NEW``.
        not_renames: ``--no-rename NAME``: what takes part in no rename.
        mode: ``--renames``: ask, best or never.
        fills: ``--fill TABLE.COLUMN=EXPRESSION``: the value of old rows.
        casts: ``--using TABLE.COLUMN=EXPRESSION``: how old values become new ones.
        ours: ``--ours NAME``: what belongs to this history though no script made it.
        many_drops: ``--allow-many-drops``.
    """

    renames: tuple[tuple[str, str], ...] = ()
    values: tuple[tuple[str, str, str], ...] = ()
    not_renames: frozenset[str] = frozenset()
    mode: str = "ask"
    fills: Mapping[str, str] = field(default_factory=dict)
    casts: Mapping[str, str] = field(default_factory=dict)
    ours: frozenset[str] = frozenset()
    many_drops: bool = False


class Reply(Enum):
    """What a person says to a possible rename."""

    YES = "yes"
    NO = "no"  # not this pair; the next best one may be
    NONE = "none"  # the old one is gone, and is none of the new ones
    EACH = "each"  # ask for each table by itself


class Leave(Enum):
    """What a person says, or ``--fill``, where there is no value for the rows yet."""

    NULLABLE = "nullable"  # let the column be nullable for now


@dataclass(frozen=True, slots=True)
class RenameQuestion:
    """Whether something has another name now.

    Attributes:
        candidates: The pair; several of them where the same two names are in several tables.
        rows: How many rows hold what a "no" drops; None where that is not known. Counted when asked.
    """

    candidates: tuple[Candidate, ...]
    rows: Callable[[], int | None]


@dataclass(frozen=True, slots=True)
class FillQuestion:
    """What the rows get that have no value for a column that becomes NOT NULL.

    Attributes:
        column: Its name, as a person types it.
        rows: How many there are.
        offer: The model's own default, as SQL; None where it has none.
        is_new: Whether the column is new.
        attempt: Tries an expression; returns the server's words if it refuses it.
    """

    column: str
    rows: int
    offer: str | None
    is_new: bool
    attempt: Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class CastQuestion:
    """How values become ones of another type that the server cannot cast by itself.

    Attributes:
        column: Its name, as a person types it.
        old: The type that it has.
        new: The type that it gets.
        reason: The server's words.
        failing: Values that cannot be cast, with their number, the most frequent first.
        attempt: Tries an expression on all values; returns the server's words if one fails.
    """

    column: str
    old: str
    new: str
    reason: str
    failing: tuple[tuple[str, int], ...]
    attempt: Callable[[str], str | None]


class Questioner(Protocol):
    """Asks a person. Every question has an answer for where there is no terminal: None."""

    def rename(self, question: RenameQuestion) -> Reply | None:
        """Ask whether a pair is a rename; None where nobody can be asked."""
        ...

    def fill(self, question: FillQuestion) -> str | Leave | None:
        """Ask for the value of rows that have none; None where nobody can be asked."""
        ...

    def cast(self, question: CastQuestion) -> str | None:
        """Ask for the expression that turns old values into new ones; None where nobody can be asked."""
        ...


class Nobody:
    """The questioner where there is no terminal."""

    def rename(self, question: RenameQuestion) -> Reply | None:
        """Leave it open."""
        return None

    def fill(self, question: FillQuestion) -> str | Leave | None:
        """Leave it open."""
        return None

    def cast(self, question: CastQuestion) -> str | None:
        """Leave it open."""
        return None


def decisions_from(
    *,
    rename: Iterable[str] = (),
    rename_value: Iterable[str] = (),
    no_rename: Iterable[str] = (),
    renames: str | None = None,
    fill: Iterable[str] = (),
    using: Iterable[str] = (),
    ours: Iterable[str] = (),
    allow_many_drops: bool = False,
) -> Decisions:
    """Read the flags; they are named as on the command line.

    Raises:
        BadAnswer: One cannot be read.
    """
    return Decisions(
        renames=tuple(_pair("--rename", one) for one in rename),
        values=tuple(_value(one) for one in rename_value),
        not_renames=frozenset(one.strip() for one in no_rename),
        mode=renames or "ask",
        fills=dict(_pair("--fill", one, "TABLE.COLUMN=EXPRESSION") for one in fill),
        casts=dict(_pair("--using", one, "TABLE.COLUMN=EXPRESSION") for one in using),
        ours=frozenset(one.strip() for one in ours),
        many_drops=allow_many_drops,
    )


def bad_answer(flag: str, why: str) -> BadAnswer:
    """Return the error for a flag that cannot be used."""
    return BadAnswer(
        f"{flag} cannot be used: {why}",
        why="Nothing was written, and the database was not changed.",
        do="flask db diff   (shows what differs, and what may be a rename)",
    )


def _pair(option: str, text: str, form: str = "OLD=NEW") -> tuple[str, str]:
    old, sign, new = text.partition("=")
    if not sign or not old.strip() or not new.strip():
        raise bad_answer(f"{option} {text}", f"it has the form {form}.")
    return old.strip(), new.strip()


def _value(text: str) -> tuple[str, str, str]:
    owner, sign, labels = text.partition(":")
    old, equals, new = labels.partition("=")
    if not sign or not equals or not owner.strip() or not old or not new:
        raise bad_answer(f"--rename-value {text}", "it has the form TABLE.COLUMN:OLD=NEW, or TYPE:OLD=NEW.")
    return owner.strip(), old, new
