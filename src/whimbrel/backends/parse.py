"""Reading constraint texts: what PostgreSQL's deparser gives back and what SQLite stores say it alike."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from whimbrel.snapshot import Check, Exclusion, ForeignKey, PrimaryKey, Unique
from whimbrel.snapshot.tables import Constraint
from whimbrel.tokens import Words, scan, unquoted

# Most constraints are this plain, and need no reading word by word.
_PLAIN_KEY = re.compile(r"(PRIMARY KEY|UNIQUE) \(([\w, ]+)\)\Z")
_PLAIN_REFERENCE = re.compile(r"FOREIGN KEY \(([\w, ]+)\) REFERENCES (\w+)\.(\w+)\(([\w, ]+)\)\Z")
_ACTIONS = {"NO": 2, "SET": 2, "CASCADE": 1, "RESTRICT": 1}


@dataclass(slots=True)
class Reader:
    """A place in a text that is read word by word."""

    words: Words
    at: int = 0
    end: int = -1

    def __post_init__(self) -> None:
        """Read to the end of the text unless told otherwise."""
        if self.end < 0:
            self.end = len(self.words.words)

    def peek(self, ahead: int = 0) -> str:
        """Look at a word, in capitals; empty behind the end."""
        at = self.at + ahead
        return self.words.capitals[at] if at < self.end else ""

    def take(self, *expected: str) -> bool:
        """Step over the words if they come next."""
        at, capitals = self.at, self.words.capitals
        for word in expected:
            if at >= self.end or capitals[at] != word:
                return False
            at += 1
        self.at = at
        return True

    def name(self) -> str:
        """Read an identifier."""
        self.at += 1
        return unquoted(self.words.words[self.at - 1])

    def inside(self) -> tuple[int, int]:
        """Step over parentheses; return where their content begins and ends."""
        close = min(self.words.closing(self.at), self.end)
        begin = self.at + 1
        self.at = close + 1
        return begin, close

    def text(self) -> str:
        """Read what stands in parentheses as text."""
        return self.words.slice(*self.inside())

    def names(self) -> tuple[str, ...]:
        """Read a list of column names in parentheses; what is more than a name stays a text."""
        return tuple(self._part(start, end) for start, end in self.words.split(*self.inside()))

    def _part(self, start: int, end: int) -> str:
        text = self.words.slice(start, end)
        return unquoted(text) if end - start == 1 else text

    def rest(self) -> str:
        """Read all that is left as text."""
        start, self.at = self.at, self.end
        return self.words.slice(start, self.end)


def read_references(reader: Reader, name: str, columns: tuple[str, ...], schema: str) -> ForeignKey:
    """Read a foreign key from the word REFERENCES on, which has been taken."""
    table = reader.name()
    if reader.take("."):
        schema, table = table, reader.name()
    target = reader.names() if reader.peek() == "(" else ()
    actions = {"UPDATE": "", "DELETE": ""}
    match, deferrable, options = "", "", []
    while True:
        if reader.peek() == "ON" and reader.peek(1) in actions:
            event = reader.peek(1)
            reader.at += 2
            actions[event] = _read_action(reader)
        elif reader.take("MATCH"):
            match = reader.name().upper()
        elif found := read_deferrable(reader):
            deferrable = "" if found == "no" else found
        elif found := read_state(reader):
            options.append(found)
        else:
            break
    match = "" if match == "SIMPLE" else match
    return ForeignKey(
        name, columns, schema, table, target, actions["UPDATE"], actions["DELETE"], match, deferrable,
        options=tuple(sorted(options)),
    )  # fmt: skip


def _read_action(reader: Reader) -> str:
    length = _ACTIONS.get(reader.peek(), 1)
    action = " ".join(reader.peek(ahead) for ahead in range(length))
    reader.at += length
    if action.startswith("SET ") and reader.peek() == "(":
        action += f" ({reader.text()})"
    return "" if action == "NO ACTION" else action


def read_deferrable(reader: Reader) -> str:
    """Read DEFERRABLE and its kin: `no`, `deferrable`, `initially deferred`; empty where none stands."""
    if reader.take("NOT", "DEFERRABLE"):
        reader.take("INITIALLY", "IMMEDIATE")
        reader.take("INITIALLY", "DEFERRED")
        return "no"
    if reader.take("INITIALLY", "DEFERRED"):
        return "initially deferred"
    if reader.take("INITIALLY", "IMMEDIATE"):
        return "no"
    if not reader.take("DEFERRABLE"):
        return ""
    if reader.take("INITIALLY", "DEFERRED"):
        return "initially deferred"
    reader.take("INITIALLY", "IMMEDIATE")
    return "deferrable"


def read_state(reader: Reader) -> str:
    """Read NOT VALID, NOT ENFORCED and NO INHERIT; empty where none stands."""
    for words in (("NOT", "VALID"), ("NOT", "ENFORCED"), ("NO", "INHERIT")):
        if reader.take(*words):
            return " ".join(words).lower()
    return ""


def read_constraint(name: str, text: str, schema: str, options: Iterable[str] = ()) -> Constraint:
    """Read what `pg_get_constraintdef` gives back.

    Args:
        name: the constraint's name.
        text: its definition, from the first keyword on.
        schema: for a target without one.
        options: what the text does not tell.
    """
    kept = list(options)
    if plain := _PLAIN_KEY.match(text):
        kind = PrimaryKey if plain[1] == "PRIMARY KEY" else Unique
        return kind(name, tuple(plain[2].split(", ")), options=tuple(sorted(kept)))
    if plain := _PLAIN_REFERENCE.match(text):
        return ForeignKey(name, tuple(plain[1].split(", ")), plain[2], plain[3], tuple(plain[4].split(", ")))
    return _read_any(Reader(scan(text, "postgresql")), name, schema, kept)


def _read_any(reader: Reader, name: str, schema: str, kept: list[str]) -> Constraint:
    if reader.take("FOREIGN", "KEY"):
        columns = reader.names()
        reader.take("REFERENCES")
        return read_references(reader, name, columns, schema)
    if reader.take("CHECK"):
        condition = reader.text()
        while state := read_state(reader):
            kept.append(state)
        return Check(name, condition, options=tuple(sorted(kept)))
    if reader.take("PRIMARY", "KEY"):
        columns, include, deferrable = _read_key(reader)
        return PrimaryKey(name, columns, include, deferrable, options=tuple(sorted(kept)))
    if reader.take("UNIQUE"):
        nulls = reader.take("NULLS", "NOT", "DISTINCT")
        columns, include, deferrable = _read_key(reader)
        return Unique(name, columns, nulls, include, deferrable, options=tuple(sorted(kept)))
    return Exclusion(name, reader.words.text, options=tuple(sorted(kept)))


def _read_key(reader: Reader) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    columns = reader.names()
    include = reader.names() if reader.take("INCLUDE") else ()
    deferrable = read_deferrable(reader)
    return columns, include, "" if deferrable == "no" else deferrable
