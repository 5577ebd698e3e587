"""Indexes inside ``CREATE TABLE`` where that makes a schema faster to build.

MariaDB rebuilds a table for each ``CREATE INDEX``, empty or not: 1,000 tables with two indexes each take
a third of the time if the indexes are made with the table. What comes out is the same. The models'
own compilers and listeners are called as ever; an index whose statement is not of the plain form
is made by itself, as it would be without this.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import DDL, event
from sqlalchemy.exc import CompileError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CreateIndex, CreateTable

if TYPE_CHECKING:
    from sqlalchemy import Connection, Index, Table

_NOTHING: Any = DDL("DO 0")  # type: ignore[no-untyped-call]


@contextmanager
def indexes_inside(connection: Connection) -> Iterator[None]:
    """Let `create_all` on this connection make indexes together with their tables."""
    made: set[Index] = set()

    def replace(conn: Connection, statement: Any, many: Any, params: Any, options: Any) -> tuple[Any, Any, Any]:
        if type(statement) is CreateTable:
            return _WithIndexes(statement, made), many, params
        if isinstance(statement, CreateIndex) and statement.element in made:
            return _NOTHING, many, params
        return statement, many, params

    event.listen(connection, "before_execute", replace, retval=True)
    try:
        yield
    finally:
        event.remove(connection, "before_execute", replace)


class _WithIndexes(CreateTable):
    """A table's statement that makes the table's indexes as well, and notes which."""

    inherit_cache = False

    def __init__(self, plain: CreateTable, made: set[Index]) -> None:
        super().__init__(
            plain.element,
            include_foreign_key_constraints=plain.include_foreign_key_constraints,
            if_not_exists=plain.if_not_exists,
        )
        self.plain = plain
        self.made = made


@compiles(_WithIndexes)
def _compile(statement: _WithIndexes, compiler: Any, **options: Any) -> str:
    constraints = compiler.create_table_constraints

    def and_indexes(table: Table, **how: Any) -> str:
        lines = {index: _line(index, compiler) for index in table.indexes}
        statement.made.update(index for index, line in lines.items() if line)
        return ", \n\t".join(filter(None, (constraints(table, **how), *lines.values())))

    compiler.create_table_constraints = and_indexes
    try:
        return str(compiler.process(statement.plain, **options))
    finally:
        del compiler.create_table_constraints


def _line(index: Index, compiler: Any) -> str:
    """Return an index as a line of its table's statement; empty if it has to be made by itself."""
    if getattr(index, "_ddl_if", None) is not None:
        return ""
    try:
        text = str(compiler.process(CreateIndex(index)))
    except CompileError:
        return ""
    table = re.escape(compiler.preparer.format_table(index.table))
    plain = re.fullmatch(rf"CREATE ((?:\w+ )?)INDEX (\S+) ON {table} (\(.*)", text, re.DOTALL)
    return f"{plain[1]}INDEX {plain[2]} {plain[3]}" if plain else ""
