"""Statements that write rows, in words: which table's, which columns, all rows or some."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

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
_CHOOSES = {"WHERE", "JOIN", "USING", "LIMIT", "FETCH", "GROUP", "DISTINCT", "HAVING"}
_ENDS_SET = {"WHERE", "FROM", "RETURNING", "ORDER", "LIMIT"}


def of_rows(scene: Scene, text: str) -> tuple[Phrase, ...]:
    """Tell what a statement does to rows; nothing if it is none that writes them."""
    words = scan(text, scene.server)
    return tuple(_TELL[part.capitals[0]](scene, part, words) for part in _writing(words))


def _writing(words: Words) -> Iterator[Words]:
    """Yield what of a statement writes rows: after WITH there may be several parts."""
    if words.capitals[:1] != ["WITH"]:
        if words.capitals and words.capitals[0] in _TELL:
            yield words
        return
    for place, word in enumerate(words.capitals):
        if word in _TELL and words.words[place - 1] == "(" and words.capitals[place - 2] in ("AS", "MATERIALIZED"):
            yield _part(words, place, words.closing(place - 1))
    main = next((place for place, word in _outside(words) if word in _TELL or word == "SELECT"), None)
    if main is not None and words.capitals[main] in _TELL:
        yield _part(words, main, len(words.words))


def _part(words: Words, start: int, end: int) -> Words:
    parts = (words.words, words.capitals, words.starts, words.ends)
    return Words(words.text, *(one[start:end] for one in parts))  # type: ignore[arg-type]


def _outside(words: Words) -> Iterator[tuple[int, str]]:
    """Yield the words that stand in no brackets, with their places."""
    depth = 0
    for place, word in enumerate(words.capitals):
        depth += (word == "(") - (word == ")")
        if depth == 0:
            yield place, word


def _table(scene: Scene, words: Words) -> str:
    """Return the table that is written, as the catalogue calls it where that is known."""
    place = 1
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


def _inserted(scene: Scene, words: Words, whole: Words) -> Phrase:
    table = _table(scene, words)
    text = " ".join(words.capitals)
    also = ""
    if ("ON CONFLICT" in text and "DO NOTHING" in text) or "IGNORE" in words.capitals[1:3]:
        also = ", where they are not there yet"
    elif "ON CONFLICT" in text or "ON DUPLICATE KEY" in text or "REPLACE" in words.capitals[:3]:
        also = ", and changes those that are there"
    sources = sources_in(whole) if "SELECT" in words.capitals else []
    says = f"copies rows of {listed(sources)} into {table}" if sources else f"adds rows to {table}"
    return Phrase(f"{says}{also}", "adds", "rows to", table)


def sources_in(words: Words) -> list[str]:
    """Return the tables from which a statement takes rows; what it calls so itself, after WITH, is none."""
    own = {unquoted(words.words[place - 1]) for place, word in enumerate(words.capitals) if _begins_part(words, place)}
    places = [place + 1 for place, word in enumerate(words.capitals) if word in ("FROM", "JOIN")]
    names = [_name(words, place) for place in places if words.words[place : place + 1] not in (["("], [])]
    return [one for one in dict.fromkeys(names) if one not in own]


def has_condition(words: Words) -> bool:
    """Tell whether a statement that writes rows chooses which: how many it writes is not known before."""
    first = words.capitals[:1]
    if first in (["UPDATE"], ["DELETE"]):  # what stands in brackets gives values
        return bool(_CHOOSES & {word for _, word in _outside(words)})
    return first == ["MERGE"] or bool(_CHOOSES & set(words.capitals))


def _begins_part(words: Words, place: int) -> bool:
    after = words.capitals[place + 1 : place + 2]
    return words.capitals[place] == "AS" and after in (["("], ["MATERIALIZED"], ["NOT"])


def columns_set(words: Words) -> list[str]:
    """Return the columns that an UPDATE gives values."""
    start = next((place for place in range(len(words.words)) if words.capitals[place] == "SET"), len(words.words))
    return [name for part in words.split(start + 1, _end(words, start + 1)) for name in _set(words, *part)]


def _updated(scene: Scene, words: Words, whole: Words) -> Phrase:
    table = _table(scene, words)
    names = columns_set(words)
    all_ = "" if {"WHERE", "FROM", "JOIN", "LIMIT"} & {word for _, word in _outside(words)} else "all "
    what = f"{listed(dict.fromkeys(names))} in " if names else ""
    return Phrase(f"changes {what}{all_}rows of {table}", "changes", "rows of", table)


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


def _deleted(scene: Scene, words: Words, whole: Words) -> Phrase:
    table = _table(scene, words)
    all_ = "" if {"WHERE", "USING", "JOIN", "LIMIT"} & {word for _, word in _outside(words)} else "all "
    return Phrase(f"removes {all_}rows from {table}", "removes", "rows from", table)


def _emptied(scene: Scene, words: Words, whole: Words) -> Phrase:
    tables = listed(scene.seen.rewritten) or _table(scene, words)
    return Phrase(f"removes all rows from {tables}", "removes", "rows from", tables)


def _merged(scene: Scene, words: Words, whole: Words) -> Phrase:
    table = _table(scene, words)
    return Phrase(f"adds, changes or removes rows of {table}", "changes", "rows of", table)


def _copied(scene: Scene, words: Words, whole: Words) -> Phrase:
    table = _table(scene, words)
    if "FROM" not in words.capitals:
        return Phrase(f"writes rows of {table} into a file")
    return Phrase(f"adds rows to {table} from a file", "adds", "rows to", table)


_TELL: Mapping[str, Callable[[Scene, Words, Words], Phrase]] = {
    "INSERT": _inserted,
    "REPLACE": _inserted,
    "UPDATE": _updated,
    "DELETE": _deleted,
    "MERGE": _merged,
    "TRUNCATE": _emptied,
    "COPY": _copied,
}
