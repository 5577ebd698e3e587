"""Parts of the texts that PostgreSQL gives back."""

from __future__ import annotations

import re

_LITERAL = r"E?'(?:[^']|'')*'::character varying"
_ANY_OF = re.compile(rf"::text (= ANY|<> ALL) \(\(ARRAY\[({_LITERAL}(?:, {_LITERAL})*)\]\)::text\[\]\)")
_CAST = re.compile(r"::character varying(?=,|\Z)")
_IN = {"= ANY": "IN", "<> ALL": "NOT IN"}


def header(text: str) -> str:
    """Return a routine's text without its body."""
    return text.partition("\n LANGUAGE ")[0]


def query(text: str) -> str:
    """Return the query of a view as it stands in a statement."""
    return " " + read_again(text.strip().removesuffix(";"))


def read_again(text: str) -> str:
    """Write `= ANY (ARRAY…)` over varchars as the IN that it was: read again as an array, it would look otherwise."""
    return _ANY_OF.sub(lambda match: f" {_IN[match[1]]} ({_CAST.sub('', match[2])})", text)
