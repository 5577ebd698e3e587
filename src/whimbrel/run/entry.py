"""``run_environment``: what the ``env.py`` of a new repository calls.

The logic is here and not in the file, so that a newer Whimbrel mends the projects that exist.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from contextvars import copy_context
from copy import copy
from typing import TYPE_CHECKING, Any

from sqlalchemy import StaticPool

from whimbrel.errors import SetupError
from whimbrel.run.logs import set_up_logging
from whimbrel.run.project import KEY, Project

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.ext.asyncio import AsyncEngine

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
    _with_connection(target.engine, migrate)


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


def _with_connection(engine: Any, use: Callable[[Connection], None]) -> None:
    if not hasattr(engine, "sync_engine"):
        with engine.connect() as connection:
            use(connection)
        return

    async def connect() -> None:
        async with _own_connections(engine) as own, own.connect() as connection:
            await connection.run_sync(use)

    _run_to_end(connect())


@asynccontextmanager
async def _own_connections(engine: AsyncEngine) -> AsyncIterator[AsyncEngine]:
    """Lend the engine with a pool of its own.

    A connection belongs to the event loop that made it: those of the app's pool to the app's, and ours
    to the one that ends here. In an in-memory database the connection is the database; it stays.
    """
    pool = engine.sync_engine.pool
    if isinstance(pool, StaticPool):
        yield engine
        return
    twin = copy(engine.sync_engine)
    twin.pool = pool.recreate()
    own = type(engine)(twin)
    try:
        yield own
    finally:
        await own.dispose()


def _run_to_end(coroutine: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine, also where an event loop is running in this thread: then in another one."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(coroutine)
        return
    errors: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(coroutine)
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=copy_context().run, args=(run,))
    thread.start()
    thread.join()
    if errors:
        raise errors[0]


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
