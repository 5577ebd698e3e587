"""Which hazards a person has accepted, and which acceptances accept nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from whimbrel.hazards.hazard import Hazard
    from whimbrel.hazards.text import Acceptance


@dataclass(frozen=True, slots=True)
class Judged:
    """Hazards, and what was said of them.

    Attributes:
        hazards: All of them; those that are accepted say why.
        unused: The acceptances that accept nothing.
    """

    hazards: tuple[Hazard, ...]
    unused: tuple[Acceptance, ...]


def accepted(
    hazards: Iterable[Hazard], in_scripts: Mapping[str, Iterable[Acceptance]], everywhere: Iterable[Acceptance]
) -> Judged:
    """Accept what is accepted, by the name of what it does or of the rule.

    Args:
        hazards: What was found.
        in_scripts: What each script accepts in itself, by its id.
        everywhere: What options and settings accept in all scripts.
    """
    given = {revision: tuple(own) for revision, own in in_scripts.items()}
    common = tuple(everywhere)
    used: set[Acceptance] = set()
    judged = []
    for hazard in hazards:
        matching = [one for one in (*given.get(hazard.revision, ()), *common) if one.name in (hazard.name, hazard.rule)]
        used.update(matching)
        judged.append(_by(hazard, matching[0]) if matching else hazard)
    unused = [one for own in (*given.values(), common) for one in own if one not in used]
    return Judged(tuple(judged), tuple(unused))


def _by(hazard: Hazard, one: Acceptance) -> Hazard:
    return replace(hazard, accepted=f"{one.reason or 'accepted'} ({one.where})", accepted_at=one.line)
