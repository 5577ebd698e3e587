"""``run_environment``: what the ``env.py`` of a new repository calls.

The logic is here and not in the file, so that a newer Whimbrel mends the projects that exist.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from whimbrel.errors import SetupError
from whimbrel.run.logs import set_up_logging
from whimbrel.run.project import KEY, Project
from whimbrel.targets.connecting import with_connection

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from whimbrel.targets import Target

log = logging.getLogger("alembic.env")


def run_environment(context: Any, *, binds: bool = False, **options: Any) -> None:
    """Configure Alembic for the app's databases and run what the command asks for.

    Args:
        context: The module ``alembic.context``.
        binds: Whether the binds are migrated too, beside the default database.
        **options: Arguments for Alembic's ``context.configure()``; they win over those of ``Migrate``.

    Raises:
        SetupError: It is not run by ``flask db`` or one of Whimbrel's functions.
    """
    project = context.config.attributes.get(KEY)
    if not isinstance(project, Project):
        raise SetupError(
            "This env.py was not started by Whimbrel.",
            why="It takes the databases from the Flask app, so it runs under `flask db`. Nothing was changed.",
            do="flask db upgrade   (instead of: alembic upgrade head)",
        )
    set_up_logging(project.config.config_file_name, project.logs)
    targets = project.targets(None if binds else ())
    shared = {**project.configure_args, **options}
    if shared.get("process_revision_directives") is None:
        shared["process_revision_directives"] = _drop_empty_script(project, len(targets))
    for target in targets:
        run = _write_sql if context.is_offline_mode() else _run
        run(context, target, shared, binds)


def _run(context: Any, target: Target, shared: Mapping[str, Any], binds: bool) -> None:
    def migrate(connection: Connection) -> None:
        arguments = {**_tokens(target, binds), "target_metadata": _metadata(target), **shared}
        context.configure(connection=connection, **arguments)
        with context.begin_transaction():
            context.run_migrations(**_engine_name(target, binds))

    _announce(target, binds)
    with_connection(target.engine, migrate)


def _write_sql(context: Any, target: Target, shared: Mapping[str, Any], binds: bool) -> None:
    def migrate(**output: Any) -> None:
        context.configure(url=target.engine.url, target_metadata=_metadata(target), literal_binds=True, **output)
        with context.begin_transaction():
            context.run_migrations(**_engine_name(target, binds))

    _announce(target, binds)
    if not binds:
        migrate()
        return
    name = f"{target.name}.sql"
    log.info("Writing output to %s", name)
    with open(name, "w", encoding="utf-8") as buffer:  # noqa: PTH123
        migrate(output_buffer=buffer)


def _tokens(target: Target, binds: bool) -> dict[str, str]:
    """Scripts for several databases have a pair of functions for each; these are their names."""
    if not binds:
        return {}
    return {"upgrade_token": f"{target.name}_upgrades", "downgrade_token": f"{target.name}_downgrades"}


def _engine_name(target: Target, binds: bool) -> dict[str, str]:
    return {"engine_name": target.name} if binds else {}


def _metadata(target: Target) -> Any:
    return list(target.metadata) if isinstance(target.metadata, tuple) else target.metadata


def _announce(target: Target, binds: bool) -> None:
    if binds:
        log.info("Migrating database %s", target.name or "<default>")


def _drop_empty_script(project: Project, databases: int) -> Callable[[Any, Any, list[Any]], None]:
    """Return the hook that writes no script where no database has a change."""

    def drop(context: Any, revision: Any, directives: list[Any]) -> None:
        if not getattr(project.config.cmd_opts, "autogenerate", False) or not directives:
            return
        operations = directives[0].upgrade_ops_list
        if len(operations) >= databases and all(one.is_empty() for one in operations):
            directives[:] = []
            log.info("No changes in schema detected.")

    return drop
