"""What MariaDB and MySQL write in two ways, and yet means the same; and the names that they choose."""

import re

from whimbrel.backends.ddl import columns_of
from whimbrel.backends.mysql.reflect_tables import quoted
from whimbrel.backends.reflect import Likeness
from whimbrel.snapshot import Check, ForeignKey, Index, Part


def _same(text: str) -> str:
    return text


def _is_server_name(table: str, part: Part, name: str) -> bool:
    """Try `t_ibfk_1`, `CONSTRAINT_1`, `t_chk_1`, and for an index its first column's name.

    MariaDB 12.1 numbers foreign keys and nothing more.
    """
    if isinstance(part, ForeignKey):
        return bool(re.fullmatch(rf"(?:{re.escape(table)}_ibfk_)?\d+", name))
    if isinstance(part, Check):
        return bool(re.fullmatch(rf"CONSTRAINT_\d+|{re.escape(table)}_chk_\d+", name))
    if isinstance(part, Index):
        column = columns_of(part)[0]
        return bool(column and re.fullmatch(rf"{re.escape(column)}(?:_\d+)?", name))
    return False


def _follow(name: str, old: str, new: str) -> str:
    """Rename what InnoDB itself renames with its table."""
    return re.sub(rf"\A{re.escape(old)}(_(?:ibfk|chk)_\d+)\Z", lambda match: new + match[1], name)


LIKENESS = Likeness(_same, _same, _same, _is_server_name, quoted, _follow, writes_keys=True)
