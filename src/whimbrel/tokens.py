"""Cutting SQL texts into words, so that a text can be read without being understood.

Nothing here knows a grammar. A word is a literal, a quoted or bare identifier, a number or an
operator; space and comments separate words and are no words.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_STRING = r"'(?:[^']|'')*'"
_BACKSLASHED = r"'(?:[^'\\]|''|\\.)*'"
_DOUBLE = r'"(?:[^"]|"")*"'
_BACKTICK = r"`(?:[^`]|``)*`"
_NUMBER = r"\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?"
_WORD = r"[^\W\d][\w$]*"
_COMMENT = r"--[^\n]*|/\*.*?(?:\*/|\Z)"
_OPERATOR = r"::|\|\||<=|>=|<>|!=|==|->>|->|<<|>>|:=|[^\s]"

_PATTERNS = {
    "sqlite": [
        _COMMENT,
        rf"[xX]{_STRING}|{_STRING}",
        _DOUBLE,
        _BACKTICK,
        r"\[[^\]]*\]",
        _NUMBER,
        _WORD,
        _OPERATOR,
    ],
    "postgresql": [
        _COMMENT,
        rf"[eE]{_BACKSLASHED}|(?:[uU]&|[bBxXnN])?{_STRING}",
        rf"(?:[uU]&)?{_DOUBLE}",
        r"\$(?P<tag>\w*)\$.*?\$(?P=tag)\$",
        _NUMBER,
        _WORD,
        _OPERATOR,
    ],
    "mysql": [
        rf"{_COMMENT}|#[^\n]*",
        rf"(?:_\w+|[xXbBnN])?{_BACKSLASHED}",
        r'"(?:[^"\\]|""|\\.)*"',
        _BACKTICK,
        _NUMBER,
        _WORD,
        _OPERATOR,
    ],
}
_SCANNERS = {kind: re.compile("|".join(parts), re.DOTALL) for kind, parts in _PATTERNS.items()}
_SCANNERS["mariadb"] = _SCANNERS["mysql"]
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


@dataclass(frozen=True, slots=True)
class Words:
    """A text cut into words.

    Attributes:
        words: as they stand in the text; `capitals` the same in capitals, for keywords.
        starts: where each begins; `ends` where it ends.
    """

    text: str
    words: list[str]
    capitals: list[str]
    starts: list[int]
    ends: list[int]

    def slice(self, start: int, end: int) -> str:
        """Give back words `start` to `end` (exclusive), space and comments between them as one space."""
        if end <= start:
            return ""
        raw = self.text[self.starts[start] : self.ends[end - 1]]
        if "\n" not in raw and "  " not in raw and "--" not in raw and "/*" not in raw and "\t" not in raw:
            return raw
        out = [self.words[start]]
        for at in range(start + 1, end):
            if self.starts[at] > self.ends[at - 1]:
                out.append(" ")
            out.append(self.words[at])
        return "".join(out)

    def closing(self, start: int) -> int:
        """Find the `)` that belongs to the `(` at `start`; the end of the text where there is none."""
        depth = 0
        words = self.words
        for at in range(start, len(words)):
            if words[at] == "(":
                depth += 1
            elif words[at] == ")":
                depth -= 1
                if depth == 0:
                    return at
        return len(words)

    def split(self, start: int, end: int) -> list[tuple[int, int]]:
        """Cut the words from `start` to `end` at the commas that lie in no parentheses or brackets."""
        out, depth, begin = [], 0, start
        for at in range(start, end):
            word = self.words[at]
            if word in "([":
                depth += 1
            elif word in ")]":
                depth -= 1
            elif word == "," and depth == 0:
                out.append((begin, at))
                begin = at + 1
        if begin < end:
            out.append((begin, end))
        return out


def scan(text: str, kind: str) -> Words:
    """Cut a text into words by the lexical rules of a kind of server."""
    found = list(_SCANNERS[kind].finditer(text))
    if "--" in text or "/*" in text or "#" in text:
        found = [match for match in found if not _is_comment(match[0])]
    words = [match[0] for match in found]
    capitals = [word.upper() for word in words]
    return Words(text, words, capitals, [match.start() for match in found], [match.end() for match in found])


def without_comments(text: str, kind: str) -> str:
    """Leave the comments out of a text, but for those that a server obeys; of a kind that is not known, none."""
    if kind not in _SCANNERS or not any(sign in text for sign in ("--", "/*", "#")):
        return text
    out, last = [], 0
    for match in _SCANNERS[kind].finditer(text):
        if _is_comment(match[0]) and not match[0].startswith(("/*!", "/*M!", "/*+")):
            out += [text[last : match.start()], " "]
            last = match.end()
    return "".join([*out, text[last:]])


def statements_in(text: str, kind: str) -> tuple[str, ...]:
    """Cut a text into its statements, at the semicolons that end one; what is empty is left out."""
    words = scan(text, kind)
    found, begin, depth, body = [], 0, 0, 0  # how deep in parentheses, and in the body of a function that is no text
    for at, word in enumerate(words.capitals):
        depth += (word == "(") - (word == ")")
        if body:
            body += (word == "CASE") - (word == "END")
        elif word == "ATOMIC" and words.capitals[at - 1] == "BEGIN":
            body = 1
        if word == ";" and not depth and not body:
            found.append((begin, at))
            begin = at + 1
    found.append((begin, len(words.words)))
    return tuple(text[words.starts[start] : words.ends[end - 1]] for start, end in found if start < end)


def _is_comment(word: str) -> bool:
    return word.startswith(("--", "/*")) or (word[0] == "#" and len(word) > 1)


def unquoted(word: str) -> str:
    """Take the quotes off an identifier."""
    first = word[:1]
    if first in ('"', "`", "'") and len(word) > 1:
        return word[1:-1].replace(first * 2, first)
    if first == "[" and len(word) > 1:
        return word[1:-1]
    return word


def is_literal(word: str) -> bool:
    """Tell a string literal of any form."""
    return word.endswith("'") or word.startswith("$")


def is_plain(name: str) -> bool:
    """Tell a name that needs no quotes, keywords apart."""
    return _PLAIN.match(name) is not None


def without_parentheses(text: str, kind: str) -> str:
    """Drop the parentheses that enclose a whole text, however many."""
    while text.startswith("("):
        words = scan(text, kind)
        last = len(words.words) - 1
        if words.closing(0) != last:
            break
        text = words.slice(1, last)
    return text


def replaced(text: str, kind: str, pairs: Mapping[str, str]) -> str:
    """Put column names for others in an expression; functions, types and qualified names are left.

    Args:
        text: the expression.
        kind: the kind of server, whose lexical rules it follows.
        pairs: for each old name, the text to put there, quoted as need be.
    """
    words = scan(text, kind)
    out, last = [], 0
    for at, word in enumerate(words.words):
        new = None if is_literal(word) else pairs.get(unquoted(word))
        if new is None or not _is_name_at(words.words, at):
            continue
        out += [text[last : words.starts[at]], quoted_like(word, new)]
        last = words.ends[at]
    return "".join([*out, text[last:]])


def first_listed(text: str, kind: str, name: str) -> str | None:
    """Return the first value that a condition lists for a column, `name IN ('a', 'b')`; None for any other condition.

    PostgreSQL says `ANY (ARRAY[...])`, with casts.
    """
    words = scan(text, kind)
    values = [at for at, word in enumerate(words.words) if is_literal(word)]
    if not values or name not in [unquoted(word) for word in words.words[: values[0]]]:
        return None
    before = words.capitals[: values[0]]
    return words.words[values[0]] if {"IN", "ANY"} & set(before) and "NOT" not in before else None


def quoted_like(word: str, name: str) -> str:
    """Put a name into backticks if the word that it replaces was in such."""
    return f"`{unquoted(name)}`" if word.startswith("`") else name


def _is_name_at(words: list[str], at: int) -> bool:
    before = words[at - 1] if at else ""
    after = words[at + 1] if at + 1 < len(words) else ""
    return before not in ("::", ".") and after not in ("(", ".")
