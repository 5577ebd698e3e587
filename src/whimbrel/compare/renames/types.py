"""How close two column types are, across the words of the servers."""

from __future__ import annotations

import re
from enum import Enum as Choice
from functools import lru_cache

_FAMILIES = {
    "integer": "int int2 int4 int8 integer smallint bigint mediumint tinyint smallserial serial bigserial year",
    "exact number": "numeric decimal dec money number",
    "number": "real float float4 float8 double",
    "text": "text varchar character char bpchar citext string clob nvarchar nchar ntext tinytext mediumtext "
    "longtext varchar2 nvarchar2 enum set",
    "truth": "boolean bool bit",
    "time": "timestamp timestamptz datetime datetime2 date time timetz smalldatetime",
    "interval": "interval",
    "document": "json jsonb hstore xml",
    "uuid": "uuid uniqueidentifier",
    "bytes": "bytea blob tinyblob mediumblob longblob binary varbinary image",
    "network": "inet cidr macaddr macaddr8",
}
_FAMILY_OF = {word: family for family, words in _FAMILIES.items() for word in words.split()}
_OWN = "own"  # an enum, a domain, a type of an extension: the name says nothing of what it holds

# From the left every value goes to the right by a cast that any of the servers does by itself.
_GOES_TO = {
    ("integer", "exact number"),
    ("integer", "number"),
    ("exact number", "number"),
    ("number", "exact number"),
    ("exact number", "integer"),
    ("number", "integer"),
    ("integer", "truth"),
    ("truth", "integer"),
    ("text", _OWN),
} | {(family, "text") for family in (*_FAMILIES, _OWN)}


class Closeness(Choice):
    """How a column's old type stands to its new one."""

    SAME = "same"
    KIN = "kin"
    CASTABLE = "castable"
    FAR = "far"


@lru_cache(maxsize=4096)
def closeness(old: str, new: str) -> Closeness:
    """Compare two types as the servers write them."""
    left, right = _plain(old), _plain(new)
    if left == right:
        return Closeness.SAME
    if left.endswith("[]") != right.endswith("[]"):
        return Closeness.FAR
    families = _family(left), _family(right)
    if families[0] == families[1]:
        return Closeness.KIN
    return Closeness.CASTABLE if families in _GOES_TO else Closeness.FAR


def _plain(text: str) -> str:
    return re.sub(r"\s*([(),])\s*", r"\1", re.sub(r"\s+", " ", text.strip().lower()))


def _family(text: str) -> str:
    if text in ("tinyint(1)", "bit(1)"):  # what MariaDB and MySQL make of BOOLEAN
        return "truth"
    word = re.match(r"(?:\w+\.)*([^\W\d_]\w*)", text)
    return _FAMILY_OF.get(word[1], _OWN) if word else _OWN
