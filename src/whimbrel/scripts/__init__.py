"""Revision files: where they are, how they are read, named and written."""

from whimbrel.scripts.config import Config, repository_config, templates_folder
from whimbrel.scripts.directory import Scripts, scripts_of

__all__ = ["Config", "Scripts", "repository_config", "scripts_of", "templates_folder"]
