"""What a script leaves otherwise than the models want it, for now, and says so in a comment: a column nullable."""

from __future__ import annotations

import re

from whimbrel.commands.names import Names
from whimbrel.operations.step import NoteOp
from whimbrel.snapshot import Key, Snapshot

_SAID = re.compile(r"^\s*# whimbrel: (\S.*?) stays nullable for now\b", re.MULTILINE)


def put_off_note(name: str) -> NoteOp:
    """Return the comment for a column that stays nullable, by the name that a person types."""
    return NoteOp(f"whimbrel: {name} stays nullable for now")


def put_off_in(text: str, wanted: Snapshot) -> frozenset[Key]:
    """Return the columns that a script says it leaves nullable for now.

    Args:
        text: The script.
        wanted: What the models want of a database; names of others are passed over.
    """
    said = set(_SAID.findall(text))
    if not said:
        return frozenset()
    names = Names(wanted)
    keys = (
        Key("column", table.schema, table.name, one.name)
        for table in wanted.tables()
        for one in table.columns
        if not one.nullable
    )
    return frozenset(key for key in keys if names.of_key(key) in said)
