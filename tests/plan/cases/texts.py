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
