"""The Flask extension: ``Migrate`` and what it leaves in ``app.extensions["migrate"]``.

It is imported by every process of the app, so it loads neither Alembic nor SQLAlchemy by itself.
The arguments, attributes and methods are Flask-Migrate's; ``metadata``, ``engine``, ``on_start`` and ``start()``
are new.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any, TypeVar

from whimbrel.cli import db as command_group
from whimbrel.serving import AtStart
from whimbrel.settings import on_start_of
from whimbrel.targets import database_of

if TYPE_CHECKING:
    from flask import Flask

    from whimbrel.scripts import Config
    from whimbrel.settings import Drops, OnStart
    from whimbrel.targets import EngineLike, MetadataLike

    ConfigHook = Callable[[Config], Config]
    Hook = TypeVar("Hook", bound=ConfigHook)
    PathText = str | PathLike[str]


class MigrateState:
    """What ``app.extensions["migrate"]`` holds; ``env.py`` files of all ages read it.

    Attributes:
        migrate: The extension.
        db: The Flask-SQLAlchemy object, or what stands in for one.
        directory: The migrations folder.
        configure_args: Keyword arguments for Alembic's ``context.configure()``.
        at_start: What is done before the first request.
    """

    at_start: AtStart

    def __init__(self, migrate: Migrate, db: Any, **configure_args: Any) -> None:
        """Keep what the extension was given for one app."""
        self.migrate = migrate
        self.db = db
        self.directory = migrate.directory
        self.configure_args = configure_args

    @property
    def metadata(self) -> Any:
        """The models' metadata: in old releases ``extensions["migrate"]`` was ``db`` itself."""
        return self.db.metadata


class Migrate:
    """Adds ``flask db`` to an app.

    Args:
        app: The Flask app; without it, call ``init_app`` later.
        db: The Flask-SQLAlchemy (or Flask-SQLAlchemy-Lite, or Alchemical) object.
        directory: The folder of the migration scripts.
        command: The name of the command group.
        compare_type: Alembic's option: whether ``migrate`` compares column types.
        render_as_batch: Alembic's option: whether scripts use ``batch_alter_table``.
        metadata: The models' ``MetaData`` or declarative base, several of them, or a mapping from
            bind names to them; for apps whose ``db`` has none, or without any ``db``.
        engine: An engine, async engine or URL, or a mapping from bind names to them.
        on_start: What happens before the app answers its first request: ``"off"``, ``"check"`` or ``"upgrade"``;
            it wins over ``MIGRATE_ON_START``.
        drops: What becomes of what scripts drop: ``"archive"`` or ``"drop"``; it wins over ``MIGRATE_DROPS``.
        **kwargs: Further arguments for Alembic's ``context.configure()``.
    """

    def __init__(
        self,
        app: Flask | None = None,
        db: Any = None,
        directory: PathText = "migrations",
        command: str = "db",
        compare_type: bool = True,
        render_as_batch: bool = True,
        *,
        metadata: MetadataLike | None = None,
        engine: EngineLike | None = None,
        on_start: OnStart | None = None,
        drops: Drops | None = None,
        **kwargs: Any,
    ) -> None:
        """Keep the arguments, and set the app up if there is one."""
        self.configure_callbacks: list[ConfigHook] = []
        self.db = db
        self.command = command
        self.directory = str(directory)
        self.metadata = metadata
        self.engine = engine
        self.on_start = on_start
        self.drops = drops
        self.alembic_ctx_kwargs: dict[str, Any] = kwargs
        self.alembic_ctx_kwargs["compare_type"] = compare_type
        self.alembic_ctx_kwargs["render_as_batch"] = render_as_batch
        if app is not None:
            self.init_app(app, db, directory)

    def init_app(
        self,
        app: Flask,
        db: Any = None,
        directory: PathText | None = None,
        command: str | None = None,
        compare_type: bool | None = None,
        render_as_batch: bool | None = None,
        *,
        metadata: MetadataLike | None = None,
        engine: EngineLike | None = None,
        on_start: OnStart | None = None,
        drops: Drops | None = None,
        **kwargs: Any,
    ) -> None:
        """Set an app up; arguments given here win over those of the constructor."""
        self.db = db if db is not None else self.db
        self.command = command or self.command
        self.directory = str(directory or self.directory)
        self.metadata = metadata if metadata is not None else self.metadata
        self.engine = engine if engine is not None else self.engine
        self.on_start = on_start if on_start is not None else self.on_start
        self.drops = drops if drops is not None else self.drops
        self.alembic_ctx_kwargs.update(kwargs)
        if compare_type is not None:
            self.alembic_ctx_kwargs["compare_type"] = compare_type
        if render_as_batch is not None:
            self.alembic_ctx_kwargs["render_as_batch"] = render_as_batch
        database = database_of(self.db, self.metadata, self.engine)
        on_start_of(app.config, self.on_start)  # a wrong word is said now
        before = app.extensions.get("migrate")
        state = app.extensions["migrate"] = MigrateState(self, database, **self.alembic_ctx_kwargs)
        if isinstance(before, MigrateState) and before.migrate is self:
            before.at_start.stand_aside()  # `init_app` once more
        state.at_start = AtStart(app, state, self.on_start)
        app.cli.add_command(command_group, name=self.command)

    def start(self, app: Flask) -> None:
        """Do what ``on_start`` says at once, and not with the first request.

        At the end of an app factory or of ``wsgi.py`` a server then does not even start where it must not serve.
        In a process of ``flask`` it does nothing, since that may be ``flask db upgrade``.

        Raises:
            WhimbrelError: The app must not serve yet.
        """
        app.extensions["migrate"].at_start.act_before_serving()

    def configure(self, f: Hook) -> Hook:
        """Register a function that is given the Alembic configuration and returns it (a decorator)."""
        self.configure_callbacks.append(f)
        return f

    def call_configure_callbacks(self, config: Config) -> Config:
        """Return the configuration after the app's hooks have had their say."""
        for hook in self.configure_callbacks:
            config = hook(config)
        return config

    def get_config(
        self,
        directory: PathText | None = None,
        x_arg: str | Sequence[str] | None = None,
        opts: Sequence[str] | None = None,
    ) -> Config:
        """Return the Alembic configuration for one command.

        Args:
            directory: The migrations folder; the extension's own if not given.
            x_arg: Values for ``context.get_x_argument()``, as ``name=value``.
            opts: Names of options that are set to true on ``config.cmd_opts``.
        """
        from whimbrel.scripts import repository_config

        folder = str(self.directory if directory is None else directory)
        given = [x_arg] if isinstance(x_arg, str) else list(x_arg or ())
        x_args = [*_from_command_line("x_arg", ()), *given]
        config = repository_config(folder, x_args, opts or (), _from_command_line("ini_section", None) or "alembic")
        return self.call_configure_callbacks(config)


def _from_command_line(name: str, default: Any) -> Any:
    """Return an option given before the verb; the command group leaves them on ``flask.g``."""
    from flask import g, has_app_context

    return getattr(g, name, default) if has_app_context() else default
