"""Values that a new type has not taken as they were: cut, mixed up, or put at the type's limit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from whimbrel.backends.rows import rows_for
from whimbrel.proof.pairs import Pair, Values

_TEXTS = {"text", "choice"}
_NUMBERS = {"integer", "decimal", "float"}
_CLOSE = Decimal("1e-5")  # a float of four bytes is read with six digits
# The script says itself what becomes of the values: in SQL, or by Alembic's postgresql_using.
_SAYS_HOW = re.compile(r"(?:\b|_)USING\b", re.I)


def is_spoilt(pair: Pair, old: str, new: str, changed: Sequence[Values]) -> bool:
    """Tell whether a change of the type alone has made other values of some.

    A type that is written otherwise makes other texts of the same values, and one with fewer digits rounds; but a text
    that becomes another text, or a number that becomes one which is not near, is no more what it was.
    """
    before, after = pair.columns_at(old, new)
    ends = pair.ends
    if before is None or after is None or before.type == after.type:
        return False
    if ends.about.says_drop or ends.about.writes or _SAYS_HOW.search(ends.about.text):
        return False
    rows = rows_for(ends.old.kind, ends.old.default_schema)
    families = {rows.holds(before, ends.old).family, rows.holds(after, ends.new).family}
    if families <= _TEXTS:
        return True
    return families <= _NUMBERS and any(_is_far(one[0], one[1]) for one in changed)


def _is_far(one: str | None, other: str | None) -> bool:
    try:
        was, is_ = Decimal(one or ""), Decimal(other or "")
    except InvalidOperation:
        return False
    return abs(was - is_) >= max(Decimal(1), abs(was) * _CLOSE)
