"""What a CHECK hints at: values that it is likely to take, read from its text without understanding all of it.

Comparisons, BETWEEN, IN lists, lengths, LIKE and simple regular expressions are understood. What a hint gets wrong
costs nothing but a row: the server is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from whimbrel.tokens import Words, scan, unquoted

_LENGTHS = {"LENGTH", "CHAR_LENGTH", "CHARACTER_LENGTH", "OCTET_LENGTH"}
_LIKES = {"LIKE", "ILIKE", "~~", "~", "~*", "REGEXP", "RLIKE", "GLOB", "SIMILAR"}
_FAMILIAR = ("abc", "ABC", "a1", "123", "a-b", "a_b", "user@example.com", "https://example.com/", "+4512345678", "DK")


def hints(text: str, kind: str, column: str) -> tuple[str, ...]:
    """Return values for a column that a condition may take, the likeliest first; none where it does not name it.

    Args:
        text: The condition.
        kind: The kind of server, as a snapshot names it.
        column: The column.
    """
    words = scan(text, kind)
    if not any(unquoted(one).casefold() == column.casefold() for one in words.words):
        return ()
    return tuple(dict.fromkeys(_values(words)))


def _values(words: Words) -> Iterator[str]:
    is_length = bool(_LENGTHS & set(words.capitals))
    is_pattern = bool(_LIKES & set(words.capitals)) or "~" in words.text
    for at, word in enumerate(words.words):
        text = _literal(word)
        if text is not None:
            yield from _like(text) if is_pattern else (text,)
        elif (number := _number(word, words.words[at - 1] if at else "")) is not None:
            yield from _lengths(int(number)) if is_length else _around(number)
    if is_pattern:
        yield from _FAMILIAR


def _literal(word: str) -> str | None:
    found = re.match(r"(?:[eEnN]|_\w+)?'(.*)'\Z", word, re.DOTALL)
    return None if found is None else found[1].replace("''", "'").replace("\\\\", "\\")


def _number(word: str, before: str) -> Decimal | None:
    if not word[:1].isdigit():
        return None
    try:
        return Decimal(f"-{word}") if before == "-" else Decimal(word)
    except InvalidOperation:
        return None


def _around(number: Decimal) -> Iterator[str]:
    yield from (f"{one:f}" for one in (number, number + 1, number - 1, number + 10))


def _lengths(number: int) -> Iterator[str]:
    yield from ("x" * one for one in (number, number + 1, number - 1) if 0 <= one < 2000)


def _like(pattern: str) -> Iterator[str]:
    """Return texts that a pattern is likely to match, if it is one of LIKE, or a text if it is none."""
    yield pattern.replace("%", "a").replace("_", "b").replace("*", "a").replace("?", "b")
    yield pattern.replace("%", "").replace("_", "b")
    if found := re.match(r"\^?\[(.)", pattern):
        yield from (found[1], found[1] * 3)
    if found := re.search(r"\{(\d+)", pattern):
        yield from (letter * int(found[1]) for letter in "aA1" if int(found[1]) < 2000)
