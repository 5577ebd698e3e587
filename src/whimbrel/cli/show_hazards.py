"""How hazards look: in words, and as JSON."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from whimbrel.cli.show import folded, terminal_width

if TYPE_CHECKING:
    from whimbrel.commands import Linted
    from whimbrel.hazards import Hazard

SIGNS = {"note": "-", "warning": "~", "error": "!"}


def show(found: Linted, form: str) -> None:
    """Print what was found, in one of four forms."""
    from whimbrel.cli.annotations import github, sarif

    {"text": text, "json": as_json, "github": github, "sarif": sarif}[form](found)


def text(found: Linted) -> None:
    """Print each hazard with its reason and what to do, the count last."""
    width = terminal_width()
    for one in found.hazards:
        click.echo("\n".join(lines_of(one, width)) + "\n")
    for line in (*found.unused, *found.remarks):
        click.echo(line, err=True)
    click.echo(_closing(found))


def lines_of(one: Hazard, width: int = 0) -> list[str]:
    """Return the lines of one hazard.

    Args:
        one: The hazard.
        width: Where a sentence goes on in the next line; 0 for nowhere. What is there to be pasted stays as it is.
    """
    place = f"{one.path}:{one.line}" if one.line else one.path
    lines = [f"{SIGNS[one.severity.value]} {one.name}  {place}  ({one.severity.value}, {one.rule})"]
    lines += folded(f"  {one.what}.", width, "  ")
    if one.accepted:
        return [*lines, *folded(f"  Accepted: {one.accepted}", width, "    ")]
    if one.why:
        lines += folded(f"  Why:  {one.why}", width, " " * 8)
    if one.do:
        lines.append("  Do:   " + one.do.replace("\n", "\n        "))
    lines.append(f"  {'Measured' if one.is_measured else 'Assumed'}; {one.holds_for}.")
    return lines


def in_short(one: Hazard) -> str:
    """Return one line for a hazard."""
    return f"{SIGNS[one.severity.value]} {one.name}: {one.what}"


def as_json(found: Linted) -> None:
    """Print all of it as JSON."""
    told = {
        "scripts": found.scripts,
        "hazards": [plain(one) for one in found.hazards],
        "unused": found.unused,
        "remarks": found.remarks,
        "count": len(found.counted),
    }
    click.echo(json.dumps(told, indent=2, ensure_ascii=False))


def plain(one: Hazard) -> dict[str, Any]:
    """Return all of a hazard for JSON."""
    return {**asdict(one), "severity": one.severity.value}


def _closing(found: Linted) -> str:
    scripts = f"{len(found.scripts):,} script{'' if len(found.scripts) == 1 else 's'}"
    if not found.hazards:
        return f"No hazards in {scripts}."
    counts = Counter("accepted" if one.accepted else one.severity.value for one in found.hazards)
    words = [f"{counts[one]:,} {one}{'s' if counts[one] > 1 and one != 'accepted' else ''}" for one in
             ("error", "warning", "note", "accepted") if counts[one]]  # fmt: skip
    total = f"{len(found.hazards):,} hazard{'' if len(found.hazards) == 1 else 's'}"
    return f"{total} in {scripts}: {', '.join(words)}."
