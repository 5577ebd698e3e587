"""What the archive asks PostgreSQL's catalogue; ``{name}`` is a table's name as a literal."""

from __future__ import annotations

ARCHIVE = "whimbrel_archive"

TABLE = """
SELECT n.nspname, c.relname, c.relkind = 'r' AND NOT c.relhassubclass AND NOT c.relispartition
    AND NOT EXISTS (SELECT 1 FROM pg_inherits WHERE inhrelid = c.oid),
  EXISTS (SELECT 1 FROM pg_publication_rel WHERE prrelid = c.oid) OR EXISTS (SELECT 1 FROM pg_publication_tables
    WHERE schemaname = n.nspname AND tablename = c.relname), c.relkind = 'p'
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid = to_regclass({name}) AND c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
"""
COLUMNS = """
SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attgenerated <> '',
  t.typnamespace = 'pg_catalog'::regnamespace
FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
WHERE a.attrelid = to_regclass({name}) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""
KEYS = """
SELECT string_agg(quote_ident(a.attname), ',' ORDER BY k.at), array_agg(a.attname::text ORDER BY k.at)::text[]
FROM pg_index i CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(attnum, at)
LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum AND a.attnotnull
WHERE i.indrelid = to_regclass({name}) AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL
  AND k.at <= i.indnkeyatts
GROUP BY i.indexrelid, i.indisprimary HAVING count(*) = count(a.attname)
ORDER BY i.indisprimary DESC, i.indexrelid
"""
# What a table is freed of when it is stowed: what refers to other tables, or to functions that may go.
RULES = """
SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) FROM pg_constraint
WHERE conrelid = to_regclass({name}) AND contype IN ('f', 'c', 'x') AND conislocal AND conparentid = 0
UNION ALL SELECT format('DROP TRIGGER %I ON %s', tgname, tgrelid::regclass) FROM pg_trigger
WHERE tgrelid = to_regclass({name}) AND NOT tgisinternal AND tgparentid = 0
UNION ALL SELECT format('DROP POLICY %I ON %s', polname, polrelid::regclass) FROM pg_policy
WHERE polrelid = to_regclass({name})
UNION ALL SELECT format('DROP STATISTICS %I.%I', n.nspname, s.stxname)
FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace WHERE s.stxrelid = to_regclass({name})
UNION ALL SELECT format('DROP INDEX %s', indexrelid::regclass) FROM pg_index i
WHERE indrelid = to_regclass({name}) AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid)
  AND NOT EXISTS (SELECT 1 FROM pg_inherits WHERE inhrelid = indexrelid)
UNION ALL SELECT format('ALTER TABLE %s ALTER COLUMN %I DROP DEFAULT', adrelid::regclass, attname)
FROM pg_attrdef JOIN pg_attribute a ON attrelid = adrelid AND attnum = adnum
WHERE adrelid = to_regclass({name}) AND attgenerated = ''
UNION ALL SELECT format('ALTER TABLE %s ALTER COLUMN %I DROP EXPRESSION', attrelid::regclass, attname)
FROM pg_attribute WHERE attrelid = to_regclass({name}) AND attgenerated = 's'
UNION ALL SELECT format('ALTER PUBLICATION %I DROP TABLE %s', pubname, prrelid::regclass)
FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
WHERE prrelid = to_regclass({name}) AND pg_has_role(p.pubowner, 'USAGE')
"""
NAMES = """
SELECT 'INDEX', c.relname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conindid
WHERE k.conrelid = to_regclass({name}) AND k.contype IN ('p', 'u')
UNION ALL SELECT 'SEQUENCE', c.relname FROM pg_depend d JOIN pg_class c ON c.oid = d.objid AND c.relkind = 'S'
WHERE d.refobjid = to_regclass({name}) AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
"""
DETACHING = """
SELECT 'ALTER TABLE ' || i.inhparent::regclass || ' DETACH PARTITION ' || i.inhrelid::regclass FROM pg_inherits i
JOIN pg_class c ON c.oid = i.inhrelid AND c.relispartition WHERE i.inhrelid = to_regclass({name})
"""
PARTITIONS = """
SELECT n.nspname, c.relname FROM pg_partition_tree(to_regclass({name})) t JOIN pg_class c ON c.oid = t.relid
JOIN pg_namespace n ON n.oid = c.relnamespace WHERE t.level > 0 ORDER BY t.level DESC, c.relname
"""
FOREIGN_KEYS = """
SELECT confrelid::regclass::text, confmatchtype,
  (SELECT array_agg(attname::text ORDER BY at) FROM unnest(conkey) WITH ORDINALITY AS k(num, at)
   JOIN pg_attribute ON attrelid = conrelid AND attnum = num),
  (SELECT array_agg(attname::text ORDER BY at) FROM unnest(confkey) WITH ORDINALITY AS k(num, at)
   JOIN pg_attribute ON attrelid = confrelid AND attnum = num)
FROM pg_constraint WHERE conrelid = to_regclass({name}) AND contype = 'f' AND confrelid <> conrelid
"""
REFERRING = """
SELECT lower(conrelid::regclass::text), lower(attname) FROM pg_constraint
JOIN pg_attribute ON attrelid = conrelid AND attnum = ANY (conkey)
WHERE contype = 'f' AND confrelid = to_regclass({name}) AND conrelid <> confrelid
"""
TAKEN_ALONG = """
SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) FROM pg_constraint
WHERE to_regclass({name}) IN (conrelid, confrelid) AND contype <> 'n'
UNION ALL SELECT format('DROP INDEX %s', indexrelid::regclass) FROM pg_index
WHERE indrelid = to_regclass({name}) AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid)
UNION ALL SELECT format('DROP STATISTICS %I.%I', n.nspname, s.stxname)
FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace WHERE s.stxrelid = to_regclass({name})
"""
DEFINED = """
SELECT format_type(a.atttypid, a.atttypmod), a.attcollation, pg_get_expr(d.adbin, d.adrelid)
FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = to_regclass({name}) AND a.attname = {column}
"""
USERS = """
SELECT a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_type t ON t.oid = a.atttypid
WHERE to_regtype({name}) IN (t.oid, t.typelem) AND NOT a.attisdropped AND a.attnum > 0 AND c.relkind IN ('r', 'p', 'f')
"""
NAMED = """
SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relname = {name} AND c.relkind = 'r' AND has_table_privilege(c.oid, 'SELECT') ORDER BY n.nspname
"""
STOWED = f"SELECT 1 FROM pg_class WHERE relnamespace = to_regnamespace('{ARCHIVE}') AND relkind <> 'c' LIMIT 1"
TYPES = f"""
SELECT t.typname, (SELECT min(n.nspname) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE a.atttypid IN (t.oid, t.typarray) AND a.attnum > 0 AND NOT a.attisdropped)
FROM pg_type t WHERE t.typnamespace = to_regnamespace('{ARCHIVE}') AND t.typelem = 0 ORDER BY t.typname
"""
MORE_THAN_A_TYPE = {"SERIAL", "BIGSERIAL", "SMALLSERIAL", "GENERATED", "REFERENCES", "UNIQUE", "PRIMARY", "CHECK"}
ARCHIVE_RIGHT = f"""
SELECT CASE WHEN to_regnamespace('{ARCHIVE}') IS NULL THEN has_database_privilege(current_database(), 'CREATE')
  ELSE has_schema_privilege('{ARCHIVE}', 'CREATE') END, to_regnamespace('{ARCHIVE}') IS NULL
"""
