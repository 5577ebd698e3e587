"""How a plan looks: in words, as SQL, as JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from whimbrel.cli.show import counted, folded, terminal_width
from whimbrel.cli.show_hazards import in_short, plain

if TYPE_CHECKING:
    from whimbrel.commands import Explanation
    from whimbrel.commands.explaining import Way
    from whimbrel.plan import Base, Plan, Planned, Step
    from whimbrel.plan.estimates import Estimate


def text(plan: Plan) -> None:
    """Print a plan for people to read."""
    for base in plan.bases:
        click.echo(_where(base))
    for script in plan.scripts:
        click.echo()
        for line in _script(script, names_bind=len(plan.bases) > 1):
            click.echo(line)
    for line in plan.remarks:
        click.echo(line, err=True)
    click.echo()
    _say("", _closing(plan))


def _say(head: str, words: str) -> None:
    for line in _fitted(head, words, head * 2):
        click.echo(line)


def _where(base: Base) -> str:
    name = f"{base.bind}: " if base.bind else ""
    return f"{name}{base.url} ({base.server}), at {', '.join(base.heads) or 'base'}"


def _script(script: Planned, *, names_bind: bool) -> Iterator[str]:
    bind = f" [{script.bind or 'default'}]" if names_bind else ""
    yield f"{script.revision}  {script.message or '(no message)'}{bind}  {script.path}"
    for number, step in enumerate(script.steps, 1):
        yield from _step(number, step)
    for hazard in script.hazards:
        yield from _fitted("  ", f"{in_short(hazard)}{_accepted(hazard.accepted)}")
    for waiting in script.waiting:
        yield from _fitted("  > ", f"others wait for {waiting.table} ({waiting.mode}) {_for(waiting.takes)}")
    for words in script.for_good:
        yield from _fitted("  ! ", f"cannot be undone: {words}")


def _step(number: int, step: Step) -> Iterator[str]:
    head = f"{number:3}. "
    what = list(step.what) or ["runs"]
    manner = f", {step.manner}" if step.manner else ""
    for place, words in enumerate(what):
        yield from _fitted("     " if place else head, f"{words}{manner if place == len(what) - 1 else ''}")
    for line in step.sql:
        yield from (f"       {each}" for each in line.strip().splitlines())  # as it is, to be copied
    for lock in step.locks:
        yield from _fitted("     ", f"lock: {lock}")
    sizes = ", ".join(f"{table}{size.words or ' (size not known)'}" for table, size in step.sizes)
    if sizes:
        yield from _fitted("     ", f"works on {sizes}: {_about(step.takes)}")
    for hazard in step.hazards:
        yield from _fitted("     ", f"{in_short(hazard)}{_accepted(hazard.accepted)}")


_NARROWEST = 60  # columns; a narrower terminal breaks the lines by itself


def _fitted(head: str, words: str, below: str | None = None) -> Iterator[str]:
    """Break a line for a terminal that is not as wide, what is left of it a little to the right; elsewhere it is whole.

    Args:
        head: What it begins with.
        words: What it says.
        below: What its further lines begin with; by default, as many spaces, and four more.
    """
    further = " " * (len(head) + 4) if below is None else below
    yield from folded(head + words, terminal_width(_NARROWEST), further)


def _accepted(reason: str) -> str:
    return f" (accepted: {reason})" if reason else ""


def _closing(plan: Plan) -> str:
    if not plan.scripts:
        return "Nothing to do: no revision is pending."
    revisions = len({one.revision for one in plan.scripts})
    hazards = Counter(
        "accepted" if one.accepted else one.severity.value for script in plan.scripts for one in script.all_hazards
    )
    counts = [counted(hazards[one], one) for one in ("error", "warning", "note") if hazards[one]]
    told = f"hazards: {', '.join(counts)}" if counts else "no hazards"
    for_good = sum(len(one.for_good) for one in plan.scripts)
    last = f"{counted(for_good, 'thing')} cannot be undone" if for_good else "all of it can be undone"
    if plan.stops or plan.asks:
        last = f"{last}, as far as it was seen"
    return (
        f"{counted(revisions, 'revision')}, {counted(plan.steps, 'step')}, {_about(plan.takes)}; {told}; {last}. "
        f"Plan {plan.digest}."
    )


def _about(taken: Estimate) -> str:
    return "how long is not known" if taken.seconds is None else f"{_time(taken)} (estimated)"


def _for(taken: Estimate) -> str:
    return "for a time that is not known" if taken.seconds is None else f"for {_time(taken)}"


def _time(taken: Estimate) -> str:
    seconds = taken.seconds or 0.0
    if seconds < 0.1:
        return f"less than {'0.1' if seconds > 0.01 else '0.01'} s"
    about = "at most about" if taken.at_most else "about"
    if seconds < 120:
        return f"{about} {seconds:.1f} s" if seconds < 10 else f"{about} {seconds:.0f} s"
    return f"{about} {seconds / 60:.0f} min" if seconds < 7200 else f"{about} {seconds / 3600:.1f} h"


# SQL -----------------------------------------------------------------------------------------------


def as_sql(plan: Plan) -> None:
    """Print all that would be sent, the words as comments."""
    for script in plan.scripts:
        click.echo(f"-- {script.revision}: {script.message}{f' [{script.bind}]' if script.bind else ''}")
        for step in script.steps:
            for words in step.what:
                click.echo("\n".join(f"-- {line}" for line in words.splitlines()))
            for statement in step.sql:
                click.echo(f"{statement.strip().rstrip(';')};")
        click.echo()
    click.echo(_closing(plan), err=True)


# JSON ----------------------------------------------------------------------------------------------


def as_json(plan: Plan) -> None:
    """Print all of it as JSON."""
    from whimbrel.plan import FORMAT

    told = {
        "format": FORMAT,
        "digest": plan.digest,
        "goal": plan.goal,
        "drops": plan.drops,
        "databases": [asdict(one) for one in plan.bases],
        "scripts": [_plain(one) for one in plan.scripts],
        "remarks": plan.remarks,
        "totals": {
            "revisions": len({one.revision for one in plan.scripts}),
            "steps": plan.steps,
            **plan.takes._asdict(),
            "hazards": sum(len(one.all_hazards) for one in plan.scripts),
            "stops": plan.stops,
            "asks": plan.asks,
            "for_good": [words for one in plan.scripts for words in one.for_good],
        },
    }
    click.echo(json.dumps(told, indent=2, ensure_ascii=False))


def _plain(script: Planned) -> dict[str, Any]:
    found = asdict(script)
    found["steps"] = [{**asdict(one), "sizes": _sizes(one), "hazards": _hazards(one.hazards)} for one in script.steps]
    found["hazards"] = _hazards(script.hazards)
    return {**found, **script.takes._asdict(), "for_good": script.for_good}


def _sizes(step: Step) -> list[dict[str, Any]]:
    return [{"table": table, "rows": size.rows, "bytes": size.bytes} for table, size in step.sizes]


def _hazards(hazards: Sequence[Any]) -> list[dict[str, Any]]:
    return [plain(one) for one in hazards]


# Explanations --------------------------------------------------------------------------------------


def explanation(found: Explanation) -> None:
    """Print what a script does, for people who read no SQL."""
    click.echo(f"{found.revision}  {found.message or '(no message)'}  {found.path}")
    click.echo(f"Comes after {', '.join(found.follows) or 'nothing: it is the first'}.")
    click.echo()
    _say("", found.summary)
    click.echo("\nThe upgrade")
    _way(found.up)
    click.echo("\nThe downgrade")
    if found.down is None:
        click.echo("  says that there is no way back")
    else:
        _way(found.down)
    hazards = [one for one in found.hazards if one.severity.counts]
    if hazards:
        click.echo("\nWhat it may do to the people who use the database")
        for line in dict.fromkeys(map(in_short, hazards)):
            _say("  ", line)
    for line in found.remarks:
        click.echo()
        _say("", line)
    click.echo(f"\nProof: {found.proof or 'none that holds; flask db prove ' + found.revision}.")


def _way(way: Way) -> None:
    if not way.was_tried:
        _say("  ", "was not tried, since the upgrade stops")
        return
    for words in way.steps or (() if way.failure else ("changes nothing in the schema",)):
        _say("  ", words)
    if way.failure:
        _say("  ", f"ends there on a database without rows: {way.failure}")


def explanation_as_json(found: Explanation) -> None:
    """Print all of it as JSON."""
    click.echo(json.dumps({**asdict(found), "hazards": _hazards(found.hazards)}, indent=2, ensure_ascii=False))
