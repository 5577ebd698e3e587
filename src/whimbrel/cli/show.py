"""How results, closing lines and errors look."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeGuard

import click

from whimbrel.installation import warning_for_both

if TYPE_CHECKING:
    from whimbrel.commands import Created, DatabaseStatus, Finding, Moved, Resumed, Snapshots, Status, Went, Written
    from whimbrel.errors import WhimbrelError
    from whimbrel.run import Interruption, Project


@contextmanager
def errors(ctx: click.Context) -> Iterator[None]:
    """Show an error of the family in its three parts and end with its exit code."""
    try:
        yield
    except Exception as caught:
        if not _is_of_the_family(caught):
            raise
        if _wants_traceback():
            traceback.print_exc()
        error(caught)
        ctx.exit(caught.exit_code)


def _is_of_the_family(caught: Exception) -> TypeGuard[WhimbrelError]:
    """Where the family is not imported, none of it was raised; help ends in an exception, too."""
    family: Any = sys.modules.get("whimbrel.errors")
    return family is not None and isinstance(caught, family.WhimbrelError)


def error(caught: WhimbrelError) -> None:
    """Print an error's three parts to stderr."""
    for label, text in (("Error: ", caught.what), ("  Why:  ", caught.why), ("  Do:   ", caught.do)):
        if text:
            click.echo(label + text, err=True)


def installation() -> None:
    """Warn where Flask-Migrate is installed beside Whimbrel."""
    warning = warning_for_both()
    if warning:
        click.echo(warning, err=True)


def lines(project: Project, text: Sequence[str], closing: str) -> None:
    """Print what Alembic would print to stdout, and a closing line to stderr."""
    for line in text:
        project.config.print_stdout(line)
    click.echo(closing, err=True)


def created(result: Created) -> None:
    """Print what ``init`` has made."""
    click.echo(f'Created {result.directory}. Next: flask db migrate -m "initial migration"')


def written(result: Written, nothing: str = "Nothing was written.") -> None:
    """Print which scripts were written."""
    if result.scripts:
        click.echo(f"Wrote {', '.join(result.paths)}. Next: flask db upgrade")
    else:
        click.echo(nothing)


def compared(result: Written) -> None:
    """Print what ``migrate`` has written, or that there was nothing to write."""
    nothing = f"No changes: the models ({counted(result.tables, 'table')}) and the database agree."
    if not result.has_history:
        nothing += (
            "\nThe tables have no history: db.create_all() has made them. To have a script that makes them, run this"
            "\nagainst an empty database, then say of this one that it is at it: flask db stamp head"
        )
    remarks(result.remarks)
    if result.proved is not None:
        from whimbrel.cli import show_proofs

        show_proofs.in_short(result.proved)
        if result.proved.refuted:
            click.echo(f"Wrote {', '.join(result.paths)}. Next: correct it, then: flask db prove")
            return
    written(result, nothing)


def snapshots(result: Snapshots) -> None:
    """Print which snapshot files were written."""
    remarks(result.remarks)
    if result.written:
        click.echo(
            f"Wrote {', '.join(result.written)} ({counted(result.objects, 'object')}). Commit it with the scripts."
        )
    else:
        click.echo(f"Up to date: {', '.join(result.files)} ({counted(result.objects, 'object')}).")


def remarks(lines: Sequence[str]) -> None:
    """Print to stderr what a person should know."""
    for line in lines:
        click.echo(line, err=True)


def moved(result: Moved, verb: str, sql: bool) -> None:
    """Print what an upgrade, downgrade or stamp has done; to stderr where stdout is SQL."""
    remarks(result.notes)
    at = ", ".join(result.heads) or "base"
    if sql:
        text = f"Wrote the SQL of {counted(len(result.applied), 'revision')}."
    elif not result.applied and result.waited:
        text = f"Another run has done it, which was waited for {result.waited:.1f} s. Up to date at {at}."
    elif not result.applied:
        text = f"Up to date at {at}."
    else:
        text = f"{verb} {counted(len(result.applied), 'revision')} in {result.seconds:.1f} s. Now at {at}."
    click.echo(text, err=sql)


def went(result: Went, ref: str | None) -> None:
    """Print how a database came to another branch."""
    at = ", ".join(result.heads) or "base"
    parts = [(result.reverted, "reverted"), (result.applied, "applied")]
    done = ", ".join(f"{verb} {counted(len(names), 'revision')}" for names, verb in parts if names)
    text = (
        f"{done[:1].upper()}{done[1:]} in {result.seconds:.1f} s. Now at {at}." if done else f"Nothing to do at {at}."
    )
    click.echo(text)
    if result.missing:
        click.echo(f"Next: git switch {ref}, and there: flask db upgrade")


def resumed(result: Resumed, done: bool) -> None:
    """Print what was noted of an interrupted statement."""
    noted = "is noted as done" if done else "will be run again"
    words = " ".join(result.sql.split())[:120]
    click.echo(f"Statement {result.number} of revision {result.revision} {noted}: {words}")
    click.echo(f"Next: flask db {result.direction}")


def stamped(result: Moved, sql: bool) -> None:
    """Print where a stamp has left the database."""
    at = ", ".join(result.heads) or "base"
    click.echo("Wrote the SQL of the stamp." if sql else f"Stamped: the database says it is at {at}.", err=sql)


def status(result: Status, as_json: bool) -> None:
    """Print the status, in words or as JSON."""
    if as_json:
        click.echo(json.dumps(asdict(result), indent=2, ensure_ascii=False, default=_as_json))
        return
    for one in result.databases:
        _database(one, many=len(result.databases) > 1)
    _row(
        "Scripts",
        f"{counted(result.revisions, 'revision')} in {result.directory}, heads: {', '.join(result.heads) or 'none'}",
    )
    _row("Tools", ", ".join(result.versions))
    _row("flask_migrate", f"imported from {result.imported_from}" + _beside(result))
    for finding in result.findings:
        _finding(finding, named=bool(finding.database))
    if not result.findings:
        click.echo(_closing(result))


def _finding(one: Finding, *, named: bool) -> None:
    """Print what is not as it should be, in the three parts of an error."""
    click.echo(f"{one.database}: {one.what}" if named else one.what)
    if one.difference:
        click.echo("\n".join(f"        {line}" for line in one.difference.splitlines()))
    click.echo(f"  Why:  {one.why}\n  Do:   {one.do}")


def _as_json(value: Enum) -> Any:
    return value.value


def _database(one: DatabaseStatus, *, many: bool) -> None:
    _row("Database", f"{one.name or '<default>'}: {one.url}" if many else one.url)
    _row("", one.server)
    missing = " (no script here has it)" if one.unknown else ""
    _row("Current", (", ".join(one.current) or ("base" if one.has_history else "no history")) + missing)
    _row("Pending", f"{len(one.pending)}: {', '.join(one.pending)}" if one.pending else "none")
    if one.runner:
        _row("Running", one.runner.words)
    if one.interrupted:
        _interrupted(one.interrupted)
    if one.archive.items:
        kept, size = one.archive, "" if one.archive.size is None else f", {in_bytes(one.archive.size)}"
        _row("Archive", f"{kept.items:,} kept{size}, the oldest since {kept.oldest[:10]}: flask db archive")
    for edited in one.edited:
        _row("Edited", f"{edited.path}: {edited.edit.in_words}")
    _row(
        "Models",
        f"{counted(one.model_tables, 'table')} described; {counted(one.tables, 'table')} in the database",
    )


def in_bytes(size: int) -> str:
    """Return a size as a person reads it."""
    amount, unit = float(size), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if amount < 1000:
            break
        amount, unit = amount / 1000, larger
    return f"{amount:.0f} {unit}" if unit == "B" or amount >= 10 else f"{amount:.1f} {unit}"


def _interrupted(one: Interruption) -> None:
    _row("Interrupted", f"{one.direction} of {one.revision}: {counted(one.done, 'statement')} done")
    if one.begun:
        outcome = ", and nothing tells whether it took effect" if one.undecided else ""
        _row("", f"it was running{outcome}: {' '.join(one.begun.split())[:120]}")


def _closing(result: Status) -> str:
    pending = sum(len(one.pending) for one in result.databases)
    if pending:
        return f"{counted(pending, 'revision')} pending.\n  Do:   {result.advice}"
    if result.advice:
        return f"No scripts yet.\n  Do:   {result.advice}"
    return f"Up to date at {', '.join(result.heads)}."


def _beside(result: Status) -> str:
    return f"; Flask-Migrate {result.flask_migrate} is installed beside it" if result.flask_migrate else ""


def _row(label: str, text: str) -> None:
    click.echo(f"{label:<14}{text}")


def counted(number: int, noun: str) -> str:
    """Return a number of things in words."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def terminal_width(least: int = 0) -> int:
    """Return how many columns the terminal has, `least` if it has fewer; 0 where stdout is none."""
    return max(shutil.get_terminal_size().columns, least) if sys.stdout.isatty() else 0


def folded(words: str, width: int, further: str) -> list[str]:
    """Break a line where it would be wider than so many columns.

    Args:
        words: The line; blanks at its beginning stay.
        width: The columns; 0 for a line that stays whole.
        further: What the further lines begin with.
    """
    if not width:
        return [words]
    lines = textwrap.wrap(words, width, subsequent_indent=further, break_long_words=False, break_on_hyphens=False)
    return lines or [words.rstrip()]


def count(items: Sequence[Any], noun: str) -> str:
    """Return a closing line that counts."""
    return counted(len(items), noun) + "."


def _wants_traceback() -> bool:
    from flask.helpers import get_debug_flag

    return bool(get_debug_flag())
