"""A table's text while the operations of one batch are applied to it, in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

from whimbrel.backends.sqlite import edit
from whimbrel.backends.sqlite.alter_names import Convention, columns_of, find_rule
from whimbrel.backends.sqlite.text import TableText, same_words
from whimbrel.errors import ChangeRefused

_KINDS = {
    sa.ForeignKeyConstraint: "foreign key",
    sa.PrimaryKeyConstraint: "primary key",
    sa.UniqueConstraint: "unique",
    sa.CheckConstraint: "check",
}
KIND_OF_TYPE = {"foreignkey": "foreign key", "primary": "primary key", "unique": "unique", "check": "check"}


class Draft:
    """What the table becomes, and where each of its columns comes from.

    Attributes:
        text: the table's text so far.
        kept: the columns that stay, small letters, with their names in the database.
        values: expressions for columns that are not copied as they are.
        renamed: what columns were called before, small letters, and what they are called now.
        indexes: the statements for indexes to make once the table is there, by name.
    """

    def __init__(self, text: TableText, dialect: Dialect, conventions: Iterable[Convention]) -> None:
        """Begin with the text that is stored."""
        self.text = text
        self.kept = {name.lower(): name for name in text.names}
        self.values: dict[str, str] = {}
        self.renamed: dict[str, str] = {}
        self.indexes: dict[str, str] = {}
        self._original = text
        self._conventions = list(conventions)
        self._dialect = dialect
        self._ddl: Any = dialect.ddl_compiler(dialect, None)  # type: ignore[arg-type]

    def name(self, said: str) -> str:
        """Return what a column is called now; scripts may still say its name from before a rename."""
        item = self.text.column(said) or self.text.column(self.renamed.get(said.lower(), ""))
        if item is None:
            raise ChangeRefused(f"{self.text.name} has no column {said}.")
        return item.name

    def add_column(self, column: Any, before: str | None, after: str | None, *, in_line: bool) -> None:
        """Add a column as SQLAlchemy writes it."""
        if self.text.column(column.name) is not None:
            raise ChangeRefused(f"{self.text.name} has a column {column.name} already.")
        place = self.name(before) if before else None
        if after and not before:
            names = self.text.names
            following = names.index(self.name(after)) + 1
            place = names[following] if following < len(names) else None
        self.text = edit.with_column(self.text, self._column(column), place)
        self.kept.pop(column.name.lower(), None)
        self.values.pop(column.name, None)
        if column.primary_key:
            self._add_to_primary_key(column)
        if in_line:
            for constraint in column.table.foreign_key_constraints:
                self.add_constraint(constraint)

    def drop_column(self, name: str) -> None:
        """Drop a column, and what is about it alone."""
        name = self.name(name)
        self.text = edit.without_column(self.text, name)
        self.kept.pop(name.lower(), None)
        self.values.pop(name, None)

    def keep_aside(self, column: str, name: str, before: TableText) -> None:
        """Keep a dropped column under another name, free of rules, where it stood before."""
        item = before.column(column)
        assert item is not None
        names = [one.lower() for one in before.names]
        following = names[names.index(column.lower()) + 1 :]
        now = {old.lower(): new for new, old in self.kept.items()}
        place = next((self.text.column(now[one]) for one in following if one in now), None)
        spec = f"{edit.quoted(name)} {item.value('type')}".rstrip()
        self.text = edit.with_column(self.text, spec, place.name if place is not None else None)
        self.kept[name.lower()] = name

    def take_back(self, column: str, name: str) -> None:
        """Let a column that is added be one that was kept under another name, and where that stands."""
        own = self.name(column)
        order = [own if one.lower() == name.lower() else one for one in self.text.names if one != own]
        self.text = edit.reordered(edit.without_column(self.text, name), order)
        self.kept.pop(name.lower(), None)
        self.kept[own.lower()] = name

    def set_type(self, name: str, type_: Any, existing: Any = None) -> None:
        """Give a column another type; a collation stays unless the new type has one, or the old one is said to."""
        pieces = self._described(type_=type_)
        item = pieces.columns[0]
        self.text = edit.with_clause(self.text, name, "type", item.value("type"))
        if getattr(existing, "collation", None) and not item.value("collate"):
            self.text = edit.with_clause(self.text, name, "collate", "")
        if collation := item.value("collate"):
            self.text = edit.with_clause(self.text, name, "collate", f"COLLATE {edit.quoted(collation)}")
        elif getattr(existing, "collation", None):
            self.text = edit.with_clause(self.text, name, "collate", "")
        if item.value("type").upper() != "INTEGER":
            self.text = edit.not_counting(self.text, name)  # SQLite counts no other type

    def set_default(self, name: str, default: Any) -> None:
        """Give a column another default or computation, or take it away."""
        present = self.text.column(name)
        if present is not None and name.lower() not in self.kept and (first := present.value("default")):
            self.values.setdefault(name, first)  # rows got the default that the column was added with
        item = self._described(default=default).columns[0]
        for kind in ("default", "generated"):
            clause = item.clause(kind)
            self.text = edit.with_clause(
                self.text, name, kind, item.body[clause.start : clause.end] if clause is not None else ""
            )

    def set_nullable(self, name: str, nullable: bool, conflict: str | None = None) -> None:
        """Let a column be NULL, or not, with what is to be done then."""
        if conflict is not None:
            self.text = edit.with_clause(self.text, name, "not null", "")
        how = f"NOT NULL ON CONFLICT {conflict}" if conflict else "NOT NULL"
        self.text = edit.with_clause(self.text, name, "not null", "" if nullable else how)

    def rename_column(self, name: str, new: str) -> None:
        """Give a column another name."""
        self.text = edit.renamed_column(self.text, name, new, self._dialect.identifier_preparer.quote(new))
        if name.lower() in self.kept:
            self.kept[new.lower()] = self.kept.pop(name.lower())
        if name in self.values:
            self.values[new] = self.values.pop(name)
        self.renamed[name.lower()] = new
        self.indexes = {index: edit.renamed_in_list(text, name, new) for index, text in self.indexes.items()}

    def add_constraint(self, constraint: Any) -> None:
        """Add a constraint as SQLAlchemy writes it, unless the table has the very same."""
        if constraint._create_rule is not None and not constraint._create_rule(self._ddl):
            return
        spec = self._ddl.process(constraint)
        if any(same_words(item.body[clause.start : clause.end], spec) for item, clause in self.text.rules()):
            return
        if isinstance(constraint, sa.PrimaryKeyConstraint):
            self.text = edit.without_rules(self.text, lambda _, clause: clause.kind == "primary key")
        self.text = edit.with_rule(self.text, spec)
        for old, new in self.renamed.items():
            if self.text.column(old) is None:
                self.text = edit.renamed_column(self.text, old, new, self._dialect.identifier_preparer.quote(new))

    def drop_constraint(self, constraint: Any) -> None:
        """Drop a constraint that has the name, or would have it."""
        name = str(constraint.name) if isinstance(constraint.name, str) else None
        kind = next((kind for class_, kind in _KINDS.items() if isinstance(constraint, class_)), "")
        if getattr(constraint, "_type_bound", False):
            self._drop_check_of_type(constraint, name)
        else:
            self.drop_rule(name, kind)

    def drop_rule(self, name: str | None, kind: str) -> None:
        """Drop a constraint by its name and kind; one that went with its column is gone already."""
        try:
            _, wanted = find_rule(self.text, name, kind, self._conventions)
        except ChangeRefused:
            _, before = find_rule(self._original, name, kind, self._conventions)
            gone = {column.lower() for column in columns_of(self._original, before)} - set(self.kept)
            if not gone:
                raise
            return
        self.text = edit.without_rules(self.text, lambda _, clause: clause is wanted)

    def set_options(self, options: Mapping[str, Any]) -> None:
        """Take over what `table_kwargs` says of a SQLite table."""
        chosen = set(self.text.options)
        for option, word, on in (("sqlite_strict", "STRICT", True), ("sqlite_with_rowid", "WITHOUT ROWID", False)):
            if option in options:
                chosen = chosen | {word} if bool(options[option]) is on else chosen - {word}
        if chosen != self.text.options:
            self.text = edit.with_options(self.text, chosen)
        if options.get("sqlite_autoincrement"):
            self.text = edit.counting(self.text)
        elif "sqlite_autoincrement" in options:
            self.text = edit.counting_no_more(self.text)

    def refuse_halves(self) -> None:
        """Raise if a rule is left that names a column that is gone."""
        present = {name.lower() for name in self.text.names}
        before = {name.lower() for name in self._original.names} | set(self.renamed)
        for item, clause in self.text.rules():
            said = {column.lower() for column in clause.columns}
            if clause.kind == "check":
                said = {column.lower() for column in columns_of(self._original, clause)}
            gone = (said - present) & before if clause.kind == "check" else said - present
            if gone:
                rule = " ".join(item.body[clause.start : clause.end].split())
                raise ChangeRefused(
                    f"{self.text.name}: {', '.join(sorted(gone))} cannot go while other columns share a constraint "
                    f"with it: {rule}",
                    why="A half of it would be another constraint.",
                    do="drop this constraint in the same batch, and create the one that is to be left",
                )

    def _add_to_primary_key(self, column: Any) -> None:
        if any(clause.kind == "primary key" for _, clause in self.text.rules()):
            raise ChangeRefused(
                f"{self.text.name} has a primary key already, so {column.name} cannot be added as one.",
                do="drop the primary key in the same batch, and create the new one with create_primary_key",
            )
        self.text = edit.with_rule(self.text, f"PRIMARY KEY ({self._dialect.identifier_preparer.quote(column.name)})")

    def _drop_check_of_type(self, constraint: Any, name: str | None) -> None:
        """Drop the CHECK that a Boolean or Enum made; many tables never had it."""
        said = TableText.of(f"CREATE TABLE t (a, {self._ddl.process(constraint)})").items[-1].clauses[0].value
        self.text = edit.without_rules(
            self.text,
            lambda _, clause: (
                clause.kind == "check" and (same_words(clause.value, said) if not clause.name else clause.name == name)
            ),
        )

    def _column(self, column: Any) -> str:
        own = [self._ddl.process(constraint) for constraint in column.constraints]
        return " ".join([self._ddl.get_column_specification(column), *own])

    def _described(self, type_: Any = None, default: Any = None) -> TableText:
        """Let SQLAlchemy write a column with that type and default."""
        if isinstance(default, sa.Computed):
            default = sa.Computed(default.sqltext, default.persisted)
        column: Any = sa.Column("x", type_ if type_ is not None else sa.Integer(), server_default=default)
        sa.Table("t", sa.MetaData(), column)
        return TableText.of(f"CREATE TABLE t ({self._column(column)})")
