"""What is computed from what."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from whimbrel.compare.changes import Altered
from whimbrel.operations.sides import Sides
from whimbrel.snapshot import Column, Key


def holding(changes: Iterable[Any], sides: Sides) -> dict[Key, Column]:
    """Return the columns that are computed from one whose type changes, where they hold it."""
    held: dict[Key, Column] = {}
    for one in changes if sides.ddl.computed_hold_columns else ():
        if isinstance(one, Altered) and one.key.kind == "column" and {"type", "collation"} & set(one.aspects):
            held |= {replace(one.key, part=column.name): column for column in _computed_from(one.key, sides)}
    return held


def _computed_from(key: Key, sides: Sides) -> Iterator[Column]:
    """Go over the columns that stay and are computed from another."""
    table, after = (side.table(key.name, key.schema) for side in (sides.moved, sides.wanted))
    for column in table.columns if table and after else ():
        if is_from(column, key.part) and column in after.columns:  # type: ignore[union-attr]
            yield column


def is_from(column: Column, name: str) -> bool:
    """Tell whether a column is computed from another one."""
    return column.generated is not None and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", column.generated) is not None
