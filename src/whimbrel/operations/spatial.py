"""Columns whose type makes an index by itself, as GeoAlchemy2's do.

``create_all()`` makes that index, so it is wanted, and a script makes it by a statement of its own. The type
in the script must then not make it once more.
"""

from __future__ import annotations

from copy import copy
from typing import Any

from sqlalchemy import Column as ModelColumn

from whimbrel.snapshot import Table


def scripted_type(column: ModelColumn[Any], fact: Table | None) -> Any:
    """Return a column's type as it is to stand in a script.

    Args:
        column: A column of a model, or as SQLAlchemy reflects it.
        fact: Its table, with the indexes that a script makes.
    """
    kind: Any = column.type
    if not hasattr(kind, "spatial_index") or fact is None:
        return kind
    is_reflected = bool(getattr(kind, "_spatial_index_reflected", None))
    return _without_index(kind) if is_reflected or _has_index(column, fact) else kind


def _has_index(column: ModelColumn[Any], fact: Table) -> bool:
    names = {one.name for one in fact.indexes}
    return any(list(one.columns) == [column] and str(one.name) in names for one in column.table.indexes)


def _without_index(kind: Any) -> Any:
    made = copy(kind)
    made.__dict__.update(spatial_index=False, use_N_D_index=False, _spatial_index_reflected=None)
    return made
