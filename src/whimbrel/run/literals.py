"""A statement with its values written into it, for people to read: what runs has them beside it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import literal
from sqlalchemy.exc import SQLAlchemyError

if TYPE_CHECKING:
    from sqlalchemy import Dialect

_LONGEST = 200  # characters of a value that nobody can write as a literal
_MOST = 20  # of the rows of one statement; nobody reads more, and a script may put in a hundred thousand
_TEXTS = r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*"
_PLACES = {
    "pyformat": r"%\((?P<name>[^)]+)\)s|%%",
    "format": r"%s|%%",
    "qmark": r"\?",
    "numeric_dollar": r"\$(?P<number>\d+)",
    "named": r":(?P<name>\w+)",
}


def with_values(statement: str, values: Any, dialect: Dialect) -> str:
    """Return a statement as it would be typed.

    Args:
        statement: The statement, with the driver's placeholders.
        values: What the driver was given with it: nothing, a sequence, a mapping, or a list of them for as many runs.
        dialect: Says what the placeholders look like, and how a value is written.
    """
    many = values if isinstance(values, list) and values and isinstance(values[0], list | tuple | Mapping) else [values]
    more = f";\n-- and {len(many) - _MOST:,} times more" if len(many) > _MOST else ""
    return ";\n".join(_one(statement, one, dialect) for one in many[:_MOST]) + more


def as_sent(statement: str, values: Any, dialect: Dialect) -> str:
    """Return a statement without values as the server gets it: a driver that puts in values halves percent signs.

    Args:
        statement: The statement.
        values: What the driver was given with it; with None, it puts in nothing.
        dialect: Says how placeholders look.
    """
    halves = dialect.paramstyle in ("pyformat", "format") and values is not None and not values
    return statement.replace("%%", "%") if halves else statement


def _one(statement: str, values: Any, dialect: Dialect) -> str:
    pattern = _PLACES.get(dialect.paramstyle)
    if not values or pattern is None:
        return as_sent(statement, values, dialect)
    take = _taker(values)

    def place(found: re.Match[str]) -> str:
        text = found.group()
        if text == "%%":
            return "%"
        if text[0] in "'\"-":
            return text.replace("%%", "%") if dialect.paramstyle in ("pyformat", "format") else text
        return _written(take(found), dialect)

    try:
        return re.sub(f"{_TEXTS}|{pattern}", place, statement)
    except (KeyError, IndexError, StopIteration, RuntimeError):
        return f"{statement} -- with {str(values)[:_LONGEST]}"


def _taker(values: Mapping[str, Any] | Sequence[Any]) -> Callable[[re.Match[str]], Any]:
    """Return what finds the value for a placeholder: by its name, by its number, or the next one."""
    in_order: Iterator[Any] = iter(values.values() if isinstance(values, Mapping) else values)

    def take(found: re.Match[str]) -> Any:
        named = found.groupdict()
        if isinstance(values, Mapping) and named.get("name"):
            return values[named["name"]]
        if not isinstance(values, Mapping) and named.get("number"):
            return values[int(named["number"]) - 1]
        return next(in_order)

    return take


def _written(value: Any, dialect: Dialect) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bytes | bytearray | memoryview):
        return f"X'{bytes(value)[:_LONGEST].hex()}'"
    try:
        return str(literal(value).compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
    except (SQLAlchemyError, NotImplementedError):
        text = str(value)[:_LONGEST].replace("'", "''")
        return f"'{text}'"
