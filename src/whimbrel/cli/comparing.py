"""The commands of ``flask db`` that show or keep what the models want: ``diff`` and ``snapshot``."""

from __future__ import annotations

from typing import Any

import click
from flask.cli import with_appcontext

from whimbrel.cli import show as out
from whimbrel.cli import show_diff
from whimbrel.cli.answers import rename_options, scratch_option, taken_from
from whimbrel.cli.group import db
from whimbrel.cli.options import directory_option, x_arg_option
from whimbrel.cli.verbs import project


@db.command()
@directory_option
@rename_options
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON, with what may be a rename, and why")
@click.option("--exit-code", is_flag=True, help="End with 1 if there are differences")
@scratch_option
@x_arg_option
@with_appcontext
def diff(
    directory: str | None,
    x_arg: tuple[str, ...],
    as_json: bool,
    exit_code: bool,
    scratch: bool,
    **arguments: Any,
) -> None:
    """Show how models and database differ; writes nothing."""
    from whimbrel import commands

    found = commands.diff(project(directory, x_arg), taken_from(arguments), scratch=scratch)
    show_diff.show(found, as_json)
    if exit_code and found.count:
        click.get_current_context().exit(1)


@db.command()
@directory_option
@x_arg_option
@with_appcontext
def snapshot(directory: str | None, x_arg: tuple[str, ...]) -> None:
    """Write the snapshot files: what the models want of each database."""
    from whimbrel import commands

    out.snapshots(commands.snapshot(project(directory, x_arg)))
