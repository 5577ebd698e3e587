"""Tables, partitions, rights and comments."""

from tests.plan.cases.words import PG, case

case(
    "a table",
    'op.create_table("items", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.Text))',
    "creates table items (id, name)",
    manner="instantly",
)
case(
    "a table with all that it has",
    'op.create_table("items", sa.Column("id", sa.Integer, primary_key=True),\n'
    '    sa.Column("order_id", sa.Integer, sa.ForeignKey("orders.id")), sa.Column("name", sa.String(9), unique=True))',
    "creates table items (id, order_id, name), which refers to orders",
    manner="instantly",
)
case(
    "a wide table",
    'op.execute("CREATE TABLE wide (" + ", ".join(f"c{n} int" for n in range(12)) + ")")',
    "creates table wide with 12 columns",
)
case(
    "a table that goes",
    'op.drop_table("orders")',
    "removes table orders; its rows are kept in the archive",
    manner="instantly",
)
case(
    "a table that goes and takes along what refers to it",
    'op.execute("DROP TABLE users CASCADE")',
    "removes table users; its rows are kept in the archive",
    "removes foreign key orders_user_id_fkey of orders",
    "removes view adults",
    on=PG,
    before="CREATE VIEW adults AS SELECT * FROM users WHERE age > 17",
)
case(
    "a renamed table",
    'op.rename_table("roles", "groups")',
    "renames table roles to groups; its rows stay",
    manner="instantly",
)
case(
    "a table to which another one refers, renamed",
    'op.execute("ALTER TABLE users RENAME TO people")',
    "renames table users to people; its rows stay",
)
case(
    "a table in another schema",
    'op.execute("ALTER TABLE roles SET SCHEMA shop")',
    "moves table roles to schema shop",
    on=PG,
    before="CREATE SCHEMA shop",
)
case(
    "partitions",
    "op.execute(\"CREATE TABLE e2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')\")\n"
    "op.execute(\"ALTER TABLE events ATTACH PARTITION e2025 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')\")\n"
    'op.execute("ALTER TABLE events ADD COLUMN note text")\n'
    'op.execute("ALTER TABLE events DETACH PARTITION e2023")',
    "creates table e2024 as a partition of events",
    "attaches table e2025 to events as a partition",
    "adds column events.note (text, may be empty)",
    "detaches partition e2023 from events",
    on=PG,
    before="CREATE TABLE events (at date NOT NULL) PARTITION BY RANGE (at);\n"
    "CREATE TABLE e2025 (at date NOT NULL);\n"
    "CREATE TABLE e2023 PARTITION OF events FOR VALUES FROM ('2023-01-01') TO ('2024-01-01')",
)
case(
    "rights",
    'op.execute("GRANT SELECT, INSERT ON users TO PUBLIC")\nop.execute("REVOKE INSERT ON users FROM PUBLIC")',
    "lets everybody add and read rows of users",
    "no longer lets everybody add rows of users",
    on=PG,
)
case(
    "row security",
    'op.execute("ALTER TABLE users ENABLE ROW LEVEL SECURITY")\n'
    'op.execute("CREATE POLICY own ON users USING (id = 1)")\n'
    'op.execute("DROP POLICY own ON users")',
    "turns row security of users on",
    "adds policy own to users",
    "removes policy own of users",
    on=PG,
)
case(
    "comments",
    "op.execute(\"COMMENT ON TABLE users IS 'who is known'\")\n"
    'op.create_table_comment("roles", "what one may do")\n'
    'op.execute("COMMENT ON COLUMN users.email IS NULL")',
    "sets the comment of table users: 'who is known'",
    "sets the comment of table roles: 'what one may do'",
    "removes the comment of column users.email",
    on=PG,
    manner="instantly",
)
