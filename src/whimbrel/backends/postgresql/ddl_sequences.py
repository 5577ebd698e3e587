"""How a sequence counts, as clauses of CREATE SEQUENCE and ALTER SEQUENCE."""

from __future__ import annotations

from whimbrel.snapshot import Numbering, Sequence


def numbers_of(one: Sequence | Numbering, *, defaults: bool = False) -> str:
    """Say the options of a sequence; those that are as usual only where they may have to be put back."""
    kind = one.type or "bigint"
    words = [f"AS {kind}"] if defaults and one.type else []
    words += [f"INCREMENT BY {one.increment}"] if defaults or one.increment != 1 else []
    words += [f"MINVALUE {one.minimum}"] if one.minimum is not None else (["NO MINVALUE"] if defaults else [])
    # Beside AS, PostgreSQL takes NO MAXVALUE for that of a sequence that counts up.
    most = "NO MAXVALUE" if one.increment > 0 else "MAXVALUE -1"
    words += [f"MAXVALUE {one.maximum}"] if one.maximum is not None else ([most] if defaults else [])
    words += [f"START WITH {one.start}"] if defaults or one.start != 1 else []
    words += [f"CACHE {one.cache}"] if defaults or one.cache != 1 else []
    words += ["CYCLE"] if one.cycle else (["NO CYCLE"] if defaults else [])
    return " ".join(words)


def counting(called: str, found: Sequence, wanted: Sequence) -> list[str]:
    """Change how a sequence counts; one that has not come to the new bound begins anew, the others go on.

    Args:
        called: Its name, quoted.
        found: How it counts.
        wanted: How it should count.
    """
    alter, is_rising = f"ALTER SEQUENCE {called} {numbers_of(wanted, defaults=True)}", wanted.increment > 0
    if is_rising != (found.increment > 0):
        return [f"{alter} RESTART WITH {wanted.start}"]
    nearest, before = (wanted.minimum, found.minimum) if is_rising else (wanted.maximum, found.maximum)
    if nearest is None or nearest == before:
        return [alter]
    place = "'" + called.replace("'", "''") + "'"
    sign = "<" if is_rising else ">"
    moved = f"SELECT setval({place}, {wanted.start}, false) FROM {called} WHERE last_value {sign} {wanted.start}"
    return [moved, alter]
