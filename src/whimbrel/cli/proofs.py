"""The command of ``flask db`` that tries scripts: ``prove``."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from whimbrel.cli import show_proofs
from whimbrel.cli.group import db
from whimbrel.cli.options import Revision, directory_option, x_arg_option
from whimbrel.cli.verbs import project


@db.command()
@directory_option
@click.option("--rows", type=click.IntRange(1), default=20, help="How many rows each table gets (default: 20)")
@click.option(
    "--seed", type=int, default=None, help="What the rows are made from: that of a proof that is to be repeated"
)
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON, whole")
@x_arg_option
@click.argument("revisions", type=Revision(), default="head", metavar="[REVISION | FROM:TO]")
@with_appcontext
def prove(
    directory: str | None, rows: int, seed: int | None, as_json: bool, x_arg: tuple[str, ...], revisions: str
) -> None:
    """Try scripts on a scratch database with rows in it: base:head tries all."""
    from whimbrel import commands

    proved = commands.prove(project(directory, x_arg), revisions, rows=rows, seed=seed)
    show_proofs.proved(proved, as_json)
    if proved.refuted:
        raise click.exceptions.Exit(1)
