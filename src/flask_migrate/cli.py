"""The old home of the command group."""

from whimbrel.cli import db

__all__ = ["db"]
