"""Which values another type will not take: the server says so only once rows are changed, or changes them."""

from __future__ import annotations

import re

from whimbrel.snapshot import Column
from whimbrel.tokens import scan

_BITS = {"tinyint": 8, "smallint": 16, "mediumint": 24, "int": 32, "bigint": 64}
_APPROXIMATE = ("float", "double")
_TIMES = {"datetime": "DATETIME", "timestamp": "DATETIME", "date": "DATE", "time": "TIME"}
_TEXTS = ("char", "varchar", "tinytext", "text", "mediumtext", "longtext")
_TYPE = re.compile(r"(?P<word>\w+)(?:\((?P<size>\d+)(?:,(?P<scale>\d+))?\))?")
_NUMBER = r"^[[:space:]]*[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]+)?[[:space:]]*$"
_WHOLE_NUMBER = r"^[[:space:]]*[-+]?[0-9]+[[:space:]]*$"


def enum_labels(type_text: str) -> tuple[str, ...]:
    """Return the values of an ENUM, none for another type."""
    if not type_text.lower().startswith("enum("):
        return ()
    words = scan(type_text[4:], "mysql").words
    return tuple(_unquoted(word) for word in words if word.endswith("'"))


def _unquoted(word: str) -> str:
    return re.sub(r"\\(.)", r"\1", word[1:-1].replace("''", "'"))


def misfits(name: str, old_type: str, new_type: str, options: tuple[str, ...] = ()) -> str | None:
    """Return the condition under which a value does not fit; None where all do, or nothing is known.

    Args:
        name: The column, quoted, or another expression.
        old_type: Its type.
        new_type: What it should be.
        options: What else the column should be.
    """
    old, new = _TYPE.match(old_type.lower()), _TYPE.match(new_type.lower())
    if old is None or new is None:
        return None
    word = new["word"]
    if word in _BITS:
        return _not_whole(name, old["word"], word, "unsigned" in new_type)
    if word in ("decimal", *_APPROXIMATE):
        return _not_number(name, old["word"], new)
    if word in _TIMES:
        return f"CAST({name} AS {_TIMES[word]}) IS NULL" if old["word"] in (*_TEXTS, "enum") else None
    if word == "enum":
        return f"CAST({name} AS CHAR) NOT IN ({new_type[5:-1]})"
    return _not_text(name, new, options)


def _not_text(name: str, new: re.Match[str], options: tuple[str, ...]) -> str | None:
    if any(option.startswith("check json_valid(") for option in options):
        return f"NOT json_valid({name})"
    counted = {"char": "CHAR_LENGTH", "varchar": "CHAR_LENGTH", "binary": "LENGTH", "varbinary": "LENGTH"}
    value = f"TRIM(TRAILING x'00' FROM {name})" if new["word"] == "binary" else name
    return f"{counted[new['word']]}({value}) > {new['size']}" if new["word"] in counted and new["size"] else None


def is_padded_longer(old_type: str, new_type: str) -> bool:
    """Tell a BINARY that becomes a shorter one."""
    old, new = (re.fullmatch(r"binary\((\d+)\)", one) for one in (old_type, new_type))
    return old is not None and new is not None and int(old[1]) > int(new[1])


def _not_whole(name: str, old: str, new: str, is_unsigned: bool) -> str:
    low = 0 if is_unsigned else -(1 << (_BITS[new] - 1))
    high = low + (1 << _BITS[new]) - 1
    outside = f"CAST({name} AS DECIMAL(65,0)) NOT BETWEEN {low} AND {high}"
    return f"{name} NOT REGEXP '{_WHOLE_NUMBER}' OR {outside}" if old in (*_TEXTS, "enum") else outside


def _not_number(name: str, old: str, new: re.Match[str]) -> str | None:
    unread = f"{name} NOT REGEXP '{_NUMBER}'" if old in (*_TEXTS, "enum") else ""
    outside = ""
    if new["word"] == "decimal" and new["size"]:
        digits = int(new["size"]) - int(new["scale"] or 0)
        outside = f"abs(CAST({name} AS DECIMAL(65,{new['scale'] or 0}))) >= 1e{digits}"
    return " OR ".join(one for one in (unread, outside) if one) or None


def filler_of(column: Column) -> str | None:
    """Return a value for a column that is added to rows, where the server has none of its own for the type."""
    if any(option.startswith("check json_valid(") for option in column.options):
        return "'{}'"
    word = column.type.split("(", 1)[0]
    return {"date": "'1970-01-01'", "datetime": "'1970-01-01 00:00:00'", "timestamp": "'1970-01-02 00:00:00'"}.get(word)
