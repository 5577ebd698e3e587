"""Revision files: where they are, how they are read, named and written.

What needs Alembic is imported at its first use: the headers of the scripts are read without it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from whimbrel.scripts.config import Config, repository_config, templates_folder
    from whimbrel.scripts.directory import Scripts, scripts_of

_HOME = {
    "Config": "config",
    "Scripts": "directory",
    "repository_config": "config",
    "scripts_of": "directory",
    "templates_folder": "config",
}

__all__ = ["Config", "Scripts", "repository_config", "scripts_of", "templates_folder"]

if not TYPE_CHECKING:  # a type checker would take any name for one of these

    def __getattr__(name: str) -> Any:
        """Import a name at its first use."""
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
