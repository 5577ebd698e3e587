"""What goes with a column, and a column that stays under another name, out of everybody's sight."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whimbrel.backends.sqlite.alter_check import readers, refuse_broken
from whimbrel.backends.sqlite.alter_stored import Stored, set_text, stored
from whimbrel.backends.sqlite.edit import quoted, renamed_column
from whimbrel.backends.sqlite.text import named_in
from whimbrel.errors import ChangeRefused
from whimbrel.tokens import scan

if TYPE_CHECKING:
    from sqlalchemy import Connection


def drop_indexes_of(connection: Connection, found: Stored, dropped: set[str]) -> list[str]:
    """Drop the indexes of dropped columns (small letters), and return the texts of the others.

    Raises:
        ChangeRefused: Another column is in such an index too.
    """
    staying = []
    shared = []
    others = {name.lower() for name in found.pieces.names} - dropped
    for name, text in found.indexes.items():
        words = scan(text, "sqlite")
        begin = words.words.index("(")
        key = words.slice(begin, words.closing(begin) + 1)
        if not named_in(words.slice(begin, len(words.words)), dropped):
            staying.append(text)
        elif named_in(key, others) or not named_in(key, dropped):
            shared.append(name)
    if shared:
        raise ChangeRefused(
            f"{found.name}: {', '.join(sorted(dropped))} cannot go while other columns share an index with "
            f"it: {', '.join(shared)}.",
            why="SQLite keeps no part of an index.",
            do=f"drop {', '.join(shared)} in the script before, and make it again without the column",
        )
    for name, text in found.indexes.items():
        if text not in staying:
            connection.exec_driver_sql(f"DROP INDEX main.{quoted(name)}")
    return staying


def set_aside(connection: Connection, found: Stored, column: str, name: str) -> Stored:
    """Give a column another name in its table's text only: whatever else says the old one breaks, as by a drop.

    Returns:
        The table as it is stored then.

    Raises:
        ChangeRefused: A view, a trigger or an index needs the column.
    """
    before = readers(connection)
    drop_indexes_of(connection, found, {column.lower()})
    set_text(connection, found.name, renamed_column(found.pieces, column, name))
    refuse_broken(found.name, {column.lower()}, before, readers(connection))
    now = stored(connection, found.name)
    return found if now is None else now
