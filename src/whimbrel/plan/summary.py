"""One sentence for a whole script: what there is, what is gone and what is another afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from whimbrel.hazards.advice import listed
from whimbrel.plan.phrase import Phrase, Scene, plural
from whimbrel.plan.words import phrases_of

if TYPE_CHECKING:
    from whimbrel.hazards.case import Case

# What is the same for a reader of one sentence.
_SHORT = {"creates": "adds", "builds": "adds", "installs": "adds", "moves": "renames", "replaces": "changes"}
_NAMED = 3  # of a kind; more are counted


def summary(case: Case) -> str:
    """Say in one sentence what a script does."""
    found = [one for seen in case.statements if not seen.error for one in phrases_of(Scene(case, seen)) if one.verb]
    said = [f"{verb} {_joined(_items(kinds))}" for verb, kinds in _groups(_once(found)).items()]
    if (case.statements and case.statements[-1].error) or case.stopped:
        said.append("then fails" if said else "fails")
    text = "; ".join(said) or "changes nothing in the schema"
    return f"{text[0].upper()}{text[1:]}."


def _once(phrases: Iterable[Phrase]) -> Iterator[Phrase]:
    """Leave out changes of what the script itself has made: they are a part of making it."""
    made: set[str] = set()
    for one in phrases:
        if _verb(one) == "adds":
            made.add(one.name)
        elif one.verb == "changes" and one.name in made:
            continue
        yield one


def _groups(phrases: Iterable[Phrase]) -> dict[str, dict[str, dict[str, None]]]:
    """Return for each verb the names of each kind, in the order in which they come."""
    found: dict[str, dict[str, dict[str, None]]] = {}
    for one in phrases:
        found.setdefault(_verb(one), {}).setdefault(one.kind, {})[one.name] = None
    return found


def _verb(phrase: Phrase) -> str:
    return _SHORT.get(phrase.verb, phrase.verb)


def _items(kinds: dict[str, dict[str, None]]) -> list[str]:
    return [_item(kind, list(names)) for kind, names in kinds.items()]


def _item(kind: str, names: list[str]) -> str:
    if kind.startswith("rows"):
        return f"{kind} {listed(names) if len(names) <= _NAMED else f'{len(names)} tables'}"
    if len(names) == 1:
        return f"{kind} {names[0]}".rstrip()
    several = plural(kind)
    return f"{several} {listed(names)}" if len(names) <= _NAMED else f"{len(names)} {several}"


def _joined(items: list[str]) -> str:
    if any(" and " in one for one in items) and len(items) > 1:
        return f"{', '.join(items[:-1])}, and {items[-1]}"
    return listed(items)
