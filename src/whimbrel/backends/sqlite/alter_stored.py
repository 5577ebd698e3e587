"""What SQLite stores about a table, and writing into it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy.exc import DatabaseError

from whimbrel.backends.locks import rows_of
from whimbrel.backends.sessions import run_beside
from whimbrel.backends.sqlite.edit import quoted
from whimbrel.backends.sqlite.text import TableText

if TYPE_CHECKING:
    from sqlalchemy import Connection

_OBJECTS = (
    "SELECT type, name, sql FROM main.sqlite_master "
    "WHERE lower(tbl_name) = lower(?) AND type <> 'view' AND sql IS NOT NULL ORDER BY rowid"
)
_SET_TEXT = "UPDATE main.sqlite_master SET sql = ? WHERE type = 'table' AND name = ?"
SAVEPOINT = "whimbrel_change"


@dataclass(frozen=True, slots=True)
class Stored:
    """A table as SQLite stores it.

    Attributes:
        name: with the capitals that it has in the catalogue.
        text: its CREATE TABLE.
        indexes: the CREATE INDEX of each, by name.
        triggers: the CREATE TRIGGER of each, by name.
    """

    name: str
    text: str
    indexes: dict[str, str]
    triggers: dict[str, str]

    @property
    def pieces(self) -> TableText:
        """Cut the text into its pieces."""
        return TableText.of(self.text)


def stored(connection: Connection, table: str) -> Stored | None:
    """Read what is stored about a table of the main database; nothing where there is no such table."""
    texts: dict[str, dict[str, str]] = {"table": {}, "index": {}, "trigger": {}}
    for kind, name, text in rows_of(connection, _OBJECTS, table):
        texts[kind][name] = text
    own, text = next(iter(texts["table"].items()), (None, ""))
    return Stored(own, text, texts["index"], texts["trigger"]) if own is not None else None


@contextmanager
def undone_on_error(connection: Connection) -> Iterator[None]:
    """Undo what is done inside if it fails, whatever the transaction around it holds."""
    if not connection.in_transaction():
        connection.begin()
    run_beside(connection, f"SAVEPOINT {SAVEPOINT}")
    try:
        yield
    except BaseException:
        run_beside(connection, f"ROLLBACK TO {SAVEPOINT}")
        run_beside(connection, f"RELEASE {SAVEPOINT}")
        raise
    run_beside(connection, f"RELEASE {SAVEPOINT}")


@contextmanager
def writable_schema(connection: Connection) -> Iterator[None]:
    """Open the catalogue for writing; afterwards every connection reads it again."""
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    try:
        yield
        version = connection.exec_driver_sql("PRAGMA main.schema_version").scalar_one()
        connection.exec_driver_sql(f"PRAGMA main.schema_version = {version + 1}")
    finally:
        connection.exec_driver_sql("PRAGMA writable_schema = OFF")


def is_defensive(connection: Connection) -> bool:
    """Tell a connection that lets nobody write into the catalogue (SQLITE_DBCONFIG_DEFENSIVE)."""
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    try:
        connection.exec_driver_sql(f"{_SET_TEXT} AND 0", ("", ""))
    except DatabaseError:
        return True
    finally:
        connection.exec_driver_sql("PRAGMA writable_schema = OFF")
    return False


def set_text(connection: Connection, table: str, text: TableText) -> None:
    """Put another text in the place of a table's own; raises if SQLite cannot read it."""
    with writable_schema(connection):
        connection.exec_driver_sql(_SET_TEXT, (str(text), table))
    # The catalogue is read again by this, and what SQLite cannot read it names.
    connection.exec_driver_sql(f"SELECT * FROM main.{quoted(table)} LIMIT 1").close()
    names = tuple(columns(connection, table))
    if names != text.names:
        raise ValueError(f"the columns of {table} came out as {names}, not {text.names}")


def columns(connection: Connection, table: str) -> dict[str, int]:
    """List a table's columns; the number is 0 for those that hold values, 2 and 3 for computed ones."""
    rows = connection.exec_driver_sql("SELECT name, hidden FROM pragma_table_xinfo(?)", (table,))
    return {row.name: row.hidden for row in rows}


def count(connection: Connection, table: str, condition: str = "") -> int:
    """Count rows."""
    where = f" WHERE {condition}" if condition else ""
    return int(connection.exec_driver_sql(f"SELECT count(*) FROM main.{quoted(table)}{where}").scalar_one())


def is_null(column: str) -> str:
    """Ask for NULL in a way that looks: SQLite answers `IS NULL` of a NOT NULL column without reading it."""
    return f"typeof({column}) = 'null'"
