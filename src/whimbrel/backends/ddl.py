"""``Ddl``: the statements that make, change and drop what a snapshot holds, from its facts alone.

Each change has a statement in both directions: what was removed can be made again as it was. Where a
server has no statement for a change, the method returns None, and the caller drops and makes anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from whimbrel.backends.fillers import filler_of
from whimbrel.backends.statements import literal
from whimbrel.snapshot import (
    Check,
    Column,
    Domain,
    Exclusion,
    ForeignKey,
    Index,
    Part,
    Policy,
    PrimaryKey,
    Table,
    Trigger,
    Unique,
    Whole,
)
from whimbrel.tokens import unquoted

_FOLDERS = {"postgresql": "postgresql", "mysql": "mysql", "mariadb": "mysql", "sqlite": "sqlite"}
_PLAIN = re.compile(r"[a-z_][a-z0-9_]*\Z")
_FIRST_WORD = re.compile(r"`(?:[^`]|``)+`|[^`( ]+")


def ddl_for(kind: str, default_schema: str = "", domains: Iterable[Domain] = ()) -> Ddl:
    """Return the statements of a kind of server, as a snapshot names it."""
    ddl: Ddl = import_module(f"whimbrel.backends.{_FOLDERS[kind]}.ddl").DDL(default_schema)
    ddl.bases = {f"{ddl.name(one.schema)}.{ddl.name(one.name)}": one.type for one in domains}
    return ddl


def undoubled(text: str, dialect: Any) -> str:
    """Return compiled SQL as the server is to see it: for some drivers SQLAlchemy writes `%` twice."""
    return text.replace("%%", "%") if dialect.identifier_preparer._double_percents else text


def columns_of(index: Index) -> tuple[str, ...]:
    """Return the columns of an index; nothing in place of an expression."""
    found = (_FIRST_WORD.match(part) for part in index.parts)
    return tuple(unquoted(one.group()) if one else "" for one in found)


@dataclass(frozen=True, slots=True)
class Anew:
    """The statements by which rows move into a new table.

    Attributes:
        made: The old table is put aside, and the new one made.
        copied: It gets the rows.
        dropped: The old one goes.
    """

    made: list[str]
    copied: list[str]
    dropped: list[str]


class Ddl:
    """Statements in the SQL of the standard; a server's own class says where it differs.

    Args:
        default_schema: The schema whose objects are named without it.
    """

    reserved: frozenset[str] = frozenset()
    # What Alembic's operation for a column can change.
    alters: frozenset[str] = frozenset({"type", "nullable", "default", "comment"})
    # Whether a constraint that the model leaves unnamed stays so.
    leaves_unnamed = False
    # Whether an enumeration is a type of its own.
    has_enum_types = False
    # Whether some changes of a table need it built anew, so that all of them should come together.
    builds_anew = False
    # Whether SQLAlchemy's reflection leaves out collations, so that they come from the snapshot.
    names_collations = False
    # The option of a table that says AUTOINCREMENT, where it is not the column that says it.
    counting_option = ""
    # Whether keys, and the indexes that they need, can only be exchanged in one statement.
    joins_keys = False
    # The parts of tables whose names are those of the schema: no two tables have the same.
    names_by_schema: frozenset[str] = frozenset()
    # Whether a column cannot change while others are computed from it.
    computed_hold_columns = False
    # Whether a table only becomes partitioned by moving its rows into another one.
    moves_rows = False
    # Whether the type of a column cannot change while a foreign key is on it.
    keys_hold_columns = False
    # Whether a CHECK that a column says itself is stored with it.
    columns_hold_checks = False
    # The parts of a table whose names nothing else in its schema may have.
    apart: tuple[type[Part], ...] = ()

    def __init__(self, default_schema: str = "") -> None:
        """Keep the default schema."""
        self.default_schema = default_schema
        self.bases: Mapping[str, str] = {}

    def base(self, type_text: str) -> str:
        """Return the type that a domain is over in the end; any other type as it is."""
        return self.base(self.bases[type_text]) if type_text in self.bases else type_text

    # names

    def name(self, name: str) -> str:
        """Quote a name where it needs it."""
        if _PLAIN.match(name) and name.upper() not in self.reserved:
            return name
        return '"' + name.replace('"', '""') + '"'

    def qualified(self, schema: str, name: str) -> str:
        """Name an object, with its schema unless that is the default one."""
        if not schema or schema == self.default_schema:
            return self.name(name)
        return f"{self.name(schema)}.{self.name(name)}"

    def names(self, names: tuple[str, ...]) -> str:
        """List names."""
        return ", ".join(self.name(one) for one in names)

    def literal(self, text: str) -> str:
        """Quote a string."""
        return literal(text)

    # whole objects

    def create(self, whole: Whole) -> list[str]:
        """Make an object; a table with its parts but without its foreign keys, triggers and policies."""
        raise NotImplementedError(f"{type(self).__name__} cannot make a {whole.key.kind}")

    def drop(self, whole: Whole) -> list[str]:
        """Drop an object."""
        words = whole.key.kind.replace("_", " ").upper()
        return [f"DROP {words} {self.qualified(whole.schema, whole.name)}"]

    def alter(self, found: Whole, wanted: Whole, aspects: tuple[str, ...]) -> list[str] | None:
        """Change what is an object's own; None where it has to be made anew."""
        return None

    def anew(self, before: Table, after: Table, partitions: Sequence[Table]) -> Anew:
        """Move the rows of a table into one of the same name and columns.

        Args:
            before: The table, without its keys, rules, indexes and triggers by now.
            after: What it is to be; what it was without by now is not made.
            partitions: Its partitions, those that others are part of first.
        """
        raise NotImplementedError(f"{type(self).__name__} changes tables in place")

    def rename_table(self, schema: str, old: str, new_schema: str, new: str) -> list[str]:
        """Give a table another name or schema."""
        return [f"ALTER TABLE {self.qualified(schema, old)} RENAME TO {self.name(new)}"]

    def stand_in(self, table: Table, keys: Sequence[Sequence[str]]) -> list[str]:
        """Make of a table just what foreign keys to some of its columns need; nothing where the server looks at none.

        Args:
            table: The table.
            keys: The columns that each foreign key points to.
        """
        names = {name for key in keys for name in key}
        columns = tuple(
            Column(one.name, one.type, collation=one.collation, position=one.position)
            for one in table.columns
            if one.name in names
        )
        bare = Table(table.schema, table.name, columns, PrimaryKey("", tuple(keys[0])), options=table.options)
        return [*self.create(bare), *(text for key in keys[1:] for text in self.add(bare, Unique("", tuple(key))))]

    def names_apart(self, table: Table) -> Iterator[str]:
        """Go over the names that nothing else in the table's schema may have."""
        yield table.name
        yield from (part.name for part in table.parts() if isinstance(part, self.apart))
        yield from (column.numbering.sequence for column in table.columns if column.numbering is not None)

    # parts

    def add(self, table: Table, part: Part) -> list[str]:
        """Add a part to a table."""
        target = self.qualified(table.schema, table.name)
        if isinstance(part, Column):
            return [f"ALTER TABLE {target} ADD COLUMN {self.column(part)}", *self.part_comment(table, part)]
        if isinstance(part, Index):
            return [self.index(table, part), *self.part_comment(table, part)]
        if isinstance(part, Trigger):
            return [part.text, *self.part_comment(table, part)]
        if isinstance(part, Policy):
            return [self.policy(table, part), *self.part_comment(table, part)]
        return [f"ALTER TABLE {target} ADD {self.constraint(part)}", *self.part_comment(table, part)]

    def drop_part(self, table: Table, part: Part) -> list[str]:
        """Drop a part of a table."""
        target = self.qualified(table.schema, table.name)
        if isinstance(part, Column):
            return [f"ALTER TABLE {target} DROP COLUMN {self.name(part.name)}"]
        if isinstance(part, Index):
            return [f"DROP INDEX {self.qualified(table.schema, part.name)}"]
        if isinstance(part, Trigger):
            return [f"DROP TRIGGER {self.name(part.name)} ON {target}"]
        if isinstance(part, Policy):
            return [f"DROP POLICY {self.name(part.name)} ON {target}"]
        return [f"ALTER TABLE {target} DROP CONSTRAINT {self.name(part.name)}"]

    def alter_part(self, table: Table, found: Part, wanted: Part, aspects: tuple[str, ...]) -> list[str] | None:
        """Change a part in place; None where it has to be dropped and added."""
        if aspects == ("comment",):
            return self.part_comment(table, wanted, even_none=True)
        return None

    def rename_part(self, table: Table, kind: str, old: str, new: str) -> list[str] | None:
        """Give a constraint, index or sequence of a table another name; None where a server cannot."""
        return None

    def check_names(self, table: Table, checks: Iterable[tuple[str | None, tuple[str, ...]]]) -> list[str]:
        """Name the CHECKs of a new table as the server would; nothing where it numbers none.

        Args:
            table: The table.
            checks: In the order in which they are written, the name that is given, and the columns.
        """
        return []

    def part_comment(self, table: Table, part: Part, *, even_none: bool = False) -> list[str]:
        """Say the comment on a part, if it has one."""
        return []

    def keep_index(self, table: Table, key: ForeignKey, staying: Sequence[Index]) -> list[str]:
        """Keep an index that a foreign key would bring another one for, before the key is made."""
        return []

    def rename_column(self, schema: str, table: str, old: str, new: str) -> list[str]:
        """Give a column another name."""
        return [f"ALTER TABLE {self.qualified(schema, table)} RENAME COLUMN {self.name(old)} TO {self.name(new)}"]

    # what Alembic can say

    def is_simple(self, found: Column, wanted: Column) -> bool:
        """Tell whether Alembic's own operation says all that is to be said of a column."""
        return True

    def cast(self, column: str, old: str, new: str) -> str | None:
        """Return the expression by which old values become new ones; None where the server casts by itself."""
        return None

    def told_cast(self, expression: str, new: str) -> str:
        """Complete the expression that a person gives for values of a new type."""
        return expression

    def estranges(self, old: str, new: str) -> bool:
        """Tell whether no foreign key can be between columns of two types."""
        return self.cast("", old, new) is not None

    def rewords(self, text: str) -> bool:
        """Tell whether the server says a condition otherwise after it gave a column in it another type."""
        return False

    def replaces_column(self, found: Column, wanted: Column) -> bool:
        """Tell whether a column cannot be changed, one way or the other, so that it is dropped and added."""
        return (found.generated, found.stored) != (wanted.generated, wanted.stored)

    def keywords(self, part: Part) -> dict[str, Any] | None:
        """Return the arguments by which Alembic's operation says a constraint's options; None where none do."""
        return None if getattr(part, "options", ()) else {}

    def table_keywords(self, found: Table, wanted: Table) -> dict[str, bool] | None:
        """Return the arguments by which a batch builds a table anew with other options; None where none do."""
        return None

    def virtual_columns(self, connection: Any, table: str) -> frozenset[str]:
        """Return the columns whose definition says VIRTUAL, where that is kept though it need not be said."""
        return frozenset()

    def column_keywords(self, found: Column, wanted: Column) -> dict[str, Any]:
        """Return the arguments by which Alembic's operation says a column's options."""
        return {}

    def is_reflected(self, column: Column) -> bool:
        """Tell whether SQLAlchemy's reflection says all of a column."""
        return self.is_declared(column)

    def is_declared(self, column: Column) -> bool:
        """Tell whether the model's own column can be added as it is."""
        return not column.numbering or bool(column.identity)

    def change_keys(self, found: Table, wanted: Table, before: Sequence[Part], after: Sequence[Part]) -> list[str]:
        """Exchange keys in one statement, where they can only be exchanged so.

        Args:
            found: The table with the options that it has by then.
            wanted: The table as it becomes.
            before: The keys that go, with the columns that are to change with them.
            after: Those that come.
        """
        raise NotImplementedError(f"{type(self).__name__} changes keys one by one")

    def labels(self, type_text: str) -> tuple[str, ...]:
        """Return the values of an enumeration that is a column's own type, not a type with a name."""
        return ()

    def relabelled(self, table: Table, found: Column, wanted: Column, pairs: Sequence[tuple[str, str]]) -> list[str]:
        """Rename values of an enumeration that a column holds as its own type or as text, in the rows too."""
        name = self.name(wanted.name)
        cases = " ".join(f"WHEN {self.literal(old)} THEN {self.literal(new)}" for old, new in pairs)
        olds = ", ".join(self.literal(old) for old, _ in pairs)
        return [
            self.update(table, wanted.name, f"CASE {name} {cases} END", f"{name} IN ({olds})"),
            *self.settled(table),
        ]

    def recast(self, table: Table, found: Column, wanted: Column, expression: str) -> list[str] | None:
        """Change a type by an expression; None where the server's ALTER takes one."""
        return None

    def update(self, table: Table, column: str, expression: str, condition: str = "") -> str:
        """Give a column values."""
        where = f" WHERE {condition}" if condition else ""
        return f"UPDATE {self.qualified(table.schema, table.name)} SET {self.name(column)} = {expression}{where}"

    def settled(self, table: Table) -> list[str]:
        """Have changed rows looked at now, where the server would let no ALTER by until then."""
        return []

    def check_text(self, text: str) -> str:
        """Return a CHECK's condition so that the server gives back the same text again."""
        return text

    def late_options(self, table: Table) -> list[str]:
        """Set what a table is beside what its CREATE statement from the model says."""
        return []

    def allowing(self, found: Table, wanted: Table) -> list[str]:
        """Let the session change a table that the server would protect from it."""
        return []

    def filler(self, column: Column) -> str | None:
        """Return a value for rows whose own is gone; None where none is known."""
        return filler_of(column.type)

    # definitions

    def column(self, column: Column) -> str:
        """Define a column."""
        raise NotImplementedError

    def constraint(self, part: Part) -> str:
        """Define a constraint, with its name if it has one."""
        named = f"CONSTRAINT {self.name(part.name)} " if part.name else ""
        return named + self.rule(part)

    def rule(self, part: Part) -> str:
        """Define a constraint, without its name."""
        if isinstance(part, PrimaryKey):
            return f"PRIMARY KEY ({self.names(part.columns)}){self._included(part.include)}{_timing(part.deferrable)}"
        if isinstance(part, Unique):
            nulls = " NULLS NOT DISTINCT" if part.nulls_not_distinct else ""
            return f"UNIQUE{nulls} ({self.names(part.columns)}){self._included(part.include)}{_timing(part.deferrable)}"
        if isinstance(part, ForeignKey):
            return self._foreign_key(part)
        if isinstance(part, Check):
            return f"CHECK ({self.check_text(part.text)})"
        if isinstance(part, Exclusion):
            return part.text
        raise TypeError(f"{type(part).__name__} is no constraint")

    def index(self, table: Table, index: Index) -> str:
        """Define an index."""
        raise NotImplementedError

    def policy(self, table: Table, policy: Policy) -> str:
        """Define a row-level policy."""
        raise NotImplementedError

    def _foreign_key(self, key: ForeignKey) -> str:
        columns = f" ({self.names(key.target)})" if key.target else ""
        words = [f"FOREIGN KEY ({self.names(key.columns)}) REFERENCES {self.qualified(key.schema, key.table)}{columns}"]
        words += [f"MATCH {key.match}"] if key.match else []
        words += [f"ON UPDATE {key.on_update}"] if key.on_update else []
        words += [f"ON DELETE {key.on_delete}"] if key.on_delete else []
        return " ".join(words) + _timing(key.deferrable)

    def _included(self, columns: tuple[str, ...]) -> str:
        return f" INCLUDE ({self.names(columns)})" if columns else ""


def _timing(deferrable: str) -> str:
    return {"deferrable": " DEFERRABLE", "initially deferred": " DEFERRABLE INITIALLY DEFERRED"}.get(deferrable, "")
