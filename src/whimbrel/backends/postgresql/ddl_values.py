"""What becomes of values: those of PostgreSQL's own types for rows whose own are gone, and those that stay."""

from __future__ import annotations

import re

from whimbrel.snapshot import Column

_NOT_DIGITS = re.compile(r"\D+")
# What the names of types would mislead about: a point is no int.
_FILLERS = {
    "tsvector": "''",
    "tsquery": "''",
    "inet": "'0.0.0.0'",
    "cidr": "'0.0.0.0/0'",
    "macaddr": "'00:00:00:00:00:00'",
    "macaddr8": "'00:00:00:00:00:00:00:00'",
    "bit varying": "''",
    "money": "0",
    "xml": "''",
    "point": "'(0,0)'",
}


def filler_of(type_text: str) -> str | None:
    """Return a value of a type; None for one that the standard has too, or that is unknown."""
    word = type_text.split("(", maxsplit=1)[0].strip()
    if type_text.endswith("[]") or word.endswith("multirange"):
        return "'{}'"
    if word.endswith("range"):
        return "'empty'"
    if word == "bit":
        return f"repeat('0', {_NOT_DIGITS.sub('', type_text) or 1})::{type_text}"
    return _FILLERS.get(word)


def stops_computing(found: Column, wanted: Column) -> bool:
    """Tell a column that keeps what was computed as its values."""
    same = (found.type, found.nullable) == (wanted.type, wanted.nullable)
    return same and found.generated is not None and found.stored and wanted.generated is None
