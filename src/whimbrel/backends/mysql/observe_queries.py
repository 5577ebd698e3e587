"""The queries by which a schema is observed on MariaDB and MySQL; each can be for some tables only."""

TABLES = """
SELECT table_name, table_type, engine, COALESCE(table_collation, '') FROM information_schema.tables
WHERE table_schema = DATABASE(){only} ORDER BY table_name
"""

COLUMNS = """
SELECT table_name, column_name, column_type, is_nullable, column_default, extra, column_comment,
       COALESCE(character_set_name, ''), COALESCE(collation_name, ''), COALESCE(generation_expression, '')
FROM information_schema.columns WHERE table_schema = DATABASE(){only} ORDER BY table_name, ordinal_position
"""

INDEXES = """
SELECT table_name, index_name, MAX(non_unique), MAX(index_type),
       GROUP_CONCAT(column_name ORDER BY seq_in_index SEPARATOR ', ')
FROM information_schema.statistics WHERE table_schema = DATABASE(){only} GROUP BY table_name, index_name
"""

KEYS = """
SELECT k.table_name, k.constraint_name, MAX(k.referenced_table_name),
       GROUP_CONCAT(k.column_name ORDER BY k.ordinal_position SEPARATOR ', '),
       GROUP_CONCAT(k.referenced_column_name ORDER BY k.ordinal_position SEPARATOR ', '), MAX(r.delete_rule)
FROM information_schema.key_column_usage k JOIN information_schema.referential_constraints r
  ON r.constraint_schema = k.table_schema AND r.table_name = k.table_name AND r.constraint_name = k.constraint_name
WHERE k.table_schema = DATABASE() AND k.referenced_table_name IS NOT NULL{only} GROUP BY k.table_name, k.constraint_name
"""

PARTITIONS = """
SELECT table_name, partition_name, partition_method, COALESCE(partition_expression, ''),
       COALESCE(partition_description, '')
FROM information_schema.partitions WHERE table_schema = DATABASE() AND partition_name IS NOT NULL{only}
ORDER BY table_name, partition_ordinal_position
"""

# Which of the two has the table's name in it differs between them.
CHECKS = """
SELECT t.table_name, t.constraint_name, c.check_clause
FROM information_schema.table_constraints t
JOIN information_schema.check_constraints c ON c.constraint_schema = t.constraint_schema
 AND c.constraint_name = t.constraint_name{same_table}
WHERE t.table_schema = DATABASE() AND t.constraint_type = 'CHECK'{only}
"""
