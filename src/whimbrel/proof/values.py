"""Which values are put into a column: awkward ones first, then ones by chance; pure, and the same for the same seed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, time, timedelta
from decimal import Decimal, InvalidOperation
from random import Random
from uuid import UUID

from whimbrel.backends.rows import Holds

LIMITS = 2  # so many of the awkward values come first: they are a type's limits
LONG = 300  # characters; long enough for what has no limit
_TEXTS = (
    "O'Hara", "Ærøskøbing", "日本語", 'say "so"', "back\\slash", "100% :x {y} $1", "two\nlines", " spaced ", "NULL",
    "0", "🐦", "--; drop", "ǅ İ ß",
)  # fmt: skip
_LATE_UUID = "fedcba98-7654-4321-8fed-cba987654321"  # MariaDB takes no variant that is none
_BYTES = ("", "\x01\x02", "ÿ'", "bytes")
_FLOATS = ("0", "1.5", "-2.25", "1e30", "-1e-30", "0.1")
_JSON = ("{}", "[]", '{"a": 1}', '"text"', '[1, "é", null]', '{"nested": {"b": [true, 1.5]}}', "null")
_TIMES = ("00:00:00", "23:59:59", "12:30:15")
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

Asked = Callable[[str, Holds], object]


def awkward(holds: Holds) -> Iterator[str]:
    """Go over the values of a type at its limits, and those that are known to make trouble."""
    if holds.array:
        yield "{}"
        inner = list(awkward(_element(holds)))
        yield from (_array(inner[at : at + 2]) for at in range(0, len(inner), 2))
        return
    yield from _AWKWARD.get(holds.family, _samples)(holds)


def plain(holds: Holds, number: int) -> str:
    """Return a value that can make trouble to nobody; another one for each number, as far as there are so many."""
    if holds.array:
        return _array([plain(_element(holds), number)])
    return _PLAIN.get(holds.family, _sample)(holds, number)


def by_chance(holds: Holds, random: Random) -> str:
    """Return any value of a type."""
    if holds.array:
        return _array([by_chance(_element(holds), random) for _ in range(random.randrange(3))])
    made = _BY_CHANCE.get(holds.family)
    return plain(holds, random.randrange(1000)) if made is None else made(holds, random)


def fits(value: str, holds: Holds) -> bool:
    """Tell whether a type takes a value."""
    if holds.array:
        return value.startswith("{")
    asked = _FITS.get(holds.family)
    try:
        return value in holds.samples if asked is None else bool(asked(value, holds))
    except (ValueError, InvalidOperation, OverflowError):
        return False


def distinct(value: str, holds: Holds, number: int) -> str:
    """Return a value of the same kind that no other number gives."""
    if holds.family == "text" and not holds.array:
        mark = _numeral(number)
        kept = value.strip()[: holds.length - len(mark)] if holds.length else value.strip()
        return kept + mark if not holds.length or len(mark) <= holds.length else mark[-holds.length :]
    return plain(holds, number)


def _element(holds: Holds) -> Holds:
    return Holds(holds.family, holds.low, holds.high, holds.length, holds.scale, holds.samples, holds.array - 1)


def _array(values: Sequence[str]) -> str:
    quoted = ('"' + one.replace("\\", "\\\\").replace('"', '\\"') + '"' for one in values)
    return "{" + ",".join(quoted) + "}"


def _numeral(number: int) -> str:
    """Write a number in few characters that are different without regard to case, too."""
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    text = digits[number % 36]
    while number := number // 36:
        text = digits[number % 36] + text
    return text


# Awkward ones ------------------------------------------------------------------------------------


def _samples(holds: Holds) -> Iterator[str]:
    yield from holds.samples


def _texts(holds: Holds) -> Iterator[str]:
    longest = holds.length or LONG
    yield from ("ö" * min(longest, LONG), "")
    yield from (one for one in _TEXTS if len(one) <= longest)


def _integers(holds: Holds) -> Iterator[str]:
    yield from (str(one) for one in (holds.high, holds.low, 0, 1, -1, 42) if holds.low <= one <= holds.high)


def _decimals(holds: Holds) -> Iterator[str]:
    smallest = Decimal(1).scaleb(-holds.scale)
    greatest = Decimal(10) ** (holds.length - holds.scale) - smallest if holds.length else Decimal("123456789.125")
    yield from (f"{one:f}" for one in (greatest, -greatest, smallest, Decimal(0)))


def _dates(holds: Holds) -> Iterator[str]:
    low, high = _years(holds)
    days = (date(low, 1, 2), date(high, 12, 30), date(1970, 1, 1), date(2000, 2, 29), date(2024, 12, 31))
    yield from (one.isoformat() for one in days if low <= one.year <= high)


def _timestamps(holds: Holds) -> Iterator[str]:
    fraction = ".999999" if holds.scale >= 6 else ""
    for at, day in enumerate(_dates(holds)):
        yield f"{day} {_TIMES[at % len(_TIMES)]}{fraction if at == 1 else ('.000000' if fraction else '')}"


def _times(holds: Holds) -> Iterator[str]:
    yield from (f"{one}.000000" if holds.scale >= 6 else one for one in _TIMES)


def _years(holds: Holds) -> tuple[int, int]:
    return max(holds.low, 1), min(holds.high or 9999, 9999)


_AWKWARD: Mapping[str, Callable[[Holds], Iterator[str]]] = {
    "text": _texts,
    "integer": _integers,
    "decimal": _decimals,
    "float": lambda holds: iter(_FLOATS),
    "bytes": lambda holds: (one for one in _BYTES if not holds.length or len(one.encode()) <= holds.length),
    "boolean": lambda holds: iter(("0", "1")),
    "date": _dates,
    "time": _times,
    "timestamp": _timestamps,
    "uuid": lambda holds: iter((str(UUID(int=0)), _LATE_UUID)),
    "json": lambda holds: iter(_JSON),
    "bits": lambda holds: iter(("0" * (holds.length or 1), "1" * (holds.length or 1))),
}


# Plain ones --------------------------------------------------------------------------------------


def _sample(holds: Holds, number: int) -> str:
    return holds.samples[number % len(holds.samples)] if holds.samples else ""


def _plain_integer(holds: Holds, number: int) -> str:
    return str(number % holds.high + 1)


def _plain_decimal(holds: Holds, number: int) -> str:
    most = 10 ** (holds.length - holds.scale) if holds.length else 10**6
    return str((number + 1) % most)


def _plain_text(holds: Holds, number: int) -> str:
    text = f"a{_numeral(number)}"
    return text if not holds.length or len(text) <= holds.length else _numeral(number)[-holds.length :]


def _day(number: int) -> date:
    return date(2001, 1, 1) + timedelta(days=number)


def _plain_timestamp(holds: Holds, number: int) -> str:
    return f"{_day(number)} 12:30:00{'.000000' if holds.scale >= 6 else ''}"


def _plain_time(holds: Holds, number: int) -> str:
    moment = time(number // 3600 % 24, number // 60 % 60, number % 60)
    return f"{moment.isoformat()}{'.000000' if holds.scale >= 6 else ''}"


_PLAIN: Mapping[str, Callable[[Holds, int], str]] = {
    "text": _plain_text,
    "integer": _plain_integer,
    "decimal": _plain_decimal,
    "float": lambda holds, number: str(number + 1),
    "bytes": _plain_text,
    "boolean": lambda holds, number: str(number % 2),
    "date": lambda holds, number: _day(number).isoformat(),
    "time": _plain_time,
    "timestamp": _plain_timestamp,
    "uuid": lambda holds, number: str(UUID(int=(0x1234 << 100) + number)),
    "json": lambda holds, number: json.dumps({"n": number}),
    "bits": lambda holds, number: f"{number % 2 ** (holds.length or 1):0{holds.length or 1}b}",
}


# Ones by chance ----------------------------------------------------------------------------------


def _any_text(holds: Holds, random: Random) -> str:
    length = random.randint(1, min(holds.length or 12, 12))
    return "".join(random.choice(_LETTERS) for _ in range(length))


def _any_integer(holds: Holds, random: Random) -> str:
    return str(random.randint(max(holds.low, -1000), min(holds.high, 100_000)))


def _any_decimal(holds: Holds, random: Random) -> str:
    most = 10 ** (holds.length - holds.scale) - 1 if holds.length else 10**6
    whole = random.randint(0, min(most, 10**6))
    digits = f"{random.randrange(10**holds.scale):0{holds.scale}d}" if holds.scale else ""
    return f"{whole}.{digits}" if digits else str(whole)


def _any_timestamp(holds: Holds, random: Random) -> str:
    day = date(1980, 1, 1) + timedelta(days=random.randrange(50 * 365))
    second = random.randrange(86400)
    moment = time(second // 3600, second // 60 % 60, second % 60)
    return f"{day} {moment}{'.000000' if holds.scale >= 6 else ''}"


def _any_date(holds: Holds, random: Random) -> str:
    return (date(1980, 1, 1) + timedelta(days=random.randrange(50 * 365))).isoformat()


_BY_CHANCE: Mapping[str, Callable[[Holds, Random], str]] = {
    "text": _any_text,
    "integer": _any_integer,
    "decimal": _any_decimal,
    "timestamp": _any_timestamp,
    "date": _any_date,
    "uuid": lambda holds, random: str(UUID(int=random.getrandbits(128), version=4)),
}


# What a type takes -------------------------------------------------------------------------------


def _is_decimal(value: str, holds: Holds) -> bool:
    number = Decimal(value)
    if not number.is_finite():
        return False
    whole = abs(number) < Decimal(10) ** (holds.length - holds.scale) if holds.length else True
    return whole and (not holds.length or number == round(number, holds.scale))


def _is_float(value: str, holds: Holds) -> bool:
    number = Decimal(value).normalize()
    return abs(float(value)) < 1e300 and (not holds.length or len(number.as_tuple().digits) <= holds.length)


_DATE = re.compile(r"(\d{4})-\d\d-\d\d\Z")
_TIMESTAMP = re.compile(r"(\d{4})-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?\Z")


def _has_year(pattern: re.Pattern[str]) -> Asked:
    def asked(value: str, holds: Holds) -> bool:
        found = pattern.match(value)
        low, high = _years(holds)
        return found is not None and low <= int(found[1]) <= high

    return asked


_FITS: Mapping[str, Asked] = {
    "text": lambda value, holds: not holds.length or len(value) <= holds.length,
    "integer": lambda value, holds: holds.low <= int(value) <= holds.high,
    "decimal": _is_decimal,
    "float": _is_float,
    "bytes": lambda value, holds: not holds.length or len(value.encode()) <= holds.length,
    "boolean": lambda value, holds: value in ("0", "1"),
    "date": _has_year(_DATE),
    "time": lambda value, holds: re.match(r"\d\d:\d\d:\d\d(\.\d+)?\Z", value),
    "timestamp": _has_year(_TIMESTAMP),
    "uuid": lambda value, holds: UUID(value),
    "json": lambda value, holds: [json.loads(value)],
    "bits": lambda value, holds: set(value) <= {"0", "1"} and len(value) == (holds.length or 1),
    "": lambda value, holds: not holds.samples or value in holds.samples,
}
