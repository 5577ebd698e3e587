"""Statements that write rows, in words: which table's, which columns, all rows or some."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from whimbrel.hazards.advice import listed
from whimbrel.plan.phrase import Phrase, Scene
from whimbrel.tokens import Words, scan, unquoted

# Words that may stand between the verb and the table.
_BETWEEN = {"INTO", "FROM", "ONLY", "TABLE", "IGNORE", "OR", "LOW_PRIORITY", "DELAYED", "HIGH_PRIORITY", "QUICK"} | {
    "REPLACE",
    "ABORT",
    "FAIL",
    "ROLLBACK",
}
_ENDS_SET = {"WHERE", "FROM", "RETURNING", "ORDER", "LIMIT"}


def of_rows(scene: Scene, text: str) -> Phrase | None:
    """Tell what a statement does to rows; None if it is none that writes them."""
    words = scan(text, scene.server)
    at = next((place for place, word in enumerate(words.capitals) if word in _TELL), None)
    if at is None or not _begins(words, at):
        return None
    return _TELL[words.capitals[at]](scene, words, at)


def _begins(words: Words, at: int) -> bool:
    return at == 0 or words.capitals[0] == "WITH"


def _table(scene: Scene, words: Words, at: int) -> str:
    """Return the table that is written, as the catalogue calls it where that is known."""
    place = at + 1
    while place < len(words.words) and words.capitals[place] in _BETWEEN:
        place += 1
    name = _name(words, place)
    return scene.seen.written if scene.seen.written.lower().endswith(name.lower()) else name


def _name(words: Words, place: int) -> str:
    """Return the name that stands at a place, with its schema."""
    if place >= len(words.words):
        return "?"
    name = unquoted(words.words[place])
    while words.words[place + 1 : place + 2] == ["."] and place + 2 < len(words.words):
        place += 2
        name += f".{unquoted(words.words[place])}"
    return name


def _inserted(scene: Scene, words: Words, at: int) -> Phrase:
    table = _table(scene, words, at)
    rest = words.capitals[at:]
    text = " ".join(rest)
    also = ""
    if ("ON CONFLICT" in text and "DO NOTHING" in text) or "IGNORE" in rest[1:3]:
        also = ", where they are not there yet"
    elif "ON CONFLICT" in text or "ON DUPLICATE KEY" in text or "REPLACE" in rest[:3]:
        also = ", and changes those that are there"
    sources = _sources(words, at)
    says = f"copies rows of {listed(sources)} into {table}" if sources else f"adds rows to {table}"
    return Phrase(f"{says}{also}", "adds", "rows to", table)


def _sources(words: Words, at: int) -> list[str]:
    """Return the tables whose rows an INSERT … SELECT takes."""
    rest = words.capitals
    if "SELECT" not in rest[at:]:
        return []
    places = [place + 1 for place in range(at, len(rest)) if rest[place] in ("FROM", "JOIN")]
    names = [_name(words, place) for place in places if words.words[place : place + 1] not in (["("], [])]
    return list(dict.fromkeys(names))


def _updated(scene: Scene, words: Words, at: int) -> Phrase:
    table = _table(scene, words, at)
    start = next((place for place in range(at, len(words.words)) if words.capitals[place] == "SET"), len(words.words))
    end = _end(words, start + 1)
    names = [name for part in words.split(start + 1, end) for name in _set(words, *part)]
    whole = "" if {"WHERE", "FROM", "JOIN", "LIMIT"} & set(_outside(words, at)) else "all "
    what = f"{listed(dict.fromkeys(names))} in " if names else ""
    return Phrase(f"changes {what}{whole}rows of {table}", "changes", "rows of", table)


def _outside(words: Words, at: int) -> list[str]:
    """Return the words from a place on that stand in no brackets."""
    found, depth = [], 0
    for word in words.capitals[at:]:
        depth += (word == "(") - (word == ")")
        if depth == 0:
            found.append(word)
    return found


def _end(words: Words, start: int) -> int:
    depth = 0
    for place in range(start, len(words.words)):
        word = words.capitals[place]
        depth += (word == "(") - (word == ")")
        if depth == 0 and word in _ENDS_SET:
            return place
    return len(words.words)


def _set(words: Words, start: int, end: int) -> list[str]:
    """Return the columns that one part of a SET gives values."""
    part = words.words[start:end]
    if "=" not in part:
        return []
    left = part[: part.index("=")]
    return [unquoted(one) for one in left if one not in "(),"] if left[:1] == ["("] else [unquoted(left[-1])]


def _deleted(scene: Scene, words: Words, at: int) -> Phrase:
    table = _table(scene, words, at)
    whole = "" if {"WHERE", "USING", "JOIN", "LIMIT"} & set(_outside(words, at)) else "all "
    return Phrase(f"removes {whole}rows from {table}", "removes", "rows from", table)


def _emptied(scene: Scene, words: Words, at: int) -> Phrase:
    tables = listed(scene.seen.rewritten) or _table(scene, words, at)
    return Phrase(f"removes all rows from {tables}", "removes", "rows from", tables)


def _merged(scene: Scene, words: Words, at: int) -> Phrase:
    table = _table(scene, words, at)
    return Phrase(f"adds, changes or removes rows of {table}", "changes", "rows of", table)


def _copied(scene: Scene, words: Words, at: int) -> Phrase:
    table = _table(scene, words, at)
    if "FROM" not in words.capitals:
        return Phrase(f"writes rows of {table} into a file")
    return Phrase(f"adds rows to {table} from a file", "adds", "rows to", table)


_TELL: Mapping[str, Callable[[Scene, Words, int], Phrase]] = {
    "INSERT": _inserted,
    "REPLACE": _inserted,
    "UPDATE": _updated,
    "DELETE": _deleted,
    "MERGE": _merged,
    "TRUNCATE": _emptied,
    "COPY": _copied,
}
