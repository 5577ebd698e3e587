"""Hooks that note what they are called with."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Asked:
    """An ``include_object`` that says yes, unless told otherwise, and notes its arguments."""

    leave: Callable[..., bool] = lambda *_: False
    calls: list[tuple[Any, ...]] = field(default_factory=list)

    def __call__(self, thing: Any, name: str, kind: str, reflected: bool, compare_to: Any) -> bool:
        self.calls.append((thing, name, kind, reflected, compare_to))
        return not self.leave(thing, name, kind, reflected, compare_to)

    def about(self, kind: str, name: str) -> tuple[Any, ...]:
        """Return the one call about something."""
        found = [call for call in self.calls if call[1:3] == (name, kind)]
        assert len(found) == 1, self.calls
        return found[0]
