"""Differences of two schemas, in words: what is there although it should not be, and what is missing."""

from __future__ import annotations

from collections.abc import Container, Iterable

from whimbrel.compare import Added, Altered, Change, Removed, Renamed, compare
from whimbrel.proof.verdict import Finding
from whimbrel.snapshot import Key, Snapshot


class Everything:
    """Has every key: nothing is somebody else's on scratch."""

    def __contains__(self, key: object) -> bool:
        """Say yes."""
        return True


def differences(is_: Snapshot, should: Snapshot, ours: Container[Key] = Everything()) -> tuple[Finding, ...]:
    """Say what has to be otherwise.

    Args:
        is_: The schema as it is.
        should: The schema as it should be.
        ours: What counts if it is there without need.
    """
    if is_ == should:
        return ()
    return tuple(_finding(one, is_) for one in _counted(compare(is_, should, ours).changes))


def _counted(changes: Iterable[Change]) -> Iterable[Change]:
    return changes


def _finding(change: Change, side: Snapshot) -> Finding:
    name = name_of(change.key, side)
    if isinstance(change, Added):
        return Finding(name, "is missing")
    if isinstance(change, Removed):
        return Finding(name, "is there and should not be")
    if isinstance(change, Renamed):
        return Finding(name, f"should be called {change.to.part or change.to.name}")
    return Finding(name, "; ".join(_aspect(change, one) for one in change.aspects))


def _aspect(change: Altered, aspect: str) -> str:
    old, new = getattr(change.found, aspect, None), getattr(change.wanted, aspect, None)
    return f"{aspect.replace('_', ' ')} is {_shown(old)}, should be {_shown(new)}"


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    text = "none" if value in (None, "") else str(value)
    return text if len(text) < 120 else f"{text[:117]}…"


def name_of(key: Key, side: Snapshot) -> str:
    """Return what a person calls an object: ``column users.email``."""
    words = [key.schema if key.schema != side.default_schema else "", key.name, key.part]
    return f"{key.kind.replace('_', ' ')} {'.'.join(one for one in words if one)}"
