"""Bringing a SQLite table from its stored text to another text, with its rows.

Nothing is reflected: what the new text says is what the table will be, and what it does not mention of
indexes, triggers and views stays as it is stored, byte for byte.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from typing import TYPE_CHECKING

from sqlalchemy.exc import DatabaseError

from whimbrel.backends.sqlite.alter_aside import drop_indexes_of
from whimbrel.backends.sqlite.alter_check import ForeignKeys, cannot_go, readers, refuse_broken
from whimbrel.backends.sqlite.alter_stored import Stored, count, is_null, set_text, stored, undone_on_error
from whimbrel.backends.sqlite.alter_way import Way, affinity, choose, is_literal_default
from whimbrel.backends.sqlite.edit import as_stored, quoted, without, without_comments, without_rules
from whimbrel.backends.sqlite.rebuild import rebuild
from whimbrel.backends.sqlite.text import Item, TableText, named_in, same_words
from whimbrel.errors import ChangeRefused

if TYPE_CHECKING:
    from sqlalchemy import Connection

_CORRECT_ROWS = "correct these rows in the script, before the change"
_GIVE_A_VALUE = "give it a server_default, or add it with nullable=True and fill it before it becomes NOT NULL"


class NotByEdit(Exception):
    """The stored text cannot be edited to the wanted one; the table must be built again."""


def reshape(
    connection: Connection,
    found: Stored,
    wanted: str,
    *,
    kept: Mapping[str, str] | None = None,
    values: Mapping[str, str] | None = None,
    foreign_keys: ForeignKeys | None = None,
    always_rebuild: bool = False,
) -> str:
    """Bring a table to another CREATE TABLE text; return in words how it was done.

    Args:
        connection: a connection to SQLite; a transaction should be open, so that a crash leaves the old table.
        found: what is stored about the table now.
        wanted: the CREATE TABLE that it is to have; the name in it does not matter.
        kept: which of the wanted columns stay, and what they are called now; without it, those of the same name.
        values: an expression for wanted columns that are not copied as they are; in it, columns that stay
            have their wanted names.
        foreign_keys: looks after rows without parents until the caller settles, who also undoes what was done if
            it fails; without it, both are done here.
        always_rebuild: build the table again, even where nothing asks for it.

    Raises:
        ChangeRefused: rows would be lost, or something would break that nobody asked to break.
    """
    watch = foreign_keys if foreign_keys is not None else ForeignKeys(connection)
    target = as_stored(TableText.of(wanted))
    same = {name.lower(): item.name for name in target.names if (item := found.pieces.column(name)) is not None}
    staying = same if kept is None else {new.lower(): old for new, old in kept.items()}
    change = _Change(connection, watch, found, target, staying, dict(values or {}), always_rebuild)
    if foreign_keys is not None:
        return change.make()
    with undone_on_error(connection):
        how = change.make()
        watch.settle()
    return how


class _Change:
    """One table on its way to another text."""

    def __init__(
        self,
        connection: Connection,
        watch: ForeignKeys,
        found: Stored,
        wanted: TableText,
        kept: dict[str, str],
        values: dict[str, str],
        always_rebuild: bool,
    ) -> None:
        self._connection = connection
        self._watch = watch
        self._found = found
        self._wanted = wanted
        self._kept = kept
        self._values = values
        self._always_rebuild = always_rebuild
        self._has_renamed = False

    def make(self) -> str:
        """Do it, by the cheapest way that holds."""
        self._make_room_for_names()
        self._rename_columns()
        way = choose(self._found.pieces, self._wanted, self._kept)
        if self._always_rebuild or self._values:
            way = Way(rebuild="the script asks for it")
        dropped = self._dropped()
        reading = readers(self._connection) if dropped or way.rebuild else None
        indexes = self._indexes_that_stay(dropped)
        how = self._by_edit(way) if not way.rebuild else ""
        if not how:
            reading = reading if reading is not None else readers(self._connection)
            self._rebuild(indexes)
            how = f"built again: {way.rebuild or 'the stored text cannot be edited'}"
        if reading is not None:
            refuse_broken(self._found.name, dropped, reading, readers(self._connection))
        return how

    def _dropped(self) -> set[str]:
        staying = {name.lower() for name in self._kept.values()}
        return {name.lower() for name in self._found.pieces.names} - staying

    def _make_room_for_names(self) -> None:
        """Drop first what has a name that another column is renamed to."""
        pieces = self._found.pieces
        taken = {new for new, old in self._kept.items() if new != old.lower()} & self._dropped()
        if not taken:
            return
        column_rules = [item for item in pieces.columns if item.name.lower() in taken]
        rest = without(pieces, column_rules)
        rest = without_rules(rest, lambda _, clause: any(name.lower() in taken for name in clause.columns))
        rest = without_rules(rest, lambda _, clause: clause.kind == "check" and named_in(clause.value, taken))
        kept = {name.lower(): name for name in rest.names}
        _Change(self._connection, self._watch, self._found, rest, kept, {}, always_rebuild=False).make()
        self._refresh()

    def _rename_columns(self) -> None:
        """Rename as SQLite does: it follows the name into indexes, views, triggers and foreign keys."""
        wanted = {item.name.lower(): item.name for item in self._wanted.columns}
        renames = [(old, wanted[new]) for new, old in self._kept.items() if wanted[new] != old]
        if not renames:
            return
        present = {name.lower() for name in self._found.pieces.names}
        clash = any(new.lower() in present for old, new in renames if new.lower() != old.lower())
        between = {old: f"whimbrel_{at}" for at, (old, _) in enumerate(renames)} if clash else {}
        for old, passing in between.items():
            self._rename(old, passing)
        for old, new in renames:
            self._rename(between.get(old, old), new)
            self._kept[new.lower()] = new
        self._has_renamed = True
        self._refresh()

    def _rename(self, old: str, new: str) -> None:
        table, old, new = (self._spelled(name) for name in (self._found.name, old, new))
        self._connection.exec_driver_sql(f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}")

    def _spelled(self, name: str) -> str:
        """Quote a name where it must be, as in the statements that Alembic writes."""
        return self._connection.dialect.identifier_preparer.quote(name)

    def _refresh(self) -> None:
        found = stored(self._connection, self._found.name)
        if found is not None:
            self._found = found

    def _indexes_that_stay(self, dropped: set[str]) -> list[str]:
        staying = drop_indexes_of(self._connection, self._found, dropped)
        if len(staying) < len(self._found.indexes):
            self._refresh()
        return staying

    def _by_edit(self, way: Way) -> str:
        """Change the table where it stands; return nothing where that turns out not to hold."""
        try:
            with undone_on_error(self._connection):
                return self._in_place(way)
        except NotByEdit:
            return ""

    def _in_place(self, way: Way) -> str:
        name = self._spelled(self._found.name)
        done = ["RENAME COLUMN"] if self._has_renamed else []
        first = way.first or self._found.pieces
        bare = without_comments(first) if way.drops else first
        if str(bare) != self._found.text:
            self._edit(bare)
        for column in way.drops:
            self._alter(f"ALTER TABLE {name} DROP COLUMN {self._spelled(column)}")
            done.append("DROP COLUMN")
        for column in way.required:
            what = f"{self._found.name}.{column} cannot be added NOT NULL"
            self._refuse_if("1", what, "have no value for it", do=_GIVE_A_VALUE)
        for definition in way.adds:
            self._alter(f"ALTER TABLE {name} ADD COLUMN {definition}")
            done.append("ADD COLUMN")
        self._refresh()
        if str(bare) != str(first) or not same_words(self._found.text, str(self._wanted)):
            self._refuse_rows(way)
            before = self._counted(way)
            with self._watch.watching(self._found.name) if way.keys_out else nullcontext():
                self._edit(self._wanted)
            if before != self._counted(way):
                # Rows from before an ADD COLUMN are stored without it, and read as its default of now.
                raise NotByEdit
            self._check(way)
            done.append("edited")
        return ", ".join(done) or "nothing to do"

    def _edit(self, text: TableText) -> None:
        try:
            set_text(self._connection, self._found.name, text)
        except (DatabaseError, ValueError) as error:
            raise NotByEdit from error

    def _alter(self, statement: str) -> None:
        try:
            self._connection.exec_driver_sql(statement)
        except DatabaseError as error:
            words = str(error.orig)
            if not words.startswith("error in"):
                raise
            user, _, reason = words.removeprefix("error in ").partition(" after drop column: ")
            if not reason:
                raise NotByEdit from error  # what was broken before hinders every ALTER TABLE
            if self._dropped() & {item.name.lower() for item in self._wanted.columns}:
                raise NotByEdit from error  # it may well be used: another of its name comes in its place
            raise cannot_go(self._found.name, self._dropped(), user, reason) from error

    def _counted(self, way: Way) -> list[tuple[int, int]]:
        out = []
        for column, old in way.defaults:
            name = quoted(column)
            nulls = count(self._connection, self._found.name, is_null(name))
            literal = is_literal_default(old)
            out.append((nulls, count(self._connection, self._found.name, f"{name} IS {old}") if literal else 0))
        return out

    def _refuse_rows(self, way: Way) -> None:
        table = self._found.name
        for column in way.not_null:
            self._refuse_if(is_null(quoted(column)), f"{table}.{column} cannot become NOT NULL", "have no value")
        for condition, about_new in way.checks:
            limit = " LIMIT 1" if about_new else ""
            self._refuse_if(f"NOT ({condition})", f"{table} cannot get CHECK ({condition})", "break it", limit)

    def _check(self, way: Way) -> None:
        """Have SQLite look at the rows under the new rules, where there are any for old columns."""
        if not way.not_null and all(about_new for _, about_new in way.checks):
            return
        query = "SELECT * FROM pragma_quick_check(?)"
        if self._connection.exec_driver_sql(query, (self._found.name,)).scalars().all() != ["ok"]:
            raise NotByEdit

    def _refuse_if(self, condition: str, what: str, words: str, limit: str = "", do: str = _CORRECT_ROWS) -> None:
        rows = f"SELECT {condition} AS bad FROM main.{quoted(self._found.name)}{limit}"
        query = f"SELECT count(*) FROM ({rows}) WHERE bad"
        bad = self._connection.exec_driver_sql(query).scalar_one()
        if bad:
            total = count(self._connection, self._found.name)
            raise ChangeRefused(f"{what}: {total if limit else bad} of {total} rows {words}.", do=do)

    def _rebuild(self, indexes: list[str]) -> None:
        pieces = self._found.pieces
        values = {}
        for item in self._wanted.columns:
            old = pieces.column(self._kept.get(item.name.lower(), ""))
            given = self._values.get(item.name)
            if given is not None or old is not None:
                values[item.name] = given if given is not None else _carried(old, item)
        with self._watch.watching(self._found.name):
            rebuild(self._connection, self._found, self._wanted, values, indexes)


def _carried(old: Item | None, new: Item) -> str:
    """Say how a value comes over: as it is, so that SQLite converts only what it can without a loss.

    A CAST would make 2020 of the text '2020-01-01' in a DATE column, and 0 of any other text. Only between
    text and bytes nothing is lost by one, and nothing would happen without it.
    """
    if old is None:
        return "NULL"
    name = quoted(old.name)
    before, after = affinity(old.value("type")), affinity(new.value("type"))
    if {before, after} == {"TEXT", "BLOB"} and old.value("type") and new.value("type"):
        return f"CAST({name} AS {after})"
    return name
