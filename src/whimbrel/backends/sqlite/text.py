"""A stored CREATE TABLE as pieces that can be taken out and put in without touching the others.

`str(TableText.of(text)) == text`, byte for byte: comments, quotes, odd spacing and clauses that nobody
here understands stay where they are; only rules that SQLite allows without a comma between them get one.
The grammar is https://www.sqlite.org/lang_createtable.html (3.40).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from whimbrel.backends.parse import Reader, read_references
from whimbrel.snapshot import ForeignKey
from whimbrel.tokens import Words, is_literal, scan, unquoted

KEYS = ("primary key", "unique")
_AFTER_TYPE = {
    "CONSTRAINT", "PRIMARY", "NOT", "NULL", "UNIQUE", "CHECK", "DEFAULT", "COLLATE", "REFERENCES",
    "GENERATED", "AS", "", ",", "(",
}  # fmt: skip
_TABLE_RULES = {"CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"}
# What stands behind a comma on the same line is said about what stands before it.
_SAME_LINE = re.compile(r"[ \t]*(--[^\n]*|/\*(?:[^*\n]|\*(?!/))*\*/[ \t]*(?=\n))")


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a column's definition, or a whole rule of the table.

    Attributes:
        kind: `type`, `not null`, `null`, `default`, `collate`, `generated`, `check`, `unique`,
            `primary key`, `foreign key`, `other`.
        start: where it begins in the item's body, its CONSTRAINT name included; `end` where it ends.
        name: the constraint's name.
        columns: of a key, or the columns that a foreign key starts from.
        value: the type, default, collation or expression, as written; of a key its words behind the columns.
        reference: what a foreign key says.
    """

    kind: str
    start: int
    end: int
    name: str = ""
    columns: tuple[str, ...] = ()
    value: str = ""
    reference: ForeignKey | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """A column or a rule, with what surrounds it.

    Attributes:
        lead: space and comments before it.
        body: from its first word to its last.
        before_comma: space and comments up to the comma, or to the end.
        comma: the comma behind it, or nothing.
        after_comma: a comment behind the comma on the same line.
        name: of a column; empty for a rule of the table.
    """

    lead: str
    body: str
    before_comma: str = ""
    comma: str = ""
    after_comma: str = ""
    name: str = ""
    clauses: tuple[Clause, ...] = ()

    def clause(self, kind: str) -> Clause | None:
        """Return the first clause of a kind."""
        return next((clause for clause in self.clauses if clause.kind == kind), None)

    def value(self, kind: str) -> str:
        """Return what a clause of that kind says; empty where there is none."""
        found = self.clause(kind)
        return found.value if found is not None else ""

    @property
    def is_column(self) -> bool:
        """Tell a column from a rule."""
        return bool(self.name)

    def __str__(self) -> str:
        """Return the text of the item, as it was."""
        return f"{self.lead}{self.body}{self.before_comma}{self.comma}{self.after_comma}"

    def followed(self) -> str:
        """Return the text with a comma behind it."""
        if self.comma:
            return str(self)
        return f"{self.lead}{self.body},{self.before_comma}{self.after_comma}"

    def ending(self) -> str:
        """Return the text without a comma behind it."""
        return f"{self.lead}{self.body}{self.before_comma}{self.after_comma}"


@dataclass(frozen=True, slots=True)
class TableText:
    """A CREATE TABLE in pieces.

    Attributes:
        name: the table's.
        head: up to the opening parenthesis, included.
        items: the columns, then the rules.
        tail: from the space before the closing parenthesis on.
        options: what stands behind it, in capitals: `STRICT`, `WITHOUT ROWID`.
    """

    name: str
    head: str
    items: tuple[Item, ...]
    tail: str
    options: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def of(cls, text: str) -> TableText:
        """Cut a text into its pieces; raises ValueError where it is no CREATE TABLE with columns."""
        return _cut(text)

    def __str__(self) -> str:
        """Return the text."""
        parts = [item.followed() for item in self.items[:-1]] + [item.ending() for item in self.items[-1:]]
        spaces = [_last_line(item.before_comma + item.after_comma) for item in self.items]
        out = [self.head]
        opened = "--" in self.head and "--" in self.head[scan(self.head, "sqlite").ends[-1] :]
        for part, space in zip([*parts, self.tail], [*spaces, ""], strict=True):
            # What stood elsewhere must not end up in the comment of what is now before it.
            out += ["\n", part] if opened and not part.startswith("\n") else [part]
            opened = "--" in space
        return "".join(out)

    @property
    def columns(self) -> tuple[Item, ...]:
        """List the columns in their order."""
        return tuple(item for item in self.items if item.is_column)

    @property
    def names(self) -> tuple[str, ...]:
        """List the names of the columns."""
        return tuple(item.name for item in self.columns)

    def column(self, name: str) -> Item | None:
        """Find a column; names are compared as SQLite does, capitals or not."""
        low = name.lower()
        return next((item for item in self.columns if item.name.lower() == low), None)

    def rules(self) -> Iterator[tuple[Item, Clause]]:
        """Go through all constraints, those written on a column and those of the table."""
        for item in self.items:
            for clause in item.clauses:
                if clause.kind in ("check", "foreign key", *KEYS):
                    yield item, clause


def named_in(expression: str, columns: frozenset[str] | set[str]) -> bool:
    """Tell whether an expression names one of the columns, given in small letters."""
    words = scan(expression, "sqlite")
    return any(unquoted(words.words[at]).lower() in columns for at in column_words(words))


def column_words(words: Words) -> Iterator[int]:
    """Go through the words of an expression that can be names of columns of the table itself.

    Functions, types, collations and literals are none. A keyword that SQLite also takes for a name may
    come up as well, END of a CASE apart.
    """
    cases = 0
    for at, word in enumerate(words.words):
        upper = word.upper()
        before = words.words[at - 1].upper() if at else ""
        after = words.words[at + 1] if at + 1 < len(words.words) else ""
        if upper == "CASE":
            cases += 1
        elif upper == "END" and cases:
            cases -= 1
        elif upper in ("ASC", "DESC") and before not in ("", "(", ","):
            continue  # the order of what is before it
        elif not is_literal(word) and after not in ("(", ".") and before not in ("AS", "COLLATE"):
            yield at


def same_words(one: str, other: str) -> bool:
    """Tell whether two texts say the same, however they are quoted, spaced and commented."""
    return _meaning(one) == _meaning(other)


@lru_cache(maxsize=256)  # of types and defaults mostly: few, and each compared many times
def _meaning(text: str) -> tuple[str, ...]:
    return tuple(word if is_literal(word) else unquoted(word).lower() for word in scan(text, "sqlite").words)


@lru_cache(maxsize=64)  # one change reads the same text many times
def _cut(text: str) -> TableText:
    words = scan(text, "sqlite")
    reader = Reader(words)
    if not reader.take("CREATE"):
        raise ValueError("not a CREATE TABLE")
    _ = reader.take("TEMP") or reader.take("TEMPORARY")
    if not reader.take("TABLE"):
        raise ValueError("not a CREATE TABLE")
    reader.take("IF", "NOT", "EXISTS")
    name = reader.name()
    if reader.take("."):
        name = reader.name()
    if reader.peek() != "(":
        raise ValueError("a CREATE TABLE without columns")
    at, close = reader.at + 1, words.closing(reader.at)
    begin = words.ends[at - 1]
    begin += len(_same_line(text[begin : words.starts[at]]))
    items = tuple(_items(words, at, close, begin))
    if any(item.is_column is (item.clauses[:1] != () and item.clauses[0].start == 0) for item in items):
        raise ValueError("a column without a name")
    cut = begin + sum(len(str(item)) for item in items)
    options = " ".join(word.upper() for word in words.words[close + 1 :])
    found = frozenset(option for option in ("STRICT", "WITHOUT ROWID") if option in options)
    return TableText(name, text[:begin], items, text[cut:], found)


def _items(words: Words, at: int, close: int, begin: int) -> Iterator[Item]:
    columns = False
    while at < close:
        reader = Reader(words, at, close)
        start = words.starts[at]
        if columns and reader.peek() in _TABLE_RULES:
            name = ""
            clauses: tuple[Clause, ...] = (_read_rule(reader, start),)
        else:
            name, clauses = _read_column(reader, start)
            columns = True
        end = words.ends[reader.at - 1]
        lead, body = words.text[begin:start], words.text[start:end]
        following = words.starts[reader.at]
        gap = words.text[end:following]
        at, comma, after = reader.at, "", ""
        if reader.at < close and reader.peek() == ",":
            at, comma = reader.at + 1, ","
            after = _same_line(words.text[following + 1 : words.starts[at]])
        else:
            gap = _same_line(gap)
        yield Item(lead, body, gap, comma, after, name, clauses)
        begin = end + len(gap) + len(comma) + len(after)


def _last_line(text: str) -> str:
    return text[text.rfind("\n") + 1 :]


def _same_line(text: str) -> str:
    match = _SAME_LINE.match(text)
    return match.group() if match else ""


def _read_column(reader: Reader, origin: int) -> tuple[str, tuple[Clause, ...]]:
    words = reader.words
    name = reader.name()
    start = reader.at
    while reader.peek() not in _AFTER_TYPE:
        reader.at += 1
    if reader.peek() == "(" and reader.at > start:
        reader.inside()
    clauses = []
    if reader.at > start:
        begin, end = words.starts[start] - origin, words.ends[reader.at - 1] - origin
        clauses.append(Clause("type", begin, end, value=words.slice(start, reader.at)))
    while reader.at < reader.end and reader.peek() != ",":
        clauses.append(_read_clause(reader, reader.at, origin, name))
    return name, tuple(clauses)


def _read_clause(reader: Reader, start: int, origin: int, column: str) -> Clause:
    words = reader.words
    rule = reader.name() if reader.take("CONSTRAINT") else ""
    kind, value, reference = _read_known(reader, rule, column)
    end = words.ends[reader.at - 1] - origin
    begin = words.starts[start] - origin
    columns = (column,) if kind in ("foreign key", *KEYS) else ()
    return Clause(kind, begin, end, rule, columns, value, reference)


def _read_known(reader: Reader, rule: str, column: str) -> tuple[str, str, ForeignKey | None]:
    if reader.take("REFERENCES"):
        return "foreign key", "", read_references(reader, rule, (column,), "")
    for words, kind, read in _CLAUSES:
        if reader.take(*words):
            return kind, read(reader), None
    if rule == "" or reader.peek() not in ("", ","):
        reader.at += 1
    return "other", "", None


def _read_key(reader: Reader) -> str:
    start = reader.at
    while reader.take("ASC") or reader.take("DESC") or reader.take("AUTOINCREMENT") or _conflict(reader):
        pass
    return reader.words.slice(start, reader.at).upper()


def _read_generated(reader: Reader) -> str:
    value = reader.text()
    stored = reader.take("STORED")
    reader.take("VIRTUAL")
    return f"{value}{' STORED' if stored else ''}"


def _read_check(reader: Reader) -> str:
    return reader.text() + _conflict(reader)


def _read_default(reader: Reader) -> str:
    start = reader.at
    if reader.peek() == "(":
        reader.inside()
    else:
        reader.at += 2 if reader.peek() in ("+", "-") else 1
    return reader.words.slice(start, reader.at)


def _conflict(reader: Reader) -> str:
    if not reader.take("ON", "CONFLICT"):
        return ""
    return f" ON CONFLICT {reader.name().upper()}"


def _read_rule(reader: Reader, origin: int) -> Clause:
    words = reader.words
    name = reader.name() if reader.take("CONSTRAINT") else ""
    kind, value = "other", ""
    columns: tuple[str, ...] = ()
    reference = None
    if reader.take("PRIMARY", "KEY"):
        kind = "primary key"
        begin, end = reader.inside()
        more = words.words[end - 1].upper() == "AUTOINCREMENT"
        columns = _listed(words, begin, end - more)
        value = f"{'AUTOINCREMENT' if more else ''}{_conflict(reader)}"
    elif reader.take("UNIQUE"):
        kind, columns = "unique", _listed(words, *reader.inside())
        value = _conflict(reader)
    elif reader.take("CHECK"):
        kind, value = "check", _read_check(reader)
    elif reader.take("FOREIGN", "KEY"):
        kind, columns = "foreign key", _listed(words, *reader.inside())
        reader.take("REFERENCES")
        reference = read_references(reader, name, columns, "")
    else:
        reader.at += 1
    return Clause(kind, 0, words.ends[reader.at - 1] - origin, name, columns, value, reference)


def _listed(words: Words, begin: int, end: int) -> tuple[str, ...]:
    """List the columns of a key; COLLATE, ASC and DESC behind a name belong to the key, not to the name."""
    return tuple(unquoted(words.words[start]) for start, _ in words.split(begin, end))


_CLAUSES: tuple[tuple[tuple[str, ...], str, Callable[[Reader], str]], ...] = (
    (("NOT", "NULL"), "not null", _conflict),
    (("NULL",), "null", _conflict),
    (("DEFAULT",), "default", _read_default),
    (("COLLATE",), "collate", Reader.name),
    (("CHECK",), "check", _read_check),
    (("PRIMARY", "KEY"), "primary key", _read_key),
    (("UNIQUE",), "unique", _read_key),
    (("AS",), "generated", _read_generated),
    (("GENERATED", "ALWAYS", "AS"), "generated", _read_generated),
)
