"""The commands that say where a database is, and bring it to another git branch: ``status`` and ``goto-branch``."""

from __future__ import annotations

from typing import Any

import click
from flask.cli import with_appcontext

from whimbrel.cli import show as out
from whimbrel.cli.consent import Person, checksum_option
from whimbrel.cli.group import db
from whimbrel.cli.options import directory_option, run_options, x_arg_option
from whimbrel.cli.verbs import project


@db.command()
@directory_option
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON")
@click.option(
    "--exit-code", is_flag=True, help="End with 1 if there is something to do, with 3 if a revision was interrupted"
)
@with_appcontext
def status(directory: str | None, as_json: bool, exit_code: bool) -> None:
    """Show the databases, what is pending, what is not as it should be, and the way out."""
    from whimbrel import commands

    found = commands.status(project(directory))
    out.status(found, as_json)
    if exit_code and found.exit_code:
        click.get_current_context().exit(found.exit_code)


@db.command()
@directory_option
@x_arg_option
@run_options
@checksum_option
@click.argument("git_ref", metavar="[GIT-REF]", required=False)
@with_appcontext
def goto_branch(
    directory: str | None, x_arg: tuple[str, ...], checksum: tuple[str, ...], git_ref: str | None, **limits: Any
) -> None:
    """Bring the database from one git branch's scripts to another's: down to what both have, then up.

    Without GIT-REF the scripts in the folder are the goal, as after `git switch`.
    """
    from whimbrel import commands

    opened = commands.limited(project(directory, x_arg), **limits)
    out.went(commands.goto_branch(opened, git_ref, Person(checksum)), git_ref)
