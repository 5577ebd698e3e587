"""Digests of what ``create_all()`` would do, object by object, without a database.

The models' statements are written by the dialect of a connection, so version and options count, and
nothing is sent. DDL events take part: `DDL` objects, and listeners that execute something. A listener
that wants to know a result cannot be digested; then there is no digest at all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NoReturn

from sqlalchemy import DDL, Enum, Sequence, Table
from sqlalchemy.dialects.postgresql import DOMAIN
from sqlalchemy.engine.mock import MockConnection

from whimbrel.backends.ddl import undoubled
from whimbrel.scratch.redirect import shut

if TYPE_CHECKING:
    from sqlalchemy import Dialect, MetaData

# Everything that is no table: enums, sequences, comments on types, and what listeners do.
REST = "rest"


@dataclass(frozen=True, slots=True)
class Digests:
    """What `create_all` would do, or why that cannot be told without a database.

    Attributes:
        by_object: A SHA-256 in hexadecimal for each table, as ``table users`` or ``table app.users``, with its
            indexes, comments and later constraints; and one for `REST`, which is always there.
        types: The same for each type and sequence, as ``enum color`` or ``sequence app.numbers``; `REST` has them too.
        events: One for all that DDL events do, of tables too; empty if they do nothing.
        not_cacheable: Why there are none, in words; empty otherwise.
    """

    by_object: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    types: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    events: str = ""
    not_cacheable: str = ""


def digests(metadatas: Iterable[MetaData], dialect: Dialect) -> Digests:
    """Digest what ``create_all(checkfirst=False)`` would send.

    The same models give the same digests in every process and with every driver of a kind of server.
    Of the server's version only what the dialect makes of it counts; keep the version beside them.

    Args:
        metadatas: What the models say.
        dialect: That of a connection to the target, because it knows the server's version; with it,
            the schema that unqualified names lie in does not matter.
    """
    heard = _Heard(dialect)
    with shut() as held:
        try:
            for metadata in metadatas:
                metadata.create_all(MockConnection(dialect, heard), checkfirst=False)
        except Exception as error:  # a listener can raise anything
            return Digests(not_cacheable=f"{type(error).__name__}: {error}")
    if held.back:
        return Digests(not_cacheable=f"a listener wanted {held.back[0]}")
    return heard.digests()


class _Unread:
    """The result of a statement that was not sent: any use of it gives the listener away."""

    def _refuse(self, *args: Any, **options: Any) -> NoReturn:
        raise LookupError("a listener reads the result of a statement")

    def __getattr__(self, name: str) -> Any:
        self._refuse()

    __bool__ = __iter__ = __len__ = __getitem__ = __eq__ = _refuse
    __hash__ = None  # type: ignore[assignment]


class _Heard:
    """What `create_all` said, sorted by the object that it is about."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._first: dict[str, str] = {}
        self._of_table: dict[str, list[str]] = {}
        self._of_type: dict[str, set[str]] = {}
        self._rest: list[str] = []
        self._of_events: list[str] = []

    def __call__(self, statement: Any, parameters: Any = None) -> _Unread:
        """Take a statement."""
        text = self._text(statement, parameters)
        table, own_type = _table(statement), _type(statement)
        if table is None:
            self._rest.append(text)
        else:
            self._of_table.setdefault(f"table {table.fullname}", []).append(text)
        if own_type:
            self._of_type.setdefault(own_type, set()).add(text)
        elif table is None or isinstance(statement, DDL):
            self._of_events.append(text)
        return _Unread()

    def digests(self) -> Digests:
        """Return a digest for each object. Indexes are a set in SQLAlchemy, so their order says nothing."""
        found = {key: _digest(sorted(texts)) for key, texts in self._of_table.items()}
        types = {key: _digest(sorted(texts)) for key, texts in self._of_type.items()}
        return Digests(
            MappingProxyType({**found, REST: _digest(self._rest)}),
            MappingProxyType(types),
            _digest(self._of_events) if self._of_events else "",
        )

    def _text(self, statement: Any, parameters: Any) -> str:
        compiled = statement.compile(dialect=self._dialect)
        text = undoubled(str(compiled), self._dialect)
        values = {**getattr(compiled, "params", {})} if getattr(compiled, "params", None) else {}
        if not values and not parameters:
            return text
        return f"{text}\0{sorted(values.items(), key=str)!r}\0{parameters!r}"


def _table(statement: Any) -> Table | None:
    """Return the table that a statement is about, if it is one that SQLAlchemy itself writes for it."""
    element = getattr(statement, "element", None)
    if isinstance(element, Table):
        return element
    table = getattr(element, "table", None)
    if isinstance(table, Table):
        return table
    target = getattr(statement, "target", None)  # a DDL() that listens to a table
    return target if isinstance(target, Table) else None


def _type(statement: Any) -> str:
    """Return the type or sequence that SQLAlchemy itself writes a statement for; empty for all else."""
    element = getattr(statement, "element", None)
    for kind, written in (("enum", Enum), ("domain", DOMAIN), ("sequence", Sequence)):
        if isinstance(element, written):
            schema = getattr(element, "schema", None)
            return f"{kind} {f'{schema}.' if schema else ''}{getattr(element, 'name', '')}"
    return ""


def _digest(texts: Iterable[str]) -> str:
    sha: Callable[[bytes], Any] = hashlib.sha256
    return str(sha("\0\0".join(texts).encode()).hexdigest())
