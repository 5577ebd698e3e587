"""``Write``: the rows that a statement writes, as far as its text tells: also in a WITH, and in the code of a DO."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from whimbrel.tokens import Words, scan, unquoted

if TYPE_CHECKING:
    from whimbrel.backends.observed import Catalogue

_BEGIN = ("WITH", "INSERT", "UPDATE", "DELETE", "REPLACE", "MERGE", "TRUNCATE", "EXPLAIN", "DO")
_VERBS = ("INSERT", "UPDATE", "DELETE", "REPLACE", "MERGE", "TRUNCATE")
# What stands between the verb and the table.
_MODIFIERS = ("LOW_PRIORITY", "HIGH_PRIORITY", "DELAYED", "QUICK", "IGNORE", "ONLY", "INTO", "TABLE")
# Behind these words a verb is a part of something else: ON DELETE, FOR UPDATE, ON DUPLICATE KEY UPDATE.
_NO_VERB_AFTER = ("ON", "FOR", "DO", "KEY", "BEFORE", "AFTER", "OR", "OF", ".", "INSTEAD")
_HEAD = 2_000
_STATEMENT_BEGINS_AFTER = (";", "BEGIN", "THEN", "ELSE", "LOOP")


@dataclass(frozen=True, slots=True)
class Write:
    """What a statement does to the rows of one table.

    Attributes:
        verb: ``INSERT``, ``UPDATE``, ``DELETE``, ``REPLACE``, ``MERGE`` or ``TRUNCATE``; empty where that is not known.
        table: The table, as the catalogue calls it.
        is_whole: Whether no condition says which rows.
    """

    verb: str
    table: str
    is_whole: bool = False


def writes_in(statement: str, kind: str, catalogue: Catalogue, home: str = "") -> tuple[Write, ...]:
    """Return what a statement does to rows.

    Args:
        statement: Its text, without comments.
        kind: The kind of server.
        catalogue: What is there.
        home: The schema whose tables the catalogue names without it.
    """
    begins = re.match(r"\s*\(*\s*([a-z]+)", statement, re.I)
    if begins is None or begins[1].upper() not in _BEGIN:
        return ()
    names = {fact.name.lower(): fact.name for fact in catalogue.values() if fact.kind == "table"}
    if begins[1].upper() in ("INSERT", "REPLACE"):
        statement = statement[:_HEAD]  # what follows is rows, and may be a hundred thousand
    words = _code(statement, kind) if begins[1].upper() == "DO" else scan(statement, kind)
    return tuple(replace(one, table=_called(one.table, names, home)) for one in _writes(words))


def _code(statement: str, kind: str) -> Words:
    """Return the words of what a DO runs."""
    body = next((one for one in scan(statement, kind).words if one.startswith(("$", "'"))), "")
    text = re.sub(r"\A\$\w*\$|\$\w*\$\Z", "", body) if body.startswith("$") else unquoted(body)
    return scan(text, kind)


def _called(name: str, names: Mapping[str, str], home: str) -> str:
    own = name.lower()
    if own not in names and home:
        own = own.removeprefix(f"{home.lower()}.")
    return names.get(own, name)


def _writes(words: Words) -> Iterator[Write]:
    depth = 0
    for at, word in enumerate(words.capitals):
        depth += (word == "(") - (word == ")")
        before = words.capitals[at - 1] if at else ""
        if word not in _VERBS or before in _NO_VERB_AFTER:
            continue
        if word in ("REPLACE", "TRUNCATE") and at and before not in _STATEMENT_BEGINS_AFTER:
            continue  # a function
        for table in _tables(words, word, at + 1):
            yield Write(word, table, not _has_condition(words, at + 1))


def _tables(words: Words, verb: str, at: int) -> list[str]:
    capitals = [*words.capitals, "", ""]
    if capitals[at] == "OR":  # UPDATE OR IGNORE, of SQLite
        at += 2
    while capitals[at] in _MODIFIERS:
        at += 1
    if verb == "DELETE" and capitals[at] == "FROM":
        at += 2 if capitals[at + 1] == "ONLY" else 1
    elif verb == "DELETE":
        return _of_several(words, at)
    if capitals[at] in ("", "(", "SET", "VALUES", "DEFAULT", ";"):  # WHEN MATCHED THEN UPDATE SET
        return []
    name, at = _name(words, at)
    found = [name]
    while verb == "TRUNCATE" and at < len(words.words) and words.words[at] == ",":
        name, at = _name(words, at + 1)
        found.append(name)
    return found


def _name(words: Words, at: int) -> tuple[str, int]:
    """Read a name; return it and the place behind it."""
    parts = [unquoted(words.words[at])] if at < len(words.words) else [""]
    while at + 2 < len(words.words) and words.words[at + 1] == ".":
        at += 2
        parts.append(unquoted(words.words[at]))
    return ".".join(parts), at + 1


def _of_several(words: Words, at: int) -> list[str]:
    """Read `DELETE o FROM orders o JOIN …`, of MariaDB and MySQL."""
    if "FROM" not in words.capitals[at:]:
        return []
    middle = words.capitals.index("FROM", at)
    wanted = {unquoted(one).lower() for one in words.words[at:middle] if one not in (",", ".", "*")}
    found, at = [], middle + 1
    while at < len(words.words) and words.capitals[at] not in ("WHERE", "ORDER", "LIMIT", ";"):
        if at == middle + 1 or words.capitals[at - 1] in (",", "JOIN"):
            name, behind = _name(words, at)
            behind += words.capitals[behind : behind + 1] == ["AS"]
            alias = unquoted(words.words[behind]).lower() if behind < len(words.words) else ""
            if {name.lower(), alias} & wanted:
                found.append(name)
        at += 1
    return found


def _has_condition(words: Words, at: int) -> bool:
    """Tell whether a WHERE or LIMIT belongs to what begins before a place."""
    depth = 0
    for word in words.capitals[at:]:
        depth += (word == "(") - (word == ")")
        if depth < 0 or (depth == 0 and word == ";"):
            return False
        if depth == 0 and word in ("WHERE", "LIMIT"):
            return True
    return False
