"""One stage of the search: the names of one kind in one place, old against new.

The same for tables, for the columns of a table and for the values of an enum: take out what the
answers decide, weigh the pairs that are left, choose the best of them together.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from .assign import Edge
from .chains import best_with_chains
from .model import Answers, Candidate, Kind, Pair, Ref
from .weigh import LISTED, Finding, Terms, Weights, candidate, gain, total

Judge = Callable[[str, str], Sequence[Finding]]


@dataclass(frozen=True, slots=True)
class Naming:
    """What the names of a stage are names of."""

    kind: Kind
    old_owner: str = ""
    new_owner: str = ""

    def pair(self, old: str, new: str) -> Pair:
        """Return the pair of two names."""
        return Pair(self.kind, Ref(self.old_owner, old), Ref(self.new_owner, new))


@dataclass(frozen=True, slots=True)
class Field:
    """The names of a stage, once what is decided is taken out."""

    decided: Mapping[str, str]
    gone: tuple[str, ...]
    come: tuple[str, ...]
    kept: tuple[str, ...]

    @property
    def open(self) -> bool:
        """Tell whether anything can have been renamed at all."""
        return bool(self.gone and self.come)


@dataclass(frozen=True, slots=True)
class Chained:
    """How to weigh the pairs of a chain.

    Args:
        names: The kept names that may be others.
        judge: What speaks for one name being another.
        itself: What speaks for a kept name being itself.
    """

    names: Collection[str]
    judge: Judge
    itself: Callable[[str], Sequence[Finding]]


@dataclass(frozen=True, slots=True)
class Settled:
    """What a stage found."""

    decided: tuple[Candidate, ...] = ()
    assigned: tuple[Candidate, ...] = ()
    others: tuple[Candidate, ...] = ()

    @property
    def renames(self) -> dict[str, str]:
        """Return old name → new name, decided or assigned."""
        return {c.pair.old.name: c.pair.new.name for c in (*self.decided, *self.assigned)}


def field(naming: Naming, olds: Iterable[str], news: Iterable[str], answers: Answers) -> Field:
    """Sort the names of a stage by what can become of them.

    Raises:
        ValueError: Two decided pairs claim the same name.
    """
    left, right = set(olds), set(news)
    decided = _decided(naming, left, right, answers)
    free_left, free_right = left - set(decided), right - set(decided.values())
    return Field(
        decided=decided,
        gone=tuple(sorted(free_left - free_right)),
        come=tuple(sorted(free_right - free_left)),
        kept=tuple(sorted(free_left & free_right)),
    )


def settle(naming: Naming, names: Field, judge: Judge, terms: Terms, chained: Chained | None = None) -> Settled:
    """Weigh the pairs of a stage and choose the best of them together."""
    allow, weights = terms.answers.allow, terms.weights
    plain = [(old, new) for old in names.gone for new in names.come]
    weighed = {edge: judge(*edge) for edge in plain if allow(naming.pair(*edge))}
    links: dict[Edge, Sequence[Finding]] = {}
    if chained is not None:
        edges = _links(names, chained.names)
        links = {edge: chained.judge(*edge) for edge in edges if allow(naming.pair(*edge))}
    chosen = _choose({**weighed, **links}, chained, weights)
    made = {
        edge: candidate(naming.pair(*edge), findings, weights)
        for edge, findings in {**links, **weighed}.items()
        if edge in weighed or edge in chosen
    }
    decided = (candidate(naming.pair(*e), judge(*e), weights) for e in names.decided.items())
    return Settled(
        decided=_ranked(decided),
        assigned=_ranked(made[edge] for edge in chosen),
        others=_ranked(c for edge, c in made.items() if edge not in chosen and c.score >= LISTED),
    )


def _choose(findings: Mapping[Edge, Sequence[Finding]], chained: Chained | None, weights: Weights) -> set[Edge]:
    odds = {edge: total(found, weights) for edge, found in findings.items()}
    gains = {edge: gain(odd) for edge, odd in odds.items() if odd >= weights.offered_odds}
    itself: dict[str, int] = {}
    if chained is not None:
        itself = {name: gain(total(chained.itself(name), weights)) for name in chained.names}
    return set(best_with_chains(gains, itself).items())


def _links(names: Field, kept: Collection[str]) -> list[Edge]:
    """Return the pairs of which one name at least is on both sides."""
    edges = [(old, new) for old in (*names.gone, *kept) for new in (*names.come, *kept)]
    return [(old, new) for old, new in edges if old != new and (old in kept or new in kept)]


def _ranked(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    return tuple(sorted(candidates, key=lambda c: (-c.score, c.pair)))


def _decided(naming: Naming, olds: set[str], news: set[str], answers: Answers) -> dict[str, str]:
    here = sorted(
        (pair.old.name, pair.new.name) for pair in answers.decided if naming.pair(pair.old.name, pair.new.name) == pair
    )
    edges = {(old, new) for old, new in here if old in olds and new in news and old != new}
    while loose := {edge for edge in edges if _hangs(edge, edges, olds, news)}:
        edges -= loose
    for ends, word in ((0, "old"), (1, "new")):
        names = [edge[ends] for edge in edges]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"The {word} {naming.kind} {twice[0]} is in two renames.")
    return dict(sorted(edges))


def _hangs(edge: Edge, edges: set[Edge], olds: set[str], news: set[str]) -> bool:
    """Tell whether both names are on both sides while no decided pair leads to it, or none on from it."""
    old, new = edge
    if old not in news or new not in olds:
        return False
    led_to = any(other[1] == old for other in edges)
    leads_on = any(other[0] == new for other in edges)
    return not (led_to and leads_on)
