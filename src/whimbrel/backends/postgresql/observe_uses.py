"""What uses which function on PostgreSQL, and what functions name in their texts: asked once, when a script begins.

The server notes in `pg_depend` which views, indexes, rules and triggers call a function. Of the body of a function it
notes nothing, as long as that is a text (PostgreSQL documentation, "Dependency Tracking"). No `%` occurs in the texts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from whimbrel.backends.locks import rows_of
from whimbrel.backends.observed import Fact, Identity
from whimbrel.backends.postgresql.observe_queries import NAME, NO_MEMBER, OURS
from whimbrel.backends.statements import literal

if TYPE_CHECKING:
    from sqlalchemy import Connection

_TABLE = NAME.format("c.relname")
_USES = f"""
WITH f AS (
    SELECT f.oid, {NAME.format("f.proname")} || '(' || pg_get_function_identity_arguments(f.oid) || ')' AS called
    FROM pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace WHERE {OURS} AND {NO_MEMBER.format("pg_proc", "f.oid")}
), d AS (
    SELECT DISTINCT f.called, d.classid, d.objid FROM pg_depend d JOIN f ON d.refobjid = f.oid
    WHERE d.refclassid = 'pg_proc'::regclass
)
SELECT d.called, CASE c.relkind WHEN 'm' THEN 'materialized view' ELSE 'view' END, '', {_TABLE}
FROM d JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
UNION ALL
SELECT d.called, 'index', {_TABLE}, x.relname::text
FROM d JOIN pg_index i ON d.classid = 'pg_class'::regclass AND i.indexrelid = d.objid
JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_class c ON c.oid = i.indrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
UNION ALL
SELECT d.called, CASE a.attgenerated WHEN 's' THEN 'computed column' ELSE 'default' END, {_TABLE}, a.attname::text
FROM d JOIN pg_attrdef e ON d.classid = 'pg_attrdef'::regclass AND e.oid = d.objid
JOIN pg_class c ON c.oid = e.adrelid JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = e.adnum
JOIN pg_namespace n ON n.oid = c.relnamespace
UNION ALL
SELECT d.called, 'CHECK', {_TABLE}, k.conname::text
FROM d JOIN pg_constraint k ON d.classid = 'pg_constraint'::regclass AND k.oid = d.objid
JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
UNION ALL
SELECT d.called, 'trigger', {_TABLE}, g.tgname::text
FROM d JOIN pg_trigger g ON d.classid = 'pg_trigger'::regclass AND g.oid = d.objid
JOIN pg_class c ON c.oid = g.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
UNION ALL
SELECT d.called, 'policy', {_TABLE}, p.polname::text
FROM d JOIN pg_policy p ON d.classid = 'pg_policy'::regclass AND p.oid = d.objid
JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
ORDER BY 1, 2, 3, 4
"""
_CODE = f"""
SELECT {NAME.format("f.proname")}, pg_get_function_identity_arguments(f.oid), f.prosrc
FROM pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace JOIN pg_language l ON l.oid = f.prolang
WHERE l.lanname NOT IN ('c', 'internal') AND {OURS} AND {NO_MEMBER.format("pg_proc", "f.oid")} ORDER BY 1, 2
"""
_MEMBERS = """
SELECT x.extname::text, string_agg(DISTINCT p.proname::text, ' ')
FROM pg_extension x JOIN pg_depend d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = x.oid
JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid
WHERE d.deptype = 'e' GROUP BY x.extname ORDER BY 1
"""


def uses_of_functions(connection: Connection, home: str) -> dict[Identity, Fact]:
    """Return what uses functions, what they name in their texts, and which functions extensions bring.

    Args:
        connection: The migration's connection.
        home: The schema whose objects are named without it.
    """

    def rows(query: str) -> list[tuple[str, ...]]:
        return [tuple(row) for row in rows_of(connection, query.replace(":home", literal(home)))]

    found = [Fact("use", name, table, {"of": called, "kind": kind}) for called, kind, table, name in rows(_USES)]
    found += [Fact("code", name, "", {"of": f"{name}({taken})", "text": text}) for name, taken, text in rows(_CODE)]
    found += [Fact("members", name, "", {"names": names}) for name, names in rows(_MEMBERS)]
    return {(f"u{number}",): fact for number, fact in enumerate(found)}
