"""Sequences as clauses of MariaDB's CREATE SEQUENCE and ALTER SEQUENCE."""

from __future__ import annotations

from whimbrel.snapshot import Sequence


def numbers(one: Sequence) -> str:
    """Say how a sequence counts."""
    words = [f"START WITH {one.start}", f"INCREMENT BY {one.increment}"]
    # The words for "no bound" mean those of a sequence that counts up.
    least, most = ("NOMINVALUE", "NOMAXVALUE") if one.increment > 0 else (f"MINVALUE {1 - 2**63}", "MAXVALUE -1")
    words.append(least if one.minimum is None else f"MINVALUE {one.minimum}")
    words.append(most if one.maximum is None else f"MAXVALUE {one.maximum}")
    words.append(f"CACHE {one.cache}" if one.cache else "NOCACHE")
    return " ".join([*words, "CYCLE" if one.cycle else "NOCYCLE"])


def turns_round(found: Sequence, wanted: Sequence) -> bool:
    """Tell whether a sequence comes to count the other way."""
    return (found.increment > 0) != (wanted.increment > 0)


def recounted(name: str, found: Sequence, wanted: Sequence) -> list[str]:
    """Change how a sequence counts; SETVAL only ever goes on, so no number comes twice."""
    nearest, before = (one.minimum if wanted.increment > 0 else one.maximum for one in (wanted, found))
    moved = [f"DO SETVAL({name}, {wanted.start}, 0)"] if nearest is not None and nearest != before else []
    return [*moved, f"ALTER SEQUENCE {name} {numbers(wanted)}"]
