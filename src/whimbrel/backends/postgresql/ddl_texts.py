"""Parts of the texts that PostgreSQL gives back."""

from __future__ import annotations


def header(text: str) -> str:
    """Return a routine's text without its body."""
    return text.partition("\n LANGUAGE ")[0]


def query(text: str) -> str:
    """Return the query of a view as it stands in a statement."""
    return " " + text.strip().removesuffix(";")
