"""``Watch``: what stands before each statement of a script."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

Go = Callable[..., Any]


class Watch(Protocol):
    """Stands before each statement of a script."""

    def run(self, statement: str, go: Go) -> None:
        """Run a statement, with others of its own before and after, or instead of it.

        Args:
            statement: Its text.
            go: Runs it, and returns how many rows it changed; takes the statements that run right before and right
                after it, as one with it.
        """
        ...

    def has_read(self) -> None:
        """Hear that the script has read something."""
        ...
