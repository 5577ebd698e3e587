"""``Lineage``: how revisions follow one another, by the scripts that are here and by texts that are kept elsewhere.

The rule: nothing is run to know it. A text whose header tells nothing without being run is a gap.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from whimbrel.scripts.header import Header, header_of, ids_in

if TYPE_CHECKING:
    from whimbrel.scripts.directory import Scripts


class Standing(Enum):
    """Where a database is, as the scripts here see it."""

    HERE = "here"  # at revisions that the scripts have
    AHEAD = "ahead"  # past all heads of the scripts
    DIVERGED = "diverged"  # past a revision of the scripts, on another way than theirs
    FOREIGN = "foreign"  # in a history that has nothing in common with the scripts
    LOST = "lost"  # at a revision of which nothing is known


@dataclass(frozen=True, slots=True)
class Lineage:
    """How revisions follow one another.

    Attributes:
        here: The parents of each script that is here, dependencies among them.
        heads: The heads of the scripts.
        elsewhere: The parents of revisions whose scripts are not here.
    """

    here: Mapping[str, frozenset[str]]
    heads: frozenset[str]
    elsewhere: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def gone(self, at: Iterable[str]) -> tuple[str, ...]:
        """Return the revisions that a database has and no script here is, each before those that it follows."""
        found: dict[str, list[str]] = {}
        waiting = sorted(set(at) - self.here.keys(), reverse=True)
        while waiting:
            one = waiting.pop()
            if one not in found:
                found[one] = sorted(self.elsewhere.get(one, frozenset()) - self.here.keys())
                waiting.extend(found[one])
        try:
            return tuple(reversed(list(TopologicalSorter(found).static_order())))
        except CycleError:  # which Alembic refuses, if it comes to that
            return tuple(found)

    def gaps(self, at: Iterable[str]) -> tuple[str, ...]:
        """Return those of the gone revisions of which it is not known what they follow."""
        return tuple(one for one in self.gone(at) if one not in self.elsewhere)

    def reached(self, at: Iterable[str]) -> frozenset[str]:
        """Return the scripts here that a database has, as far as that is known."""
        heads = tuple(at)
        first = [one for one in heads if one in self.here]
        first += [parent for one in self.gone(heads) for parent in self.elsewhere.get(one, ())]
        seen: set[str] = set()
        waiting = [one for one in first if one in self.here]
        while waiting:
            one = waiting.pop()
            if one not in seen:
                seen.add(one)
                waiting.extend(self.here[one] & self.here.keys())
        return frozenset(seen)

    def bases(self, at: Iterable[str]) -> tuple[str, ...]:
        """Return the last revisions that the database and the scripts here have in common."""
        common = self.reached(at)
        followed = {parent for one in common for parent in self.here[one]}
        return tuple(sorted(common - followed))

    def standing(self, at: Iterable[str], ever: Iterable[str]) -> Standing:
        """Tell where a database is.

        Args:
            at: The revisions that it says it is at.
            ever: Those that were ever run or stamped there, as far as that was written down.
        """
        heads = tuple(at)
        if not self.gone(heads):
            return Standing.HERE
        reached, gaps, known = self.reached(heads), self.gaps(heads), set(ever)
        if not gaps and self.heads and self.heads <= reached:
            return Standing.AHEAD
        if reached and not gaps:
            return Standing.DIVERGED
        if known and not reached and not gaps and not known & self.here.keys():
            return Standing.FOREIGN
        return Standing.LOST


def lineage_of(scripts: Scripts, texts: Mapping[str, str], seen: Mapping[str, frozenset[str]]) -> Lineage:
    """Return how the revisions follow one another.

    Args:
        scripts: The scripts that are here.
        texts: The texts of others, by the revisions that they are.
        seen: What revisions were seen to follow; it counts where there is no text.
    """
    here = {one.revision: frozenset(one._all_down_revisions) for one in scripts.revisions()}
    labels = {label: one.revision for one in scripts.revisions() for label in one.branch_labels}
    headers = dict(_headers(texts, here))
    labels |= {label: name for name, header in headers.items() for label in ids_in(header.branch_labels)}
    by_text = {name: frozenset(_parents(header, labels)) for name, header in headers.items()}
    elsewhere = {name: parents for name, parents in {**seen, **by_text}.items() if name not in here}
    return Lineage(here, frozenset(scripts.get_heads()), elsewhere)


def seen_to_follow(upgrades: Iterable[tuple[str, frozenset[str], frozenset[str]]]) -> dict[str, frozenset[str]]:
    """Return what revisions follow, as far as where a database was before and after them tells.

    Args:
        upgrades: For each run of an upgrade: the revision, and the database's revisions before and after it.
    """
    return {
        name: before - after
        for name, before, after in upgrades
        if after - before == {name} and before - after  # else it began a branch, or it is not known where it began
    }


def _headers(texts: Mapping[str, str], here: Mapping[str, object]) -> Iterator[tuple[str, Header]]:
    for name, text in texts.items():
        header = None if name in here else header_of(text.encode("utf-8", "replace"))
        if header is not None and header.revision == name:
            yield name, header


def _parents(header: Header, labels: Mapping[str, str]) -> Iterator[str]:
    yield from ids_in(header.down_revision)
    yield from (labels.get(one, one) for one in ids_in(header.depends_on))
