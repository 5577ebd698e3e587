"""Statements of which the catalogue tells nothing."""

from tests.plan.cases.words import MY, PG, case

case(
    "settings",
    "op.execute(\"SET LOCAL lock_timeout = '2s'\")\nop.execute('SET search_path TO public')",
    "sets lock_timeout to '2s' for the transaction",
    "sets search_path to public for the session",
    on=PG,
)
case(
    "settings on MariaDB",
    'op.execute("SET foreign_key_checks = 0")',
    "sets foreign_key_checks to 0 for the session",
    on=MY,
)
case(
    "what is there already",
    'op.execute("CREATE TABLE IF NOT EXISTS users (id int)")\nop.execute("DROP TABLE IF EXISTS nowhere")',
    "finds table users there, and leaves it as it is",
    "finds no table nowhere to remove",
    on=("postgresql", "sqlite"),
)
case(
    "what nothing is seen of",
    'op.execute("ALTER TABLE users ALTER COLUMN age SET STATISTICS 500")',
    "runs: ALTER TABLE users ALTER COLUMN age SET STATISTICS 500; no change in the schema is seen",
    on=PG,
)
case(
    "a temporary table",
    'op.execute("CREATE TEMPORARY TABLE scratchpad (id int)")',
    "creates a temporary table scratchpad",
    on=("postgresql", "mariadb"),
)
case(
    "what the server refuses",
    'op.execute("ALTER TABLE users DROP COLUMN nowhere")',
    'fails: column "nowhere" of relation "users" does not exist',
    on=PG,
)
case(
    "a sequence that is set",
    """op.execute("CREATE SEQUENCE numbers")
op.execute("SELECT setval('numbers', 500, false)")
op.execute("SELECT setval('numbers', (SELECT coalesce(max(id), 1) FROM users))")""",
    "creates sequence numbers",
    "sets sequence numbers to 500",
    "sets sequence numbers to SELECT coalesce(max(id), 1) FROM users",
    on=PG,
    manner="instantly",
)
case(
    "a function that is called in a question",
    """op.execute("CREATE FUNCTION fill() RETURNS int LANGUAGE sql AS 'INSERT INTO roles (id) VALUES (7) RETURNING id'")
op.get_bind().execute(sa.text("SELECT fill(), now()"))
op.get_bind().execute(sa.text("SELECT upper('x')"))""",
    "creates function fill",
    "calls function fill",
    on=PG,
    manner="how is not measured",
)
case(
    "a function that is called in a question, on MariaDB",
    """op.execute("CREATE FUNCTION fill() RETURNS int MODIFIES SQL DATA RETURN 1")
op.get_bind().execute(sa.text("SELECT fill(), now()"))
op.get_bind().execute(sa.text("SELECT upper('x')"))
op.execute("DROP FUNCTION fill")""",
    "creates function fill",
    "calls function fill",
    "removes function fill",
    on=MY,
)
case(
    "a setting by way of a function",
    """op.execute("SELECT set_config('lock_timeout', '5s', true)")""",
    "sets lock_timeout to '5s'",
    on=PG,
)
case(
    "names that need quotes",
    """op.create_table("select", sa.Column("a \\"b\\" 100%", sa.Integer, comment="100% sure"))""",
    'creates table select (a "b" 100%)',
    "sets the comment of column select.a \"b\" 100%: '100% sure'",
    on=PG,
    manner="instantly",
)
case(
    "a table with the name of a word",
    """op.create_table("select", sa.Column("order", sa.Integer, comment="100% sure"))""",
    "creates table select (order)",
    on=("mariadb", "sqlite"),
    manner="instantly",
)
