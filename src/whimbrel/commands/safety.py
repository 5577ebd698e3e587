"""Models that would drop most of a database: more likely nobody has imported the others."""

from __future__ import annotations

from whimbrel.compare.changes import Comparison, Removed
from whimbrel.errors import ManyDrops
from whimbrel.snapshot import Snapshot, Table

# From so many tables on, dropping more than half of them is suspicious; dropping all of them always is.
_MANY = 6
_NAMED = 8


def refuse_many_drops(comparison: Comparison, found: Snapshot) -> None:
    """Refuse changes that drop all tables, or more than half of at least six.

    Raises:
        ManyDrops: They do.
    """
    foreign = set(comparison.not_ours)
    ours = [one.key for one in found.tables() if one.key not in foreign]
    gone = [one.key.name for one in comparison.changes if isinstance(one, Removed) and isinstance(one.found, Table)]
    if not gone or (len(gone) < len(ours) and (len(ours) < _MANY or len(gone) * 2 <= len(ours))):
        return
    names = ", ".join(gone[:_NAMED]) + (f" and {len(gone) - _NAMED} more" if len(gone) > _NAMED else "")
    many = f"{len(gone):,} of {len(ours):,} tables"
    if len(gone) == len(ours):
        many = f"all {len(ours):,} tables" if len(ours) > 1 else "the only table"
    raise ManyDrops(
        f"The models would drop {many}: {names}.",
        why="Models count once their module is imported; where one is not, its tables look as if nobody wanted them. "
        "Nothing was written, and the database was not changed.",
        do="import them where the app is made:  from yourapp import models  # noqa\n"
        "        (or, if these tables are to go: flask db migrate --allow-many-drops)",
    )
