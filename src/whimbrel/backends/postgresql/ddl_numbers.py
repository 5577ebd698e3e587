"""What PostgreSQL's statements say of sequences."""

from __future__ import annotations

from whimbrel.snapshot import Numbering, Sequence

Numbered = Sequence | Numbering

_ASIDE = "whimbrel_aside_"


def aside(name: str) -> str:
    """Return what a table or sequence is called while another one takes its place."""
    return _ASIDE + name.encode()[: 63 - len(_ASIDE)].decode(errors="ignore")


def numbers(one: Numbered, before: Numbered | None = None) -> str:
    """Say the options of a sequence.

    Args:
        one: The sequence.
        before: What it was, where it is changed: then also what is as usual is said, since it may not have been.
    """
    again = before is not None
    # Said again, the type would put the limits of the old direction back.
    words = [f"AS {one.type}"] if before is not None and one.type and one.type != before.type else []
    words += [f"INCREMENT BY {one.increment}"] if again or one.increment != 1 else []
    words += [f"MINVALUE {one.minimum}"] if one.minimum is not None else (["NO MINVALUE"] if again else [])
    words += [f"MAXVALUE {one.maximum}"] if one.maximum is not None else (["NO MAXVALUE"] if again else [])
    words += [f"START WITH {one.start}"] if again or one.start != 1 else []
    words += [f"CACHE {one.cache}"] if again or one.cache != 1 else []
    words += ["CYCLE"] if one.cycle else (["NO CYCLE"] if again else [])
    words += ["RESTART"] if before is not None and turns(before, one) else []
    return " ".join(words)


def turns(before: Numbered, after: Numbered) -> bool:
    """Tell whether a sequence counts the other way from now on; then it cannot go on where it is."""
    return (before.increment > 0) != (after.increment > 0)


def into_limits(sequence: str, before: Numbered, after: Numbered) -> list[str]:
    """Bring a sequence that stands outside of its new limits to where it is to start."""
    if turns(before, after):
        return []
    outside = []
    if after.minimum is not None and (before.minimum is None or after.minimum > before.minimum):
        outside.append(f"last_value < {after.minimum}")
    if after.maximum is not None and (before.maximum is None or after.maximum < before.maximum):
        outside.append(f"last_value > {after.maximum}")
    text = sequence.replace("'", "''")
    where = " OR ".join(outside)
    return [f"SELECT setval('{text}', {after.start}, false) FROM {sequence} WHERE {where}"] if outside else []
