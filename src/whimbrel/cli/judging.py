"""The command of ``flask db`` that judges scripts: ``lint``."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from whimbrel.cli import show_hazards
from whimbrel.cli.group import db
from whimbrel.cli.options import Revision, Text, directory_option, x_arg_option
from whimbrel.cli.verbs import project


@db.command()
@directory_option
@click.option("--since", type=Text(), metavar="GIT-REF", help="Only the scripts that a Git branch, tag or commit lacks")
@click.option(
    "--accept", multiple=True, type=Text(), metavar="NAME", help="A hazard that is no reason to fail (may be repeated)"
)
@click.option(
    "--against", type=Text(), metavar="URL", help="Another database whose sizes and version count; it is only read"
)
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github", "sarif"]),
    default="text",
    help="How to print it (default: text)",
)
@x_arg_option
@click.argument("revisions", type=Revision(), metavar="[RANGE]", required=False)
@with_appcontext
def lint(
    directory: str | None,
    x_arg: tuple[str, ...],
    since: str | None,
    accept: tuple[str, ...],
    against: str | None,
    as_json: bool,
    form: str,
    revisions: str | None,
) -> None:
    """Say what scripts may do to the people who use the database.

    They are run on a scratch database, and each statement is looked at. RANGE is one revision, or FROM:TO without
    FROM; the heads if not given. Ends with 1 if there is a hazard above a note that nobody has accepted.
    """
    from whimbrel import commands

    found = commands.lint(project(directory, x_arg), revisions, since=since, accept=accept, against=against)
    show_hazards.show(found, "json" if as_json else form)
    if found.counted:
        click.get_current_context().exit(1)
