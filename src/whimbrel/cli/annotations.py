"""Hazards where programs show them at the lines of the files: GitHub's annotations, and SARIF.

GitHub documentation, "Workflow commands" and "SARIF support for code scanning"; SARIF 2.1.0. Both take the path of a
file from the folder of the repository, wherever the command was run.
"""

from __future__ import annotations

import importlib.metadata
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

if TYPE_CHECKING:
    from whimbrel.commands import Linted
    from whimbrel.hazards import Hazard


def github(found: Linted) -> None:
    """Print an annotation for each hazard that is not accepted."""
    for one in found.hazards:
        if one.accepted:
            continue
        level = {"note": "notice"}.get(one.severity.value, one.severity.value)
        where = f"file={_escaped(_place(one.path), ':,')},line={one.line or 1},title={one.name}"
        click.echo(f"::{level} {where}::{_escaped(_words(one))}")
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
    run: dict[str, Any] = {"tool": {"driver": driver}, "results": [_result(one) for one in found.hazards]}
    if told := [*found.unused, *found.remarks]:
        notes = [{"level": "note", "message": {"text": one}} for one in told]
        run["invocations"] = [{"executionSuccessful": True, "toolExecutionNotifications": notes}]
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    click.echo(json.dumps({"$schema": schema, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False))


def _rule(name: str) -> dict[str, Any]:
    from whimbrel.hazards import EFFECTS

    return {"id": name, "shortDescription": {"text": EFFECTS[name]}}


def _result(one: Hazard) -> dict[str, Any]:
    place = _place(one.path)
    file: dict[str, Any] = {"uri": quote(place), "uriBaseId": "%SRCROOT%"}
    if Path(place).is_absolute():
        file = {"uri": Path(place).as_uri()}
    result: dict[str, Any] = {
        "ruleId": one.name,
        "level": one.severity.value,
        "message": {"text": _words(one)},
        "locations": [{"physicalLocation": {"artifactLocation": file, "region": {"startLine": one.line or 1}}}],
        "properties": {"rule": one.rule, "measured": one.is_measured},
    }
    if one.accepted:
        kind = "inSource" if one.accepted_at else "external"
        result["suppressions"] = [{"kind": kind, "justification": one.accepted}]
    return result


def _words(one: Hazard) -> str:
    told = [f"{one.what}.", one.why, f"Do: {one.do}" if one.do else ""]
    return "\n".join(filter(None, told))


def _place(path: str) -> str:
    """Return the path of a file in its repository; in none, as a person here would type it."""
    full = Path(path).resolve()
    root = next((one for one in full.parents if (one / ".git").exists()), None)
    return (Path(path) if root is None else full.relative_to(root)).as_posix()


def _escaped(words: str, further: str = "") -> str:
    for sign in "%\r\n" + further:
        words = words.replace(sign, f"%{ord(sign):02X}")
    return words
