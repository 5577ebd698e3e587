"""``status``: where everything is, as values."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import inspect

from whimbrel.backends import backend_for
from whimbrel.bookkeeping import is_bookkeeping
from whimbrel.commands.troubles import explained
from whimbrel.errors import WhimbrelError
from whimbrel.installation import flask_migrate_file, other_flask_migrate
from whimbrel.run import (
    Interruption,
    Progress,
    Project,
    RunnerEnvironment,
    Work,
    bind_of,
    interruption_in,
    runner_in,
)
from whimbrel.scripts.script import shown_path
from whimbrel.targets import shown_url
from whimbrel.targets.direct import url_of

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

    from whimbrel.backends.locks import Holder


@dataclass(frozen=True, slots=True)
class DatabaseStatus:
    """One database.

    Attributes:
        name: The bind; empty for the default one.
        url: Where it is, without a password.
        server: What it is, and its version.
        current: The revisions it is at.
        unknown: Those of them that no script has.
        pending: The revisions that an upgrade to the heads would apply, in order.
        model_tables: How many tables the models describe.
        tables: How many tables there are, the version table not counted.
        has_history: Whether there is a version table.
        runner: Who runs revisions in it now; None if nobody does, or where this account may not see it.
        interrupted: The revision that was interrupted, and that nobody runs now.
    """

    name: str
    url: str
    server: str
    current: tuple[str, ...]
    unknown: tuple[str, ...]
    pending: tuple[str, ...]
    model_tables: int
    tables: int
    has_history: bool
    runner: Holder | None
    interrupted: Interruption | None


@dataclass(frozen=True, slots=True)
class Status:
    """Everything at a glance.

    Attributes:
        directory: The migrations folder.
        revisions: How many scripts there are.
        heads: The heads of the history.
        databases: The databases; none if there is no connection.
        problem: What hinders, in one sentence; empty if nothing does.
        advice: What to do next, as a command; empty if there is nothing to do.
        versions: The tools in use, as "name version".
        imported_from: The folder that ``import flask_migrate`` finds.
        flask_migrate: The version of Flask-Migrate that is installed beside Whimbrel; empty if none is.
    """

    directory: str
    revisions: int
    heads: tuple[str, ...]
    databases: tuple[DatabaseStatus, ...]
    problem: str
    advice: str
    versions: tuple[str, ...]
    imported_from: str
    flask_migrate: str


def status(project: Project) -> Status:
    """Return where the project's databases, scripts and models are.

    Raises:
        WhimbrelError: The scripts cannot be read. A database that cannot be reached is no error
            here but a ``problem``.
    """
    with explained(project):
        revisions = list(project.scripts.walk_revisions())
        heads = tuple(sorted(project.scripts.get_heads()))
    databases, problem, advice = _databases(project)
    if not problem:
        problem, advice = _judge(databases, heads, len(revisions))
    return Status(
        directory=shown_path(project.scripts.dir),
        revisions=len(revisions),
        heads=heads,
        databases=databases,
        problem=problem,
        advice=advice,
        versions=tuple(
            f"{name} {importlib.metadata.version(name)}" for name in ("whimbrel", "alembic", "sqlalchemy", "flask")
        ),
        imported_from=shown_path(flask_migrate_file().parent),
        flask_migrate=other_flask_migrate(),
    )


def _databases(project: Project) -> tuple[tuple[DatabaseStatus, ...], str, str]:
    found: list[DatabaseStatus] = []

    def each(heads: Any, context: MigrationContext) -> Iterable[Any]:
        found.append(_database(project, heads, context))
        return ()

    try:
        with explained(project):
            RunnerEnvironment(project, Work(each, options={"dont_mutate": True}), Progress()).run()
    except WhimbrelError as error:
        return tuple(found), error.what, error.do
    return tuple(found), "", ""


def _database(project: Project, heads: Any, context: MigrationContext) -> DatabaseStatus:
    connection = context.connection
    assert connection is not None
    runner = runner_in(context)  # before anything else: what the transaction sees is as old as it is
    scripts = project.scripts
    known = scripts.revision_map._revision_map
    unknown = tuple(head for head in heads if head not in known)
    pending = () if unknown else tuple(str(one.revision.revision) for one in scripts._upgrade_revs("heads", heads))
    inspector = inspect(connection)
    tables = [
        name for name in inspector.get_table_names() if name != context.version_table and not is_bookkeeping(name)
    ]
    return DatabaseStatus(
        name=bind_of(context),
        url=shown_url(url_of(connection)),
        server=backend_for(connection.dialect.name).product(connection.dialect),
        current=tuple(heads),
        unknown=unknown,
        pending=pending,
        model_tables=_model_tables(context),
        tables=len(tables),
        has_history=context._has_version_table(),
        runner=runner,
        interrupted=None if runner else interruption_in(context),
    )


def _model_tables(context: MigrationContext) -> int:
    metadata = context.opts.get("target_metadata")
    many = metadata if isinstance(metadata, (list, tuple)) else [metadata]
    return sum(len(one.tables) for one in many if one is not None)


def _judge(databases: tuple[DatabaseStatus, ...], heads: tuple[str, ...], revisions: int) -> tuple[str, str]:
    """Return what hinders and what to do next, the gravest first."""
    unknown = ", ".join(name for one in databases for name in one.unknown)
    interrupted = next((one.interrupted for one in databases if one.interrupted), None)
    runner = next((one.runner for one in databases if one.runner), None)
    stamp = "flask db stamp head   (if the tables are what the newest revision makes)"
    cases = (
        (
            unknown,
            f"The database is at {unknown}, which no script here has.",
            "bring back the script, or deploy newer code",
        ),
        (interrupted, *(_interrupted(interrupted) if interrupted else ("", ""))),
        (runner, *(_running(runner) if runner else ("", ""))),
        (len(heads) > 1, f"The history has {len(heads)} heads.", "flask db merge heads"),
        (
            not any(one.model_tables for one in databases),
            "No models are imported.",
            "import them where the app is made",
        ),
        (
            any(one.tables and not one.current for one in databases),
            "Tables exist without a history.",
            stamp if revisions else "flask db migrate",
        ),
        (any(one.pending for one in databases), "", "flask db upgrade"),
        (not revisions, "", 'flask db migrate -m "initial migration"'),
    )
    return next(((problem, advice) for applies, problem, advice in cases if applies), ("", ""))


def _interrupted(one: Interruption) -> tuple[str, str]:
    done = f"{one.done} of its statements {'is' if one.done == 1 else 'are'} done"
    problem = f"Revision {one.revision} was interrupted in its {one.direction}: {done}."
    if one.undecided:
        return (
            problem,
            "look whether the statement took effect; then: flask db resume --done, or: flask db resume --redo",
        )
    return problem, f"flask db {one.direction}   (goes on where it stopped)"


def _running(one: Holder) -> tuple[str, str]:
    remedy = f"   (if it hangs, end it: {one.remedy})" if one.remedy else ""
    return "Somebody runs revisions now.", f"flask db wait{remedy}"
