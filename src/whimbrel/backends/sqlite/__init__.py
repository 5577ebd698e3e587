"""SQLite."""

from whimbrel.backends.sqlite.server import SQLite

__all__ = ["SQLite"]
