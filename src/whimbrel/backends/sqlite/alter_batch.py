"""``TextBatch``: Alembic's batch, carried out from the table's stored text instead of a reflection."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic.operations.batch import BatchOperationsImpl
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlalchemy.util import topological

from whimbrel.backends.generic import Arriving, Reshaping
from whimbrel.backends.sqlite.alter import reshape
from whimbrel.backends.sqlite.alter_aside import set_aside
from whimbrel.backends.sqlite.alter_check import ForeignKeys
from whimbrel.backends.sqlite.alter_draft import KIND_OF_TYPE, Draft
from whimbrel.backends.sqlite.alter_stored import Stored, stored, undone_on_error
from whimbrel.backends.sqlite.edit import as_stored, named, quoted, renamed_in_list, reordered
from whimbrel.backends.sqlite.text import TableText

if TYPE_CHECKING:
    from sqlalchemy import Connection


class SQLiteTables:
    """The tables of one database while revisions change them."""

    def __init__(self, connection: Connection) -> None:
        """Watch over the foreign keys of the connection's database."""
        self.foreign_keys = ForeignKeys(connection)
        self.watch: Reshaping | None = None
        self._connection = connection

    def alters(self, table: str, schema: str | None) -> bool:
        """Tell whether a table can be changed from its stored text: one of the main database, and no virtual one."""
        found = stored(self._connection, table) if schema in (None, "main") else None
        return found is not None and _is_readable(found)

    def batch(self, operations: Any, table: str, schema: str | None, **options: Any) -> TextBatch:
        """Collect what is to be done to a table."""
        return TextBatch(self, operations, table, schema, **options)

    def renamed(self, old: str, new: str) -> None:
        """Follow a table to its new name."""
        self.foreign_keys.renamed(old, new)

    def settle(self) -> None:
        """Look at the foreign keys at the end of a revision; raises if there are new rows without a parent."""
        self.foreign_keys.settle()


class TextBatch(BatchOperationsImpl):
    """What one batch asks of one table."""

    def __init__(
        self, tables: SQLiteTables, operations: Any, table_name: str, schema: str | None, **options: Any
    ) -> None:
        """Take what Alembic's own takes."""
        super().__init__(operations, table_name, schema, **options)  # type: ignore[no-untyped-call]
        self._tables = tables
        self._reflect_args: tuple[Any, ...] = tuple(options.get("reflect_args") or ())
        # "never" asks for plain ALTER statements, whatever comes of it.
        self._from_text = self.recreate != "never" and tables.alters(table_name, schema)

    def add_column(self, *arg: Any, **kw: Any) -> None:
        """Collect; a place among the columns needs no `recreate` here."""
        if self._from_text:
            self.batch.append(("add_column", arg, kw))
        else:
            super().add_column(*arg, **kw)

    def drop_unnamed(self, type_: str | None) -> None:
        """Collect the drop of the one constraint of its kind without a name."""
        self.batch.append(("drop_unnamed", (type_,), {}))

    def flush(self) -> None:
        """Carry out what was collected."""
        if not self._from_text:
            super().flush()
            return
        connection = self.operations.get_bind()
        found = stored(connection, self.table_name)
        if found is None:
            super().flush()
            return
        with undone_on_error(connection):
            self._carry_out(connection, found)

    def _carry_out(self, connection: Connection, found: Stored) -> None:
        draft = self._draft(found)
        for operation, arg, kw in self.batch:
            if operation == "create_index":
                draft.indexes[str(arg[0].name)] = self._index(draft, arg[0], **kw)
            elif operation == "drop_index":
                self._drop_index(connection, draft.indexes, arg[0], **kw)
            else:
                getattr(self, f"_{operation}")(draft, *arg, **kw)
        if any(operation == "drop_index" for operation, _, _ in self.batch):
            found = stored(connection, found.name) or found
        draft.refuse_halves()
        self._put_in_order(draft)
        always = self.recreate == "always"
        if always or str(draft.text) != found.text:
            with self._watched(connection, found, draft) as now:
                reshape(
                    connection,
                    now,
                    str(draft.text),
                    kept=draft.kept,
                    values=draft.values,
                    foreign_keys=self._tables.foreign_keys,
                    always_rebuild=always,
                )
        for index in draft.indexes.values():
            connection.exec_driver_sql(index)

    @contextmanager
    def _watched(self, connection: Connection, found: Stored, draft: Draft) -> Iterator[Stored]:
        """Have what leaves the table kept, and give what comes again its values."""
        watch = self._tables.watch
        if watch is None:
            yield found
            return
        staying = {name.lower() for name in draft.kept.values()}
        leaving = [name for name in found.pieces.names if name.lower() not in staying]
        arriving = {
            item.name: Arriving(item.value("default") or "NULL", item.clause("not null") is not None)
            for item in draft.text.columns
            if item.name.lower() not in draft.kept and item.clause("generated") is None
        }
        with watch.reshaping(found.name, leaving, arriving) as returning:
            for column, name in returning.aside.items():
                draft.keep_aside(column, name, found.pieces)
                found = set_aside(connection, found, column, name)
            for column, name in returning.back.items():
                draft.take_back(column, name)
            draft.values.update(returning.values)
            for column in returning.nullable:
                draft.set_nullable(column, True)
            yield found

    def _draft(self, found: Stored) -> Draft:
        text = found.pieces
        if self.copy_from is not None:
            # The script says itself what the table is: that counts, also where the stored text says more.
            given = str(CreateTable(self.copy_from).compile(dialect=self.dialect))
            text = named(as_stored(TableText.of(given)), found.name)
        draft = Draft(text, self.dialect, self._conventions())
        draft.kept = {name.lower(): name for name in found.pieces.names if text.column(name) is not None}
        for extra in (*self.table_args, *self._reflect_args):
            if isinstance(extra, sa.Constraint):
                draft.add_constraint(self._bound(extra))
        draft.set_options(self.table_kwargs)
        return draft

    def _conventions(self) -> list[Any]:
        own = self.operations.schema_obj.metadata().naming_convention
        return [convention for convention in (self.naming_convention, own) if convention]

    def _bound(self, constraint: Any) -> Any:
        """Give a constraint that names its columns by text tables to stand on."""
        if getattr(constraint, "parent", None) is None:
            metadata = sa.MetaData()
            for element in getattr(constraint, "elements", ()):
                table, _, column = element.target_fullname.rpartition(".")
                sa.Table(table, metadata, sa.Column(column), extend_existing=True)
            pending = getattr(constraint, "_pending_colargs", ())
            columns: list[Any] = [sa.Column(name) for name in pending if isinstance(name, str)]
            sa.Table(self.table_name, metadata, *columns, constraint, extend_existing=True)
        return constraint

    def _put_in_order(self, draft: Draft) -> None:
        if not self.partial_reordering:
            return
        names = draft.text.names
        pairs = {
            (draft.name(one), draft.name(other)) for said in self.partial_reordering for one, other in pairwise(said)
        }
        order: Sequence[str] = list(topological.sort(pairs, names, deterministic_order=True))
        draft.text = reordered(draft.text, order)

    def _index(self, draft: Draft, index: Any, **kw: Any) -> str:
        text = str(CreateIndex(index, **kw).compile(dialect=self.dialect))
        for old, new in draft.renamed.items():
            if draft.text.column(old) is None:
                text = renamed_in_list(text, old, new)
        return text

    def _drop_index(
        self, connection: Connection, created: dict[str, str], index: Any, if_exists: bool | None = None
    ) -> None:
        if created.pop(str(index.name), None) is None:
            condition = "IF EXISTS " if if_exists else ""
            connection.exec_driver_sql(f"DROP INDEX {condition}{quoted(str(index.name))}")

    def _add_column(self, draft: Draft, table: str, column: Any, **kw: Any) -> None:
        if kw.get("if_not_exists") and draft.text.column(column.name) is not None:
            return
        in_line = bool(kw.get("inline_references")) and len(column.foreign_keys) == 1
        draft.add_column(column, kw.get("insert_before"), kw.get("insert_after"), in_line=in_line)

    def _drop_column(self, draft: Draft, table: str, column: Any, **kw: Any) -> None:
        if kw.get("if_exists") and draft.text.column(column.name) is None:
            return
        draft.drop_column(column.name)

    def _alter_column(self, draft: Draft, table: str, column: str, **kw: Any) -> None:
        name = draft.name(column)
        if kw.get("type_") is not None:
            draft.set_type(name, kw["type_"], kw.get("existing_type"))
        if kw.get("server_default", False) is not False:
            draft.set_default(name, kw["server_default"])
        conflict = "sqlite_on_conflict_not_null"
        nullable = kw.get("existing_nullable") if kw.get("nullable") is None and conflict in kw else kw.get("nullable")
        if nullable is not None:
            draft.set_nullable(name, nullable, (kw[conflict] or "") if conflict in kw else None)
        if kw.get("sqlite_using"):
            draft.values[name] = str(kw["sqlite_using"])
        new = kw.get("name")
        if new is not None and new != name:
            draft.rename_column(name, new)

    def _add_constraint(self, draft: Draft, constraint: Any) -> None:
        draft.add_constraint(constraint)

    def _drop_constraint(self, draft: Draft, constraint: Any, **kw: Any) -> None:
        draft.drop_constraint(constraint)

    def _drop_unnamed(self, draft: Draft, type_: str | None) -> None:
        draft.drop_rule(None, KIND_OF_TYPE.get(type_ or "", ""))

    def _create_table_comment(self, draft: Draft, table: Any) -> None:
        """SQLite has no comments."""

    _drop_table_comment = _create_table_comment
    _create_column_comment = _create_table_comment


def _is_readable(found: Stored) -> bool:
    try:
        return bool(found.pieces.columns)
    except ValueError:
        return False
