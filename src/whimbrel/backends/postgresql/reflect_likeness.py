"""What PostgreSQL writes in two ways, and yet means the same.

Its deparser is no fixed point: `x IN ('a', 'b')` over a varchar comes back as
`(ARRAY['a'::character varying, …])::text[]`, and after a dump and a restore of that as
`ARRAY[('a'::character varying)::text, …]`. Casts among the text types that stand on a literal, or on
an array of literals, change no value; they are dropped, and nothing else is.
"""

import re
from typing import Any

from sqlalchemy.dialects.postgresql.base import RESERVED_WORDS

from whimbrel.backends.reflect import Likeness
from whimbrel.snapshot import Check, Column, Exclusion, ForeignKey, Index, Part, PrimaryKey, Unique
from whimbrel.tokens import is_literal, is_plain, scan, unquoted

_TEXT = r"(?:text|character varying|bpchar|name)"
_LITERAL = "\x00\\d+\x00"
_ARRAY = rf"ARRAY\[{_LITERAL}(?:, {_LITERAL})*\]"
_CAST_LITERAL = re.compile(rf"({_LITERAL})::{_TEXT}(?:\[\])?(?![\w(\[])")
_BARE_LITERAL = re.compile(rf"(?<![\w\"])\(({_LITERAL})\)")
_BARE_ARRAY = re.compile(rf"\(({_ARRAY})\)::")
_CAST_ARRAY = re.compile(rf"({_ARRAY})::{_TEXT}\[\](?![\w(\[])")
_IN_ARRAY = re.compile(r"ARRAY\[")
_IDENTIFIER_BYTES = 63
_LABELS: dict[type[Any], str] = {
    PrimaryKey: "pkey",
    Unique: "key",
    ForeignKey: "fkey",
    Check: "check",
    Exclusion: "excl",
    Index: "idx",
    Column: "seq",
}


def _expression(text: str) -> str:
    hidden, literals = _hide(text)
    before = ""
    while hidden != before:
        before = hidden
        for pattern, instead in (
            (_CAST_LITERAL, r"\1"),
            (_BARE_LITERAL, r"\1"),
            (_BARE_ARRAY, r"\1::"),
            (_CAST_ARRAY, r"\1"),
        ):
            hidden = pattern.sub(instead, hidden)
    return _show(hidden, literals)


def _query(text: str) -> str:
    """Canonicalise only the arrays of a query: elsewhere a cast may be the type of a column that it shows."""
    out, last = [], 0
    for match in _IN_ARRAY.finditer(text):
        start = match.start()
        if start < last:
            continue
        words = scan(text[start:], "postgresql")
        end = start + _array_length(words.words, words.ends)
        if start > 0 and text[start - 1] == "(" and (cast := re.match(rf"\)::{_TEXT}\[\]", text[end:])):
            start, end = start - 1, end + cast.end()
        elif cast := re.match(rf"::{_TEXT}\[\]", text[end:]):
            end += cast.end()
        out += [text[last:start], _expression(text[start:end])]
        last = end
    return "".join([*out, text[last:]])


def _array_length(words: list[str], ends: list[int]) -> int:
    depth = 0
    for word, end in zip(words, ends, strict=True):
        depth += {"[": 1, "]": -1}.get(word, 0)
        if word == "]" and depth == 0:
            return end
    return ends[-1]


def _hide(text: str) -> tuple[str, list[str]]:
    """Put a number in the place of each string literal."""
    words = scan(text, "postgresql")
    out: list[str] = []
    literals: list[str] = []
    last = 0
    for word, start, end in zip(words.words, words.starts, words.ends, strict=True):
        if is_literal(word):
            out += [text[last:start], f"\x00{len(literals)}\x00"]
            literals.append(word)
            last = end
    return "".join([*out, text[last:]]), literals


def _show(hidden: str, literals: list[str]) -> str:
    return re.sub("\x00(\\d+)\x00", lambda match: literals[int(match[1])], hidden)


def _is_server_name(table: str, part: Part, name: str) -> bool:
    """Try the names that PostgreSQL makes, with any number behind (`ChooseConstraintName` in its source)."""
    number = re.search(r"\d*\Z", name)
    digits = number.group() if number else ""
    return any(
        name == object_name(table, column, label + tail) for column, label in _choices(part) for tail in {digits, ""}
    )


def _choices(part: Part) -> list[tuple[str, str]]:
    """List what may stand between the table's name and the label, and the label."""
    label = _LABELS.get(type(part), "")
    if not label:
        return []
    if isinstance(part, Column):
        columns = [part.name]
    elif isinstance(part, Unique | ForeignKey):
        columns = ["_".join(part.columns), part.columns[0]]  # before PostgreSQL 12 only the first
    elif isinstance(part, Index):
        columns = ["_".join(_words(text)[0] for text in part.parts)]
    elif isinstance(part, Exclusion):
        columns = ["_".join(re.findall(r"[(,] ?\"?([\w$]+)\"?[^,()]* WITH", part.text)), ""]
    else:
        columns = ["", *(_words(part.text) if isinstance(part, Check) else ())]
    return [(column, label) for column in columns]


def _words(text: str) -> list[str]:
    return [unquoted(word) for word in scan(text, "postgresql").words]


def object_name(table: str, column: str, label: str) -> str:
    """Make a name as PostgreSQL does, cutting table and column so that it fits into 63 bytes."""
    overhead = len(label) + 1 + (1 if column else 0)
    room = _IDENTIFIER_BYTES - overhead
    first, second = len(table.encode()), len(column.encode())
    while first + second > room:
        if first > second:
            first -= 1
        else:
            second -= 1
    words = [_cut(table, first), *([_cut(column, second)] if column else []), label]
    return "_".join(words)


def _cut(name: str, length: int) -> str:
    return name.encode()[:length].decode(errors="ignore")


def _quoted(name: str) -> str:
    """Write a name as `quote_ident` does, as far as SQLAlchemy knows the reserved words."""
    is_bare = is_plain(name) and name == name.lower() and name not in RESERVED_WORDS
    return name if is_bare else '"' + name.replace('"', '""') + '"'


LIKENESS = Likeness(_expression, _query, str, _is_server_name, _quoted)
