"""By which expression PostgreSQL makes values of one type of those of another."""

from __future__ import annotations

import re

_NAMED_TYPE = re.compile(r"::([\w\s.\"]+(?:\([\d\s,]+\))?(?:\[\])*)\s*$")


def using(name: str, old: str, new: str, base: str) -> str | None:
    """Write a USING for a column, quoted; none where the server casts by itself, and refuses what does not fit.

    Args:
        name: The column's.
        old: The type that it has.
        new: The type that it gets.
        base: The type that the new one is over, if it is a domain.
    """
    if old == "uuid" and new in ("character(32)", "character varying(32)"):
        return f"replace({name}::text, '-', '')"  # as SQLAlchemy writes one where it has no type for it
    families = [_family(old), "text" if _family(base) == "text" else _family(new)]
    if _elements(old) == _elements(new) != "":
        return None
    if families[0] == families[1] != "" or (
        families[1] == "text" and not old.endswith("[]") and not new.endswith("[]")
    ):
        return None
    if new.endswith("[]") and not old.endswith("[]"):
        return f"ARRAY[{name}]::{new}"
    if old.endswith("[]") and not new.endswith("[]"):
        # The text of several elements is no value of the type, so that none goes unseen.
        return f"(CASE WHEN cardinality({name}) > 1 THEN {name}::text ELSE {name}[1]::text END)::{new}"
    return f"{name}{_through(families, old, new)}::{new}"


def completed(expression: str, new: str, base: str) -> str:
    """Add the cast to a type that ALTER TABLE would not make of a text, say.

    Not to text or bits: the server makes a text of anything by itself, and refuses what is too long, where a cast would
    cut it.
    """
    named = _NAMED_TYPE.search(expression)
    if _family(base) == "text" or _family(new) == "bits" or (named and _family(named[1]) != "text"):
        return expression
    return f"({expression})::{new}"


def is_citext(type_text: str) -> bool:
    """Tell the type of texts that are alike whatever the case of their letters."""
    return type_text.rpartition(".")[2] == "citext"


def _through(families: list[str], old: str, new: str) -> str:
    """Name the type over which there is a cast where there is none from one to the other."""
    if (old == "boolean" and families[1] == "number" and new != "integer") or (
        new == "boolean" and families[0] == "number" and old != "integer"
    ):
        return "::integer"
    return "::text" if families == ["", ""] or (families == ["number", ""] and new != "boolean") else ""


def _family(type_text: str) -> str:
    """Name the family of a type among whose members PostgreSQL casts by itself in an assignment."""
    word = type_text.split("(", maxsplit=1)[0].strip()
    if type_text.endswith("[]"):
        return ""
    if word in ("text", "character varying", "character", "bpchar", "name") or is_citext(word):
        return "text"
    if word in ("smallint", "integer", "bigint", "numeric", "real", "double precision"):
        return "number"
    if word in ("bit", "bit varying"):
        return "bits"
    return "time" if word.startswith("timestamp") or word == "date" else ""


def _elements(type_text: str) -> str:
    """Name the family of an array's elements, which are cast as they would be by themselves."""
    return _family(type_text.removesuffix("[]")) if type_text.endswith("[]") else ""
