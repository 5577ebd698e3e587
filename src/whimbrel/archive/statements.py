"""What a statement drops or adds, read from its words: an operation of Alembic's and a script's raw SQL look the same.

Only what can be said without a grammar is said: the object of an ALTER, CREATE, DROP, TRUNCATE or DELETE, and the
columns that an ALTER TABLE adds and drops.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from whimbrel.tokens import Words, scan, statements_in, unquoted


@dataclass(frozen=True, slots=True)
class Name:
    """A table's name as a statement says it.

    Attributes:
        table: Without its quotes, in the case in which the server keeps it.
        schema: Empty where the statement says none.
    """

    table: str
    schema: str = ""

    def __str__(self) -> str:
        """Return it as a person writes it."""
        return f"{self.schema}.{self.table}" if self.schema else self.table


@dataclass(frozen=True, slots=True)
class Column:
    """A column that an ALTER TABLE adds or drops.

    Attributes:
        name: Without its quotes.
        definition: What follows the name.
        start: Where the clause begins in the text; `end` where it ends.
    """

    name: str
    definition: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Altered:
    """An ALTER TABLE.

    Attributes:
        table: Which table.
        added: The columns that it adds.
        dropped: The columns that it drops.
        clauses: How many things it does in all.
    """

    table: Name
    added: tuple[Column, ...] = ()
    dropped: tuple[Column, ...] = ()
    clauses: int = 1


@dataclass(frozen=True, slots=True)
class Dropped:
    """A DROP TABLE, DROP SCHEMA or DROP TYPE.

    Attributes:
        what: TABLE, SCHEMA, TYPE or DOMAIN.
        names: Of what.
        cascades: Whether what depends on it goes too.
    """

    what: str
    names: tuple[Name, ...]
    cascades: bool = False


@dataclass(frozen=True, slots=True)
class Created:
    """A CREATE TABLE of a table that stays."""

    table: Name


@dataclass(frozen=True, slots=True)
class Emptied:
    """A TRUNCATE or DELETE.

    Attributes:
        tables: Of which tables.
        is_all: Whether all rows go, uncounted.
    """

    tables: tuple[Name, ...]
    is_all: bool = False


@dataclass(frozen=True, slots=True)
class Filled:
    """An INSERT."""

    table: Name


Said = Altered | Dropped | Created | Emptied | Filled

FIRST_WORDS = {"ALTER", "CREATE", "DELETE", "DROP", "INSERT", "REPLACE", "TRUNCATE"}
_NO_COLUMN = {
    "CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN", "CHECK", "INDEX", "KEY", "FULLTEXT", "SPATIAL", "EXCLUDE",
    "PARTITION", "SYSTEM", "PERIOD", "DEFAULT", "NOT", "IDENTITY", "EXPRESSION",
}  # fmt: skip


def read(statement: str, kind: str) -> Said | None:
    """Read one statement.

    Args:
        statement: Its text.
        kind: The dialect's name, by whose lexical rules it is read.
    """
    words = scan(statement, kind)
    reader = _Reader(words, kind)
    found = _READERS.get(words.capitals[0]) if words.words else None
    return found(reader) if found is not None else None


def parts(statement: str, kind: str) -> tuple[str, ...]:
    """Cut a text into its statements; bodies of functions and blocks, which hold semicolons, are not cut."""
    if ";" not in statement:
        return (statement,)
    if {"BEGIN", "ATOMIC"} & set(scan(statement, kind).capitals):
        return (statement,)
    return statements_in(statement, kind) or (statement,)


def emptied_by(text: str, kind: str) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """Return the statements of a text that remove rows, with the schemas and names of the tables."""
    said = [(one, read(one, kind)) for one in parts(text, kind)]
    return tuple(
        (one, tuple((name.schema, name.table) for name in each.tables))
        for one, each in said
        if isinstance(each, Emptied)
    )


class _Reader:
    """The words of one statement, from left to right."""

    def __init__(self, words: Words, kind: str) -> None:
        self.words, self.kind, self.at = words, kind, 1

    @property
    def next(self) -> str:
        return self.words.capitals[self.at] if self.at < len(self.words.words) else ""

    def skip(self, *several: str) -> bool:
        """Pass the words if they come next, and tell whether they did."""
        end = self.at + len(several)
        there = tuple(self.words.capitals[self.at : end]) == several
        self.at = end if there else self.at
        return there

    def name(self) -> Name | None:
        """Read a name with or without a schema."""
        first = self._one()
        if not first:
            return None
        if self.next != ".":
            return Name(first)
        self.at += 1
        second = self._one()
        return Name(second, first) if second else None

    def names(self) -> tuple[Name, ...]:
        """Read names with commas between."""
        out = []
        while (name := self.name()) is not None:
            out.append(name)
            self.skip("*")
            if not self.skip(","):
                break
        return tuple(out)

    def rest(self) -> list[str]:
        return self.words.capitals[self.at :]

    def clauses(self) -> Iterator[tuple[int, int]]:
        yield from self.words.split(self.at, len(self.words.words))

    def _one(self) -> str:
        if self.at >= len(self.words.words):
            return ""
        word = self.words.words[self.at]
        if not (word[0].isalpha() or word[0] in '_"`['):
            return ""
        self.at += 1
        name = unquoted(word)
        return name.lower() if name == word and self.kind == "postgresql" else name


def _altered(one: _Reader) -> Altered | None:
    one.skip("ONLINE")
    one.skip("IGNORE")
    if not one.skip("TABLE"):
        return None
    one.skip("IF", "EXISTS")
    one.skip("ONLY")
    table = one.name()
    if table is None:
        return None
    one.skip("*")
    added: list[Column] = []
    dropped: list[Column] = []
    spans = list(one.clauses())
    for begin, end in spans:
        one.at = begin
        if one.skip("DROP"):
            dropped += _columns(one, end, "EXISTS")
        elif one.skip("ADD"):
            added += _columns(one, end, "NOT", "EXISTS")
    return Altered(table, tuple(added), tuple(dropped), len(spans))


def _columns(one: _Reader, end: int, *condition: str) -> list[Column]:
    """Read what follows ADD or DROP, if it is about a column."""
    is_said = one.skip("COLUMN")
    one.skip("IF", *condition)
    if one.next == "(" and condition[0] == "NOT":  # MariaDB: ADD (one INT, other INT)
        begin, closing = one.at + 1, one.words.closing(one.at)
        return [column for span in one.words.split(begin, closing) for column in _column(one, *span)]
    return _column(one, one.at, end) if is_said or one.next not in _NO_COLUMN else []


def _column(one: _Reader, begin: int, end: int) -> list[Column]:
    one.at = begin
    name = one._one() if begin < end else ""
    if not name:
        return []
    words = one.words
    definition = words.text[words.starts[one.at] : words.ends[end - 1]] if one.at < end else ""
    return [Column(name, definition, words.starts[begin], words.ends[end - 1])]


def _dropped(one: _Reader) -> Dropped | None:
    what = one.next
    if what not in ("TABLE", "SCHEMA", "TYPE", "DOMAIN") or (what != "TABLE" and one.kind != "postgresql"):
        return None
    one.at += 1
    one.skip("IF", "EXISTS")
    names = one.names()
    return Dropped(what, names, "CASCADE" in one.rest()) if names else None


def _created(one: _Reader) -> Created | None:
    one.skip("OR", "REPLACE")
    one.skip("UNLOGGED")
    if not one.skip("TABLE"):
        return None
    one.skip("IF", "NOT", "EXISTS")
    name = one.name()
    return Created(name) if name is not None else None


def _emptied(one: _Reader) -> Emptied | None:
    is_all = one.words.capitals[0] == "TRUNCATE"
    one.skip("TABLE")
    one.skip("FROM")
    one.skip("ONLY")
    names = one.names()
    return Emptied(names, is_all) if names else None


def _filled(one: _Reader) -> Filled | None:
    while one.next in ("OR", "REPLACE", "IGNORE", "ABORT", "FAIL", "ROLLBACK", "LOW_PRIORITY", "DELAYED", "INTO"):
        one.at += 1
    name = one.name()
    return Filled(name) if name is not None else None


_READERS = {
    "ALTER": _altered,
    "CREATE": _created,
    "DELETE": _emptied,
    "DROP": _dropped,
    "INSERT": _filled,
    "REPLACE": _filled,
    "TRUNCATE": _emptied,
}
