"""How what was run looks."""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from dataclasses import asdict
from enum import Enum
from typing import TYPE_CHECKING, Any

import click

from whimbrel.visible import visible

if TYPE_CHECKING:
    from whimbrel.commands.records import Applied, Run

_SCRIPTS = {
    "same": "as it was run",
    "changed": "changed since it was run",
    "gone": "no longer there",
}


def applied(found: Sequence[Applied], verbose: bool, as_json: bool) -> None:
    """Print what was run, one revision a line, or as JSON."""
    if as_json:
        databases = [asdict(one) for one in found]
        click.echo(json.dumps({"databases": databases}, indent=2, ensure_ascii=False, default=_as_json))
        return
    for one in found:
        if len(found) > 1:
            click.echo(f"{one.name or '<default>'}: {one.url}")
        _database(one, verbose)
    number = sum(len(one.runs) for one in found)
    click.echo(f"{number:,} record{'' if number == 1 else 's'}.", err=True)


def _database(one: Applied, verbose: bool) -> None:
    if not one.has_journal:
        click.echo("No journal: nothing was run here by Whimbrel yet, or with an account that may not make its tables.")
    for run in one.runs:
        click.echo(_line(run))
        for line in _details(run) if verbose else ():
            click.echo(f"    {line}")


def _line(run: Run) -> str:
    one = run.record
    when = one.started.astimezone(datetime.UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    words = f"{one.revision}  {_flat(one.message)}".rstrip()
    return f"{when}  {one.direction:<9}  {words}  {one.seconds:.2f} s  {one.account}@{one.host}"


def _details(run: Run) -> list[str]:
    one = run.record
    lines = [f"process {one.pid}, {', '.join(f'{tool} {version}' for tool, version in one.versions.items())}"]
    if one.checksum:
        lines.append(f"script {_SCRIPTS[run.script.value]}, sha256 {one.checksum}")
    return lines + [_statement(statement) for statement in one.statements]


def _statement(one: dict[str, Any]) -> str:
    rows = f"{one['rows']:,} row{'' if one['rows'] == 1 else 's'}" if one["rows"] >= 0 else ""
    times = f" (for {one['times']:,} sets of values)" if "times" in one else ""
    return f"{one['seconds']:>9.3f} s {rows:>12}  {_flat(one['sql'])}{times}"


def _flat(text: str) -> str:
    """Return a text in one line, without what a terminal would obey: anybody may have written it."""
    return visible(" ".join(text.split()))


def _as_json(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value.isoformat()
