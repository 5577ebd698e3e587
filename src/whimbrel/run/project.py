"""``Project``: all that a command needs to know, put together once at its start."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from whimbrel.run.logs import Logs
from whimbrel.scripts import Config, Scripts, scripts_of
from whimbrel.settings import Settings
from whimbrel.targets import Target, targets_of

KEY = "whimbrel"


@dataclass(frozen=True, slots=True)
class Project:
    """An app's migrations, as one command sees them.

    Attributes:
        config: The Alembic configuration; ``env.py`` sees it too.
        settings: The ``MIGRATE_`` settings.
        database: What ``app.extensions["migrate"].db`` holds.
        configure_args: Keyword arguments for Alembic's ``context.configure()``.
        logs: Whether the command may set up logging.
        scripts: The migration scripts.
    """

    config: Config
    settings: Settings
    database: Any
    configure_args: Mapping[str, Any]
    logs: Logs
    scripts: Scripts = field(init=False)

    def __post_init__(self) -> None:
        """Find the scripts, and let ``env.py`` find this project."""
        object.__setattr__(self, "scripts", scripts_of(self.config))
        self.config.attributes[KEY] = self

    @contextmanager
    def with_scripts_in(self, folder: Path) -> Iterator[Project]:
        """Give the same project with the scripts of one more folder; ``env.py`` finds that one meanwhile."""
        project = replace(self)
        object.__setattr__(project, "scripts", scripts_of(self.config, (folder,)))
        try:
            yield project
        finally:
            self.config.attributes[KEY] = self

    def targets(self, binds: Iterable[str] | None = None) -> tuple[Target, ...]:
        """Return the databases: the default one first, then the binds (all, if not named)."""
        return targets_of(self.database, binds)
