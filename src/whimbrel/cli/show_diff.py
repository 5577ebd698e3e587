"""How the differences between models and databases look."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from whimbrel.commands.agreeing import Agreement
    from whimbrel.commands.differences import DatabaseDiff, Difference, Line, Possible


def show(found: Difference, as_json: bool) -> None:
    """Print the differences, one a line, or as JSON."""
    if as_json:
        click.echo(json.dumps({**asdict(found), "count": found.count}, indent=2, ensure_ascii=False, default=str))
        return
    for one in found.databases:
        _database(one, many=len(found.databases) > 1)
    if found.others:
        click.echo(f"~ by other packages: {found.others}")
    for remark in found.remarks:
        click.echo(remark, err=True)
    if found.pending:
        many = "revisions are" if found.pending > 1 else "revision is"
        click.echo(f"{found.pending} {many} pending; what they bring is among the differences.", err=True)
    click.echo(_closing(found))


def agreed(found: Agreement) -> None:
    """Print to stderr how models and tables without a history agree, object by object, and how to go on."""
    for line in _agreement(found):
        click.echo(line, err=True)


def _agreement(found: Agreement) -> Iterator[str]:
    yield "The tables have no history yet. How they agree with the models:"
    for one in found.databases:
        if len(found.databases) > 1:
            yield f"{one.name or '<default>'}:"
        if one.same:
            yield f"= {', '.join(one.same)}"
        yield from map(_line, one.changes)
    if found.others:
        yield f"~ {found.others}"
    yield from found.remarks
    if found.trouble:
        yield f"They cannot be compared: {found.trouble}"
    elif found.is_complete:
        yield "Models and tables agree."
    else:
        yield (
            "They differ. The stamp is your word all the same. To go on: flask db migrate   (writes what brings the "
            "tables to the models); or, if they are at an older revision: flask db stamp --purge REVISION, then "
            "flask db upgrade"
        )


def _database(one: DatabaseDiff, *, many: bool) -> None:
    if many and one.changes:
        click.echo(f"{one.name or '<default>'}:")
    for line in one.changes:
        click.echo(_line(line))
    offered = [pair for pair in one.candidates if pair.offered]
    if offered:
        click.echo("Possible renames:")
    for pair in offered:
        click.echo(_possible(pair))


def _line(line: Line) -> str:
    what = line.name if line.kind == "column" else f"{line.kind} {line.name}"
    if line.to:
        return f"{line.sign} {what} → {line.to}"
    details = line.summary or ", ".join(f"{one.name}: {_text(one.found)} → {_text(one.wanted)}" for one in line.aspects)
    return f"{line.sign} {what}  {details}".rstrip()


def _text(value: Any) -> str:
    if value is None or value == "":
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return f"({', '.join(map(str, value))})"
    return " ".join(str(value).split())


def _possible(pair: Possible) -> str:
    evidence = f"  ({'; '.join(pair.evidence[:3])})" if pair.evidence else ""
    return f"  {pair.old} → {pair.new}{evidence}   {pair.flag}"


def _closing(found: Difference) -> str:
    if not found.count:
        tables = f"{found.tables:,} table{'' if found.tables == 1 else 's'}"
        return f"No differences: the models ({tables}) and the database agree."
    signs = [line.sign for one in found.databases for line in one.changes]
    words = [("+", "added"), ("-", "removed"), ("~", "changed"), (">", "renamed")]
    counts = [f"{signs.count(sign):,} {word}" for sign, word in words if sign in signs]
    total = f"{found.count:,} difference{'' if found.count == 1 else 's'}"
    return f"{total}: {', '.join(counts)}." if counts else f"{total}."
