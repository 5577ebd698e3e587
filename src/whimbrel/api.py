"""Flask-Migrate's functions, for an app's own code; one call each into the commands.

They have Flask-Migrate's arguments. Other than there, an error is raised and does not end the process,
and logging is left as the application has set it up.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Sequence
from functools import wraps
from os import PathLike
from typing import TYPE_CHECKING, Any, ParamSpec

from flask import current_app

if TYPE_CHECKING:
    from whimbrel.commands import Moved, Status, Written
    from whimbrel.run import Project

P = ParamSpec("P")
Folder = str | PathLike[str] | None

log = logging.getLogger("flask_migrate")


def catch_errors(f: Callable[P, Any]) -> Callable[P, None]:
    """Log a command's error and end the process, as Flask-Migrate's functions do (a decorator)."""

    @wraps(f)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        from alembic.util import CommandError

        try:
            f(*args, **kwargs)
        except (CommandError, RuntimeError) as error:
            log.error("Error: %s", error)
            sys.exit(1)

    return wrapped


def list_templates() -> None:
    """Print the templates for ``init``."""
    from whimbrel.commands import list_templates

    print("\n".join(list_templates()))  # noqa: T201


def init(
    directory: Folder = None,
    multidb: bool = False,
    template: str | PathLike[str] | None = None,
    package: bool = False,
) -> None:
    """Make a migrations folder."""
    from whimbrel.commands import init
    from whimbrel.commands.project import state_of

    state = state_of(current_app.extensions)
    init(
        str(directory or state.directory),
        multidb=multidb,
        template=None if template is None else str(template),
        package=package,
        configure=state.migrate.call_configure_callbacks,
    )


def revision(
    directory: Folder = None,
    message: str | None = None,
    autogenerate: bool = False,
    sql: bool = False,
    head: str = "head",
    splice: bool = False,
    branch_label: str | None = None,
    version_path: str | None = None,
    rev_id: str | None = None,
    depends_on: str | Sequence[str] | None = None,
) -> Written:
    """Write an empty script, or with ``autogenerate`` one that brings the database to the models."""
    from whimbrel import commands

    arguments: dict[str, Any] = {
        "sql": sql,
        "head": head,
        "splice": splice,
        "branch_label": branch_label,
        "version_path": version_path,
        "rev_id": rev_id,
        "depends_on": depends_on,
    }
    if autogenerate:
        return commands.migrate(_project(directory, opts=["autogenerate"]), message, **arguments)
    return commands.revision(_project(directory), message, **arguments)


def migrate(
    directory: Folder = None,
    message: str | None = None,
    sql: bool = False,
    head: str = "head",
    splice: bool = False,
    branch_label: str | None = None,
    version_path: str | None = None,
    rev_id: str | None = None,
    x_arg: str | Sequence[str] | None = None,
) -> Written:
    """Write a script that brings the database to the models."""
    from whimbrel import commands

    return commands.migrate(
        _project(directory, x_arg=x_arg, opts=["autogenerate"]),
        message,
        sql=sql,
        head=head,
        splice=splice,
        branch_label=branch_label,
        version_path=version_path,
        rev_id=rev_id,
    )


def edit(directory: Folder = None, revision: str = "current") -> None:
    """Open scripts in the editor."""
    from whimbrel import commands

    commands.edit(_project(directory), revision)


def merge(
    directory: Folder = None,
    revisions: str | Sequence[str] = "",
    message: str | None = None,
    branch_label: str | None = None,
    rev_id: str | None = None,
    splice: bool = False,
) -> Written:
    """Write a script that joins branches."""
    from whimbrel import commands

    return commands.merge(
        _project(directory), revisions, message, branch_label=branch_label, rev_id=rev_id, splice=splice
    )


def upgrade(
    directory: Folder = None,
    revision: str = "head",
    sql: bool = False,
    tag: str | None = None,
    x_arg: str | Sequence[str] | None = None,
) -> Moved:
    """Apply revisions up to one."""
    from whimbrel import commands

    return commands.upgrade(_project(directory, x_arg=x_arg), revision, sql=sql, tag=tag)


def downgrade(
    directory: Folder = None,
    revision: str = "-1",
    sql: bool = False,
    tag: str | None = None,
    x_arg: str | Sequence[str] | None = None,
) -> Moved:
    """Revert revisions down to one."""
    from whimbrel import commands

    return commands.downgrade(_project(directory, x_arg=x_arg), revision, sql=sql, tag=tag)


def show(directory: Folder = None, revision: str = "head") -> None:
    """Print the description of a revision."""
    from whimbrel import commands

    project = _project(directory)
    _print(project, commands.show(project, revision))


def history(
    directory: Folder = None,
    rev_range: str | None = None,
    verbose: bool = False,
    indicate_current: bool = False,
) -> None:
    """Print the revisions, the newest first."""
    from whimbrel import commands

    project = _project(directory)
    _print(project, commands.history(project, rev_range, verbose, indicate_current))


def heads(directory: Folder = None, verbose: bool = False, resolve_dependencies: bool = False) -> None:
    """Print the heads of the history."""
    from whimbrel import commands

    project = _project(directory)
    _print(project, commands.heads(project, verbose, resolve_dependencies))


def branches(directory: Folder = None, verbose: bool = False) -> None:
    """Print the revisions from which the history branches."""
    from whimbrel import commands

    project = _project(directory)
    _print(project, commands.branches(project, verbose))


def current(directory: Folder = None, verbose: bool = False, check_heads: bool = False) -> None:
    """Print the revisions that the databases are at."""
    from whimbrel import commands

    project = _project(directory)
    _print(project, commands.current(project, verbose, check_heads))


def stamp(
    directory: Folder = None,
    revision: str | Sequence[str] = "head",
    sql: bool = False,
    tag: str | None = None,
    purge: bool = False,
) -> Moved:
    """Write revisions into the version table without running them."""
    from whimbrel import commands

    return commands.stamp(_project(directory), revision, sql=sql, tag=tag, purge=purge)


def check(directory: Folder = None) -> None:
    """Print that models and database agree, or raise ``DifferencesFound``."""
    from whimbrel import commands

    project = _project(directory)
    _print(project, commands.check(project).lines)


def ensure_version(directory: Folder = None, sql: bool = False) -> None:
    """Make the version table if there is none."""
    from whimbrel import commands

    commands.ensure_version(_project(directory), sql=sql)


def status(directory: Folder = None) -> Status:
    """Return where the databases, scripts and models are."""
    from whimbrel import commands

    return commands.status(_project(directory))


def _project(
    directory: Folder, *, x_arg: str | Sequence[str] | None = None, opts: Sequence[str] | None = None
) -> Project:
    from whimbrel.commands import open_project

    folder = None if directory is None else str(directory)
    return open_project(current_app.extensions, current_app.config, folder, x_arg=x_arg, opts=opts)


def _print(project: Project, lines: Sequence[str]) -> None:
    for line in lines:
        project.config.print_stdout(line)
