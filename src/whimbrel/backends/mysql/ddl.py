"""MariaDB's and MySQL's statements.

A column is changed by saying all of it again, so every definition here is made from all of the facts.
Statements: MariaDB documentation, "ALTER TABLE", "CREATE TABLE", "CREATE SEQUENCE"; MySQL 8.0 Reference
Manual, 15.1. What one of the two lacks (sequences on MySQL, expression indexes on MariaDB) is in no
snapshot of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from whimbrel.backends.ddl import Ddl, columns_of
from whimbrel.backends.mysql.ddl_numbers import numbers, recounted, turns_round
from whimbrel.backends.mysql.ddl_tables import (
    VERSIONED,
    loses_size,
    options_of,
    partitioning,
    resized_keys,
    retold_columns,
)
from whimbrel.backends.mysql.ddl_values import enum_labels, filler_of, is_padded_longer
from whimbrel.backends.mysql.reflect_likeness import LIKENESS
from whimbrel.backends.mysql.reflect_tables import KEYWORDS
from whimbrel.snapshot import (
    Check,
    Column,
    Definition,
    ForeignKey,
    Function,
    Index,
    Part,
    PrimaryKey,
    Procedure,
    Table,
    Trigger,
    Unique,
    View,
    Whole,
)
from whimbrel.snapshot import Sequence as NumberSequence
from whimbrel.tokens import unquoted

_KEY_PART = re.compile(r"(?P<name>`(?:[^`]|``)+`|[^`( ]+)(?P<rest>(?:\(\d+\))?(?: DESC)?)\Z")
_CALL_OF_NOW = re.compile(r"(?:current_timestamp|now)(?:\(\d*\))?\Z", re.IGNORECASE)
_PLAIN_DEFAULT = re.compile(r"'[^'\\:%]*'\Z|[-+]?[\d.]+\Z|NULL\Z", re.IGNORECASE)
_LITERAL = re.compile(r"(?:[bxn]|_\w+)?'(?:[^'\\]|''|\\.)*'\Z|[-+]?[\d.]+(?:e[-+]?\d+)?\Z", re.IGNORECASE | re.DOTALL)
_METHODS = {"fulltext": "FULLTEXT INDEX", "spatial": "SPATIAL INDEX"}
_SHOWN = {"ignored": "NOT IGNORED", "invisible": "VISIBLE"}
_MARKS = {"invisible": "INVISIBLE", "without system versioning": "WITHOUT SYSTEM VERSIONING"}
CHECK = "check "
ASIDE = "whimbrel_new_"


class MySQLDdl(Ddl):
    """The statements of MariaDB 10.6 and later, and of MySQL 8.0."""

    reserved = KEYWORDS
    joins_keys = True
    keys_hold_columns = True
    columns_hold_checks = True
    apart = (ForeignKey,)

    # names

    def name(self, name: str) -> str:
        """Quote a name where it needs it."""
        quoted = super().name(name)
        return quoted if quoted == name else "`" + name.replace("`", "``") + "`"

    def literal(self, text: str) -> str:
        """Quote a string; a backslash means something in it."""
        return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"

    # whole objects

    def create(self, whole: Whole) -> list[str]:
        """Make an object; a table without its indexes, foreign keys and triggers."""
        makers: dict[type[Any], Callable[[Any], list[str]]] = {
            Table: self._table,
            NumberSequence: lambda one: [f"CREATE SEQUENCE {self.name(one.name)} {numbers(one)}"],
            View: self._view,
        }
        maker = makers.get(type(whole), self._by_text)
        return maker(whole)

    def drop(self, whole: Whole) -> list[str]:
        """Drop an object."""
        return [f"DROP {whole.key.kind.upper()} {self.name(whole.name)}"]

    def alter(self, found: Whole, wanted: Whole, aspects: tuple[str, ...]) -> list[str] | None:
        """Change what is an object's own; None where it has to be made anew."""
        if isinstance(found, Table) and isinstance(wanted, Table):
            return self._alter_table(found, wanted, aspects)
        if isinstance(found, NumberSequence) and isinstance(wanted, NumberSequence):
            anew = turns_round(found, wanted)
            return (
                [*self.drop(found), *self.create(wanted)] if anew else recounted(self.name(wanted.name), found, wanted)
            )
        if isinstance(wanted, Function | Procedure | Definition):
            return self._comment(wanted) if aspects == ("comment",) else [*self.drop(found), *self.create(wanted)]
        return None

    def rename_table(self, schema: str, old: str, new_schema: str, new: str) -> list[str]:
        """Give a table another name."""
        return [f"RENAME TABLE {self.qualified(schema, old)} TO {self.qualified(new_schema, new)}"]

    # parts

    def add(self, table: Table, part: Part) -> list[str]:
        """Add a part to a table."""
        if isinstance(part, Trigger):
            return [part.text]
        return [f"ALTER TABLE {self.name(table.name)} ADD {self._clause(part)}"]

    def drop_part(self, table: Table, part: Part) -> list[str]:
        """Drop a part of a table."""
        if isinstance(part, Trigger):
            return [f"DROP TRIGGER {self.name(part.name)}"]
        return [f"ALTER TABLE {self.name(table.name)} DROP {self._called(part)}"]

    def alter_part(self, table: Table, found: Part, wanted: Part, aspects: tuple[str, ...]) -> list[str] | None:
        """Change a part in place; None where it has to be dropped and added."""
        target = f"ALTER TABLE {self.name(table.name)}"
        if isinstance(found, Column) and isinstance(wanted, Column):
            if _is_virtual(found) and wanted.generated is None:
                return self._kept_values(target, table, found, wanted)
            if self.replaces_column(found, wanted):
                return None
            cut = self._unpadded(target, table, found) if is_padded_longer(found.type, wanted.type) else []
            return [*cut, f"{target} MODIFY {self.column(wanted)}"]
        if isinstance(found, Index) and isinstance(wanted, Index) and aspects == ("options",):
            words = [one.upper() for one in wanted.options] or [_SHOWN[one] for one in found.options]
            return [f"{target} ALTER INDEX {self.name(wanted.name)} {' '.join(words)}"]
        return None

    def replaces_column(self, found: Column, wanted: Column) -> bool:
        """Tell a column that becomes virtual or stops being so, which neither server does in place."""
        is_computed = (found.generated is not None, wanted.generated is not None)
        return _is_virtual(found) != _is_virtual(wanted) or (len(set(is_computed)) > 1 and found.type != wanted.type)

    def rename_part(self, table: Table, kind: str, old: str, new: str) -> list[str] | None:
        """Give an index another name; constraints cannot be renamed."""
        if kind != "index":
            return None
        return [f"ALTER TABLE {self.name(table.name)} RENAME INDEX {self.name(old)} TO {self.name(new)}"]

    def keep_index(self, table: Table, key: ForeignKey, staying: Sequence[Index]) -> list[str]:
        """Give an index its own name once more: one that the server made by itself is no longer replaced then.

        The server forgets such an index as soon as it makes one of the foreign key's name.
        """
        held = [one for one in staying if one.name != key.name and columns_of(one)[: len(key.columns)] == key.columns]
        doubtful = [one.name for one in held if LIKENESS.is_server_name(table.name, one, one.name)]
        return [line for name in doubtful for line in self.rename_part(table, "index", name, name) or ()]

    def change_keys(self, found: Table, wanted: Table, before: Sequence[Part], after: Sequence[Part]) -> list[str]:
        """Put keys and indexes, and the columns that number by them, in the others' place in one statement."""
        old = {part.name for part in before if isinstance(part, Column)}
        new = {part.name for part in after if isinstance(part, Column)}
        clauses = ["KEY_BLOCK_SIZE=0"] if loses_size(found, wanted) else []  # a new key would keep it for its own
        clauses += [f"DROP {self._called(part)}" for part in before if not isinstance(part, Column)]
        for part in after:
            if isinstance(part, Column):
                clauses.append(f"{'MODIFY' if part.name in old else 'ADD COLUMN'} {self.column(part)}")
        clauses += [f"ADD {self._clause(part)}" for part in after if not isinstance(part, Column)]
        clauses += [f"DROP COLUMN {self.name(one)}" for one in sorted(old - new)]
        return [f"ALTER TABLE {self.name(wanted.name)} {', '.join(clauses)}"]

    def late_options(self, table: Table) -> list[str]:
        """Hide columns and indexes and keep the history of rows, which no model says."""
        target = f"ALTER TABLE {self.name(table.name)}"
        hidden = [
            f"{target} MODIFY {self.column(one)}" for one in table.columns_in_order() if "invisible" in one.options
        ]
        hidden += [
            f"{target} ALTER INDEX {self.name(one.name)} {one.options[0].upper()}"
            for one in table.indexes
            if one.options
        ]
        return hidden + ([f"{target} ADD SYSTEM VERSIONING"] if VERSIONED in table.options else [])

    def allowing(self, found: Table, wanted: Table) -> list[str]:
        """Let a table change that keeps the history of its rows (MariaDB: system_versioning_alter_history)."""
        keeps = VERSIONED in found.options and VERSIONED in wanted.options
        return ["SET SESSION system_versioning_alter_history = KEEP"] if keeps else []

    # what Alembic can say

    def is_simple(self, found: Column, wanted: Column) -> bool:
        """Leave to Alembic what it says again: type, NULL, a plain default, comment."""
        return not is_padded_longer(found.type, wanted.type) and not any(
            one.collation or one.on_update or one.generated is not None or one.options or one.autoincrement
            or (one.default is not None and not (_PLAIN_DEFAULT.match(one.default) or _CALL_OF_NOW.match(one.default)))
            for one in (found, wanted)
        )  # fmt: skip

    def is_reflected(self, column: Column) -> bool:
        """Tell whether SQLAlchemy's reflection says all of a column."""
        return self.is_simple(column, column)

    def is_declared(self, column: Column) -> bool:
        """Tell whether the model's own column can be added as it is."""
        return not column.autoincrement and not any(one in _MARKS for one in column.options)

    def labels(self, type_text: str) -> tuple[str, ...]:
        """Return the values of an ENUM."""
        return enum_labels(type_text)

    def relabelled(self, table: Table, found: Column, wanted: Column, pairs: Sequence[tuple[str, str]]) -> list[str]:
        """Rename values of an ENUM column, in its rows too: both names are allowed while they change."""
        if not enum_labels(found.type):
            return super().relabelled(table, found, wanted, pairs)
        target, name = self.name(table.name), self.name(wanted.name)
        known = {one.casefold() for one in enum_labels(found.type)}
        fresh = [one for one in enum_labels(wanted.type) if one.casefold() not in known]
        out = []
        if fresh:
            both = ",".join(self.literal(one) for one in (*enum_labels(found.type), *fresh))
            out.append(f"ALTER TABLE {target} MODIFY {self.column(replace(found, type=f'enum({both})'))}")
        cases = " ".join(f"WHEN {self.literal(old)} THEN {self.literal(new)}" for old, new in pairs)
        olds = ", ".join(self.literal(old) for old, _ in pairs)
        out.append(self.update(table, wanted.name, f"CASE {name} {cases} END", f"{name} IN ({olds})"))
        return [*out, f"ALTER TABLE {target} MODIFY {self.column(wanted)}"]

    def recast(self, table: Table, found: Column, wanted: Column, expression: str) -> list[str]:
        """Change a type by way of a second column that takes the new values; a key is away meanwhile."""
        target, aside = f"ALTER TABLE {self.name(table.name)}", ASIDE + found.name
        free = replace(wanted, nullable=True, default=None, on_update=None, autoincrement=False, comment=None,
                       options=())  # fmt: skip
        emptied = replace(found, nullable=True, autoincrement=False)
        key = table.primary_key
        if key is None or found.name not in columns_of(Index("", key.columns)):
            gone, again = "", ""
        else:
            gone, again = f"DROP {self._called(key)}, ", f", ADD {self.constraint(key)}"
        return [
            f"{target} ADD COLUMN {self.column(replace(free, name=aside))}",
            self.update(table, aside, expression),
            *([] if found == emptied else [f"{target} {gone}MODIFY {self.column(emptied)}"]),
            self.update(table, found.name, "NULL"),
            f"{target} MODIFY {self.column(free)}",
            self.update(table, found.name, self.name(aside)),
            f"{target} DROP COLUMN {self.name(aside)}",
            *([] if free == wanted else [f"{target} MODIFY {self.column(wanted)}{again}"]),
        ]

    def update(self, table: Table, column: str, expression: str, condition: str = "") -> str:
        """Give a column values; what is set by ON UPDATE keeps its own."""
        sets = [f"{self.name(column)} = {expression}"]
        sets += [
            f"{self.name(one.name)} = {self.name(one.name)}"
            for one in table.columns_in_order()
            if one.on_update and one.name != column
        ]
        where = f" WHERE {condition}" if condition else ""
        return f"UPDATE {self.name(table.name)} SET {', '.join(sets)}{where}"

    def filler(self, column: Column) -> str | None:
        """Return a value for rows whose own is gone; None where the server has one of its own for the type."""
        return filler_of(column)

    # definitions

    def column(self, column: Column) -> str:
        """Define a column."""
        words = [self.name(column.name), column.type]
        words += [f"COLLATE {column.collation}"] if column.collation else []
        if column.generated is not None:
            words.append(f"GENERATED ALWAYS AS ({column.generated}) {'STORED' if column.stored else 'VIRTUAL'}")
            words += [] if column.nullable else ["NOT NULL"]
        else:
            words.append("NULL" if column.nullable else "NOT NULL")
        words += [f"DEFAULT {_default(column.default)}"] if column.default is not None else []
        words += [f"ON UPDATE {column.on_update}"] if column.on_update else []
        words += ["AUTO_INCREMENT"] if column.autoincrement else []
        words += [_MARKS[one] for one in column.options if one in _MARKS]
        words += [f"COMMENT {self.literal(column.comment)}"] if column.comment else []
        words += [f"CHECK ({one.removeprefix(CHECK)})" for one in column.options if one.startswith(CHECK)]
        return " ".join(words)

    def rule(self, part: Part) -> str:
        """Define a constraint, without its name."""
        if isinstance(part, PrimaryKey):
            return f"PRIMARY KEY ({self._key_parts(part.columns)})"
        text = super().rule(part)
        return f"{text} NOT ENFORCED" if isinstance(part, Check) and "not enforced" in part.options else text

    def index(self, table: Table, index: Index) -> str:
        """Define an index."""
        return f"ALTER TABLE {self.name(table.name)} ADD {self._index(index)}"

    def _index(self, index: Index) -> str:
        words = [_METHODS.get(index.method, "UNIQUE INDEX" if index.unique else "INDEX"), self.name(index.name)]
        words.append(f"({self._key_parts(index.parts)})")
        words += [f"USING {index.method.upper()}"] if index.method and index.method not in _METHODS else []
        words += [f"COMMENT {self.literal(index.comment)}"] if index.comment else []
        words += [one.upper() for one in index.options]
        return " ".join(words)

    def _key_parts(self, parts: Iterable[str]) -> str:
        return ", ".join(self._key_part(part) for part in parts)

    def _key_part(self, part: str) -> str:
        match = _KEY_PART.match(part)
        return f"{self.name(unquoted(match['name']))}{match['rest']}" if match else part

    def _clause(self, part: Part) -> str:
        if isinstance(part, Column):
            return f"COLUMN {self.column(part)}"
        return self._index(part) if isinstance(part, Index) else self.constraint(part)

    def _called(self, part: Part) -> str:
        """Say what is dropped."""
        if isinstance(part, PrimaryKey):
            return "PRIMARY KEY"
        kinds: dict[type[Any], str] = {
            Column: "COLUMN",
            ForeignKey: "FOREIGN KEY",
            Index: "INDEX",
            Unique: "INDEX",
            Check: "CONSTRAINT",
        }
        return f"{kinds[type(part)]} {self.name(part.name)}"

    # whole objects, made

    def _table(self, table: Table) -> list[str]:
        rules: list[Any] = [*([table.primary_key] if table.primary_key else []), *table.checks]
        inner = [self.column(one) for one in table.columns_in_order()] + [self.constraint(one) for one in rules]
        tail = options_of(table.options, None)
        tail += [f"COMMENT={self.literal(table.comment)}"] if table.comment else []
        tail += [partitioning(table)] if table.partition_by else []
        return [" ".join([f"CREATE TABLE {self.name(table.name)} ({', '.join(inner)})", *tail])]

    def _view(self, view: View) -> list[str]:
        options = dict(option.split("=", 1) for option in view.options)
        words = ["CREATE"]
        words += [f"ALGORITHM={options['algorithm']}"] if "algorithm" in options else []
        words += [f"SQL SECURITY {options['security']}"] if "security" in options else []
        words += [f"VIEW {self.name(view.name)} AS {view.text.strip()}"]
        words += [f"WITH {options['check option']} CHECK OPTION"] if "check option" in options else []
        return [" ".join(words)]

    def _by_text(self, whole: Any) -> list[str]:
        return [whole.text, *(self._comment(whole) if whole.comment else [])]

    def _comment(self, whole: Any) -> list[str]:
        kind = whole.key.kind.upper()
        return [f"ALTER {kind} {self.name(whole.name)} COMMENT {self.literal(whole.comment or '')}"]

    # changes

    def _alter_table(self, found: Table, wanted: Table, aspects: tuple[str, ...]) -> list[str] | None:
        if not set(aspects) <= {"options", "partition_by", "partitions"}:
            return None
        target, out = f"ALTER TABLE {self.name(wanted.name)}", []
        clauses = options_of(wanted.options, found.options)
        clauses += [f"MODIFY {self.column(one)}" for one in retold_columns(found, wanted)]
        clauses += [f"DROP {self._called(one)}, ADD {self._clause(one)}" for one in resized_keys(found, wanted)]
        if clauses:
            out.append(f"{target} {', '.join(clauses)}")
        if (found.partition_by, found.partitions) != (wanted.partition_by, wanted.partitions):
            out.append(f"{target} {partitioning(wanted) if wanted.partition_by else 'REMOVE PARTITIONING'}")
        return out

    def _unpadded(self, target: str, table: Table, found: Column) -> list[str]:
        """Take off the zeros that fill a BINARY, so that a shorter one takes the value."""
        loose = replace(found, type=f"var{found.type}")
        trimmed = f"TRIM(TRAILING x'00' FROM {self.name(found.name)})"
        return [f"{target} MODIFY {self.column(loose)}", self.update(table, found.name, trimmed)]

    def _kept_values(self, target: str, table: Table, found: Column, wanted: Column) -> list[str]:
        """Turn a virtual column into a plain one with the values that it showed."""
        aside = replace(wanted, name=ASIDE + wanted.name, nullable=True)
        return [
            f"{target} ADD COLUMN {self.column(aside)}",
            self.update(table, aside.name, self.name(found.name)),
            f"{target} DROP COLUMN {self.name(found.name)}, CHANGE {self.name(aside.name)} {self.column(wanted)}",
        ]


def _is_virtual(column: Column) -> bool:
    return column.generated is not None and not column.stored


def _default(text: str) -> str:
    """Write an expression in parentheses; literals and the time of day need none."""
    if _LITERAL.match(text) or _CALL_OF_NOW.match(text) or text.upper() == "NULL" or text.startswith("("):
        return text
    return f"({text})"


DDL = MySQLDdl
