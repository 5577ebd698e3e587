"""A column's definition as a statement says it: with and without NOT NULL."""

from __future__ import annotations

from collections.abc import Iterable

from whimbrel.archive.statements import Column
from whimbrel.tokens import scan

# What is NOT NULL by itself, or means more than a rule that can be set afterwards.
_BY_ITSELF = {"PRIMARY", "AUTO_INCREMENT", "AUTOINCREMENT", "GENERATED", "AS"}


def forbids_null(column: Column, kind: str) -> bool:
    """Tell a definition with a NOT NULL that can be set afterwards."""
    words = scan(column.definition, kind).capitals
    return _place(words) is not None and not _BY_ITSELF & set(words)


def has_default(column: Column, kind: str) -> bool:
    """Tell a definition with a default."""
    return "DEFAULT" in scan(column.definition, kind).capitals


def without_not_null(column: Column, kind: str) -> str:
    """Return a definition without NOT NULL."""
    alone = Column(column.name, column.definition, 0, len(column.definition))
    return nullable(column.definition, [alone], kind)


def nullable(statement: str, columns: Iterable[Column], kind: str) -> str:
    """Return an ALTER TABLE that adds some of its columns without NOT NULL."""
    for column in sorted(columns, key=lambda one: one.start, reverse=True):
        clause = statement[column.start : column.end]
        words = scan(clause, kind)
        at = _place(words.capitals)
        if at is None or _BY_ITSELF & set(words.capitals):
            continue
        before, after = clause[: words.starts[at]].rstrip(), clause[words.ends[at + 1] :]
        statement = f"{statement[: column.start]}{before}{after}{statement[column.end :]}"
    return statement


def _place(words: list[str]) -> int | None:
    depth = 0
    for at, word in enumerate(words[:-1]):
        depth += (word == "(") - (word == ")")
        if not depth and word == "NOT" and words[at + 1] == "NULL":
            return at
    return None
