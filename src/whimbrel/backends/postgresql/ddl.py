"""PostgreSQL's statements."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import count
from typing import Any

from sqlalchemy.dialects.postgresql.base import RESERVED_WORDS

from whimbrel.backends.postgresql.ddl_numbers import into_limits, numbers
from whimbrel.backends.postgresql.ddl_partitions import PartitionDdl
from whimbrel.backends.postgresql.ddl_rules import firing, is_validated, states, storage
from whimbrel.backends.postgresql.ddl_texts import header, query, read_again
from whimbrel.backends.postgresql.reflect_likeness import object_name
from whimbrel.snapshot import (
    Check,
    Column,
    Definition,
    Domain,
    Enum,
    Exclusion,
    Extension,
    ForeignKey,
    Function,
    Index,
    MaterializedView,
    Part,
    Policy,
    PrimaryKey,
    Procedure,
    Schema,
    Sequence,
    Table,
    Trigger,
    Unique,
    View,
    Whole,
)

# What a table is or is not; the words for on and off.
_SWITCHES = {
    "unlogged": ("SET UNLOGGED", "SET LOGGED"),
    "row level security": ("ENABLE ROW LEVEL SECURITY", "DISABLE ROW LEVEL SECURITY"),
    "forced row level security": ("FORCE ROW LEVEL SECURITY", "NO FORCE ROW LEVEL SECURITY"),
}


class PostgreSQLDdl(PartitionDdl):
    """The statements of PostgreSQL 13 and later."""

    has_enum_types = True
    names_by_schema = frozenset({"primary_key", "unique", "exclusion", "index", "sequence"})
    reserved = frozenset(word.upper() for word in RESERVED_WORDS)
    apart = (PrimaryKey, Unique, Exclusion, Index)

    def create(self, whole: Whole) -> list[str]:
        """Make an object; a table without its foreign keys, triggers and policies."""
        makers: dict[type[Any], Any] = {
            Table: self._table,
            Schema: lambda one: [f"CREATE SCHEMA {self.name(one.name)}"],
            Extension: lambda one: [f"CREATE EXTENSION {self.name(one.name)}"],
            Enum: self._enum,
            Domain: self._domain,
            Sequence: self._sequence,
            View: self._view,
            MaterializedView: self._materialized_view,
        }
        maker = makers.get(type(whole), self._by_text)
        return [*maker(whole), *self._comment(whole)]

    def drop(self, whole: Whole) -> list[str]:
        """Drop an object."""
        kind = whole.key.kind
        if kind in ("schema", "extension"):
            return [f"DROP {kind.upper()} {self.name(whole.name)}"]
        words = {"enum": "TYPE", "composite": "TYPE", "range": "TYPE"}.get(kind, kind.replace("_", " ").upper())
        if kind == "rule":
            table, _, name = whole.name.partition(".")
            return [f"DROP RULE {self.name(name)} ON {self.qualified(whole.schema, table)}"]
        name = self._called(whole)
        return [f"DROP {words} {name}"]

    def alter(self, found: Whole, wanted: Whole, aspects: tuple[str, ...]) -> list[str] | None:
        """Change what is an object's own; None where it has to be made anew."""
        if set(aspects) == {"comment"}:
            return self._comment(wanted, even_none=True)
        if isinstance(wanted, Table) and isinstance(found, Table):
            return self._alter_table(found, wanted, aspects)
        if isinstance(wanted, Sequence) and isinstance(found, Sequence):
            moved = into_limits(self._called(wanted), found, wanted)
            return [*moved, f"ALTER SEQUENCE {self._called(wanted)} {numbers(wanted, found)}", *self._owner(wanted)]
        if isinstance(wanted, Domain) and not {"type", "collation"} & set(aspects):
            return self._alter_domain(wanted, aspects)
        if isinstance(wanted, Function | Procedure) and isinstance(found, Function | Procedure):
            same = header(found.text) == header(wanted.text)
            return [wanted.text] if same else None  # CREATE OR REPLACE takes another body, no other result
        return None

    def rename_table(self, schema: str, old: str, new_schema: str, new: str) -> list[str]:
        """Give a table another name or schema."""
        out = []
        if new_schema != schema:
            out.append(f"ALTER TABLE {self.qualified(schema, old)} SET SCHEMA {self.name(new_schema)}")
        if new != old:
            out.append(f"ALTER TABLE {self.qualified(new_schema, old)} RENAME TO {self.name(new)}")
        return out

    def alter_part(self, table: Table, found: Part, wanted: Part, aspects: tuple[str, ...]) -> list[str] | None:
        """Change a part in place; None where it has to be dropped and added."""
        if isinstance(found, Column) and isinstance(wanted, Column):
            return self.alter_column(table, found, wanted, aspects)
        target = self.qualified(table.schema, table.name)
        if isinstance(wanted, Trigger) and set(aspects) <= {"options", "comment"}:
            said = self.part_comment(table, wanted, even_none=True) if "comment" in aspects else []
            return [f"ALTER TABLE {target} {firing(wanted.options)} TRIGGER {self.name(wanted.name)}", *said]
        if isinstance(found, Check | ForeignKey) and isinstance(wanted, Check | ForeignKey) and aspects == ("options",):
            return self._alter_rule(table, found, wanted)
        return super().alter_part(table, found, wanted, aspects)

    def add(self, table: Table, part: Part) -> list[str]:
        """Add a part to a table."""
        added = super().add(table, part)
        if isinstance(part, Trigger):
            added[0] = read_again(part.text)
        if isinstance(part, Trigger) and firing(part.options) != "ENABLE":
            target = self.qualified(table.schema, table.name)
            added.append(f"ALTER TABLE {target} {firing(part.options)} TRIGGER {self.name(part.name)}")
        return added

    def keywords(self, part: Part) -> dict[str, Any] | None:
        """Say NOT VALID; a model's index says its own options, and no operation the others."""
        if isinstance(part, Index):
            return {}
        if isinstance(part, Check | ForeignKey) and part.options == ("not valid",):
            return {"postgresql_not_valid": True}
        return super().keywords(part)

    def rule(self, part: Part) -> str:
        """Define a constraint, without its name."""
        if isinstance(part, PrimaryKey | Unique) and part.options:
            bare = super().rule(replace(part, deferrable="", options=()))
            return bare + storage(part.options) + super().rule(part).removeprefix(bare)
        return super().rule(part) + (states(part.options) if isinstance(part, Check | ForeignKey) else "")

    def rename_part(self, table: Table, kind: str, old: str, new: str) -> list[str] | None:
        """Give a constraint, index or sequence another name."""
        target = self.qualified(table.schema, table.name)
        if kind == "index":
            return [f"ALTER INDEX {self.qualified(table.schema, old)} RENAME TO {self.name(new)}"]
        if kind == "sequence":
            return [f"ALTER SEQUENCE {self.qualified(table.schema, old)} RENAME TO {self.name(new)}"]
        if kind in ("trigger", "policy"):
            return [f"ALTER {kind.upper()} {self.name(old)} ON {target} RENAME TO {self.name(new)}"]
        return [f"ALTER TABLE {target} RENAME CONSTRAINT {self.name(old)} TO {self.name(new)}"]

    def check_names(self, table: Table, checks: Iterable[tuple[str | None, tuple[str, ...]]]) -> list[str]:
        """Name the CHECKs of a new table as the server would (`ChooseConstraintName` in its source)."""
        taken: list[str] = []
        for name, columns in checks:
            column = columns[0] if len(columns) == 1 else ""
            choices = (object_name(table.name, column, f"check{at or ''}") for at in count())
            taken.append(name or next(one for one in choices if one not in taken))
        return taken

    def part_comment(self, table: Table, part: Part, *, even_none: bool = False) -> list[str]:
        """Say the comment on a part, if it has one."""
        comment = getattr(part, "comment", None)
        if comment is None and not even_none:
            return []
        target = self.qualified(table.schema, table.name)
        kind = part.KIND
        if kind == "column":
            on = f"COLUMN {target}.{self.name(part.name)}"
        elif kind == "index":
            on = f"INDEX {self.qualified(table.schema, part.name)}"
        else:
            words = kind.upper() if kind in ("trigger", "policy") else "CONSTRAINT"
            on = f"{words} {self.name(part.name)} ON {target}"
        return [f"COMMENT ON {on} IS {'NULL' if comment is None else self.literal(comment)}"]

    def settled(self, table: Table) -> list[str]:
        """Have deferred constraints look at what was changed: a table with pending events cannot be altered."""
        rules: list[Any] = [*table.foreign_keys, *table.uniques, *([table.primary_key] if table.primary_key else [])]
        is_waiting = any(one.deferrable == "initially deferred" for one in rules)
        return ["SET CONSTRAINTS ALL IMMEDIATE"] if is_waiting else []

    def check_text(self, text: str) -> str:
        """Write `= ANY (ARRAY…)` as the IN that it was: read again as an array, it would look otherwise."""
        return read_again(text)

    def late_options(self, table: Table) -> list[str]:
        """Set row security and replica identity, which no CREATE TABLE says."""
        late = tuple(one for one in table.options if "row level security" in one or one.startswith("replica identity"))
        return self._options(replace(table, options=late), replace(table, options=()))

    def index(self, table: Table, index: Index) -> str:
        """Define an index."""
        words = ["CREATE UNIQUE INDEX" if index.unique else "CREATE INDEX", self.name(index.name), "ON"]
        parts = read_again(", ".join(index.parts))
        words.append(f"{self.qualified(table.schema, table.name)} USING {index.method or 'btree'} ({parts})")
        words += [f"INCLUDE ({self.names(index.include)})"] if index.include else []
        words += ["NULLS NOT DISTINCT"] if index.nulls_not_distinct else []
        words += [f"WITH ({', '.join(index.options)})"] if index.options else []
        words += [f"WHERE {read_again(index.where)}"] if index.where is not None else []
        return " ".join(words)

    def policy(self, table: Table, policy: Policy) -> str:
        """Define a row-level policy."""
        words = [f"CREATE POLICY {self.name(policy.name)} ON {self.qualified(table.schema, table.name)}"]
        words += [] if policy.permissive else ["AS RESTRICTIVE"]
        words.append(f"FOR {policy.command}")
        roles = ", ".join("PUBLIC" if role.upper() == "PUBLIC" else self.name(role) for role in policy.roles)
        words += [f"TO {roles}"] if roles else []
        words += [f"USING ({read_again(policy.using)})"] if policy.using is not None else []
        words += [f"WITH CHECK ({read_again(policy.check)})"] if policy.check is not None else []
        return " ".join(words)

    # whole objects

    def _called(self, whole: Whole) -> str:
        if "(" not in whole.name:
            return self.qualified(whole.schema, whole.name)
        name, _, arguments = whole.name.partition("(")
        return f"{self.qualified(whole.schema, name)}({arguments}"

    def _table(self, table: Table) -> list[str]:
        target = self.qualified(table.schema, table.name)
        first = [table.primary_key] if table.primary_key else []
        late = [one for one in table.checks if "not valid" in one.options]  # a new table would be looked at
        checks = [one for one in table.checks if one not in late]
        rules: list[Any] = [*first, *table.uniques, *checks, *table.exclusions]
        columns = [self._inherited(one) if table.partition_of else self.column(one) for one in table.columns_in_order()]
        inner = ", ".join([*columns, *map(self.constraint, rules)])
        tail = f" INHERITS ({', '.join(table.inherits)})" if table.inherits else ""
        tail += f" PARTITION BY {table.partition_by}" if table.partition_by else ""
        if table.partition_of:
            parent, _, bound = table.partition_of.partition(" ")
            head = [f"CREATE TABLE {target} PARTITION OF {parent}{f' ({inner})' if inner else ''} {bound}{tail}"]
        else:
            head = [f"CREATE TABLE {target} ({inner}){tail}"]
        head += [f"ALTER TABLE {target} ADD {self.constraint(one)}" for one in late]
        comments = [text for part in table.parts() if part.KIND not in ("index", "trigger", "policy", "foreign_key")
                    for text in self.part_comment(table, part)]  # fmt: skip
        return [*head, *self._options(table, replace(table, options=())), *comments]

    def _inherited(self, column: Column) -> str:
        """Say of a partition's column what its parent's does not."""
        default = f" DEFAULT {column.default}" if column.default is not None else ""
        return f"{self.name(column.name)} WITH OPTIONS{default}{'' if column.nullable else ' NOT NULL'}"

    def _alter_domain(self, domain: Domain, aspects: tuple[str, ...]) -> list[str]:
        alter = f"ALTER DOMAIN {self._called(domain)}"
        default = "DROP DEFAULT" if domain.default is None else f"SET DEFAULT {domain.default}"
        out = [f"{alter} {default}"] if "default" in aspects else []
        out += [f"{alter} {'DROP' if domain.nullable else 'SET'} NOT NULL"] if "nullable" in aspects else []
        return out + (self._comment(domain, even_none=True) if "comment" in aspects else [])

    def _by_text(self, whole: Any) -> list[str]:
        heads = {"composite": "TYPE {} AS", "range": "TYPE {} AS RANGE", "collation": "COLLATION {}"}
        head = heads.get(whole.key.kind)
        return [read_again(whole.text) if head is None else f"CREATE {head.format(self._called(whole))} {whole.text}"]

    def _enum(self, enum: Enum) -> list[str]:
        return [f"CREATE TYPE {self._called(enum)} AS ENUM ({', '.join(self.literal(one) for one in enum.labels)})"]

    def _domain(self, domain: Domain) -> list[str]:
        words = [f"CREATE DOMAIN {self._called(domain)} AS {domain.type}"]
        words += [f"COLLATE {domain.collation}"] if domain.collation else []
        words += [f"DEFAULT {domain.default}"] if domain.default is not None else []
        words += [] if domain.nullable else ["NOT NULL"]
        checks: tuple[Any, ...] = domain.checks
        words += [self.constraint(check) for check in checks]
        return [" ".join(words)]

    def _sequence(self, sequence: Sequence) -> list[str]:
        kind = f" AS {sequence.type}" if sequence.type else ""
        return [f"CREATE SEQUENCE {self._called(sequence)}{kind} {numbers(sequence)}".strip(), *self._owner(sequence)]

    def _owner(self, sequence: Sequence) -> list[str]:
        return [f"ALTER SEQUENCE {self._called(sequence)} OWNED BY {sequence.owned_by}"] if sequence.owned_by else []

    def _view(self, view: View) -> list[str]:
        options = f" WITH ({', '.join(view.options)})" if view.options else ""
        return [
            f"CREATE VIEW {self._called(view)}{options} AS{query(view.text)}",
            *(one.text for one in view.triggers),
        ]

    def _materialized_view(self, view: MaterializedView) -> list[str]:
        options = f" WITH ({', '.join(view.options)})" if view.options else ""
        table = Table(view.schema, view.name)
        return [
            f"CREATE MATERIALIZED VIEW {self._called(view)}{options} AS{query(view.text)}",
            *(self.index(table, index) for index in view.indexes),
        ]

    def _comment(self, whole: Whole, *, even_none: bool = False) -> list[str]:
        comment = getattr(whole, "comment", None)
        if comment is None and not even_none:
            return []
        kind = whole.key.kind
        words = {"enum": "TYPE", "composite": "TYPE", "range": "TYPE"}.get(kind, kind.replace("_", " ").upper())
        name = self.name(whole.name) if kind in ("schema", "extension") else self._called(whole)
        return [f"COMMENT ON {words} {name} IS {'NULL' if comment is None else self.literal(comment)}"]

    # changes

    def _alter_table(self, found: Table, wanted: Table, aspects: tuple[str, ...]) -> list[str] | None:
        if not set(aspects) <= {"comment", "options"}:
            return None
        comment = self._comment(wanted, even_none=True) if "comment" in aspects else []
        return [*comment, *self._options(wanted, found)]

    def _alter_rule(self, table: Table, found: Check | ForeignKey, wanted: Check | ForeignKey) -> list[str] | None:
        if found.name != wanted.name:
            return None
        if is_validated(found.options, wanted.options):
            alter = f"ALTER TABLE {self.qualified(table.schema, table.name)}"
            return [f"{alter} VALIDATE CONSTRAINT {self.name(wanted.name)}"]
        return [*self.drop_part(table, found), *self.add(table, wanted)]

    def _options(self, wanted: Table, found: Table) -> list[str]:
        target = self.qualified(wanted.schema, wanted.name)
        set_, gone = set(wanted.options) - set(found.options), set(found.options) - set(wanted.options)
        out = []
        for option in sorted(set_ | gone):
            name, _, value = option.partition("=")
            if option in _SWITCHES:
                out.append(f"ALTER TABLE {target} {_SWITCHES[option][option not in set_]}")
            elif name == "replica identity":
                out.append(f"ALTER TABLE {target} REPLICA IDENTITY {value.upper() if option in set_ else 'DEFAULT'}")
            elif name == "tablespace":
                out.append(
                    f"ALTER TABLE {target} SET TABLESPACE {self.name(value) if option in set_ else 'pg_default'}"
                )
            elif option in set_:
                out.append(f"ALTER TABLE {target} SET ({name}={value})")
            elif not any(one.startswith(f"{name}=") for one in set_):
                out.append(f"ALTER TABLE {target} RESET ({name})")
        return out


DDL = PostgreSQLDdl
__all__ = ["DDL", "Definition", "PostgreSQLDdl"]
