"""The CHECKs of SQLite's tables as facts, from the stored texts: no pragma lists them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from whimbrel.backends.observed import Effect, Fact
from whimbrel.backends.sqlite.text import named_in, same_words
from whimbrel.snapshot import Table
from whimbrel.tokens import scan, unquoted


def checks_of(table: str, parsed: Table) -> Iterator[Fact]:
    """Yield the CHECKs of a table; one without a name is called by what it says.

    Args:
        table: Its name.
        parsed: What its stored text says.
    """
    for check in parsed.checks:
        columns = [one.name for one in parsed.columns if named_in(check.text, {one.name.lower()})]
        says = {"type": "c", "definition": f"CHECK ({check.text})", "validated": "true", "columns": ", ".join(columns)}
        yield Fact("constraint", check.name or f"({check.text})", table, says)


def without_respelled(effects: Iterable[Effect]) -> tuple[Effect, ...]:
    """Leave out the CHECKs that only follow a column's new name, or are only spelled in another way."""
    found = list(effects)
    renamed = {(one.fact.table, one.renamed_from.lower()): one.fact.name for one in found if one.kind == "column"}
    for gone in [one for one in found if one.is_gone and one.fact.get("type") == "c"]:
        text = _with_new_names(gone.fact, renamed)
        for made in [one for one in found if one.is_made and one.fact.get("type") == "c"]:
            if made.fact.table == gone.fact.table and same_words(text, made.fact.get("definition")):
                found.remove(gone)
                found.remove(made)
                break
    return tuple(found)


def _with_new_names(check: Fact, renamed: dict[tuple[str, str], str]) -> str:
    words = scan(check.get("definition"), "sqlite").words
    return " ".join(renamed.get((check.table, unquoted(word).lower()), word) for word in words)
