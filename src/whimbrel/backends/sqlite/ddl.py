"""SQLite's statements. What has none of its own (constraints, column changes) goes by Alembic's operations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.dialects.sqlite.base import SQLiteIdentifierPreparer

from whimbrel.backends.ddl import Ddl
from whimbrel.backends.sqlite.alter_stored import stored
from whimbrel.snapshot import Column, Index, Part, PrimaryKey, Table, Trigger, Unique, View, Whole

_CONFLICT = "on conflict "
_PARTS = "parts ("


class SQLiteDdl(Ddl):
    """The statements of SQLite 3.35 and later."""

    reserved = frozenset(word.upper() for word in SQLiteIdentifierPreparer.reserved_words)
    alters = frozenset({"type", "nullable", "default", "comment", "collation", "generated", "stored", "options"})
    leaves_unnamed = True
    builds_anew = True
    columns_hold_checks = True
    names_collations = True
    counting_option = "sqlite_autoincrement"
    apart = (Index,)

    def create(self, whole: Whole) -> list[str]:
        """Make an object; a table with its foreign keys, which cannot come later."""
        if isinstance(whole, Table):
            return [self._table(whole)]
        if isinstance(whole, View):
            return [whole.text, *(trigger.text for trigger in whole.triggers)]
        return [whole.text]  # type: ignore[union-attr]

    def drop(self, whole: Whole) -> list[str]:
        """Drop an object."""
        words = "TABLE" if whole.key.kind == "virtual_table" else whole.key.kind.upper()
        return [f"DROP {words} {self.name(whole.name)}"]

    def drop_part(self, table: Table, part: Part) -> list[str]:
        """Drop a part of a table."""
        if isinstance(part, Trigger | Index):
            return [f"DROP {part.KIND.upper()} {self.name(part.name)}"]
        return super().drop_part(table, part)

    def is_simple(self, found: Column, wanted: Column) -> bool:
        """Leave to a batch all but what computes a column otherwise: then there are no values to keep."""
        return wanted.generated is None or not self.replaces_column(found, wanted)

    def keywords(self, part: Part) -> dict[str, Any] | None:
        """Say ON CONFLICT."""
        conflicts = [one.removeprefix(_CONFLICT) for one in getattr(part, "options", ()) if one.startswith(_CONFLICT)]
        if len(conflicts) < len(getattr(part, "options", ())):
            return None
        return {"sqlite_on_conflict": conflicts[0].upper()} if conflicts else {}

    def table_keywords(self, found: Table, wanted: Table) -> dict[str, bool] | None:
        """Say STRICT and WITHOUT ROWID."""
        changed = set(found.options) ^ set(wanted.options)
        words = {"strict": ("sqlite_strict", True), "without rowid": ("sqlite_with_rowid", False)}
        return {words[one][0]: words[one][1] is (one in wanted.options) for one in sorted(changed)}

    def virtual_columns(self, connection: Any, table: str) -> frozenset[str]:
        """Read them in the stored text."""
        found = stored(connection, table)
        columns = found.pieces.columns if found is not None else ()
        said = ((one, one.clause("generated")) for one in columns)
        return frozenset(one.name for one, how in said if how and one.body[: how.end].upper().endswith("VIRTUAL"))

    def column_keywords(self, found: Column, wanted: Column) -> dict[str, Any]:
        """Say what NOT NULL does on a conflict."""
        if found.options == wanted.options:
            return {}
        conflicts = [one.removeprefix(f"not null {_CONFLICT}").upper() for one in wanted.options]
        return {"sqlite_on_conflict_not_null": conflicts[0] if conflicts else None}

    def filler(self, column: Column) -> str | None:
        """Return a value for rows whose own is gone; a STRICT table takes no text for bytes."""
        return "x''" if "blob" in column.type.lower() else super().filler(column)

    def stand_in(self, table: Table, keys: Sequence[Sequence[str]]) -> list[str]:
        """Make nothing: a foreign key to a table that is not there is taken."""
        return []

    def column(self, column: Column) -> str:
        """Define a column."""
        words = [self.name(column.name), column.type]
        words += [f"COLLATE {column.collation}"] if column.collation else []
        if column.generated is not None:
            words.append(f"GENERATED ALWAYS AS ({column.generated}) {'STORED' if column.stored else 'VIRTUAL'}")
        words += [f"DEFAULT {_default(column.default)}"] if column.default is not None else []
        words += [] if column.nullable else ["NOT NULL"]
        words += [one.removeprefix("not null ").upper() for one in column.options if one.startswith("not null ")]
        return " ".join(words)

    def rule(self, part: Part) -> str:
        """Define a constraint, with the order of its columns and what it does on a conflict."""
        options: tuple[str, ...] = getattr(part, "options", ())
        text = super().rule(part)
        for tails in (one[len(_PARTS) : -1].split(", ") for one in options if one.startswith(_PARTS)):
            columns = part.columns if isinstance(part, PrimaryKey | Unique) else ()
            inner = ", ".join(f"{self.name(name)} {tail}".rstrip() for name, tail in zip(columns, tails, strict=False))
            text = text.replace(f"({self.names(columns)})", f"({inner})", 1)
        return " ".join([text, *(one.upper() for one in options if one.startswith(_CONFLICT))])

    def index(self, table: Table, index: Index) -> str:
        """Define an index."""
        unique = "UNIQUE " if index.unique else ""
        where = f" WHERE {index.where}" if index.where is not None else ""
        return (
            f"CREATE {unique}INDEX {self.name(index.name)} ON {self.name(table.name)} ({', '.join(index.parts)}){where}"
        )

    def _table(self, table: Table) -> str:
        inner = []
        for column in table.columns_in_order():
            key = f" {self._counting(table.primary_key)}" if column.autoincrement and table.primary_key else ""
            inner.append(self.column(column) + key)
        auto = any(column.autoincrement for column in table.columns)
        rules: list[Part] = [] if table.primary_key is None or auto else [table.primary_key]
        rules += [*table.uniques, *table.checks, *table.foreign_keys]
        inner += [self.constraint(one) for one in rules if not (isinstance(one, PrimaryKey) and auto)]
        options = f" {', '.join(table.options).upper()}" if table.options else ""
        return f"CREATE TABLE {self.name(table.name)} ({', '.join(inner)}){options}"

    def _counting(self, key: PrimaryKey) -> str:
        """Define the key of a column that counts, which can only be said with the column."""
        named = f"CONSTRAINT {self.name(key.name)} " if key.name else ""
        conflict = "".join(f" {one.upper()}" for one in key.options if one.startswith(_CONFLICT))
        return f"{named}PRIMARY KEY{conflict} AUTOINCREMENT"


def _default(text: str) -> str:
    """Put an expression into the parentheses that SQLite wants round it."""
    plain = text.startswith(("'", '"', "x'", "X'")) or text.replace(".", "").replace("-", "").replace("+", "").isalnum()
    return text if plain or text.startswith("(") else f"({text})"


DDL = SQLiteDdl
