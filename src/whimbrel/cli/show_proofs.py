"""How proofs look: a few lines, or JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from whimbrel.cli.show import counted
from whimbrel.cli.show_hazards import in_short as hazard_in_short
from whimbrel.visible import visible

if TYPE_CHECKING:
    from whimbrel.commands import Proved
    from whimbrel.proof import Check, Verdict
    from whimbrel.run.observing import Measured

_MARKS = {"shown": "+", "refuted": "-", "not shown": "?"}


def proved(result: Proved, as_json: bool) -> None:
    """Print what was found out about scripts."""
    if as_json:
        click.echo(json.dumps([_plain(one) for one in result.verdicts], indent=2, ensure_ascii=False))
        return
    for one in result.verdicts:
        _verdict(one)
    counts = [sum(one.outcome.value == word for one in result.verdicts) for word in _MARKS]
    words = (f"{count} {word}" for count, word in zip(counts, _MARKS, strict=True) if count)
    click.echo(f"{counted(len(result.verdicts), 'script')}: {', '.join(words) or 'nothing tried'}.")


def in_short(result: Proved) -> None:
    """Print what was found out about a script that was just written."""
    if result.unproved:
        click.echo(f"Not proved: {result.unproved}", err=True)
    for repair in result.repairs:
        added = f"{counted(repair.count, 'operation')} added to {repair.function}() ({', '.join(repair.objects)})"
        click.echo(visible(f"Repaired: {repair.path}: {added}"))
    for one in result.verdicts:
        _verdict(one)
    for hazard in result.hazards:
        place = f" (line {hazard.line})" if hazard.line else ""
        click.echo(f"  {hazard_in_short(hazard)}{place}")
    if result.hazards:
        click.echo("    Why, and what to do instead: flask db lint")


def _verdict(one: Verdict) -> None:
    words = {"shown": "Proved", "refuted": "Refuted", "not shown": "Not proved"}[one.outcome.value]
    tried = f"with {counted(one.rows, 'row')}" if one.rows else "on empty tables"
    click.echo(f"{words}: {one.path}, on {one.server} {tried}.")
    for check in one.checks:
        if check.outcome.value != "shown":
            _check(check)
    for line in one.goes:
        click.echo(f"  ~ {line}")
    for line in one.remarks:
        click.echo(f"    {line}")
    if one.outcome.value != "shown":
        click.echo(f"    To try the same rows again: flask db prove {one.revision} --seed {one.seed}")


def _check(check: Check) -> None:
    click.echo(f"  {_MARKS[check.outcome.value]} {check.outcome.value}: {check.claim.value}")
    for finding in check.findings[:8]:
        click.echo(f"      {finding}")
    if len(check.findings) > 8:
        click.echo(f"      and {len(check.findings) - 8} more")


def _plain(one: Verdict) -> dict[str, Any]:
    return {
        "revision": one.revision,
        "path": one.path,
        "server": one.server,
        "outcome": one.outcome.value,
        "seed": one.seed,
        "rows": one.rows,
        "checks": [
            {
                "claim": check.claim.name.lower(),
                "words": check.claim.value,
                "outcome": check.outcome.value,
                "findings": [{"object": each.object, "words": each.words} for each in check.findings],
            }
            for check in one.checks
        ],
        "goes": list(one.goes),
        "remarks": list(one.remarks),
        "measured": [_measured(each) for each in one.measured],
    }


def _measured(one: Measured) -> dict[str, Any]:
    """Return what was seen of the upgrade's statements on empty tables."""
    statements = [
        {
            "line": each.line,
            "sql": each.sql,
            "is_measured": each.is_measured,
            "locks": [{**asdict(held), "blocks": held.blocks.name.lower()} for held in each.locks],
            "rewritten": each.rewritten,
            "scanned": each.scanned,
            "written": each.written,
            "rows": each.rows,
            "way": each.way,
            "seconds": each.seconds,
            "locked": each.locked,
            "takes_lock": each.takes_lock,
        }
        for each in one.statements
    ]
    return {"bind": one.bind, "server": one.kind, "statements": statements}
