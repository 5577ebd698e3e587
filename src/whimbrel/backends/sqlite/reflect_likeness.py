"""What SQLite keeps apart as text, and yet means the same."""

from sqlalchemy.dialects.sqlite.base import SQLiteIdentifierPreparer

from whimbrel.backends.reflect import Likeness
from whimbrel.snapshot import Part
from whimbrel.tokens import is_literal, is_plain, scan, unquoted


def _canonical(text: str) -> str:
    """Write a text so that case, space and needless quotes make no difference."""
    words = scan(text, "sqlite").words
    return " ".join(word if is_literal(word) else unquoted(word).lower() for word in words)


def _is_server_name(table: str, part: Part, name: str) -> bool:
    """SQLite gives no name to what has none."""
    return not name


def _quoted(name: str) -> str:
    is_bare = is_plain(name) and name.lower() not in SQLiteIdentifierPreparer.reserved_words
    return name if is_bare else '"' + name.replace('"', '""') + '"'


LIKENESS = Likeness(_canonical, _canonical, str.upper, _is_server_name, _quoted)
