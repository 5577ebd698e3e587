"""``status``: where everything is, as values."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import inspect

from whimbrel.backends import backend_for
from whimbrel.bookkeeping import is_bookkeeping
from whimbrel.commands.archives import by_hand
from whimbrel.commands.edited import Edited, edited_scripts
from whimbrel.commands.findings import Finding, State, judged, next_step
from whimbrel.commands.troubles import explained
from whimbrel.commands.whereabouts import Whereabouts, whereabouts, words_of
from whimbrel.errors import StoppedPartWay, WhimbrelError
from whimbrel.installation import flask_migrate_file, other_flask_migrate
from whimbrel.run import (
    Interruption,
    Progress,
    Project,
    RunnerEnvironment,
    Work,
    bind_of,
    interruption_in,
    outline_in,
    runner_in,
    texts_in,
)
from whimbrel.scripts.lineage import Standing
from whimbrel.scripts.script import shown_path
from whimbrel.targets import shown_url
from whimbrel.targets.direct import url_of

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

    from whimbrel.backends.locks import Holder


@dataclass(frozen=True, slots=True)
class ArchiveStatus:
    """What is kept in one database, at a glance.

    Attributes:
        items: How many columns and tables.
        rows: Of how many rows, as far as they were counted.
        size: In bytes; None where the server does not tell.
        oldest: When the first of it was dropped, in ISO 8601; empty if nothing is kept.
    """

    items: int = 0
    rows: int = 0
    size: int | None = None
    oldest: str = ""


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
        standing: Where it is, as the scripts see it: here, ahead, diverged, foreign, lost.
        edited: The scripts that were edited since they were run here.
        archive: What is kept of what scripts have dropped.
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
    standing: Standing = Standing.HERE
    edited: tuple[Edited, ...] = ()
    archive: ArchiveStatus = ArchiveStatus()


@dataclass(frozen=True, slots=True)
class Status:
    """Everything at a glance.

    Attributes:
        directory: The migrations folder.
        revisions: How many scripts there are.
        heads: The heads of the history.
        databases: The databases; none if there is no connection.
        findings: What is not as it should be, the gravest first.
        problem: The first of them, in one sentence; empty if there is none.
        advice: What to do next, as a command; empty if there is nothing to do.
        versions: The tools in use, as "name version".
        imported_from: The folder that ``import flask_migrate`` finds.
        flask_migrate: The version of Flask-Migrate that is installed beside Whimbrel; empty if none is.
    """

    directory: str
    revisions: int
    heads: tuple[str, ...]
    databases: tuple[DatabaseStatus, ...]
    findings: tuple[Finding, ...]
    problem: str
    advice: str
    versions: tuple[str, ...]
    imported_from: str
    flask_migrate: str

    @property
    def exit_code(self) -> int:
        """How a command ends that is to tell by it: 1 if there is something to do, 3 if a revision is half done."""
        if any(one.name is State.INTERRUPTED for one in self.findings):
            return StoppedPartWay.exit_code
        return WhimbrelError.exit_code if self.advice else 0


def status(project: Project) -> Status:
    """Return where the project's databases, scripts and models are.

    Raises:
        WhimbrelError: The scripts cannot be read. A database that cannot be reached is no error
            here but a finding.
    """
    with explained(project):
        revisions = len(list(project.scripts.walk_revisions()))
        heads = tuple(sorted(project.scripts.get_heads()))
    databases, found = _databases(project)
    findings = (*found, *judged(databases, heads, revisions))
    advice = findings[0].do if findings else next_step(databases, revisions)
    return Status(
        directory=shown_path(project.scripts.dir),
        revisions=revisions,
        heads=heads,
        databases=databases,
        findings=findings,
        problem=findings[0].what if findings else "",
        advice=advice,
        versions=tuple(
            f"{name} {importlib.metadata.version(name)}" for name in ("whimbrel", "alembic", "sqlalchemy", "flask")
        ),
        imported_from=shown_path(flask_migrate_file().parent),
        flask_migrate=other_flask_migrate(),
    )


def _databases(project: Project) -> tuple[tuple[DatabaseStatus, ...], tuple[Finding, ...]]:
    databases: list[DatabaseStatus] = []
    findings: list[Finding] = []

    def each(heads: Any, context: MigrationContext) -> Iterable[Any]:
        unknown = tuple(head for head in heads if head not in project.scripts.revision_map._revision_map)
        where = whereabouts(project, heads, texts_in(context)) if unknown else None
        databases.append(_database(project, heads, context, where))
        if where is not None:
            words = words_of(project, where)
            why = words.why + (_whose_tables(context) if where.standing in (Standing.FOREIGN, Standing.LOST) else "")
            findings.append(Finding(State(where.standing.value), bind_of(context), words.what, why, words.do))
        return ()

    try:
        with explained(project):
            RunnerEnvironment(project, Work(each, options={"dont_mutate": True}), Progress()).run()
    except WhimbrelError as error:
        findings.append(Finding(State.UNREACHABLE, "", error.what, error.why, error.do))
    return tuple(databases), tuple(findings)


def _database(project: Project, heads: Any, context: MigrationContext, where: Whereabouts | None) -> DatabaseStatus:
    connection = context.connection
    assert connection is not None
    runner = runner_in(context)  # before anything else: what the transaction sees is as old as it is
    scripts = project.scripts
    pending = () if where else tuple(str(one.revision.revision) for one in scripts._upgrade_revs("heads", heads))
    inspector = inspect(connection)
    tables = [
        name for name in inspector.get_table_names() if name != context.version_table and not is_bookkeeping(name)
    ]
    return DatabaseStatus(
        name=bind_of(context),
        url=shown_url(url_of(connection)),
        server=backend_for(connection.dialect.name).product(connection.dialect),
        current=tuple(heads),
        unknown=where.unknown if where else (),
        pending=pending,
        model_tables=_model_tables(context),
        tables=len(tables),
        has_history=context._has_version_table(),
        runner=runner,
        interrupted=None if runner else interruption_in(context),
        standing=where.standing if where else Standing.HERE,
        edited=edited_scripts(project, tuple(heads), outline_in(context), lambda: texts_in(context)),
        archive=_archive(context),
    )


def _whose_tables(context: MigrationContext) -> str:
    """Say whether the tables are the models', which tells another project's database from one of ours."""
    names = {table.name for one in _metadatas(context) for table in one.tables.values()}
    there = names & set(inspect(context.connection).get_table_names())
    return f" Of the models' {len(names)} tables, {len(there) or 'none'} {'are' if len(there) > 1 else 'is'} there."


def _archive(context: MigrationContext) -> ArchiveStatus:
    items = by_hand(context).items()
    since = [one.entry.since for one in items if one.entry is not None]
    sizes = [one.size for one in items if one.size is not None]
    rows = sum(one.entry.rows for one in items if one.entry is not None)
    return ArchiveStatus(len(items), rows, sum(sizes) if sizes else None, min(since).isoformat() if since else "")


def _model_tables(context: MigrationContext) -> int:
    return sum(len(one.tables) for one in _metadatas(context))


def _metadatas(context: MigrationContext) -> list[Any]:
    metadata = context.opts.get("target_metadata")
    many = metadata if isinstance(metadata, (list, tuple)) else [metadata]
    return [one for one in many if one is not None]
