"""What is left open where nobody can be asked, and the error that shows the flags to choose from."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from whimbrel.commands.names import spoken
from whimbrel.commands.renaming import flag_of, refusal_of
from whimbrel.commands.rows import in_words
from whimbrel.compare.renames import Candidate
from whimbrel.errors import Undecided, UndecidedCast, UndecidedFill, UndecidedRenames

_NOTHING_WRITTEN = "Nothing was written, and the database was not changed."
_NEXT = "\n        "


@dataclass(frozen=True, slots=True)
class OpenRename:
    """A possible rename; `rows` counts those that hold what a drop would lose."""

    candidate: Candidate
    rows: int | None


@dataclass(frozen=True, slots=True)
class OpenFill:
    """A column that becomes NOT NULL, and rows without a value."""

    column: str
    rows: int
    offer: str | None
    is_new: bool


@dataclass(frozen=True, slots=True)
class OpenCast:
    """A type change that the server cannot do by itself; `tried` is the expression of a flag, if there was one."""

    column: str
    old: str
    new: str
    reason: str
    failing: tuple[tuple[str, int], ...]
    tried: str | None


Open = OpenRename | OpenFill | OpenCast


def undecided(open_: Sequence[Open]) -> Undecided:
    """Return the error for what is open: the renames first, since the rest may be another thing after them."""
    renames = [one for one in open_ if isinstance(one, OpenRename)]
    if renames:
        return _renames(renames)
    fills = [one for one in open_ if isinstance(one, OpenFill)]
    casts = [one for one in open_ if isinstance(one, OpenCast)]
    kind = UndecidedFill if fills else UndecidedCast
    whats = [*map(_fill_in_words, fills), *map(_cast_in_words, casts)]
    whys = ["The server refuses NOT NULL while such rows exist."] * bool(fills)
    whys += ["The server cannot turn these values into ones of the new type."] * bool(casts)
    flags = [*map(_fill_flag, fills), *map(_cast_flag, casts)]
    later = "nullable instead of one: not yet; " if fills else ""
    return kind(
        "\n       ".join(whats),
        why=" ".join([*whys, _NOTHING_WRITTEN]),
        do=f"flask db migrate {' '.join(flags)}{_NEXT}(SQL expressions; {later}or run it in a terminal, to be asked)",
    )


def _renames(open_: Sequence[OpenRename]) -> UndecidedRenames:
    pairs = [one.candidate.pair for one in open_]
    names = ", ".join(f"{spoken(one, one.old)} → {spoken(one, one.new)}" for one in pairs)
    count = f"{len(pairs)} possible renames are" if len(pairs) > 1 else "A possible rename is"
    lines = [
        f"{flag_of(pair)}   or   {refusal_of(pair)}{_evidence(one)}" for pair, one in zip(pairs, open_, strict=True)
    ]
    return UndecidedRenames(
        f"{count} undecided: {names}.",
        why="What vanishes beside what appears may be the same under another name, which keeps the data, or not, "
        f"which drops it. {_NOTHING_WRITTEN}",
        do=f"flask db migrate, with for each of them one of the two{_NEXT}{_NEXT.join(lines)}{_NEXT}"
        "(or --renames best, or --renames never; or run it in a terminal, to be asked)",
    )


def _evidence(one: OpenRename) -> str:
    words = [*one.candidate.evidence[:3], *([in_words(one.rows)] if one.rows is not None else [])]
    return f"{_NEXT}    ({'; '.join(words)})" if words else ""


def _fill_in_words(one: OpenFill) -> str:
    what = f"{one.column} is new and NOT NULL" if one.is_new else f"{one.column} cannot become NOT NULL"
    return f"{what}: {in_words(one.rows)} {'has' if one.rows == 1 else 'have'} no value for it."


def _cast_in_words(one: OpenCast) -> str:
    by = f" by {one.tried}" if one.tried else ""
    return f"{one.column} cannot become {one.new}{by}: {one.reason.rstrip('.')}.{failing_in_words(one.failing)}"


def failing_in_words(failing: Sequence[tuple[str, int]]) -> str:
    """Say which values cannot be cast, with a space before; nothing where none is known."""
    if not failing:
        return ""
    return " Not possible for: " + ", ".join(f"{value!r} ({in_words(rows)})" for value, rows in failing) + "."


def _fill_flag(one: OpenFill) -> str:
    return f"--fill {_assigned(one.column, one.offer or 'EXPRESSION')}"


def _cast_flag(one: OpenCast) -> str:
    return f"--using {_assigned(one.column, 'EXPRESSION')}"


def _assigned(column: str, expression: str) -> str:
    """Return ``column="expression"`` for a shell."""
    quote: Callable[[str], str] = shlex.quote
    if not set(expression) & set('"$`\\!'):
        return f'{quote(column)}="{expression}"'
    return f"{quote(column)}={quote(expression)}"
