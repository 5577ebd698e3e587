"""Which tables are bookkeeping, and so no part of any schema that is compared or counted."""

from __future__ import annotations

VERSION_TABLE = "alembic_version"
OURS = "whimbrel_"  # our own tables, and what the archive keeps


def is_bookkeeping(name: str) -> bool:
    """Tell whether a name is Alembic's or ours."""
    return name == VERSION_TABLE or name.startswith(OURS)
