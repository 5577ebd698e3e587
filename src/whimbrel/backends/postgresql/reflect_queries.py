"""The catalogue queries that a PostgreSQL snapshot is made of: a fixed number, whatever the database holds.

They run with an empty `search_path`, so that every text comes back qualified. Objects that belong
to an extension are left out. No `%` occurs in the texts: drivers take it for a placeholder.
"""

# What a partition or child table merely inherits is told once, of its parent.

# What belongs to the server, to a session, or to us.
OUTSIDE = "n.nspname !~ '^(pg_|whimbrel_)' AND n.nspname <> 'information_schema'"


def _no_member(catalogue: str, oid: str, kinds: str = "'e'") -> str:
    """Leave out what an extension brought, or what depends on something else in another way."""
    return (
        f"NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = '{catalogue}'::regclass"
        f" AND e.objid = {oid} AND e.deptype IN ({kinds}))"
    )


_KNOWN_RELATION = f"{OUTSIDE} AND {_no_member('pg_class', 'c.oid')}"

SETTINGS = """
SELECT current_setting('server_version_num')::int, current_setting('search_path'), current_schema()::text
"""

COMMENTS = """
SELECT c.relname::text, d.objoid::bigint, d.objsubid, d.description
FROM pg_description d JOIN pg_class c ON c.oid = d.classoid
WHERE d.objoid >= 16384
"""

RELATIONS = f"""
SELECT c.oid::bigint, n.nspname::text, c.relname::text, c.relkind::text, c.relpersistence::text,
       c.relrowsecurity, c.relforcerowsecurity, c.relreplident::text, c.reloptions::text[],
       am.amname::text, ts.spcname::text,
       CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END,
       CASE WHEN c.relispartition THEN pg_get_expr(c.relpartbound, c.oid) END,
       CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END,
       p.parents, p.parent_oids
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_am am ON am.oid = c.relam AND c.relkind IN ('r', 'm', 'p')
LEFT JOIN pg_tablespace ts ON ts.oid = c.reltablespace
LEFT JOIN (SELECT inhrelid, array_agg(inhparent::regclass::text ORDER BY inhseqno) AS parents,
                  array_agg(inhparent::bigint) AS parent_oids
           FROM pg_inherits GROUP BY inhrelid) p ON p.inhrelid = c.oid AND c.relkind IN ('r', 'p')
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND {_KNOWN_RELATION}
"""


def columns(version: int) -> str:
    """Return the query for the columns of all tables."""
    compression = "a.attcompression::text" if version >= 140000 else "''"
    return f"""
SELECT a.attrelid::bigint, a.attnum, a.attname::text, format_type(a.atttypid, a.atttypmod), a.attnotnull,
       CASE WHEN a.atthasdef THEN pg_get_expr(d.adbin, d.adrelid) END,
       a.attidentity::text, a.attgenerated::text,
       CASE WHEN a.attcollation <> t.typcollation THEN co.oid::regcollation::text END,
       CASE WHEN a.attstorage <> t.typstorage THEN a.attstorage::text END,
       {compression}, a.attoptions::text[], CASE WHEN a.attstattarget >= 0 THEN a.attstattarget END
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN pg_collation co ON co.oid = a.attcollation AND a.attcollation <> t.typcollation
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p') AND {OUTSIDE}
"""


CONSTRAINTS = f"""
SELECT con.oid::bigint, con.conrelid::bigint, con.contypid::bigint, con.conname::text, con.contype::text,
       pg_get_constraintdef(con.oid), i.reloptions::text[], ts.spcname::text
FROM pg_constraint con
JOIN pg_namespace n ON n.oid = con.connamespace
LEFT JOIN pg_class i ON i.oid = con.conindid AND con.contype IN ('p', 'u', 'x')
LEFT JOIN pg_tablespace ts ON ts.oid = i.reltablespace
WHERE con.contype IN ('c', 'f', 'p', 'u', 'x') AND con.conparentid = 0
  AND NOT (con.contype = 'c' AND con.coninhcount > 0) AND {OUTSIDE}
"""

INDEXES = f"""
SELECT i.indexrelid::bigint, i.indrelid::bigint, c.relname::text, pg_get_indexdef(i.indexrelid),
       i.indisvalid, i.indisclustered, i.indisreplident, ts.spcname::text
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_constraint con ON con.conindid = i.indexrelid AND con.contype IN ('p', 'u', 'x')
LEFT JOIN pg_tablespace ts ON ts.oid = c.reltablespace
WHERE con.oid IS NULL AND NOT c.relispartition AND {OUTSIDE}
"""

SEQUENCES = f"""
SELECT c.oid::bigint, n.nspname::text, c.relname::text, c.oid::regclass::text, format_type(s.seqtypid, NULL),
       s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle,
       d.refobjid::bigint, d.refobjsubid, c.relpersistence::text
FROM pg_sequence s
JOIN pg_class c ON c.oid = s.seqrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0
     AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
WHERE {_KNOWN_RELATION}
"""

TYPES = f"""
SELECT t.oid::bigint, n.nspname::text, t.typname::text, t.typtype::text,
       CASE WHEN t.typtype = 'e' THEN ARRAY(SELECT e.enumlabel::text FROM pg_enum e
            WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder) END,
       CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) END, t.typnotnull, t.typdefault,
       CASE WHEN t.typtype = 'd' AND t.typcollation <> b.typcollation
            THEN t.typcollation::regcollation::text END,
       CASE WHEN t.typtype = 'c' THEN ARRAY(
            SELECT quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod)
            FROM pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
            ORDER BY a.attnum) END,
       CASE WHEN t.typtype = 'r' THEN (SELECT format_type(r.rngsubtype, NULL) FROM pg_range r
            WHERE r.rngtypid = t.oid) END
FROM pg_type t
JOIN pg_namespace n ON n.oid = t.typnamespace
LEFT JOIN pg_type b ON b.oid = t.typbasetype
LEFT JOIN pg_class c ON c.oid = t.typrelid
WHERE (t.typtype IN ('e', 'd', 'r') OR (t.typtype = 'c' AND c.relkind = 'c'))
  AND {OUTSIDE} AND {_no_member("pg_type", "t.oid")}
"""

# Internal dependence: the constructors of a range type.
ROUTINES = f"""
SELECT p.oid::bigint, n.nspname::text, p.proname::text, oidvectortypes(p.proargtypes), p.prokind::text,
       CASE WHEN p.prokind = 'a' THEN
         'CREATE AGGREGATE ' || quote_ident(n.nspname) || '.' || quote_ident(p.proname)
         || '(' || pg_get_function_arguments(p.oid) || ') (SFUNC = ' || a.aggtransfn::regproc::text
         || ', STYPE = ' || format_type(a.aggtranstype, NULL)
         || CASE WHEN a.aggfinalfn::oid <> 0 THEN ', FINALFUNC = ' || a.aggfinalfn::regproc::text ELSE '' END
         || CASE WHEN a.aggcombinefn::oid <> 0
            THEN ', COMBINEFUNC = ' || a.aggcombinefn::regproc::text ELSE '' END
         || coalesce(', INITCOND = ' || quote_literal(a.agginitval), '')
         || CASE WHEN p.proparallel <> 'u' THEN ', PARALLEL = ' ||
            CASE p.proparallel WHEN 's' THEN 'SAFE' ELSE 'RESTRICTED' END ELSE '' END || ')'
       ELSE pg_get_functiondef(p.oid) END
FROM pg_proc p
JOIN pg_namespace n ON n.oid = p.pronamespace
LEFT JOIN pg_aggregate a ON a.aggfnoid = p.oid
WHERE {OUTSIDE} AND {_no_member("pg_proc", "p.oid", "'e', 'i'")}
"""

TRIGGERS = f"""
SELECT t.oid::bigint, t.tgrelid::bigint, t.tgname::text, pg_get_triggerdef(t.oid), t.tgenabled::text
FROM pg_trigger t
JOIN pg_class c ON c.oid = t.tgrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND {OUTSIDE}
"""

POLICIES = f"""
SELECT p.oid::bigint, p.polrelid::bigint, p.polname::text, p.polcmd::text, p.polpermissive,
       ARRAY(SELECT CASE WHEN r.id = 0 THEN 'public' ELSE quote_ident(pg_get_userbyid(r.id)) END
             FROM unnest(p.polroles) AS r(id) ORDER BY 1),
       pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)
FROM pg_policy p
JOIN pg_class c ON c.oid = p.polrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE {OUTSIDE}
"""

SCHEMAS = f"""
SELECT n.oid::bigint, n.nspname::text FROM pg_namespace n
WHERE n.nspname <> 'public' AND {OUTSIDE} AND {_no_member("pg_namespace", "n.oid")}
"""

EXTENSIONS = """
SELECT x.oid::bigint, n.nspname::text, x.extname::text, x.extversion
FROM pg_extension x JOIN pg_namespace n ON n.oid = x.extnamespace
WHERE x.extname <> 'plpgsql'
"""

# What is compared by its text alone.
DEFINITIONS = f"""
SELECT 'rule', r.oid::bigint, n.nspname::text, c.relname::text || '.' || r.rulename::text,
       pg_get_ruledef(r.oid)
FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE r.rulename <> '_RETURN' AND {_KNOWN_RELATION}
UNION ALL
SELECT 'statistics', s.oid::bigint, n.nspname::text, s.stxname::text, pg_get_statisticsobjdef(s.oid)
FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace
WHERE {OUTSIDE}
UNION ALL
SELECT 'collation', c.oid::bigint, n.nspname::text, c.collname::text,
       '(provider = ' || CASE c.collprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END
       || CASE WHEN c.collprovider IN ('i', 'b')
          THEN ', locale = ' || quote_literal(coalesce(j ->> 'colllocale', j ->> 'colliculocale', c.collcollate))
          ELSE ', lc_collate = ' || quote_literal(c.collcollate) || ', lc_ctype = ' || quote_literal(c.collctype) END
       || CASE WHEN c.collisdeterministic THEN '' ELSE ', deterministic = false' END
       || coalesce(', rules = ' || quote_literal(j ->> 'collicurules'), '') || ')'
FROM pg_collation c JOIN pg_namespace n ON n.oid = c.collnamespace CROSS JOIN LATERAL to_jsonb(c) j
WHERE {OUTSIDE} AND {_no_member("pg_collation", "c.oid")}
"""

# What can be there and is not compared; the person is told.
UNCOMPARED = f"""
SELECT 'foreign table', c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'f' AND {_KNOWN_RELATION}
UNION ALL
SELECT 'event trigger', t.evtname::text FROM pg_event_trigger t WHERE {_no_member("pg_event_trigger", "t.oid")}
UNION ALL
SELECT 'publication', p.pubname::text FROM pg_publication p
UNION ALL
SELECT 'operator', o.oid::regoperator::text FROM pg_operator o
WHERE o.oid >= 16384 AND {_no_member("pg_operator", "o.oid")}
UNION ALL
SELECT 'cast', k.castsource::regtype::text || ' to ' || k.casttarget::regtype::text FROM pg_cast k
WHERE k.oid >= 16384 AND {_no_member("pg_cast", "k.oid")}
UNION ALL
SELECT 'text search configuration', c.oid::regconfig::text FROM pg_ts_config c
WHERE c.oid >= 16384 AND {_no_member("pg_ts_config", "c.oid")}
"""

NEEDS = f"""
SELECT DISTINCT r.ev_class::bigint, k.kind, coalesce(rn.nspname, pn.nspname, tn.nspname)::text,
       coalesce(rc.relname::text, pp.proname::text || '(' || oidvectortypes(pp.proargtypes) || ')',
                ty.typname::text),
       CASE WHEN rc.relkind IN ('r', 'p', 'f') THEN coalesce(ra.attname::text, '') ELSE '' END
FROM pg_rewrite r
JOIN pg_class c ON c.oid = r.ev_class
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
LEFT JOIN pg_class rc ON d.refclassid = 'pg_class'::regclass AND rc.oid = d.refobjid AND rc.oid <> r.ev_class
LEFT JOIN pg_namespace rn ON rn.oid = rc.relnamespace
LEFT JOIN pg_attribute ra ON ra.attrelid = rc.oid AND ra.attnum = d.refobjsubid AND d.refobjsubid > 0
LEFT JOIN pg_proc pp ON d.refclassid = 'pg_proc'::regclass AND pp.oid = d.refobjid
LEFT JOIN pg_namespace pn ON pn.oid = pp.pronamespace
LEFT JOIN pg_type ty ON d.refclassid = 'pg_type'::regclass AND ty.oid = d.refobjid
LEFT JOIN pg_namespace tn ON tn.oid = ty.typnamespace
CROSS JOIN LATERAL (SELECT CASE
    WHEN ra.attname IS NOT NULL AND rc.relkind IN ('r', 'p', 'f') THEN 'column'
    WHEN rc.relkind = 'v' THEN 'view'
    WHEN rc.relkind = 'm' THEN 'materialized_view'
    WHEN rc.relkind = 'S' THEN 'sequence'
    WHEN rc.oid IS NOT NULL THEN 'table'
    WHEN pp.oid IS NOT NULL THEN 'function'
    ELSE CASE ty.typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' ELSE 'composite' END END AS kind) k
WHERE c.relkind IN ('v', 'm') AND {OUTSIDE}
  AND (rc.oid IS NOT NULL OR pp.oid IS NOT NULL OR ty.oid IS NOT NULL)
"""
