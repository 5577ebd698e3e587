"""What scratch is seeded with: objects that the models use and that only scripts make."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Missing:
    """An object that a statement needs and that scratch does not have.

    Attributes:
        code: The server's code: an SQLSTATE, an error number, or SQLite's words.
        words: The server's sentence, such as ``type "citext" does not exist``.
        statement: What needed it.
    """

    code: str
    words: str
    statement: str


@dataclass(frozen=True, slots=True)
class Seed:
    """An object to make on scratch before the models.

    Attributes:
        name: What it is, as a person says it: ``extension citext``. Also its identity.
        statements: The SQL that makes it.
    """

    name: str
    statements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unseeded:
    """A seed that the server refused.

    Attributes:
        name: The seed's.
        words: The server's sentence.
    """

    name: str
    words: str


class Seeds(Protocol):
    """Who knows the objects that only scripts make; usually from the snapshot of the target."""

    def __call__(self, missing: Missing) -> Iterable[Seed]:
        """Return what scratch should be given because something is missing, in the order of making.

        May return more than is missing; what was returned before is not made twice. Not to be returned: what the
        models make themselves, such as an enum of theirs: `create_all` would fail on it.
        """
        ...


def no_seeds(missing: Missing) -> Iterable[Seed]:
    """Know nothing."""
    return ()
