"""Which tables are bookkeeping, and so no part of any schema that is compared or counted."""

from __future__ import annotations

VERSION_TABLE = "alembic_version"
OURS = "whimbrel_"  # our own tables, and what the archive keeps


def is_bookkeeping(name: str) -> bool:
    """Tell whether a name is Alembic's or ours."""
    return name == VERSION_TABLE or name.startswith(OURS)


def is_of_the_schema(name: str | None, kind: str, parents: object) -> bool:
    """Leave bookkeeping out of a comparison of Alembic's, as its ``include_name``."""
    return kind != "table" or name is None or not is_bookkeeping(name)
