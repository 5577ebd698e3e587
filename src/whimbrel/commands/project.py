"""Puts a ``Project`` together from what the extension left in the app."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from whimbrel.commands.troubles import explained
from whimbrel.errors import ExtensionMissing, RepositoryMissing
from whimbrel.run import Logs, Project
from whimbrel.scripts import Config
from whimbrel.settings import settings_from


class Extension(Protocol):
    """The part of ``Migrate`` that a command uses."""

    def get_config(
        self, directory: str | None, x_arg: Sequence[str] | str | None, opts: Sequence[str] | None
    ) -> Config:
        """Return the Alembic configuration."""
        ...

    def call_configure_callbacks(self, config: Config) -> Config:
        """Return the configuration after the app's hooks have had their say."""
        ...


class State(Protocol):
    """The part of ``app.extensions["migrate"]`` that a command uses."""

    migrate: Extension
    db: Any
    directory: str
    configure_args: dict[str, Any]


def open_project(
    extensions: Mapping[str, Any],
    app_config: Mapping[str, Any],
    directory: str | None = None,
    *,
    x_arg: Sequence[str] | str | None = None,
    opts: Sequence[str] | None = None,
    logs: Logs = Logs.THEIRS,
) -> Project:
    """Return the app's migrations for one command.

    Args:
        extensions: ``app.extensions``.
        app_config: ``app.config``.
        directory: The migrations folder; the app's own if not given.
        x_arg: Values for ``context.get_x_argument()``.
        opts: Options that ``env.py`` finds on ``config.cmd_opts``.
        logs: Whether the command may set up logging.

    Raises:
        ExtensionMissing: The app has no ``Migrate(app, db)``.
        RepositoryMissing: There is no migrations folder.
        BadSetting: A ``MIGRATE_`` setting cannot be used.
    """
    state = state_of(extensions)
    if state.db is None:
        raise no_database()
    with explained():
        config = state.migrate.get_config(directory or state.directory, x_arg=x_arg, opts=opts)
        _require_folder(config)
        return Project(
            config,
            settings_from(app_config, getattr(state.migrate, "drops", None)),
            state.db,
            state.configure_args,
            logs,
        )


def limited(project: Project, **given: Any) -> Project:
    """Return the project with other settings for one command; what is None stays as the app has it."""
    chosen = {name: value for name, value in given.items() if value is not None}
    return replace(project, settings=replace(project.settings, **chosen)) if chosen else project


def state_of(extensions: Mapping[str, Any]) -> State:
    """Return what the extension left in the app.

    Raises:
        ExtensionMissing: The app has no ``Migrate(app, db)``.
    """
    state: State | None = extensions.get("migrate")
    if state is None or not hasattr(state, "migrate"):
        raise no_extension()
    return state


def no_extension() -> ExtensionMissing:
    """Return the error for an app without the extension."""
    return ExtensionMissing(
        "This app has no migrations: the extension is not set up.",
        why="No Migrate(app, db) has run for it. Nothing was changed.",
        do="add to the app:  from whimbrel import Migrate;  Migrate(app, db)",
    )


def no_database() -> ExtensionMissing:
    """Return the error for a ``Migrate(app)`` that was given no database."""
    return ExtensionMissing(
        "Migrate(app) was given no database.",
        why="It needs the object that knows the models and the engine. Nothing was changed.",
        do="Migrate(app, db)   (or, without Flask-SQLAlchemy: Migrate(app, metadata=Base.metadata, engine=engine))",
    )


def _require_folder(config: Config) -> None:
    from alembic.util import coerce_resource_to_filename

    location = config.get_alembic_option("script_location") or ""
    folder = coerce_resource_to_filename(location)
    if not folder.is_dir():
        raise RepositoryMissing(
            f"There is no migrations folder {location!r} here.",
            why="Path doesn't exist: the scripts and env.py are kept in it. Nothing was changed.",
            do="flask db init   (once for a project; or go to the folder of the app, or name it: flask db -d FOLDER …)",
        )
