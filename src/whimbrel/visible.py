"""Text that anybody may have written, as it may be printed."""

from __future__ import annotations


def visible(line: str) -> str:
    """Return a line without what a terminal would obey, or what would be shown as something else."""
    return "".join(one if one.isprintable() or one == "\t" else "?" for one in line)
