"""The old import name of Whimbrel: re-exports, nothing else.

Code that says ``from flask_migrate import Migrate`` gets Whimbrel's own class.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from flask_migrate import cli as cli
from whimbrel.extension import Migrate
from whimbrel.extension import MigrateState as _MigrateConfig

if TYPE_CHECKING:
    from whimbrel.api import (
        branches,
        catch_errors,
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
    from whimbrel.scripts import Config

__all__ = [
    "Config",
    "Migrate",
    "_MigrateConfig",
    "branches",
    "catch_errors",
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
    "show",
    "stamp",
    "status",
    "upgrade",
]


def __getattr__(name: str) -> Any:
    """Import a name at its first use; ``alembic_version`` is Alembic's version as three numbers."""
    if name == "alembic_version":
        return tuple(int(part) for part in import_module("alembic").__version__.split(".")[:3])
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("whimbrel.scripts" if name == "Config" else "whimbrel.api"), name)
