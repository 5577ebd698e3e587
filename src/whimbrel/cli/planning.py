"""The commands of ``flask db`` that tell what scripts will do: ``plan``, ``explain``."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from whimbrel.cli import show_plan
from whimbrel.cli.group import db
from whimbrel.cli.options import Revision, Text, directory_option, x_arg_option
from whimbrel.cli.verbs import project


@db.command()
@directory_option
@click.option("--against", type=Text(), metavar="URL", help="Another database whose sizes count; it is only read")
@click.option("--sql", is_flag=True, help="Print all that would be sent, as SQL")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON, for `flask db upgrade --plan`")
@x_arg_option
@click.argument("revision", type=Revision(), default="head")
@with_appcontext
def plan(
    directory: str | None, x_arg: tuple[str, ...], against: str | None, sql: bool, as_json: bool, revision: str
) -> None:
    """Say what an upgrade would do: each step with its locks, sizes, seconds and hazards.

    The scripts are run on a scratch database that is like yours. Yours is only read.
    """
    from whimbrel import commands

    made = commands.plan(project(directory, x_arg), revision, against=against)
    show = show_plan.as_json if as_json else show_plan.as_sql if sql else show_plan.text
    show(made)


@db.command()
@directory_option
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON")
@x_arg_option
@click.argument("revision", type=Revision(), default="head")
@with_appcontext
def explain(directory: str | None, x_arg: tuple[str, ...], as_json: bool, revision: str) -> None:
    """Say in plain words what a script does, up and down."""
    from whimbrel import commands

    found = commands.explain(project(directory, x_arg), revision)
    (show_plan.explanation_as_json if as_json else show_plan.explanation)(found)
