"""Reads the statements of MariaDB and MySQL that change a table, and writes them for another one."""

from __future__ import annotations

import re
from collections.abc import Callable

_NAME = r"(?:`(?:[^`]|``)+`|[\w$]+)"
_ALTER = re.compile(rf"\s*ALTER\s+(?:ONLINE\s+)?(?:IGNORE\s+)?TABLE\s+(?:IF\s+EXISTS\s+)?({_NAME})\s+(.*)", re.I | re.S)
_CREATE_INDEX = re.compile(rf"(\s*CREATE\s+[\w\s]*?INDEX\s+.*?\sON\s+)({_NAME})(\s*\(.*)", re.I | re.S)
_DROP_INDEX = re.compile(rf"\s*DROP\s+INDEX\s+(?:IF\s+EXISTS\s+)?({_NAME})\s+ON\s+({_NAME})(.*)", re.I | re.S)
_DROP_TABLE = re.compile(rf"\s*DROP\s+TABLE\s+(?:IF\s+EXISTS\s+)?({_NAME}(?:\s*,\s*{_NAME})*)\s*(?:\w+\s*)?$", re.I)
_TRUNCATE = re.compile(rf"\s*TRUNCATE\s+(?:TABLE\s+)?({_NAME})\s*$", re.I)
_RENAME = re.compile(rf"\s*RENAME\s+TABLE\s+({_NAME})\s+TO\s+{_NAME}\s*$", re.I)
_LEADS_TO = re.compile(rf"\bREFERENCES\s+({_NAME})", re.I)
_ASKED = re.compile(r",?\s*\b(ALGORITHM|LOCK)\s*=?\s*(\w+)", re.I)
_RENAMED = re.compile(r"RENAME\s+(?!COLUMN\b|INDEX\b|KEY\b)", re.I)

_OF_PARTITIONS = re.compile(
    r"(?:ADD|DROP|REORGANIZE|COALESCE|TRUNCATE|EXCHANGE|REBUILD|OPTIMIZE|CONVERT)\s+PARTITION\b|CONVERT\s+TABLE\b"
    r"|.*\bPARTITION\s+BY\b|REMOVE\s+PARTITIONING\b",
    re.I | re.S,
)
_TAKEN_IN = re.compile(rf"(EXCHANGE\s+PARTITION\s+{_NAME}\s+WITH\s+TABLE\s+|CONVERT\s+TABLE\s+)({_NAME})", re.I)
_TAKEN_OUT = re.compile(rf"(CONVERT\s+PARTITION\s+{_NAME}\s+TO\s+TABLE\s+){_NAME}", re.I)

Writer = Callable[[str, str, str], str]


def split(statement: str, to: str) -> tuple[str, Writer, str] | None:
    """Return the table that a statement changes, what writes it for another table, and its rest.

    Args:
        statement: Its text.
        to: The other table.
    """
    if altered := _ALTER.match(statement):

        def alter(rest: str, algorithm: str, lock: str) -> str:
            return f"ALTER TABLE {to} {rest}, ALGORITHM={algorithm}" + (f", LOCK={lock}" if lock else "")

        return unquoted(altered[1]), alter, altered[2]
    if dropped := _DROP_INDEX.match(statement):  # MariaDB knows no ALGORITHM there
        return split(f"ALTER TABLE {dropped[2]} DROP INDEX {dropped[1]}{dropped[3]}", to)
    indexed = _CREATE_INDEX.match(statement)
    if indexed is None:
        return None
    head = indexed[1]

    def index(rest: str, algorithm: str, lock: str) -> str:
        return f"{head}{to}{rest} ALGORITHM={algorithm}" + (f" LOCK={lock}" if lock else "")

    return unquoted(indexed[2]), index, indexed[3]


def of_whole_tables(statement: str, to: str, away: str) -> dict[str, str]:
    """Return the tables that a statement drops, empties or renames, each with what does so to another one.

    Args:
        statement: Its text.
        to: The other table.
        away: What the other table is called afterwards, if it is renamed.
    """
    if dropped := _DROP_TABLE.match(statement):
        return {unquoted(one): f"DROP TABLE {to}" for one in re.findall(_NAME, dropped[1])}
    if emptied := _TRUNCATE.match(statement):
        return {unquoted(emptied[1]): f"TRUNCATE TABLE {to}"}
    if renamed := _RENAME.match(statement):
        return {unquoted(renamed[1]): f"RENAME TABLE {to} TO {away}"}
    altered = _ALTER.match(statement)
    if altered and _RENAMED.match(altered[2]):
        return {unquoted(altered[1]): f"ALTER TABLE {to} RENAME TO {away}"}
    return {}


def of_partitions(statement: str, to: str, with_: str, away: str) -> tuple[str, str, str] | None:
    """Return the table whose partitions a statement changes, its text for another one, and the table that it takes in.

    Args:
        statement: Its text.
        to: The other table.
        with_: What stands for the table that becomes a partition.
        away: What a partition is called that becomes a table.
    """
    altered = _ALTER.match(statement)
    if altered is None or not _OF_PARTITIONS.match(altered[2]):
        return None
    rest = altered[2]
    taken = _TAKEN_IN.match(rest)
    rest = _TAKEN_OUT.sub(rf"\g<1>{away}", _TAKEN_IN.sub(rf"\g<1>{with_}", rest))
    return unquoted(altered[1]), f"ALTER TABLE {to} {rest}", unquoted(taken[2]) if taken else ""


def is_of_whole_objects(statement: str, first_word: str) -> bool:
    """Tell whether a statement makes, drops or renames a whole object, for which no rows are read."""
    if any(one.match(statement) for one in (_CREATE_INDEX, _DROP_INDEX)):
        return False
    altered = _ALTER.match(statement)
    renamed = altered is not None and _RENAMED.match(altered[2])
    return bool(renamed) or first_word in ("CREATE", "DROP", "RENAME", "TRUNCATE")


def asked_for(rest: str) -> tuple[str, dict[str, str]]:
    """Return a change without the ALGORITHM and LOCK that it asks for, and these."""
    asked = {word.upper(): value.upper() for word, value in _ASKED.findall(rest)}
    return _ASKED.sub("", rest).strip(", \n\t"), asked


def led_to(change: str) -> set[str]:
    """Return the tables to which the foreign keys lead that a change makes."""
    return {unquoted(one) for one in _LEADS_TO.findall(change)}


def without_key(change: str, key: str, instead: str) -> str:
    """Return a change that drops another foreign key in place of one."""
    dropped = rf"(\bDROP\s+(?:FOREIGN\s+KEY|CONSTRAINT)\s+(?:IF\s+EXISTS\s+)?)`?{re.escape(key)}`?(?!\w)"
    return re.sub(dropped, rf"\g<1>{instead}", change, flags=re.I)


def quoted(name: str) -> str:
    """Write a name as MariaDB and MySQL take any."""
    return "`" + name.replace("`", "``") + "`"


def unquoted(name: str) -> str:
    """Return a name that may be written in quotes."""
    return name[1:-1].replace("``", "`") if name.startswith("`") else name
