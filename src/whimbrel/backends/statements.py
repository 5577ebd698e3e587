"""What kind of statement a text is, as far as committing and repeating it goes."""

from __future__ import annotations

import re
from enum import Enum
from itertools import pairwise

from whimbrel.tokens import scan, unquoted


class StatementKind(Enum):
    """What a statement does."""

    READ = "reads"
    DATA = "writes rows, or what else a transaction holds"
    SCHEMA = "changes the schema"
    ALONE = "refuses to run in a transaction"
    SESSION = "changes the session"
    TEMPORARY = "concerns a temporary table, which ends with the session"
    CONTROL = "begins, ends or divides a transaction"


class Outcome(Enum):
    """Whether a statement that was begun has taken effect."""

    HAPPENED = "it has"
    DID_NOT = "it has not, or may be done again"
    UNKNOWN = "the catalogue does not tell"


_KINDS = {
    StatementKind.READ: "SELECT VALUES SHOW EXPLAIN DESCRIBE DESC TABLE",
    StatementKind.DATA: "INSERT UPDATE DELETE REPLACE MERGE COPY DO CALL LOAD",
    StatementKind.SESSION: "SET RESET USE PRAGMA LOCK UNLOCK DISCARD LISTEN UNLISTEN NOTIFY PREPARE DEALLOCATE",
    StatementKind.CONTROL: "BEGIN START COMMIT ROLLBACK SAVEPOINT RELEASE END ABORT",
}
_BY_WORD = {word: kind for kind, words in _KINDS.items() for word in words.split()}
_WRITES = re.compile(r"\b(INSERT|UPDATE|DELETE|MERGE)\b", re.IGNORECASE)
_TEMPORARY = re.compile(r"(CREATE|DROP)\s+(OR\s+REPLACE\s+)?((LOCAL|GLOBAL)\s+)?TEMP(ORARY)?\b", re.IGNORECASE)
_NAMES = re.compile(r"`((?:[^`]|``)+)`|\"((?:[^\"]|\"\")+)\"|([^\W\d][\w$]*)")


def usual_kind(statement: str, first_word: str) -> StatementKind:
    """Return the kind of a statement on any server.

    Args:
        statement: Its text.
        first_word: Its first word in capitals, after comments.
    """
    if first_word == "WITH":
        return StatementKind.DATA if _WRITES.search(statement) else StatementKind.READ
    if first_word in ("CREATE", "DROP") and _TEMPORARY.search(statement):
        return StatementKind.TEMPORARY
    return _BY_WORD.get(first_word, StatementKind.SCHEMA)


def called_in(statement: str, kind: str, first_word: str) -> tuple[str, ...]:
    """Return what may be a function that a question calls, in small letters; nothing for other statements.

    Args:
        statement: Its text.
        kind: The kind of server, whose lexical rules it follows.
        first_word: Its first word in capitals, after comments.
    """
    if usual_kind(statement, first_word) is not StatementKind.READ:
        return ()
    words = scan(statement, kind).words
    names = (unquoted(word).lower() for word, after in pairwise(words) if after == "(" and word[:1] not in "'(,")
    return tuple(dict.fromkeys(names))


def ends_transaction(first_word: str) -> bool:
    """Tell whether a statement of kind CONTROL commits."""
    return first_word in ("COMMIT", "END")


def literal(text: str) -> str:
    """Write a text as the standard's SQL does; MariaDB and MySQL also take a backslash for a sign of theirs."""
    return "'" + text.replace("'", "''") + "'"


def names_in(statement: str) -> tuple[str, ...]:
    """Return all that may be a name in a statement, quoted or not, each once, sorted."""
    found = {one.replace("``", "`").replace('""', '"') for match in _NAMES.findall(statement) for one in match if one}
    return tuple(sorted(found))
