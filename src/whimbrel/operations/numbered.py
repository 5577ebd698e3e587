"""CHECKs that the server numbers as they come: Alembic writes them in another order than `create_all()`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from sqlalchemy import CheckConstraint
from sqlalchemy import Table as ModelTable
from sqlalchemy.sql.elements import conv

from whimbrel.operations.sides import Sides
from whimbrel.operations.step import in_words
from whimbrel.snapshot import Table
from whimbrel.tokens import is_literal, scan, unquoted


def check_names(table: ModelTable, fact: Table, sides: Sides) -> dict[Any, CheckConstraint]:
    """Return copies, with the name that the server gives, of a new table's CHECKs that it tells apart by numbers."""
    checks = list(_as_written(table, sides))
    own = [str(one.name) if isinstance(one.name, str) else None for one in checks]
    places = [_columns(one, table, sides) for one in checks]
    names = sides.ddl.check_names(fact, zip(own, places, strict=True))
    if not names or not set(names) <= {one.name for one in fact.checks}:
        return {}
    stems = Counter(name.rstrip("0123456789") for name in names)
    pairs = [(one, to) for one, name, to in zip(checks, own, names, strict=True) if name is None]
    again = [(one, to) for one, to in pairs if stems[to.rstrip("0123456789")] > 1]
    if any(getattr(one, "_type_bound", False) for one, _ in again):
        return {}  # its type writes it
    return {one: _named(one, name) for one, name in again}


def _as_written(table: ModelTable, sides: Sides) -> Iterator[CheckConstraint]:
    """Go over the CHECKs in the order of `create_all()`: those of columns first."""
    for column in table.columns:
        yield from (one for one in column.constraints if isinstance(one, CheckConstraint))
    for one in sorted(table.constraints, key=lambda one: one._creation_order):
        rule = getattr(one, "_create_rule", None)
        if isinstance(one, CheckConstraint) and (rule is None or rule(sides.dialect.ddl_compiler(sides.dialect, None))):
            yield one


def _columns(check: CheckConstraint, table: ModelTable, sides: Sides) -> tuple[str, ...]:
    found = scan(in_words(check.sqltext, sides.dialect), sides.found.kind).words
    words = {unquoted(word) for word in found if not is_literal(word)}
    return tuple(column.name for column in table.columns if column.name in words)


def _named(check: CheckConstraint, name: str) -> CheckConstraint:
    made: CheckConstraint = check._copy()
    made.name = conv(name)
    return made
