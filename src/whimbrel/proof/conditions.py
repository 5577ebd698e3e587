"""Conditions on rows, as far as they are understood: comparisons, BETWEEN, IN, LIKE, patterns, lengths, AND, OR, NOT.

What is not understood is unknown, and unknown is no reason against a row: the server decides.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from whimbrel.backends.rows import Value
from whimbrel.tokens import scan, unquoted

Truth = bool | None
Row = Mapping[str, Value]
Operand = Callable[[Row], Any]
Test = Callable[[Row], Truth]


class NotUnderstood(Exception):
    """A condition says something that is not known here."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition that is understood.

    Attributes:
        columns: The columns that it names.
    """

    columns: frozenset[str]
    test: Test = field(compare=False)
    text: str = ""

    def allows(self, row: Row) -> bool:
        """Tell whether a row does not break it, as far as is known; NULL breaks nothing."""
        try:
            return self.test(row) is not False
        except (NotUnderstood, TypeError, InvalidOperation, re.error):
            return True


def condition(text: str, kind: str) -> Condition | None:
    """Read a condition; None if it is not understood.

    Args:
        text: It.
        kind: The kind of server, as a snapshot names it.
    """
    reading = _Reading(text, kind)
    try:
        test = reading.either()
        reading.end()
    except (NotUnderstood, IndexError):
        return None
    return Condition(frozenset(reading.columns), test, text)


_COMPARED: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq, "<>": operator.ne, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt,
    ">=": operator.ge,
}  # fmt: skip
_FUNCTIONS: Mapping[str, Callable[[str], Any]] = {
    "LENGTH": len, "CHAR_LENGTH": len, "CHARACTER_LENGTH": len, "OCTET_LENGTH": lambda text: len(text.encode()),
    "LOWER": str.lower, "UPPER": str.upper, "TRIM": str.strip, "BTRIM": str.strip,
    "ABS": lambda text: abs(Decimal(text)),
}  # fmt: skip
_WORDS = {"AND", "OR", "NOT", "IN", "IS", "BETWEEN", "LIKE", "NULL", "CASE", "SELECT"}


class _Reading:
    """A condition while it is read, word by word."""

    def __init__(self, text: str, kind: str) -> None:
        words = scan(text, kind)
        self._words, self._capitals, self._at = words.words, words.capitals, 0
        self.columns: set[str] = set()

    def either(self) -> Test:
        """Read what OR joins."""
        tests = [self._all()]
        while self._take("OR"):
            tests.append(self._all())
        return tests[0] if len(tests) == 1 else lambda row: _any([test(row) for test in tests])

    def end(self) -> None:
        """Make sure that nothing is left."""
        if self._at < len(self._words):
            raise NotUnderstood

    def _all(self) -> Test:
        tests = [self._not()]
        while self._take("AND"):
            tests.append(self._not())
        return tests[0] if len(tests) == 1 else lambda row: _not(_any([_not(test(row)) for test in tests]))

    def _not(self) -> Test:
        if self._take("NOT"):
            test = self._not()
            return lambda row: _not(test(row))
        start = self._at
        if self._peek() == "(":
            try:  # what is in parentheses may be a condition or a value
                self._at += 1
                test = self.either()
                self._expect(")")
                if self._peek() not in {*_COMPARED, "::", "IN", "IS", "BETWEEN", "LIKE", "~~", "~"}:
                    return test
            except NotUnderstood:
                pass
            self._at = start
        return self._compared(self._operand())

    def _compared(self, left: Operand) -> Test:
        if self._take("IS"):
            negated = self._take("NOT")
            self._expect("NULL")
            return lambda row: (left(row) is None) is not negated
        if self._take("NOT"):
            test = self._compared(left)
            return lambda row: _not(test(row))
        if self._take("BETWEEN"):
            low = self._operand()
            self._expect("AND")
            high = self._operand()
            return lambda row: _within(low(row), left(row), high(row))
        if self._take("IN"):
            several = self._several("(", ")")
            return lambda row: _any([_compare(operator.eq, left(row), one(row)) for one in several])
        return self._by_sign(left)

    def _by_sign(self, left: Operand) -> Test:
        sign = self._next()
        if sign == "LIKE" or (sign == "~" and self._take("~")):  # `~~` is what PostgreSQL makes of LIKE
            pattern = self._operand()
            return lambda row: _is_like(left(row), pattern(row))
        if sign == "~":
            flags = re.IGNORECASE if self._take("*") else re.NOFLAG
            pattern = self._operand()
            return lambda row: _matches(left(row), pattern(row), flags)
        if sign not in _COMPARED:
            raise NotUnderstood
        compare = _COMPARED[sign]
        if self._take("ANY"):
            several = self._array()
            return lambda row: _any([_compare(compare, left(row), one(row)) for one in several])
        right = self._operand()
        return lambda row: _compare(compare, left(row), right(row))

    def _array(self) -> list[Operand]:
        """Read ``((ARRAY[...])::text[])``."""
        depth = 0
        while self._take("("):
            depth += 1
        self._expect("ARRAY")
        several = self._several("[", "]")
        self._cast()
        for _ in range(depth):
            self._expect(")")
            self._cast()
        return several

    def _several(self, opening: str, closing: str) -> list[Operand]:
        self._expect(opening)
        found = [self._operand()]
        while self._take(","):
            found.append(self._operand())
        self._expect(closing)
        return found

    def _operand(self) -> Operand:
        word, capital = self._words[self._at], self._next()
        if word == "(":
            inner = self._operand()
            self._expect(")")
        elif word == "-":
            number = Decimal(f"-{self._next()}")
            inner = lambda row: number  # noqa: E731
        elif (text := _literal(word)) is not None:
            inner = lambda row: text  # noqa: E731
        elif word[0].isdigit():
            number = Decimal(word)
            inner = lambda row: number  # noqa: E731
        elif capital in _FUNCTIONS and self._take("("):
            inner = self._called(_FUNCTIONS[capital])
        elif capital in _WORDS or self._peek() == "(" or not (word[0].isalpha() or word[0] in '"`[_'):
            raise NotUnderstood
        else:
            name = unquoted(word)
            self.columns.add(name)
            inner = lambda row: row.get(name)  # noqa: E731
        self._cast()
        if self._peek() in {"+", "-", "*", "/", "%", "||", "->", "->>", "."}:
            raise NotUnderstood
        return inner

    def _called(self, function: Callable[[str], Any]) -> Operand:
        inner = self._operand()
        self._expect(")")
        return lambda row: None if inner(row) is None else function(str(inner(row)))

    def _cast(self) -> None:
        while self._take("::"):
            self._next()
            while self._peek() in ("VARYING", "PRECISION", "WITHOUT", "WITH", "TIME", "ZONE"):
                self._at += 1
            for opening, closing in (("(", ")"), ("[", "]")):
                if self._take(opening):
                    while self._next() != closing:
                        pass

    def _peek(self) -> str:
        return self._capitals[self._at] if self._at < len(self._words) else ""

    def _next(self) -> str:
        self._at += 1
        return self._capitals[self._at - 1]

    def _take(self, word: str) -> bool:
        found = self._peek() == word
        self._at += found
        return found

    def _expect(self, word: str) -> None:
        if not self._take(word):
            raise NotUnderstood


def _literal(word: str) -> str | None:
    found = re.match(r"(?:[eEnN]|_\w+)?'(.*)'\Z", word, re.DOTALL)
    return None if found is None else found[1].replace("''", "'")


def _not(value: Truth) -> Truth:
    return None if value is None else not value


def _within(low: Any, value: Any, high: Any) -> Truth:
    return _not(_any([_not(_compare(operator.le, low, value)), _not(_compare(operator.le, value, high))]))


def _any(values: list[Truth]) -> Truth:
    return True if True in values else (None if None in values else False)


def _compare(compare: Callable[[Any, Any], bool], left: Any, right: Any) -> Truth:
    if left is None or right is None:
        return None
    try:
        return compare(Decimal(left), Decimal(right))
    except (InvalidOperation, ValueError, TypeError):
        return compare(str(left), str(right))


def _is_like(value: Any, pattern: Any) -> Truth:
    written = "".join({"%": ".*", "_": "."}.get(one, re.escape(one)) for one in str(pattern))
    return _matches(value, rf"\A(?s:{written})\Z", re.NOFLAG)


def _matches(value: Any, pattern: Any, flags: re.RegexFlag) -> Truth:
    return None if value is None or pattern is None else re.search(str(pattern), str(value), flags) is not None
