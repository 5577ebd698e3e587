"""The queries on `information_schema` that a snapshot of MariaDB or MySQL is made of.

Each is for the database that the connection is on. Columns that only one of the two servers or a
newer version has are asked for only there. No `%` occurs in the texts: drivers take it for a
placeholder.
"""

from dataclasses import dataclass

SETTINGS = """
SELECT VERSION(), DATABASE(), default_collation_name FROM information_schema.schemata
WHERE schema_name = DATABASE()
"""

TABLES = """
SELECT table_name, table_type, engine, table_collation, create_options, table_comment
FROM information_schema.tables WHERE table_schema = DATABASE()
"""

COLUMNS = """
SELECT table_name, column_name, ordinal_position, column_default, is_nullable, column_type, collation_name,
       extra, column_comment, generation_expression
FROM information_schema.columns WHERE table_schema = DATABASE()
"""

FOREIGN_KEY_COLUMNS = """
SELECT table_name, constraint_name, column_name, referenced_table_schema, referenced_table_name,
       referenced_column_name
FROM information_schema.key_column_usage
WHERE table_schema = DATABASE() AND referenced_column_name IS NOT NULL
ORDER BY table_name, constraint_name, ordinal_position
"""

FOREIGN_KEY_RULES = """
SELECT table_name, constraint_name, update_rule, delete_rule, match_option
FROM information_schema.referential_constraints WHERE constraint_schema = DATABASE()
"""

PARTITIONS = """
SELECT table_name, partition_name, partition_method, partition_expression, partition_description,
       subpartition_name, subpartition_method, subpartition_expression
FROM information_schema.partitions WHERE table_schema = DATABASE() AND partition_name IS NOT NULL
ORDER BY table_name, partition_ordinal_position, subpartition_ordinal_position
"""

TRIGGERS = """
SELECT trigger_name, event_object_table, action_timing, event_manipulation, action_statement
FROM information_schema.triggers WHERE trigger_schema = DATABASE()
"""

ROUTINES = """
SELECT specific_name, routine_name, routine_type, dtd_identifier, routine_definition, is_deterministic,
       sql_data_access, security_type, routine_comment
FROM information_schema.routines WHERE routine_schema = DATABASE()
"""

PARAMETERS = """
SELECT specific_name, parameter_mode, parameter_name, dtd_identifier
FROM information_schema.parameters WHERE specific_schema = DATABASE() AND ordinal_position > 0
ORDER BY specific_name, ordinal_position
"""

EVENTS = """
-- Who says no start has one all the same: the moment in which the event was made.
SELECT event_name, event_type, execute_at, interval_value, interval_field, NULLIF(starts, created), ends, status,
       on_completion,
       event_definition, event_comment
FROM information_schema.events WHERE event_schema = DATABASE()
"""

# Where SHOW CREATE has the text.
TEXT = {"TRIGGER": 2, "PROCEDURE": 2, "FUNCTION": 2, "EVENT": 3}


def text_of(kind: str, name: str) -> str:
    """Return the query for the whole text of a trigger, routine or event."""
    quoted = "`" + name.replace("`", "``") + "`"
    return f"SHOW CREATE {kind} {quoted}"


@dataclass(frozen=True, slots=True)
class Server:
    """Which of the two servers it is, and its version as numbers."""

    is_mariadb: bool
    version: tuple[int, ...]

    def indexes(self) -> str:
        """Return the query for the columns of all indexes."""
        if self.is_mariadb:
            expression, hidden = "NULL", "ignored" if self.version >= (10, 6) else "'NO'"
        else:
            expression = "expression" if self.version >= (8, 0, 13) else "NULL"
            hidden = "CASE is_visible WHEN 'NO' THEN 'YES' ELSE 'NO' END" if self.version >= (8,) else "'NO'"
        return f"""
SELECT table_name, index_name, non_unique, column_name, collation, sub_part, index_type, index_comment,
       {expression}, {hidden}
FROM information_schema.statistics WHERE table_schema = DATABASE()
ORDER BY table_name, index_name, seq_in_index
"""

    def checks(self) -> str:
        """Return the query for all CHECK constraints; empty where the server has none."""
        if not self.is_mariadb and self.version < (8, 0, 16):
            return ""
        if self.is_mariadb:
            level = "level" if self.version >= (10, 5, 10) else "'Table'"
            return f"""
SELECT table_name, constraint_name, check_clause, {level}, 'YES'
FROM information_schema.check_constraints WHERE constraint_schema = DATABASE()
"""
        return """
SELECT t.table_name, c.constraint_name, c.check_clause, 'Table', t.enforced
FROM information_schema.check_constraints c
JOIN information_schema.table_constraints t
  ON t.constraint_schema = c.constraint_schema AND t.constraint_name = c.constraint_name
WHERE c.constraint_schema = DATABASE() AND t.constraint_type = 'CHECK'
"""

    def views(self) -> str:
        """Return the query for all views."""
        algorithm = "algorithm" if self.is_mariadb else "'UNDEFINED'"
        return f"""
SELECT table_name, view_definition, check_option, security_type, {algorithm}
FROM information_schema.views WHERE table_schema = DATABASE()
"""

    def sequences(self, names: list[str]) -> str:
        """Return the query for the facts of all sequences; only a sequence itself tells them."""
        return " UNION ALL ".join(
            f"SELECT '{name}', start_value, increment, minimum_value, maximum_value, cache_size, cycle_option"
            f" FROM `{name}`"
            for name in (name.replace("`", "``").replace("'", "''") for name in names)
        )
