"""Building a table again from a text, with its rows, and putting it in the old one's place.

SQLite's own advice (https://www.sqlite.org/lang_altertable.html, "Making Other Kinds Of Table Schema
Changes") is to drop the old table and rename the new one, with foreign_keys off before the transaction
begins: with foreign_keys on, the drop deletes the rows of other tables that refer to the old one. A
script's own DELETE must still cascade, so foreign_keys stays as the application has it, and the two tables
change places in the catalogue instead: names, not pages. Nobody refers to the old table under its new
name, so dropping it deletes nothing else; views and triggers are never touched, and keep their texts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy.exc import IntegrityError

from whimbrel.backends.sqlite.alter_stored import Stored, columns, count, is_defensive, writable_schema
from whimbrel.backends.sqlite.alter_way import counts_on, row_number
from whimbrel.backends.sqlite.edit import named, quoted, without_rules
from whimbrel.backends.sqlite.text import TableText
from whimbrel.errors import ChangeRefused

if TYPE_CHECKING:
    from sqlalchemy import Connection

_AUTOMATIC = "sqlite_autoindex_"
_ROW_NUMBERS = ("rowid", "_rowid_", "oid")
_OWN = "type = 'table' AND name = ?"
_AUTOMATIC_INDEX = "type = 'index' AND sql IS NULL AND tbl_name = ?"


def rebuild(
    connection: Connection,
    found: Stored,
    wanted: TableText,
    values: Mapping[str, str],
    indexes: Iterable[str],
) -> None:
    """Build a table again; raises if a row would be lost.

    Args:
        connection: in a transaction or savepoint that is rolled back if this fails.
        found: the table.
        wanted: its new text, with the table's own name.
        values: for each column that is filled from the old table, an expression over the old columns.
        indexes: the texts of the indexes to make afterwards.
    """
    defensive = is_defensive(connection)
    if defensive and connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one():
        raise ChangeRefused(
            f"{found.name} must be built again, and cannot be: this connection is in SQLite's defensive mode, "
            "with foreign_keys on.",
            why="Dropping the old table would delete the rows that refer to it.",
            do="open the migration's connection without defensive mode, or with PRAGMA foreign_keys = OFF",
        )
    staging = _free_name(connection, f"whimbrel_new_{found.name}")
    text = named(wanted, staging)
    # Without foreign keys: what already has no parent stays, and nobody is asked for each row.
    connection.exec_driver_sql(str(text if defensive else _without_foreign_keys(text)))
    _copy(connection, found, wanted, staging, values)
    for name in found.indexes:
        connection.exec_driver_sql(f"DROP INDEX main.{quoted(name)}")
    if defensive:
        _drop_and_rename(connection, found, staging)
    else:
        _change_places(connection, found, wanted, staging)
    for index in indexes:
        connection.exec_driver_sql(index)


def retire(connection: Connection, found: Stored, name: str) -> None:
    """Give a table without indexes and triggers another name; nobody follows it there, and it refers to nobody.

    Args:
        connection: in a transaction.
        found: the table.
        name: what it is called from now on.
    """
    if is_defensive(connection):
        with _references_left_alone(connection):
            connection.exec_driver_sql(f"ALTER TABLE main.{quoted(found.name)} RENAME TO {quoted(name)}")
        return
    with writable_schema(connection):
        _rename(connection, found.name, name, str(_without_foreign_keys(named(found.pieces, name))))
    if _has_counters(connection):
        query = "UPDATE main.sqlite_sequence SET name = ? WHERE name = ?"
        connection.exec_driver_sql(query, (name, found.name))


def _copy(connection: Connection, found: Stored, wanted: TableText, staging: str, values: Mapping[str, str]) -> None:
    stored = columns(connection, staging)
    pairs = [(quoted(name), values[name]) for name, hidden in stored.items() if not hidden and name in values]
    if number := _shared_row_number(found.pieces, wanted):
        pairs.insert(0, (number, number))
    into = ", ".join(target for target, _ in pairs)
    given = ", ".join(value for _, value in pairs)
    old = f"main.{quoted(found.name)}"
    before = count(connection, found.name)
    try:
        if pairs:
            connection.exec_driver_sql(f"INSERT INTO main.{quoted(staging)} ({into}) SELECT {given} FROM {old}")
    except IntegrityError as error:
        words = str(error.orig).replace(f"{staging}.", f"{found.name}.").replace(staging, found.name)
        raise ChangeRefused(
            f"The rows of {found.name} do not fit what it is to become: {words}.",
            do="correct these rows in the script, before the change",
        ) from error
    after = count(connection, staging)
    if after != before:
        raise ChangeRefused(
            f"{found.name} has {before} rows, and {after} of them would be left.",
            why="A constraint says ON CONFLICT IGNORE or REPLACE.",
            do="remove the rows that are in its way in the script, before the change",
        )


def _shared_row_number(found: TableText, wanted: TableText) -> str:
    """Return a name for the rows' hidden numbers where both tables have them; full-text indexes refer to them."""
    if any("WITHOUT ROWID" in table.options or row_number(table) for table in (found, wanted)):
        return ""
    taken = {name.lower() for table in (found, wanted) for name in table.names}
    return next((name for name in _ROW_NUMBERS if name not in taken), "")


def _change_places(connection: Connection, found: Stored, wanted: TableText, staging: str) -> None:
    retired = _free_name(connection, f"whimbrel_old_{found.name}")
    master = "main.sqlite_master"
    own, automatic = _OWN, _AUTOMATIC_INDEX
    with writable_schema(connection):
        place = connection.exec_driver_sql(f"SELECT rowid FROM {master} WHERE {own}", (found.name,)).scalar_one()
        last = connection.exec_driver_sql(f"SELECT max(rowid) FROM {master}").scalar_one()
        # The catalogue is read in this order, and a trigger is read after its table.
        connection.exec_driver_sql(
            f"UPDATE {master} SET rowid = rowid + ? WHERE ({own}) OR ({automatic})", (last, found.name, found.name)
        )
        connection.exec_driver_sql(f"UPDATE {master} SET rowid = ? WHERE {own}", (place, staging))
        old_text = str(_without_foreign_keys(named(found.pieces, retired)))
        for name, now, text in ((found.name, retired, old_text), (staging, found.name, str(wanted))):
            _rename(connection, name, now, text)
    connection.exec_driver_sql(f"DROP TABLE main.{quoted(retired)}")
    _keep_counting(connection, found, wanted, staging)


def _rename(connection: Connection, old: str, new: str, text: str) -> None:
    """Give a table another name and text, where the catalogue is open for writing."""
    master = "main.sqlite_master"
    connection.exec_driver_sql(
        f"UPDATE {master} SET name = ?, tbl_name = ?, sql = ? WHERE {_OWN}", (new, new, text, old)
    )
    cut = len(_AUTOMATIC) + len(old) + 1
    connection.exec_driver_sql(
        f"UPDATE {master} SET tbl_name = ?, name = ? || substr(name, ?) WHERE {_AUTOMATIC_INDEX}",
        (new, f"{_AUTOMATIC}{new}", cut, old),
    )


def _keep_counting(connection: Connection, found: Stored, wanted: TableText, staging: str) -> None:
    """Keep the highest number that AUTOINCREMENT has ever given."""
    if not _has_counters(connection):
        return
    counters = "main.sqlite_sequence"
    if counts_on(wanted) and not counts_on(found.pieces):
        connection.exec_driver_sql(f"DELETE FROM {counters} WHERE name = ?", (found.name,))
        connection.exec_driver_sql(f"UPDATE {counters} SET name = ? WHERE name = ?", (found.name, staging))
    connection.exec_driver_sql(f"DELETE FROM {counters} WHERE name = ?", (staging,))
    if not counts_on(wanted):
        connection.exec_driver_sql(f"DELETE FROM {counters} WHERE name = ?", (found.name,))


def _drop_and_rename(connection: Connection, found: Stored, staging: str) -> None:
    """Do as SQLite's documentation says; only with foreign_keys off."""
    counter = None
    if _has_counters(connection):
        query = "SELECT max(seq) FROM main.sqlite_sequence WHERE name IN (?, ?)"
        counter = connection.exec_driver_sql(query, (found.name, staging)).scalar_one()
    connection.exec_driver_sql(f"DROP TABLE main.{quoted(found.name)}")
    with _references_left_alone(connection):
        connection.exec_driver_sql(f"ALTER TABLE main.{quoted(staging)} RENAME TO {quoted(found.name)}")
    if counter is not None:
        query = "UPDATE main.sqlite_sequence SET seq = ? WHERE name = ?"
        connection.exec_driver_sql(query, (counter, found.name))
    for text in found.triggers.values():
        connection.exec_driver_sql(text)


@contextmanager
def _references_left_alone(connection: Connection) -> Iterator[None]:
    """Rename tables as SQLite did before 3.26: other objects keep the name that they say."""
    before = connection.exec_driver_sql("PRAGMA legacy_alter_table").scalar_one()
    connection.exec_driver_sql("PRAGMA legacy_alter_table = ON")
    try:
        yield
    finally:
        connection.exec_driver_sql(f"PRAGMA legacy_alter_table = {before}")


def _without_foreign_keys(table: TableText) -> TableText:
    return without_rules(table, lambda _, clause: clause.kind == "foreign key")


def _has_counters(connection: Connection) -> bool:
    query = "SELECT count(*) FROM main.sqlite_master WHERE name = 'sqlite_sequence'"
    return bool(connection.exec_driver_sql(query).scalar_one())


def _free_name(connection: Connection, name: str) -> str:
    taken = {row.lower() for row in connection.exec_driver_sql("SELECT name FROM main.sqlite_master").scalars()}
    return next(free for free in (name, *(f"{name}_{number}" for number in range(1, 100))) if free.lower() not in taken)
