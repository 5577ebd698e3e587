"""A schema as text that is equal exactly where two databases of a kind are equal.

Written from what each server says of itself, not from SQLAlchemy's reflection, which is part of what the
tests judge. One object or column a line, sorted, so that a failing comparison reads as a difference.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any

Rows = Callable[[str], list[tuple[Any, ...]]]


def _is_ours(name: str) -> bool:
    """Tell the bookkeeping of Alembic and Whimbrel from the application's tables."""
    return name == "alembic_version" or name.startswith("whimbrel_")


# PostgreSQL: every query returns the owner's name and a line. `{user_schemas}` keeps to the application's.
_POSTGRESQL_SCHEMAS = r"n.nspname !~ '^(pg_|information_schema$|whimbrel_)'"
_POSTGRESQL = (
    # Columns, with type, collation, default, identity and generation.
    """
    SELECT c.relname, format('column %I.%I.%I %s', n.nspname, c.relname, a.attname, concat_ws(' ',
        format_type(a.atttypid, a.atttypmod),
        CASE WHEN a.attcollation <> t.typcollation
            THEN format('COLLATE %s', a.attcollation::regcollation) END,
        CASE WHEN a.attnotnull THEN 'NOT NULL' END,
        CASE WHEN a.attidentity <> '' THEN format('IDENTITY %s', a.attidentity) END,
        CASE WHEN a.attgenerated <> '' THEN 'GENERATED' ELSE 'DEFAULT' END
            || ' ' || pg_get_expr(d.adbin, d.adrelid),
        'COMMENT ' || quote_literal(col_description(c.oid, a.attnum))))
    FROM pg_attribute a
    JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p', 'f')
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE a.attnum > 0 AND NOT a.attisdropped AND {user_schemas}
    """,
    # NOT NULL is said with the column; since version 18 it is a constraint (contype 'n') as well.
    """
    SELECT c.relname, format('constraint %I.%I.%I %s', n.nspname, c.relname, k.conname,
        pg_get_constraintdef(k.oid))
    FROM pg_constraint k
    JOIN pg_class c ON c.oid = k.conrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE k.contype <> 'n' AND {user_schemas}
    """,
    """
    SELECT c.relname, format('index %s%s', pg_get_indexdef(i.indexrelid),
        CASE WHEN NOT i.indisvalid THEN ' INVALID' ELSE '' END)
    FROM pg_index i
    JOIN pg_class c ON c.oid = i.indrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'm') AND {user_schemas}
    """,
    """
    SELECT c.relname, format('trigger %s%s', pg_get_triggerdef(g.oid),
        CASE WHEN g.tgenabled <> 'O' THEN format(' FIRES %s', g.tgenabled) ELSE '' END)
    FROM pg_trigger g
    JOIN pg_class c ON c.oid = g.tgrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE NOT g.tgisinternal AND {user_schemas}
    """,
    # Whole objects: tables, views, sequences; then enums, domains, functions and schemas.
    """
    SELECT c.relname, format('%s %I.%I %s', CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned'
        WHEN 'f' THEN 'foreign' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized' ELSE 'sequence' END,
        n.nspname, c.relname, concat_ws(' ',
        CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END,
        (SELECT format('%s START %s BY %s', format_type(s.seqtypid, NULL), s.seqstart, s.seqincrement)
         FROM pg_sequence s WHERE s.seqrelid = c.oid),
        CASE WHEN c.relkind = 'p' THEN 'BY ' || pg_get_partkeydef(c.oid) END, pg_get_expr(c.relpartbound, c.oid),
        CASE WHEN c.relrowsecurity THEN 'ROW LEVEL SECURITY' END,
        'COMMENT ' || quote_literal(obj_description(c.oid, 'pg_class'))))
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S') AND {user_schemas}
    """,
    """
    SELECT t.typname, format('enum %I.%I (%s)', n.nspname, t.typname,
        (SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder)
         FROM pg_enum e WHERE e.enumtypid = t.oid))
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
    WHERE t.typtype = 'e' AND {user_schemas}
    """,
    """
    SELECT t.typname, format('domain %I.%I %s', n.nspname, t.typname, concat_ws(' ',
        format_type(t.typbasetype, t.typtypmod), CASE WHEN t.typnotnull THEN 'NOT NULL' END,
        (SELECT string_agg(pg_get_constraintdef(k.oid), ' ' ORDER BY k.conname)
         FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype <> 'n')))
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
    WHERE t.typtype = 'd' AND {user_schemas}
    """,
    """
    SELECT p.proname, format('function %s', pg_get_functiondef(p.oid))
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE p.prokind IN ('f', 'p') AND {user_schemas}
      AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.objid = p.oid AND e.deptype = 'e')
    """,
    "SELECT n.nspname, format('schema %I', n.nspname) FROM pg_namespace n WHERE {user_schemas}",
    "SELECT e.extname, format('extension %I', e.extname) FROM pg_extension e",
)


def read_postgresql(rows: Rows) -> str:
    """Write down a PostgreSQL database."""
    found: list[tuple[str, str]] = []
    for query in _POSTGRESQL:
        found += [(row[0], row[1]) for row in rows(query.format(user_schemas=_POSTGRESQL_SCHEMAS))]
    return _text(line for owner, line in found if not _is_ours(owner))


def read_mysql(rows: Rows) -> str:
    """Write down a MariaDB or MySQL database."""
    ((database,),) = rows("SELECT DATABASE()")
    lines: list[str] = []
    for name, kind in rows("SHOW FULL TABLES"):
        if _is_ours(name):
            continue
        created = str(rows(f"SHOW CREATE TABLE `{name.replace('`', '``')}`")[0][1])
        if kind != "BASE TABLE":
            lines.append(f"{kind.lower()} {name}: {created.replace(f'`{database}`.', '')}")
            continue
        # How far a table has counted is no schema, nor is the database's name in a sequence's.
        told = re.sub(
            r"^(\).*) AUTO_INCREMENT=[0-9]+", r"\1", created.replace(f"`{database}`.", ""), flags=re.MULTILINE
        )
        _, *body, end = told.splitlines()
        lines.append(f"table {name}: {end}")
        lines += [f"{name}: {line.strip().rstrip(',')}" for line in body]
    lines += [
        f"trigger {name} {timing} {event} ON {table}: {body}"
        for name, timing, event, table, body in rows(
            "SELECT trigger_name, action_timing, event_manipulation, event_object_table, action_statement "
            "FROM information_schema.triggers WHERE trigger_schema = DATABASE()"
        )
        if not _is_ours(table)
    ]
    lines += [
        f"{kind.lower()} {name}: {body}"
        for kind, name, body in rows(
            "SELECT routine_type, routine_name, routine_definition "
            "FROM information_schema.routines WHERE routine_schema = DATABASE()"
        )
    ]
    return _text(lines)


def read_sqlite(rows: Rows) -> str:
    """Write down a SQLite database.

    Tables from pragmas, because a table that was rebuilt says the same in another text; what no pragma
    tells (names of constraints, CHECK, AUTOINCREMENT and the like) from the stored text.
    """
    lines: list[str] = []
    for kind, name, table, sql in rows("SELECT type, name, tbl_name, sql FROM sqlite_master"):
        if _is_ours(table) or _is_ours(name) or name.startswith("sqlite_"):
            continue
        if kind == "table":
            lines += [f"{name}: {line}" for line in _sqlite_table(rows, name, sql)]
        else:
            lines.append(_unquoted(" ".join(sql.split())))
    return _text(lines)


def _unquoted(text: str) -> str:
    """Leave out quotes that say nothing: SQLite puts them round a table's new name."""
    return re.sub(r'"(\w+)"', r"\1", text)


def _sqlite_table(rows: Rows, name: str, sql: str) -> list[str]:
    quoted = "'" + name.replace("'", "''") + "'"
    lines = ["table"]
    for _, column, of_type, not_null, default, key, hidden in rows(f"PRAGMA table_xinfo({quoted})"):
        lines.append(f"column {column} {of_type} {not_null=} {default=} {key=} {hidden=}")
    for row in rows(f"PRAGMA foreign_key_list({quoted})"):
        lines.append("foreign key {3} -> {2}.{4} part {1} on update {5} on delete {6}".format(*row))
    for _, index, unique, origin, partial in rows(f"PRAGMA index_list({quoted})"):
        parts = rows(f"SELECT name, \"desc\", coll FROM pragma_index_xinfo('{index}') WHERE key")
        # SQLite numbers the indexes that stand behind constraints in the order of the text.
        named = index if origin == "c" else "of the constraint"
        lines.append(f"index {named} {unique=} {origin=} {partial=} {parts}")
    return lines + [f"text {_unquoted(clause)}" for clause in _sqlite_clauses(sql)]


def _sqlite_clauses(sql: str) -> list[str]:
    text = " ".join(sql.split())
    clauses = [f"CONSTRAINT {name}" for name in re.findall(r"(?i)\bCONSTRAINT\s+([\"\w]+)", text)]
    more = r"(?i)\b(?:AUTOINCREMENT|WITHOUT ROWID|COLLATE \"?\w+\"?|DEFERRABLE(?: INITIALLY \w+)?)"
    clauses += re.findall(more, text)
    for match in re.finditer(r"(?i)\b(?:CHECK|AS) ?\(", text):
        clauses.append(text[match.start() : _closing(text, match.end())])
    return clauses


def _closing(text: str, start: int) -> int:
    """Find the end of a bracket whose inside begins at `start`; brackets in quotes do not count."""
    depth = 1
    for match in re.finditer(r"'(?:[^']|'')*'|\"[^\"]*\"|[()]", text[start:]):
        depth += {"(": 1, ")": -1}.get(match.group(), 0)
        if depth == 0:
            return start + match.end()
    return len(text)


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in sorted(lines))


READERS: dict[str, Callable[[Rows], str]] = {
    "sqlite": read_sqlite,
    "postgresql": read_postgresql,
    "mariadb": read_mysql,
    "mysql": read_mysql,
}
