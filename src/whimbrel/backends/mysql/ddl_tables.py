"""What is a table's own, as clauses of CREATE TABLE and ALTER TABLE: options, collation, partitions."""

from __future__ import annotations

import re

from whimbrel.snapshot import Column, Index, PrimaryKey, Table

# What an option says when it is as usual.
_NUMBERS = ("key_block_size", "max_rows", "min_rows", "avg_row_length", "checksum", "delay_key_write")
_USUAL: dict[str, str] = dict.fromkeys(_NUMBERS, "0")
VERSIONED = "system versioned"
_WORDS = {VERSIONED: "SYSTEM VERSIONING"}
_STRINGS = ("char", "text", "enum", "set")
_SUBPARTITIONED = re.compile(r"(?P<by>.*) / (?P<sub>.*?)(?: (?P<count>\d+))?\Z", re.DOTALL)


def options_of(wanted: tuple[str, ...], found: tuple[str, ...] | None) -> list[str]:
    """Return the clauses that bring the options from one side to the other; from none, where a table is made."""
    verb = "WITH" if found is None else "ADD"
    found = found or ()
    kept = {option.partition("=")[0] for option in wanted}
    out = [_said(option, verb) for option in wanted if option not in found]
    return out + [_unsaid(option) for option in found if option.partition("=")[0] not in kept]


def _said(option: str, verb: str) -> str:
    name, sign, value = option.partition("=")
    if not sign:
        return f"{verb} {_WORDS.get(option, option.upper())}"
    return f"DEFAULT COLLATE {value}" if name == "collate" else f"{name.upper()}={value}"


def _unsaid(option: str) -> str:
    name, sign, _ = option.partition("=")
    if not sign:
        return f"DROP {_WORDS.get(option, option.upper())}"
    return "DEFAULT CHARACTER SET DEFAULT" if name == "collate" else f"{name.upper()}={_USUAL.get(name, 'DEFAULT')}"


def resized_keys(found: Table, wanted: Table) -> list[PrimaryKey | Index]:
    """Return the keys that stay where their table's block size goes: they would keep it for their own."""
    if not loses_size(found, wanted):
        return []
    keys = [found.primary_key] if found.primary_key is not None and found.primary_key == wanted.primary_key else []
    return [*keys, *(one for one in found.indexes if one in wanted.indexes)]


def loses_size(found: Table, wanted: Table) -> bool:
    """Tell whether the size of a table's blocks goes, or changes."""
    sizes = [{one for one in table.options if one.startswith("key_block_size=")} for table in (found, wanted)]
    return bool(sizes[0] - sizes[1])


def retold_columns(found: Table, wanted: Table) -> list[Column]:
    """Return the columns that go with their table's collation: it is not theirs until they are said again.

    All columns of both sides are there while options change.
    """
    if collation_of(found) == collation_of(wanted):
        return []
    return [column for column in wanted.columns_in_order() if not column.collation and is_string(column.type)]


def collation_of(table: Table) -> str:
    """Return a table's collation where it is not the database's."""
    return next((one for one in table.options if one.startswith("collate=")), "")


def is_string(type_text: str) -> bool:
    """Tell a type that has a collation."""
    return any(word in type_text.split("(", 1)[0] for word in _STRINGS)


def partitioning(table: Table) -> str:
    """Return the PARTITION BY clause."""
    match = _SUBPARTITIONED.match(table.partition_by)
    by, sub = (match["by"], match["sub"]) if match else (table.partition_by, "")
    words = [f"PARTITION BY {by}"]
    if sub:
        count = f" SUBPARTITIONS {match['count']}" if match and match["count"] else ""
        words.append(f"SUBPARTITION BY {sub}{count}")
    names = [f"p{place}" for place in range(len(table.partitions))]
    if list(table.partitions) == names:
        words.append(f"PARTITIONS {len(names)}")
    else:
        words.append(f"({', '.join(f'PARTITION {one}' for one in table.partitions)})")
    return " ".join(words)
