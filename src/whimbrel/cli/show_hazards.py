"""How hazards look: in words, as JSON, for GitHub's annotations, and as SARIF."""

from __future__ import annotations

import importlib.metadata
import json
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from whimbrel.commands import Linted
    from whimbrel.hazards import Hazard

SIGNS = {"note": "-", "warning": "~", "error": "!"}


def show(found: Linted, form: str) -> None:
    """Print what was found, in one of four forms."""
    {"text": text, "json": as_json, "github": github, "sarif": sarif}[form](found)


def text(found: Linted) -> None:
    """Print each hazard with its reason and what to do, the count last."""
    for one in found.hazards:
        click.echo("\n".join(lines_of(one)) + "\n")
    for line in (*found.unused, *found.remarks):
        click.echo(line, err=True)
    click.echo(_closing(found))


def lines_of(one: Hazard) -> list[str]:
    """Return the lines of one hazard."""
    place = f"{one.path}:{one.line}" if one.line else one.path
    lines = [f"{SIGNS[one.severity.value]} {one.name}  {place}  ({one.severity.value}, {one.rule})", f"  {one.what}."]
    if one.accepted:
        return [*lines, f"  Accepted: {one.accepted}"]
    if one.why:
        lines.append(f"  Why:  {one.why}")
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


def github(found: Linted) -> None:
    """Print an annotation for each hazard that is not accepted."""
    for one in found.hazards:
        if one.accepted:
            continue
        level = {"note": "notice"}.get(one.severity.value, one.severity.value)
        words = f"{one.what}.\n{one.why}\nDo: {one.do}"
        where = f"file={_escaped(one.path, ':,')},line={one.line or 1},title={one.name}"
        click.echo(f"::{level} {where}::{_escaped(words)}")
    for line in found.unused:
        click.echo(f"::notice title=accepts-nothing::{_escaped(line)}")
    for line in found.remarks:
        click.echo(line, err=True)


def sarif(found: Linted) -> None:
    """Print a SARIF 2.1.0 log."""
    names = sorted({one.name for one in found.hazards})
    driver = {
        "name": "whimbrel",
        "version": importlib.metadata.version("whimbrel"),
        "rules": [_rule(one) for one in names],
    }
    run = {"tool": {"driver": driver}, "results": [_result(one) for one in found.hazards]}
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    click.echo(json.dumps({"$schema": schema, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False))


def _rule(name: str) -> dict[str, Any]:
    from whimbrel.hazards import EFFECTS

    return {"id": name, "shortDescription": {"text": EFFECTS[name]}}


def _result(one: Hazard) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": one.path.replace("\\", "/")}}
    if one.line:
        place["region"] = {"startLine": one.line}
    result: dict[str, Any] = {
        "ruleId": one.name,
        "level": one.severity.value,
        "message": {"text": f"{one.what}.\n{one.why}\nDo: {one.do}"},
        "locations": [{"physicalLocation": place}],
        "properties": {"rule": one.rule, "measured": one.is_measured},
    }
    if one.accepted:
        result["suppressions"] = [{"kind": "inSource", "justification": one.accepted}]
    return result


def plain(one: Hazard) -> dict[str, Any]:
    """Return all of a hazard for JSON."""
    return {**asdict(one), "severity": one.severity.value}


def _escaped(words: str, further: str = "") -> str:
    for sign in "%\r\n" + further:
        words = words.replace(sign, f"%{ord(sign):02X}")
    return words


def _closing(found: Linted) -> str:
    scripts = f"{len(found.scripts):,} script{'' if len(found.scripts) == 1 else 's'}"
    if not found.hazards:
        return f"No hazards in {scripts}."
    counts = Counter("accepted" if one.accepted else one.severity.value for one in found.hazards)
    words = [f"{counts[one]:,} {one}{'s' if counts[one] > 1 and one != 'accepted' else ''}" for one in
             ("error", "warning", "note", "accepted") if counts[one]]  # fmt: skip
    total = f"{len(found.hazards):,} hazard{'' if len(found.hazards) == 1 else 's'}"
    return f"{total} in {scripts}: {', '.join(words)}."
