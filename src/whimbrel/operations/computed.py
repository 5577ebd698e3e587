"""What is computed from what."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from whimbrel.compare.changes import Altered
from whimbrel.operations.sides import Sides
from whimbrel.snapshot import Column, Key


@dataclass(frozen=True, slots=True)
class Held:
    """A column that is computed before and after, from one whose type changes meanwhile."""

    before: Column
    after: Column


def holding(changes: Iterable[Any], sides: Sides) -> dict[Key, Held]:
    """Return the columns that are computed from one whose type changes, where they hold it."""
    held: dict[Key, Held] = {}
    for one in changes if sides.ddl.computed_hold_columns else ():
        if isinstance(one, Altered) and one.key.kind == "column" and {"type", "collation"} & set(one.aspects):
            held |= {replace(one.key, part=each.after.name): each for each in _computed_from(one.key, sides)}
    return held


def _computed_from(key: Key, sides: Sides) -> Iterator[Held]:
    """Go over the columns that are computed from another, before or after, and from something on both sides."""
    table, wanted = (side.table(key.name, key.schema) for side in (sides.moved, sides.wanted))
    for before in table.columns if table and wanted else ():
        after = wanted.column(before.name)  # type: ignore[union-attr]
        if after is None or None in (before.generated, after.generated):
            continue
        if is_from(before, key.part) or is_from(after, key.part):
            yield Held(before, after)


def is_from(column: Column, name: str) -> bool:
    """Tell whether a column is computed from another one."""
    return column.generated is not None and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", column.generated) is not None
