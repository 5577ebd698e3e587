"""The Alembic configuration of a migrations folder."""

from __future__ import annotations

import tomllib
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from alembic.config import Config as AlembicConfig


class Config(AlembicConfig):
    """Alembic's configuration, with Whimbrel's own templates for ``init``.

    Args:
        template_directory: The folder that holds the templates; Whimbrel's own if not given.
    """

    def __init__(self, *args: Any, template_directory: str | None = None, **kwargs: Any) -> None:
        """Take what Alembic's configuration takes."""
        self.template_directory = template_directory
        super().__init__(*args, **kwargs)

    def get_template_directory(self) -> str:
        """Return the folder that holds the templates."""
        return self.template_directory or str(templates_folder())


def templates_folder() -> Path:
    """Return the folder of the templates that come with Whimbrel."""
    return Path(__file__).resolve().parent.parent / "templates"


def repository_config(
    directory: str, x_args: Sequence[str] = (), options: Sequence[str] = (), section: str = "alembic"
) -> Config:
    """Return the configuration of a migrations folder.

    Args:
        directory: The folder, as the user wrote it.
        x_args: Values for ``context.get_x_argument()``.
        options: Names of options that ``env.py`` finds set to true on ``config.cmd_opts``.
        section: The section of ``alembic.ini`` to read.
    """
    ini = Path(directory) / "alembic.ini"
    toml = _pyproject_with_alembic(directory)
    config = Config(None if toml and not ini.exists() else str(ini), toml_file=toml, ini_section=section)
    config.set_main_option("script_location", directory.replace("%", "%%"))
    config.cmd_opts = Namespace(**dict.fromkeys(options, True), x=list(x_args))
    return config


def _pyproject_with_alembic(directory: str) -> Path | None:
    """Find the ``pyproject.toml`` with a ``[tool.alembic]`` table: here, or beside the folder.

    Alembic has read its options from there since 1.16; an option in ``alembic.ini`` wins.
    """
    for folder in dict.fromkeys((Path.cwd(), Path(directory).resolve().parent)):
        path = folder / "pyproject.toml"
        if not path.is_file():
            continue
        try:
            content = tomllib.loads(path.read_text("utf-8"))
        except (OSError, ValueError):
            continue
        if "alembic" in content.get("tool", {}):
            return path
    return None
