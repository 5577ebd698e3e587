"""Types that a script is only to make, or to change: made for a trial in the session's temporary schema.

A type is looked for there before anywhere else (PostgreSQL 18, 19.11.1, `search_path`), so that an expression which
names one without its schema means it too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from whimbrel.backends.ddl import Ddl
from whimbrel.snapshot import Column, Enum, Key, Whole
from whimbrel.tokens import is_literal, scan, unquoted

HOME = "pg_temp"


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """Types to come.

    Attributes:
        ddl: The server's statements.
        types: What becomes of them.
    """

    ddl: Ddl
    types: Sequence[Whole]
    _named: dict[tuple[str, str], Whole] = field(init=False)

    def __post_init__(self) -> None:
        """Index the types."""
        default = self.ddl.default_schema
        object.__setattr__(self, "_named", {(one.schema or default, one.name): one for one in self.types})

    def named_in(self, *texts: str) -> Meanwhile:
        """Return those that some texts name, and first what these are made of."""
        out: dict[Key, Whole] = {}
        self._collect(texts, set(), out)
        return Meanwhile(self.ddl, tuple(out.values()))

    def statements(self) -> list[str]:
        """Make them."""
        return [self.moved(text) for one in self.types for text in self._made(one)]

    def moved(self, text: str) -> str:
        """Let a text name the types where they are meanwhile."""
        out, last = [], 0
        for start, end, one in self._found(text):
            out += [text[last:start], self.ddl.qualified(HOME, one.name)]
            last = end
        return "".join([*out, text[last:]])

    def retyped(self, column: Column) -> Column:
        """Give a column that has such an enumeration already the type as it will be."""
        is_enum = any(isinstance(one, Enum) for _, _, one in self._found(column.type))
        return replace(column, type=self.moved(column.type)) if is_enum else column

    def _made(self, one: Whole) -> list[str]:
        return self.ddl.create(replace(one, schema=HOME))

    def _collect(self, texts: Sequence[str], begun: set[Key], out: dict[Key, Whole]) -> None:
        for one in (one for text in texts for _, _, one in self._found(text)):
            if one.key not in begun:
                begun.add(one.key)
                self._collect(self._made(one), begun, out)
                out[one.key] = one

    def _found(self, text: str) -> Iterator[tuple[int, int, Whole]]:
        """Find the types in a text: where the name with its schema begins and ends."""
        words = scan(text, "postgresql")
        for at, word in enumerate(words.words):
            if word == "." and 0 < at < len(words.words) - 1 and not is_literal(words.words[at + 1]):
                one = self._named.get((_meant(words.words[at - 1]), _meant(words.words[at + 1])))
                if one is not None:
                    yield words.starts[at - 1], words.ends[at + 1], one


def _meant(word: str) -> str:
    """Return the name that the server takes an identifier for."""
    return unquoted(word) if word.startswith('"') else word.lower()
