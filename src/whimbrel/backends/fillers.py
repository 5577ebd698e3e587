"""Values for rows whose own are gone, by what types are called on most servers."""

from __future__ import annotations

# A value of each kind of type, by a part of its name; the first that fits counts.
_FILLERS = (
    ("bool", "false"),
    ("char", "''"),
    ("text", "''"),
    ("clob", "''"),
    ("timestamp", "'1970-01-01 00:00:00'"),
    ("datetime", "'1970-01-01 00:00:00'"),
    ("interval", "'0'"),
    ("date", "'1970-01-01'"),
    ("time", "'00:00:00'"),
    ("year", "1970"),
    ("int", "0"),
    ("numeric", "0"),
    ("decimal", "0"),
    ("real", "0"),
    ("double", "0"),
    ("float", "0"),
    ("json", "'{}'"),
    ("uuid", "'00000000-0000-0000-0000-000000000000'"),
    ("bytea", "''"),
    ("blob", "''"),
    ("binary", "''"),
)


def filler_of(type_text: str) -> str | None:
    """Return a value of a type; None for one that is not known."""
    word = type_text.lower()
    return next((value for part, value in _FILLERS if part in word), None)
