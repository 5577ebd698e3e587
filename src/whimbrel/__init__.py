"""Database migrations for Flask and SQLAlchemy: the public names.

``Migrate`` is the extension; the other names are Flask-Migrate's functions. What a web worker does
not need is imported at its first use: neither Alembic nor Mako is loaded by ``Migrate(app, db)``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from whimbrel.extension import Migrate

if TYPE_CHECKING:
    from whimbrel.api import (
        branches,
        check,
        current,
        downgrade,
        edit,
        ensure_version,
        heads,
        history,
        init,
        list_templates,
        merge,
        migrate,
        revision,
        show,
        stamp,
        status,
        upgrade,
    )
    from whimbrel.run import run_environment

__version__ = "0.1.0"

__all__ = [
    "Migrate",
    "branches",
    "check",
    "current",
    "downgrade",
    "edit",
    "ensure_version",
    "heads",
    "history",
    "init",
    "list_templates",
    "merge",
    "migrate",
    "revision",
    "run_environment",
    "show",
    "stamp",
    "status",
    "upgrade",
]


def __getattr__(name: str) -> Any:
    """Import a public name at its first use."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = "whimbrel.run" if name == "run_environment" else "whimbrel.api"
    return getattr(import_module(home), name)
