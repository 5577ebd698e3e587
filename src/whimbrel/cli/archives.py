"""The commands of ``flask db`` about what scripts have dropped: ``archive``, ``restore`` and ``purge``."""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click
from flask.cli import with_appcontext

from whimbrel.cli.ask import is_terminal
from whimbrel.cli.group import db
from whimbrel.cli.options import directory_option
from whimbrel.cli.show import in_bytes
from whimbrel.cli.verbs import project

if TYPE_CHECKING:
    from whimbrel.archive import Item
    from whimbrel.commands import Archive


@db.command()
@directory_option
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON")
@with_appcontext
def archive(directory: str | None, as_json: bool) -> None:
    """List what scripts have dropped and what is kept of it."""
    from whimbrel import commands

    found = commands.archive(project(directory))
    if as_json:
        databases = [
            {"name": one.name, "url": one.url, "items": [_as_json(item) for item in one.items]} for one in found
        ]
        click.echo(json.dumps({"databases": databases}, indent=2, ensure_ascii=False))
        return
    for one in found:
        _list(one, named=len(found) > 1)
    items = [item for one in found for item in one.items]
    sizes = [item.size for item in items if item.size is not None]
    click.echo(f"{_kept(items)}{f', {in_bytes(sum(sizes))}' if sizes else ''}.", err=True)


@db.command()
@directory_option
@click.option("--bind", help="Of which database, where there are several")
@click.argument("name")
@with_appcontext
def restore(directory: str | None, bind: str | None, name: str) -> None:
    """Put back by hand what is kept of NAME, a table or table.column."""
    from whimbrel import commands

    done = commands.restore(project(directory), name, bind)
    left = f" {done.left:,} found no place and stay in the archive." if done.left else ""
    click.echo(f"Restored {done.name}: {done.rows:,} row{'' if done.rows == 1 else 's'}.{left}")
    if done.is_new:
        click.echo(
            f"{done.name} was made again with its values; rules and indexes are for a script: flask db migrate",
            err=True,
        )


@db.command()
@directory_option
@click.option("--older-than", metavar="AGE", help="Only what was dropped so long ago: 12h, 30d, 4w")
@click.option("--all", "everything", is_flag=True, help="Everything that is kept")
@click.option("--yes", is_flag=True, help="Do not ask")
@click.argument("name", nargs=-1)
@with_appcontext
def purge(directory: str | None, older_than: str | None, everything: bool, yes: bool, name: tuple[str, ...]) -> None:
    """Let go for good of what is kept of NAME, a table or table.column."""
    from whimbrel import commands

    if not name and not older_than and not everything:
        raise click.UsageError("Of what? NAME, --older-than or --all; flask db archive lists what is kept.")
    opened = project(directory)
    items = commands.to_purge(opened, name, older_than)
    if not items:
        click.echo("Nothing to purge.")
        return
    for item in items:
        click.echo(line(item), err=True)
    if not yes and not _is_agreed(items):
        click.echo("Nothing was purged.", err=True)
        click.get_current_context().exit(1)
    gone = commands.purge(opened, name, older_than)
    click.echo(f"Purged {len(gone)}.")


def _is_agreed(items: Sequence[Item]) -> bool:
    if not is_terminal():
        raise click.UsageError("There is no terminal to ask at: --yes lets go of it without a question.")
    return click.confirm(f"Let go of {'it' if len(items) == 1 else f'these {len(items)}'} for good?", err=True)


def _list(one: Archive, *, named: bool) -> None:
    if named:
        click.echo(f"{one.name or '<default>'}: {one.url}")
    for item in one.items:
        click.echo(line(item))


def line(item: Item) -> str:
    """Return what a thing in the archive is, where, and since when."""
    entry, size = item.entry, f"  {in_bytes(item.size)}" if item.size is not None else ""
    where = f"{item.place.schema}.{item.place.name}" if item.place.schema else item.place.name
    if entry is None:
        return f"{where}{size}  without a record: nothing puts it back"
    state = {"kept": "", "reset": ", on the way down to base", "rest": ", what found no place", "back": ", put back"}
    when = entry.since.astimezone(datetime.UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    gone = "" if item.is_there else "  (no longer there)"
    rows = f"{entry.rows:,} row{'' if entry.rows == 1 else 's'}"
    return (
        f"{entry.name}  {rows}{size}  dropped {when} by the {entry.direction} of {entry.revision}"
        f"{state[entry.state.value]}  in {where}{gone}"
    )


def _as_json(item: Item) -> dict[str, Any]:
    entry = item.entry
    place = {"schema": item.place.schema, "name": item.place.name, "bytes": item.size, "is_there": item.is_there}
    if entry is None:
        return {"kept_in": place, "orphan": True}
    return {
        "name": entry.name,
        "schema": entry.schema,
        "table": entry.table,
        "column": entry.column or None,
        "form": entry.form.value,
        "rows": entry.rows,
        "state": entry.state.value,
        "revision": entry.revision,
        "direction": entry.direction,
        "since": entry.since.isoformat(),
        "kept_in": place,
        "orphan": False,
    }


def _kept(items: Sequence[Item]) -> str:
    return "Nothing is kept" if not items else f"{len(items):,} kept"
