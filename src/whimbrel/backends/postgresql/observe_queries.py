"""The queries by which a migration's own session is observed on PostgreSQL.

The session asks itself: only it sees the new files of tables that its transaction has rewritten. No `%` occurs in
the texts: drivers take it for a placeholder.
"""

from __future__ import annotations

from collections.abc import Iterable

from whimbrel.backends.statements import literal

OURS = "n.nspname !~ '^(pg_|whimbrel_)' AND n.nspname <> 'information_schema'"
# The schema whose names are written without it is told by who asks: a script may change its search_path.
NAME = "CASE WHEN n.nspname = :home THEN {0} ELSE n.nspname || '.' || {0} END"
_RELATION = NAME.format("c.relname")
_KINDS = (
    "CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'table' WHEN 'v' THEN 'view' WHEN 'S' THEN 'sequence' "
    "WHEN 'm' THEN 'materialized view' ELSE 'foreign table' END"
)
_USUAL_COLLATION = 100  # the number that PostgreSQL's initial catalogue gives to "default"
NO_MEMBER = (
    "NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = '{}'::regclass AND e.objid = {} AND e.deptype IN ('e', 'i'))"
)


def catalogue(home: str, relations: Iterable[int] | None = None) -> str:
    """Return the query for the catalogue, or for a part of it: some relations, and all that belongs to none.

    Each row: kind, identity, the table that it belongs to, name, what else is said of it. The identity tells first
    what it is and to which relation it belongs: `r16500`, and of a column of it `a16500.00001`.

    Args:
        home: The schema whose objects are named without it.
        relations: The numbers of the relations; all if not given.
    """
    return _part(relations).replace(":home", literal(home))


def _part(relations: Iterable[int] | None) -> str:
    if relations is None:
        return f"{_OF_RELATIONS.format(tables='', indexes='', keys='')} UNION ALL {_OTHERS} ORDER BY 2"
    listed = ", ".join(map(str, sorted(relations))) or "0"
    only = _OF_RELATIONS.format(
        tables=f"AND c.oid IN ({listed})",
        indexes=f"AND (t.oid IN ({listed}) OR c.oid IN ({listed}))",
        keys=f"AND k.conrelid IN ({listed})",
    )
    return f"{only} UNION ALL {_OTHERS} ORDER BY 2"


_OF_RELATIONS = f"""
SELECT {_KINDS}, 'r' || c.oid, '', {_RELATION}, json_build_object(
    'file', c.relfilenode::text, 'persistence', c.relpersistence, 'row security', c.relrowsecurity::text,
    'forced row security', c.relforcerowsecurity::text, 'replica identity', c.relreplident, 'rights', c.relacl::text,
    'owner', c.relowner::regrole::text, 'partitioned', (c.relkind = 'p')::text, 'options', c.reloptions::text,
    'partition of', (SELECT p.relname FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent
                     WHERE i.inhrelid = c.oid AND c.relispartition LIMIT 1),
    'owned', (SELECT 'yes' FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
              AND c.relkind = 'S' AND d.deptype IN ('a', 'i') LIMIT 1))
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND {OURS} {{tables}}
UNION ALL
SELECT 'column', 'a' || c.oid || '.' || lpad(a.attnum::text, 5, '0'), {_RELATION}, a.attname::text, json_build_object(
    'type', format_type(a.atttypid, a.atttypmod), 'not null', a.attnotnull::text, 'identity', a.attidentity,
    'collation', CASE WHEN a.attcollation > {_USUAL_COLLATION} THEN (
        SELECT l.collname FROM pg_collation l JOIN pg_type t ON t.oid = a.atttypid
        WHERE l.oid = a.attcollation AND l.oid <> t.typcollation) END,
    'rights', a.attacl::text, 'generated', a.attgenerated,
    'default', pg_get_expr(d.adbin, d.adrelid), 'relation', c.relkind,
    'enum', (SELECT t.typname FROM pg_type t WHERE t.oid = a.atttypid AND t.typtype = 'e'))
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relkind IN ('r', 'p', 'f') AND a.attnum > 0 AND NOT a.attisdropped AND {OURS} {{tables}}
UNION ALL
SELECT 'index', 'i' || t.oid || '.' || c.oid, {_RELATION.replace("c.", "t.")}, c.relname::text, json_build_object(
    'schema', n.nspname, 'unique', i.indisunique::text, 'valid', (i.indisvalid AND i.indisready)::text,
    'primary', i.indisprimary::text, 'file', c.relfilenode::text, 'definition', pg_get_indexdef(c.oid),
    'method', am.amname, 'partial', (i.indpred IS NOT NULL)::text,
    'columns', (SELECT string_agg(coalesce(a.attname::text, '?'), ', ' ORDER BY k.place)
                FROM unnest(i.indkey::int2[]) WITH ORDINALITY k(number, place)
                LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number))
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_am am ON am.oid = c.relam WHERE {OURS} {{indexes}}
UNION ALL
SELECT 'constraint', 'k' || k.conrelid || '.' || k.oid, {_RELATION}, k.conname::text, json_build_object(
    'type', k.contype, 'validated', k.convalidated::text, 'definition', pg_get_constraintdef(k.oid),
    'index', (SELECT relname FROM pg_class WHERE oid = k.conindid),
    'parent', CASE WHEN k.confrelid <> 0 THEN k.confrelid::regclass::text END,
    'columns', (SELECT string_agg(a.attname::text, ', ' ORDER BY u.place)
                FROM unnest(k.conkey) WITH ORDINALITY u(number, place)
                JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.number))
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = k.connamespace
WHERE k.contype IN ('c', 'f', 'p', 'u', 'x') AND k.conparentid = 0 AND k.conrelid <> 0 AND {OURS} {{keys}}
"""

_OTHERS = f"""
SELECT 'schema', 'n' || n.oid, '', n.nspname::text, json_build_object('rights', n.nspacl::text,
    'owner', n.nspowner::regrole::text) FROM pg_namespace n WHERE {OURS}
UNION ALL
SELECT 'default rights', 'z' || d.oid, coalesce(n.nspname, ''), d.defaclobjtype::text, json_build_object('rights',
    d.defaclacl::text, 'owner', d.defaclrole::regrole::text)
FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace
UNION ALL
SELECT 'constraint', 'd' || k.oid, k.contypid::regtype::text, k.conname::text, json_build_object('type', k.contype,
    'validated', k.convalidated::text, 'definition', pg_get_constraintdef(k.oid), 'domain', 'true')
FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace WHERE k.contypid <> 0 AND k.contype = 'c' AND {OURS}
UNION ALL
SELECT 'enum value', 'e' || v.oid, {NAME.format("t.typname")}, v.enumlabel::text,
    json_build_object('place', v.enumsortorder::text)
FROM pg_enum v JOIN pg_type t ON t.oid = v.enumtypid JOIN pg_namespace n ON n.oid = t.typnamespace WHERE {OURS}
UNION ALL
SELECT CASE t.typtype WHEN 'e' THEN 'enum' ELSE 'domain' END, 't' || t.oid, '', {NAME.format("t.typname")}, NULL::json
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typtype IN ('e', 'd') AND {OURS}
UNION ALL
SELECT 'policy', 'p' || p.oid, {_RELATION}, p.polname::text, json_build_object('command', p.polcmd,
    'using', pg_get_expr(p.polqual, p.polrelid), 'check', pg_get_expr(p.polwithcheck, p.polrelid))
FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {OURS}
UNION ALL
SELECT 'extension', 'x' || x.oid, '', x.extname::text, json_build_object('version', x.extversion) FROM pg_extension x
UNION ALL
SELECT 'function', 'f' || f.oid, '', {NAME.format("f.proname")},
    json_build_object('body', md5(f.prosrc || coalesce(f.probin, '')), 'rights', f.proacl::text,
    'owner', f.proowner::regrole::text, 'definer', f.prosecdef::text,
    'arguments', pg_get_function_identity_arguments(f.oid))
FROM pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace
WHERE {OURS} AND {NO_MEMBER.format("pg_proc", "f.oid")}
UNION ALL
SELECT 'trigger', 'g' || g.oid, {_RELATION}, g.tgname::text, json_build_object('enabled', g.tgenabled)
FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT g.tgisinternal AND {OURS}
"""

# The number of the transaction, and each relation that it has a lock on.
LOCKS = """
SELECT v.virtualtransaction, l.relation::bigint, l.mode
FROM (SELECT virtualtransaction FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'virtualxid' LIMIT 1) v
LEFT JOIN pg_locks l ON l.pid = pg_backend_pid() AND l.locktype = 'relation' AND l.granted AND l.relation >= 16384
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""

SCANS = """
SELECT oid::bigint, pg_stat_get_xact_numscans(oid) FROM pg_class
WHERE relkind IN ('r', 'm') AND oid >= 16384 AND pg_stat_get_xact_numscans(oid) > 0
"""
