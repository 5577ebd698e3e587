"""What MariaDB and MySQL show of the objects that a statement names, as a digest.

A schema change commits by itself, so after a break only the catalogue tells whether it has taken effect: it did
where the objects look otherwise than before. No statement is parsed for that; each of its words may be a name.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

from whimbrel.backends.locks import rows_of
from whimbrel.backends.statements import literal, names_in

if TYPE_CHECKING:
    from sqlalchemy import Connection

# An account, and rows that change places between a table and a partition, are shown by nothing here.
_NO_TRACE = re.compile(
    r"\s*(CREATE|DROP|RENAME|ALTER)\s+(OR\s+REPLACE\s+)?(USER|ROLE)\b|.*\bEXCHANGE\s+PARTITION\b|\s*(INSTALL|UNINSTALL)\b",
    re.IGNORECASE | re.DOTALL,
)
_COUNTER = re.compile(r" AUTO_INCREMENT=\d+")

_OTHERS = """
SELECT 'trigger', trigger_name, event_object_table, action_timing, event_manipulation, action_order, action_statement
FROM information_schema.triggers WHERE trigger_schema = DATABASE()
  AND (event_object_table IN ({0}) OR trigger_name IN ({0}))
UNION ALL
SELECT routine_type, routine_name, routine_definition, dtd_identifier, security_type, sql_data_access, routine_comment
FROM information_schema.routines WHERE routine_schema = DATABASE() AND routine_name IN ({0})
UNION ALL
SELECT 'event', event_name, event_definition, status, interval_value, interval_field, execute_at
FROM information_schema.events WHERE event_schema = DATABASE() AND event_name IN ({0})
UNION ALL
SELECT 'schema', schema_name, default_collation_name, '', '', '', '' FROM information_schema.schemata
WHERE schema_name IN ({0})
"""
_TABLES = """
SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name IN ({0}) ORDER BY 1
"""
_HAS_OTHERS = re.compile(r"\b(TRIGGER|PROCEDURE|FUNCTION|EVENT|DATABASE|SCHEMA)\b", re.IGNORECASE)
_MAY_TOUCH_TRIGGERS = re.compile(r"\b(RENAME|DROP)\b", re.IGNORECASE)


def leaves_no_trace(statement: str) -> bool:
    """Tell whether nothing that is asked here would show the effect of a statement."""
    return _NO_TRACE.match(statement) is not None


def fingerprint_of(connection: Connection, statement: str) -> str:
    """Return a digest of the objects that a statement names."""
    names = ", ".join(mysql_literal(name) for name in names_in(statement))
    if not names:
        return ""
    facts: list[Any] = []
    for (name,) in rows_of(connection, _TABLES.format(names)):
        quoted = "`" + str(name).replace("`", "``") + "`"
        facts += [_COUNTER.sub("", str(row[1])) for row in rows_of(connection, f"SHOW CREATE TABLE {quoted}")]
    if _HAS_OTHERS.search(statement) or _MAY_TOUCH_TRIGGERS.search(statement):
        facts += sorted(repr(row) for row in rows_of(connection, _OTHERS.format(names)))
    return hashlib.sha256("\n".join(facts).encode("utf-8", "surrogatepass")).hexdigest()


def mysql_literal(text: str) -> str:
    """Write a text as a literal; these servers also take a backslash for a sign of theirs."""
    return literal(text.replace("\\", "\\\\"))
