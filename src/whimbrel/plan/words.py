"""``Told``: what one statement of a script does, how it goes about it and what others cannot do meanwhile, in words.

The words are for people who read no SQL. They come from what was seen of the statement, so raw SQL is told like an
operation; only what no catalogue holds is told by the statement's text. What goes along with a whole object, such as
the columns of a new table, is not told by itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whimbrel.backends.generic import first_word
from whimbrel.backends.observed import Blocks
from whimbrel.backends.statements import StatementKind, usual_kind
from whimbrel.hazards.advice import listed
from whimbrel.hazards.burdens import hindering
from whimbrel.hazards.case import lock_words, refusal
from whimbrel.plan.effects import of_effects
from whimbrel.plan.phrase import Phrase, Scene, plural
from whimbrel.plan.texts import of_text, rows_beside
from whimbrel.tokens import scan

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from whimbrel.backends.observed import Held, Observation
    from whimbrel.hazards.case import Case


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of one statement.

    Attributes:
        what: What it does, one phrase for each effect.
        manner: How it goes about it: ``instantly``, ``reads all rows of users``; empty if it fails.
        locks: The locks that keep others from something, each with what it means.
    """

    what: tuple[str, ...]
    manner: str = ""
    locks: tuple[str, ...] = ()


def told(case: Case, seen: Observation) -> Told:
    """Tell in words what a statement does.

    Args:
        case: The script, and all that is known of it.
        seen: What was seen of the statement.
    """
    if seen.error:
        return Told((f"fails: {refusal(seen)}",))
    scene = Scene(case, seen)
    return Told(tuple(_few(phrases_of(scene))), _manner(scene), _locks(scene))


def phrases_of(scene: Scene) -> tuple[Phrase, ...]:
    """Return what a statement does, one phrase for each effect."""
    found = of_effects(scene)
    return (*found, *rows_beside(scene)) if found else of_text(scene)


_ALIKE = 5  # phrases; of more, the rest is counted


def _few(phrases: Iterable[Phrase]) -> Iterator[str]:
    """Give each phrase once, and one in place of many on objects of one kind."""
    groups: dict[tuple[str, str], list[Phrase]] = {}
    for one in dict.fromkeys(phrases):
        groups.setdefault((one.verb, one.kind if one.verb else one.says), []).append(one)
    for (verb, kind), alike in groups.items():
        names = list(dict.fromkeys(one.name for one in alike))
        if len(names) <= _ALIKE:
            yield from (one.says for one in alike)
        else:
            shown = ", ".join(names[:_ALIKE])
            yield f"{verb} {len(names)} {plural(kind)}: {shown} and {len(names) - _ALIKE} more"


def _manner(scene: Scene) -> str:
    seen = scene.seen
    work = _work(scene)
    if not work and _runs_code(seen):
        return "how is not measured"
    if seen.is_measured:
        return work or "instantly"
    if not work and not seen.locks:
        return "how is not measured"
    return f"{work or 'instantly'} (known of such statements, not measured)"


def _work(scene: Scene) -> str:
    """Say what a statement does to rows, and what others cannot do meanwhile; nothing if it touches none."""
    seen = scene.seen
    if seen.written or _writes_rows(seen, scene.server):
        return "" if first_word(seen.sql) == "TRUNCATE" else _row_by_row(scene)
    if seen.rewritten:
        return f"writes {_sized(scene, seen.rewritten)} anew{_meanwhile(scene, seen.rewritten)}"
    if seen.scanned:
        return f"reads all rows of {_sized(scene, seen.scanned)}{_meanwhile(scene, seen.scanned)}"
    return ""


def _writes_rows(seen: Observation, kind: str) -> bool:
    """Tell whether a statement writes rows, one after the other."""
    if _runs_code(seen):
        return False
    is_data = usual_kind(seen.sql, first_word(seen.sql)) is StatementKind.DATA
    created = re.match(r"\s*CREATE\s[^;(]*\bTABLE\b", seen.sql, re.I | re.S)
    return is_data or (created is not None and "SELECT" in scan(seen.sql, kind).capitals)


def _runs_code(seen: Observation) -> bool:
    """Tell whether a statement runs code of which only the effects are seen."""
    return (first_word(seen.sql) in ("CALL", "DO") or bool(set(seen.calls) - {"setval"})) and not seen.effects


def _row_by_row(scene: Scene) -> str:
    seen = scene.seen
    if not seen.scanned:
        return "row by row"
    others = [one for one in seen.scanned if one != seen.written]
    work = f"reads all rows of {_sized(scene, seen.scanned)}"
    if others != list(seen.scanned):
        work += f" and writes those that {'go' if re.search(r'DELETE', seen.sql, re.I) else 'change'}"
    return work + (_meanwhile(scene, seen.scanned) if hindering(scene.case, seen) else "")


def _sized(scene: Scene, tables: Iterable[str]) -> str:
    return listed(f"{table}{scene.case.size(table).words}" for table in tables)


def _meanwhile(scene: Scene, tables: tuple[str, ...]) -> str:
    """Say what others cannot do with some tables while they are worked on."""
    held = hindering(scene.case, scene.seen)
    mine = [held[table] for table in tables if table in held]
    worst = max(mine or held.values(), key=lambda one: one.blocks, default=None)
    if worst is None:
        return f", while others can read and write {'them' if len(tables) > 1 else 'it'}"
    cannot = "read or write" if worst.blocks is Blocks.EVERYTHING else "write"
    of = f"to {worst.on}" if worst.on else listed(one.table for one in mine) or worst.table
    return f", while nobody else can {cannot} {of}"


def _locks(scene: Scene) -> tuple[str, ...]:
    """Return the locks that keep others from something, those that the statement has taken first."""
    held = sorted(hindering(scene.case, scene.seen).values(), key=lambda one: (not one.is_new, one.table))
    return tuple(dict.fromkeys(_lock(scene, one) for one in held))


def _lock(scene: Scene, held: Held) -> str:
    earlier = "" if held.is_new else " (since an earlier statement)"
    return f"{lock_words(held, scene.case.size(held.table))}{earlier}"
