"""``Phrase``: what one statement does to one object, in words; and how names and texts of the catalogue are shown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from whimbrel.hazards.advice import columns
from whimbrel.hazards.compatibility import RULE_KINDS
from whimbrel.tokens import scan, unquoted, without_parentheses

if TYPE_CHECKING:
    from collections.abc import Mapping

    from whimbrel.backends.observed import Effect, Fact, Observation
    from whimbrel.hazards.case import Case


@dataclass(frozen=True, slots=True)
class Phrase:
    """What a statement does to one object.

    Attributes:
        says: All of it: present tense, third person, in the database's own names.
        verb: Its verb, for a summary; empty: it does not belong into one.
        kind: What the object is, or what of it is meant.
        name: The object's name, for a summary.
    """

    says: str
    verb: str = ""
    kind: str = ""
    name: str = ""


def phrase(verb: str, kind: str, name: str, more: str = "") -> Phrase:
    """Say that something is done to an object of a kind."""
    return Phrase(f"{verb} {kind} {name}{more}", verb, kind, name)


def changes(kind: str, name: str, says: str) -> Phrase:
    """Say in other words that an object is changed."""
    return Phrase(says, "changes", kind, name)


@dataclass(frozen=True, eq=False)
class Scene:
    """One statement among all that is known of its script.

    Attributes:
        case: The script.
        seen: The statement.
    """

    case: Case
    seen: Observation

    @property
    def server(self) -> str:
        """The kind of the server, by whose rules texts are cut into words."""
        return self.case.server.kind

    @property
    def fate(self) -> str:
        """What becomes of values whose column or table is dropped."""
        return "kept in the archive" if self.case.keeps_drops else "lost"

    def of(self, *kinds: str) -> list[Effect]:
        """Return what the statement did to objects of some kinds."""
        return [one for one in self.seen.effects if one.kind in kinds]

    @cached_property
    def made(self) -> frozenset[str]:
        """The names of whole objects that the statement has made."""
        return frozenset(one.fact.name for one in self.seen.effects if one.is_made and not one.fact.table)

    @cached_property
    def gone(self) -> frozenset[str]:
        """The names of whole objects that the statement has dropped."""
        return frozenset(one.fact.name for one in self.seen.effects if one.is_gone and not one.fact.table)

    @cached_property
    def renamed(self) -> Mapping[str, str]:
        """The new name for each old one of what the statement has renamed."""
        pairs = {one.renamed_from: one.fact.name for one in self.seen.effects if one.renamed_from}
        return pairs | {_own(old): _own(new) for old, new in pairs.items()}

    def is_the_same(self, was: Fact, now: Fact) -> bool:
        """Tell whether an index or a constraint is what it was, but for names that the statement changes."""
        texts = [one.get("definition") or f"({one.get('columns')})" for one in (was, now)]
        if was.kind == "index":  # its own name and its table's are no part of what it is
            texts = [text[max(text.find("("), 0) :] for text in texts]
        keys = ("unique", "valid", "validated", "primary")
        return self.says_the_same(*texts) and all(was.get(key) == now.get(key) for key in keys)

    def says_the_same(self, was: str, now: str) -> bool:
        """Tell whether two texts of the catalogue are the same but for names that the statement changes."""
        old, new = ([unquoted(one) for one in scan(uncast(text), self.server).words] for text in (was, now))
        return [self.renamed.get(one, one) for one in old if one not in "()"] == [one for one in new if one not in "()"]


def _own(name: str) -> str:
    return name.rpartition(".")[2]


_CAST = re.compile(
    r"::(?:character varying|double precision|bit varying|time(?:stamp)? with(?:out)? time zone"
    r'|(?:"[^"]+"|\w+)(?:\.(?:"[^"]+"|\w+))?)(?:\(\d+(?:,\s*\d+)?\))?(?:\[\])*'
)


def uncast(text: str) -> str:
    """Leave out the casts that PostgreSQL writes into every expression."""
    return _CAST.sub("", text)


def plain(text: str, server: str) -> str:
    """Write an expression of the catalogue as a person would: on one line, without needless signs."""
    short = " ".join(uncast(text).replace("`", "").split())
    short = re.sub(r"(?<=\()\(([\w.]+)\)", r"\1", short)  # lower((email))
    return without_parentheses(re.sub(r"(?<![\w)])\(([\w.]+)\)", r"\1", short), server)


def cut(text: str, length: int = 60) -> str:
    """Shorten a text to its first words."""
    words = " ".join(text.split())
    return words if len(words) <= length else words[:length].rsplit(" ", 1)[0] + " …"


def quoted(text: str) -> str:
    """Put a text of a person's into quotes, cut to its first words."""
    return f"'{cut(text)}'"


def kind_of(rule: Fact) -> str:
    """Return what kind of constraint one is, in words."""
    return RULE_KINDS.get(rule.get("type"), "constraint").lower()


def of_columns(fact: Fact) -> str:
    """Return the columns of an index or a constraint, as they stand in brackets."""
    return ", ".join(columns(fact)) or "?"


_PLURAL = {"index": "indexes", "policy": "policies", "rights": "rights", "the primary key of": "the primary keys of"}


def plural(kind: str) -> str:
    """Return the word for several objects of a kind."""
    return _PLURAL.get(kind, f"{kind}s")
