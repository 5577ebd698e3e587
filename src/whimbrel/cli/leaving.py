"""The command ``flask db leave``: the way back to Flask-Migrate, or to Alembic alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click
from flask import current_app
from flask.cli import with_appcontext

from whimbrel.cli.archives import line
from whimbrel.cli.ask import is_terminal
from whimbrel.cli.group import db
from whimbrel.cli.options import directory_option
from whimbrel.cli.verbs import project

if TYPE_CHECKING:
    from whimbrel.commands import Left, Ours
    from whimbrel.commands.leaving import Belongings
    from whimbrel.commands.leaving_folder import Folder

MOST_LINES = 20  # of scripts that are listed


@db.command()
@directory_option
@click.option("--restore", "restores", is_flag=True, help="Put back what is kept, as far as it fits")
@click.option(
    "--export",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write what is kept into CSV files in this folder, and let it go",
)
@click.option("--purge", "purges", is_flag=True, help="Let go for good of what is kept")
@click.option("--keep-files", is_flag=True, help="Leave the migrations folder as it is, and only the databases")
@click.option("--yes", is_flag=True, help="Do not ask")
@with_appcontext
def leave(
    directory: str | None, restores: bool, folder: Path | None, purges: bool, keep_files: bool, yes: bool
) -> None:
    """Go back to Flask-Migrate: remove what is Whimbrel's."""
    from whimbrel import commands

    opened = project(directory)
    ours = commands.to_leave(opened, keep_files=keep_files)
    for text in _shown(ours):
        click.echo(text)
    choice = commands.Choice(restores, folder, purges, keep_files)
    commands.require_way(ours, choice)
    if ours.is_empty:
        click.echo("Nothing of Whimbrel's is left.")
    elif not yes and not _is_agreed():
        click.echo("Nothing was changed.", err=True)
        click.get_current_context().exit(1)
    else:
        _done(commands.leave(opened, ours, choice), ours)
    _advise()


def _is_agreed() -> bool:
    if not is_terminal():
        raise click.UsageError("There is no terminal to ask at: --yes does it without a question.")
    return click.confirm("Remove all this?", err=True)


def _shown(ours: Ours) -> Iterator[str]:
    for one in ours.databases:
        if not one.is_empty:
            yield f"Database      {one.name or '<default>'}: {one.url}" if one.name else f"Database      {one.url}"
            yield from (f"  {words}" for words in _in_database(one))
    if not ours.folder.is_plain:
        yield "Folder"
        yield from (f"  {words}" for words in _in_folder(ours.folder))
    if ours.folder.lines:
        yield "Plain Alembic cannot carry out"
        yield from (f"  {one.place}  {one.reason}" for one in ours.folder.lines[:MOST_LINES])
        if len(ours.folder.lines) > MOST_LINES:
            yield f"  and {len(ours.folder.lines) - MOST_LINES:,} more"


def _in_database(one: Belongings) -> Iterator[str]:
    yield from (f"kept: {line(item)}" for item in one.items)
    yield from (f"drop table {held.name}  ({_rows(held.rows)})" for held in one.tables)
    yield from (f"drop {words}" for words in one.beside)


def _in_folder(folder: Folder) -> Iterator[str]:
    from whimbrel.scripts.script import shown_path

    if folder.environment is not None:
        kept = f", and keep yours as {folder.aside.name}" if folder.aside is not None else ""
        yield f"write {shown_path(folder.environment)} without Whimbrel{kept}"
    if folder.template is not None:
        yield f"write {shown_path(folder.template)} without Whimbrel"
    yield from (f"remove {shown_path(path)}" for path in folder.snapshots)


def _rows(number: int) -> str:
    return f"{number:,} row{'' if number == 1 else 's'}"


def _done(left: Left, ours: Ours) -> None:
    for one in left.restored:
        rest = f", {one.left:,} found no place" if one.left else ""
        click.echo(f"Restored {one.name}: {_rows(one.rows)}{rest}.")
    for file in left.exported:
        click.echo(f"Wrote {file.file}: {_rows(file.rows)}.")
    if ours.folder.aside is not None:
        click.echo(f"Your env.py is now {ours.folder.aside.name}: see whether the new one lacks something.", err=True)
    gone = left.purged - len(left.exported)
    click.echo(f"Nothing of Whimbrel's is left{f', and {gone:,} of what was kept is gone for good' if gone else ''}.")


def _advise() -> None:
    """Say what is the user's to do."""
    migrate = current_app.extensions["migrate"].migrate
    given = [name for name in ("on_start", "drops") if getattr(migrate, name, None) is not None]
    lines = [
        "Next, before another flask db command, which would begin it all again:",
        "  from whimbrel import Migrate   ->   from flask_migrate import Migrate",
        f"  take out of Migrate(…): {', '.join(given)}, which Flask-Migrate does not know" if given else "",
        "  give Migrate(app, …) a second argument, as True: Flask-Migrate does nothing without a db"
        if getattr(migrate, "db", None) is None
        else "",
        "  pip uninstall whimbrel, then pip install flask-migrate; and in the requirements",
    ]
    click.echo("\n".join(one for one in lines if one), err=True)
