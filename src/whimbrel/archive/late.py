"""The values of a column that was put back, taken out again for the script, and is to have what the script left out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from whimbrel.backends.keeping import VALUE

if TYPE_CHECKING:
    from whimbrel.backends.keeping import Keeping, Kept, Standing


def left_out(keeping: Keeping, table: Standing, column: str, kept: Kept) -> tuple[str, str]:
    """Return a query for the number of rows without a value that one is kept of, and what gives it to them.

    Rows whose parent is not there do not get it.

    Args:
        keeping: What the server can do.
        table: The table.
        column: The column, which may be NULL.
        kept: What is kept of it, as a copy.
    """
    own, name, archive = keeping.named(table), keeping.quote(column), f"{keeping.at(kept.place)} AS kept"
    same = keeping.matching(table, kept)
    empty = f"{own}.{name} IS NULL AND EXISTS (SELECT 1 FROM {archive} WHERE {same} AND kept.{VALUE} IS NOT NULL"
    parents = "".join(f" AND {_of_value(one, own, name)}" for one in keeping.orphans(table))
    return (
        f"SELECT count(*) FROM {own} WHERE {empty})",
        f"UPDATE {own} SET {name} = (SELECT kept.{VALUE} FROM {archive} WHERE {same}) WHERE {empty}{parents})",
    )


def _of_value(condition: str, own: str, name: str) -> str:
    """Return a condition on a kept row as one on what is kept of one column, and on the others as they are."""
    told = re.sub(rf"\bkept\.{re.escape(name)}(?!\w)", f"kept.{VALUE}", condition)
    return re.sub(rf"\bkept\.(?!{VALUE})", lambda _: f"{own}.", told)
