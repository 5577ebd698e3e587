"""What was decided about the questions that a comparison raises: by flags, by hints in the models, by a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

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


class Questioner(Protocol):
    """Asks a person. Every question has an answer for where there is no terminal: None."""

    def rename(self, candidate: Candidate, rows: int | None) -> bool | None:
        """Ask whether a pair is a rename; None where nobody can be asked."""

    def fill(self, column: str, rows: int, offer: str | None) -> str | None:
        """Ask for the value of rows that have none; None where nobody can be asked."""

    def cast(self, column: str, old: str, new: str, reason: str) -> str | None:
        """Ask for the expression that turns old values into new ones; None where nobody can be asked."""


class Nobody:
    """The questioner where there is no terminal."""

    def rename(self, candidate: Candidate, rows: int | None) -> bool | None:
        """Leave it open."""
        return None

    def fill(self, column: str, rows: int, offer: str | None) -> str | None:
        """Leave it open."""
        return None

    def cast(self, column: str, old: str, new: str, reason: str) -> str | None:
        """Leave it open."""
        return None


def pairs(texts: Iterable[str], option: str) -> tuple[tuple[str, str], ...]:
    """Split ``OLD=NEW`` texts.

    Raises:
        BadAnswer: One has no ``=``.
    """
    out = []
    for text in texts:
        old, sign, new = text.partition("=")
        if not sign or not old.strip() or not new.strip():
            raise bad_answer(option, text, "It has the form OLD=NEW.")
        out.append((old.strip(), new.strip()))
    return tuple(out)


def bad_answer(option: str, text: str, why: str) -> Exception:
    """Return the error for an option that cannot be used."""
    from whimbrel.errors import BadAnswer

    return BadAnswer(f"{option} {text} cannot be used.", why=f"{why} Nothing was written.", do="flask db diff")
