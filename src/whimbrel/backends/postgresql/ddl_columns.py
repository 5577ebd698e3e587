"""What PostgreSQL's statements say of columns."""

from __future__ import annotations

from dataclasses import replace

from whimbrel.backends.ddl import Ddl
from whimbrel.backends.postgresql.ddl_casts import completed, is_citext, using
from whimbrel.backends.postgresql.ddl_numbers import aside, into_limits, numbers
from whimbrel.backends.postgresql.ddl_texts import read_again
from whimbrel.backends.postgresql.ddl_values import filler_of
from whimbrel.backends.postgresql.reflect_likeness import object_name
from whimbrel.snapshot import Column, Numbering, Table

# What a column's options are where nothing is said; that of storage is that of all types of any length but numbers.
_USUAL = {"storage": "EXTENDED", "compression": "DEFAULT", "statistics": "-1"}


class ColumnDdl(Ddl):
    """The part of PostgreSQL's statements that is about columns."""

    computed_hold_columns = True

    def is_simple(self, found: Column, wanted: Column) -> bool:
        """Leave to Alembic what has no sequence, no collation of its own and no storage options."""
        sides = (found, wanted)
        special = (one.numbering or one.identity or one.generated is not None or one.collation for one in sides)
        return not any(special) and not (found.options or wanted.options)

    def cast(self, column: str, old: str, new: str) -> str | None:
        """Write a USING unless both are text, both are numbers or both are times."""
        return using(self.name(column), old, new, self.base(new))

    def told_cast(self, expression: str, new: str) -> str:
        """Name the type, if it is not one that whatever an expression gives becomes by itself."""
        return completed(expression, new, self.base(new))

    def estranges(self, old: str, new: str) -> bool:
        """Tell whether no foreign key can be between columns of two types; citext has operators of its own."""
        return is_citext(old) != is_citext(new) or super().estranges(old, new)

    def rewords(self, text: str) -> bool:
        """Tell whether there is a choice of varchars, which the server reads again from the text that it gives."""
        return read_again(text) != text

    def filler(self, column: Column) -> str | None:
        """Return a value for rows whose own is gone."""
        return filler_of(column.type) or super().filler(column)

    def column(self, column: Column) -> str:
        """Define a column."""
        words = [self.name(column.name), self._type(column)]
        if column.collation:
            words.append(f"COLLATE {column.collation}")
        if column.generated is not None:
            words.append(
                f"GENERATED ALWAYS AS ({read_again(column.generated)}) {'STORED' if column.stored else 'VIRTUAL'}"
            )
        elif column.identity:
            words.append(self._identity(column))
        elif column.default is not None:
            words.append(f"DEFAULT {column.default}")
        if not column.nullable:
            words.append("NOT NULL")
        return " ".join(words)

    def recast(self, table: Table, found: Column, wanted: Column, expression: str) -> list[str] | None:
        """Change a type by an expression that drivers would take for one with placeholders in it."""
        if "%" not in expression:
            return None
        names = ("type", "collation", "nullable", "default", "identity", "comment")
        aspects = tuple(name for name in names if getattr(found, name) != getattr(wanted, name))
        return self.alter_column(table, found, wanted, aspects, expression)

    def alter_column(
        self, table: Table, found: Column, wanted: Column, aspects: tuple[str, ...], told: str = ""
    ) -> list[str] | None:
        """Change a column; None where it has to be dropped and added."""
        same = (found.type, found.nullable) == (wanted.type, wanted.nullable)  # what it held is what it is to hold
        alter = f"ALTER TABLE {self.qualified(table.schema, table.name)} ALTER COLUMN {self.name(wanted.name)}"
        out = []
        if "generated" in aspects or "stored" in aspects:
            if wanted.generated is not None or not found.stored or not same:
                return None
            out = [f"{alter} DROP EXPRESSION"]  # the values stay
        retyped = "type" in aspects or "collation" in aspects
        out += self._before_retyping(table, alter, found, wanted, retyped)
        if retyped:
            collate = f" COLLATE {wanted.collation}" if wanted.collation else ""
            using = told or self.cast(wanted.name, found.type, wanted.type)
            out.append(f"{alter} TYPE {wanted.type}{collate}" + (f" USING {using}" if using else ""))
        if "nullable" in aspects:
            out.append(f"{alter} {'DROP' if wanted.nullable else 'SET'} NOT NULL")
        if wanted.default is not None and (retyped or wanted.default != found.default):
            out.append(f"{alter} SET DEFAULT {wanted.default}")
        out += self._number(table, alter, found, wanted)
        for option in set(wanted.options) - set(found.options):
            name, _, value = option.partition("=")
            out.append(f"{alter} SET {name.upper()} {value}")
        kept = {option.partition("=")[0] for option in wanted.options}
        gone = [name for option in found.options if (name := option.partition("=")[0]) not in kept]
        out += [f"{alter} SET {name.upper()} {_USUAL[name]}" for name in gone if name in _USUAL]
        return out + (self.part_comment(table, wanted, even_none=True) if "comment" in aspects else [])

    def _before_retyping(self, table: Table, alter: str, found: Column, wanted: Column, retyped: bool) -> list[str]:
        """Take away what a new type would stumble over, and what is not wanted any more."""
        old, new = found.numbering, wanted.numbering
        if old is not None and new is not None and bool(found.identity) != bool(wanted.identity):
            return self._put_aside(table, alter, found, new)
        out = [f"{alter} DROP IDENTITY"] if found.identity and not wanted.identity else []
        if found.default is not None and (retyped or wanted.default is None):
            out.append(f"{alter} DROP DEFAULT")
        is_serial = found.numbering is not None and not found.identity
        if is_serial and found.numbering and not (wanted.numbering and not wanted.identity):
            sequence = self.qualified(table.schema, found.numbering.sequence)
            out += [f"{alter} DROP DEFAULT", f"DROP SEQUENCE {sequence}"]
        return out

    def _put_aside(self, table: Table, alter: str, found: Column, new: Numbering) -> list[str]:
        """Keep where a column's numbers are while another kind of counter comes: an identity has its own sequence."""
        assert found.numbering is not None
        sequence = self.qualified(table.schema, found.numbering.sequence)
        if not found.identity:
            name = self.name(aside(found.numbering.sequence))
            renamed = f"ALTER SEQUENCE {sequence} RENAME TO {name}"
            return [f"{alter} DROP DEFAULT", f"ALTER SEQUENCE {sequence} OWNED BY NONE", renamed]
        kept = self.qualified(table.schema, aside(new.sequence))
        made = f"CREATE SEQUENCE {kept} AS {new.type} {numbers(new)}".strip()
        going_on = f"SELECT setval({self.literal(kept)}, last_value, is_called) FROM {sequence}"
        return [made, going_on, f"{alter} DROP IDENTITY"]

    def _number(self, table: Table, alter: str, found: Column, wanted: Column) -> list[str]:
        new, old = wanted.numbering, found.numbering
        if new is None:
            return []
        sequence = self.qualified(table.schema, new.sequence)
        if wanted.identity and not found.identity:
            named = f"SEQUENCE NAME {sequence}"  # the column may have another name by now
            usual = object_name(table.name, wanted.name, "seq") == new.sequence
            added = f"{alter} ADD {self._identity(wanted, '' if usual else named)}"
            if old is None:
                return [added, self._continue(table, wanted, sequence)]
            kept = self.qualified(table.schema, aside(old.sequence))
            going_on = f"SELECT setval({self.literal(sequence)}, last_value, is_called) FROM {kept}"
            return [added, going_on, f"DROP SEQUENCE {kept}"]
        if old is not None and (wanted.identity or not found.identity):
            kind = [f"{alter} SET GENERATED {wanted.identity.upper()}"] if wanted.identity != found.identity else []
            if replace(old, sequence="") == replace(new, sequence=""):
                return kind
            return [*kind, *into_limits(sequence, old, new), f"ALTER SEQUENCE {sequence} {numbers(new, old)}"]
        kept = self.qualified(table.schema, aside(new.sequence))
        made = f"CREATE SEQUENCE {sequence} AS {new.type} {numbers(new)}".strip()
        return [
            made if old is None else f"ALTER SEQUENCE {kept} RENAME TO {self.name(new.sequence)}",
            f"{alter} SET DEFAULT nextval({self.literal(sequence)}::regclass)",
            f"ALTER SEQUENCE {sequence} OWNED BY {self.qualified(table.schema, table.name)}.{self.name(wanted.name)}",
            *([self._continue(table, wanted, sequence)] if old is None else []),
        ]

    def _continue(self, table: Table, column: Column, sequence: str) -> str:
        """Let a new sequence begin behind the values that are there."""
        name, target = self.name(column.name), self.qualified(table.schema, table.name)
        found = f"pg_get_serial_sequence({self.literal(target)}, {self.literal(column.name)})"
        return f"SELECT setval({found}, coalesce(max({name}), 0) + 1, false) FROM {target}"

    def _identity(self, column: Column, named: str = "") -> str:
        how = f"{named} {numbers(column.numbering) if column.numbering else ''}".strip()
        return f"GENERATED {column.identity.upper()} AS IDENTITY{f' ({how})' if how else ''}"

    def _type(self, column: Column) -> str:
        if column.numbering and not column.identity:
            return {"integer": "SERIAL", "bigint": "BIGSERIAL", "smallint": "SMALLSERIAL"}.get(column.type, column.type)
        return column.type
