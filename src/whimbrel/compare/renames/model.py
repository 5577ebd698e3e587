"""What rename detection looks at, and what it finds: frozen values and nothing else.

Two sides go in: the tables and enums as they are, and as they are wanted. Anything that describes
a schema can be brought into this form in a few lines. Candidates with their evidence come out; who
asks the person, and how, is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

RuleKind = Literal["primary key", "foreign key", "unique", "check", "exclusion", "index"]
Kind = Literal["table", "column", "value"] | RuleKind


@dataclass(frozen=True, slots=True)
class Column:
    """One column; its place is its position in the table's tuple."""

    name: str
    type: str
    nullable: bool = True
    default: str | None = None
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A constraint or an index of a table.

    Args:
        kind: What it is.
        name: Its name, by which it is told from others of the table.
        columns: The columns it is over, in order, where they can be listed.
        ref_table: For a foreign key, the `Table.key` it refers to.
        ref_columns: For a foreign key, the columns it refers to.
        text: A CHECK's condition, an exclusion's or an index's definition, without its own and its
            table's name.
        options: Whatever else makes it what it is (`unique`, `on delete cascade`, `deferrable`).
    """

    kind: RuleKind
    name: str
    columns: tuple[str, ...] = ()
    ref_table: str = ""
    ref_columns: tuple[str, ...] = ()
    text: str = ""
    options: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """One table, its columns in order."""

    name: str
    columns: tuple[Column, ...]
    rules: tuple[Rule, ...] = ()
    schema: str = ""

    @property
    def key(self) -> str:
        """Return the name by which foreign keys and answers speak of the table."""
        return f"{self.schema}.{self.name}" if self.schema else self.name


@dataclass(frozen=True, slots=True)
class Enum:
    """One enum, its values in order; `name` is whatever tells it from the others."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison; neither the order of tables nor that of enums matters."""

    tables: tuple[Table, ...] = ()
    enums: tuple[Enum, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class Ref:
    """The name of a thing: `owner` is the table's key or the enum's name, empty for a table."""

    owner: str
    name: str


@dataclass(frozen=True, slots=True, order=True)
class Pair:
    """An old name and a new one for the same kind of thing."""

    kind: Kind
    old: Ref
    new: Ref


@dataclass(frozen=True, slots=True)
class Candidate:
    """A pair that may be a rename.

    Args:
        pair: The two names.
        score: How likely it is, from 0 to 1; a ranking, not a promise.
        evidence: What speaks for it, strongest first, in words for a person.
        against: What speaks against it, strongest first.
        offered: Whether it is worth a question at all.
    """

    pair: Pair
    score: float
    evidence: tuple[str, ...] = ()
    against: tuple[str, ...] = ()
    offered: bool = False


@dataclass(frozen=True, slots=True)
class Answers:
    """What is settled already, by a hint, a flag or a person.

    Args:
        decided: Pairs that are renames. A pair whose old or new name is not there is passed over, so
            that a hint may stay in a model after its rename is done. One whose two names are both on
            both sides counts only where the decided pairs around it close the ring or the chain (a
            swap: two hints).
        refused: Pairs that are none.
        apart: Things, old or new, that take part in no rename.
    """

    decided: frozenset[Pair] = frozenset()
    refused: frozenset[Pair] = frozenset()
    apart: frozenset[tuple[Kind, Ref]] = frozenset()

    def allow(self, pair: Pair) -> bool:
        """Tell whether a pair is still open, as far as the refusals go."""
        ends = {(pair.kind, pair.old), (pair.kind, pair.new)}
        return pair not in self.refused and self.apart.isdisjoint(ends)


@dataclass(frozen=True, slots=True)
class Renames:
    """What was found.

    Args:
        candidates: Every open pair that is not out of the question, tables first, then columns by
            table, then enum values; in each group the pairs of the assignment first, then by score.
        assignment: The best of them together: one old name to one new name, all of them offered.
        decided: The pairs that the answers decided, with the evidence that there is.
        sure: Indexes and constraints with another name and the same definition, given that the
            pairs decided and assigned are renames: no question.
    """

    candidates: tuple[Candidate, ...] = ()
    assignment: tuple[Candidate, ...] = ()
    decided: tuple[Candidate, ...] = ()
    sure: tuple[Candidate, ...] = ()
