"""What PostgreSQL says of constraints and triggers that are not as usual: not validated, not inherited, not fired."""

from __future__ import annotations

from collections.abc import Sequence

_STATES = ("no inherit", "not valid", "not enforced")
_FIRING = {"disabled": "DISABLE", "replica": "ENABLE REPLICA", "always": "ENABLE ALWAYS"}


def states(options: Sequence[str]) -> str:
    """Say the states of a CHECK or foreign key."""
    return "".join(f" {one.upper()}" for one in _STATES if one in options)


def storage(options: Sequence[str]) -> str:
    """Say where and how the index behind a key is stored; `options` are `name=value`."""
    spaces = [one.partition("=")[2] for one in options if one.startswith("tablespace=")]
    others = [one for one in options if "=" in one and not one.startswith("tablespace=")]
    words = f" WITH ({', '.join(others)})" if others else ""
    return words + (f' USING INDEX TABLESPACE "{spaces[0]}"' if spaces else "")


def is_validated(found: Sequence[str], wanted: Sequence[str]) -> bool:
    """Tell whether all that changes is that the rows that are there are looked at too."""
    return set(found) - set(wanted) == {"not valid"} and set(wanted) <= set(found)


def firing(options: Sequence[str]) -> str:
    """Say when a trigger fires, as ALTER TABLE does."""
    return next((_FIRING[one] for one in options if one in _FIRING), "ENABLE")
