"""How places and numbers are said to a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from whimbrel.backends.keeping import Place


def shown(place: Place) -> str:
    """Return a place as a person writes it."""
    return f"{place.schema}.{place.name}" if place.schema else place.name


def counted(rows: int, most: int | None = None) -> str:
    """Return a number of rows in words.

    Args:
        rows: How many.
        most: How far they were counted.
    """
    if most is not None and rows > most:
        return f"more than {most:,} rows"
    return f"{rows:,} row{'' if rows == 1 else 's'}"
