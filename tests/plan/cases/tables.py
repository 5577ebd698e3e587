"""Tables, partitions, rights and comments."""

from tests.plan.cases.words import LITE, MY, PG, case

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
    "rights on a column, a schema and a function",
    'op.execute("GRANT SELECT (id) ON users TO PUBLIC")\n'
    'op.execute("GRANT CREATE ON SCHEMA public TO PUBLIC")\n'
    'op.execute("ALTER FUNCTION f() SECURITY DEFINER")',
    "changes who may use users.id",
    "changes who may use schema public",
    "changes who may run function f, or with whose rights it runs",
    on=PG,
    before="CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
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
case(
    "a table in partitions that goes",
    'op.execute("DROP TABLE events")',
    "removes table events with partition e2023; its rows are kept in the archive",
    on=PG,
    before="CREATE TABLE events (at date NOT NULL) PARTITION BY RANGE (at);\n"
    "CREATE TABLE e2023 PARTITION OF events FOR VALUES FROM ('2023-01-01') TO ('2024-01-01')",
)
case(
    "a table made of rows",
    'op.execute("CREATE TABLE names AS SELECT id, name FROM users")',
    "creates table names (id, name), with rows of users",
)
case(
    "several tables with new names",
    'op.execute("RENAME TABLE roles TO groups, orders TO sales")',
    "renames table orders to sales; its rows stay",
    "renames table roles to groups; its rows stay",
    on=MY,
)
case(
    "all rights of a role",
    'op.execute("GRANT ALL ON users TO PUBLIC")\nop.execute("REVOKE ALL ON users FROM PUBLIC")',
    "lets everybody add, read, change and remove rows of users, empty users, refer to users and put triggers on users",
    "takes all rights on users from everybody",
    on=PG,
)
case(
    "names that need quotes",
    """
op.execute('CREATE TABLE "Odd Name" ("the id" int, "a.b" text)')
op.execute('CREATE UNIQUE INDEX "ix odd" ON "Odd Name" ("a.b") WHERE "the id" IS NOT NULL')
op.execute('ALTER TABLE "Odd Name" RENAME COLUMN "a.b" TO "c d"')
op.execute('UPDATE "Odd Name" SET "c d" = NULL')
""",
    "creates table Odd Name (the id, a.b)",
    'builds unique index ix odd on Odd Name ("a.b"), for rows where "the id" IS NOT NULL',
    "renames column Odd Name.a.b to c d; its values stay",
    "changes c d in all rows of Odd Name",
    on=("postgresql", "sqlite"),
)
case(
    "a virtual table, of which SQLite keeps several",
    'op.execute("CREATE VIRTUAL TABLE ft USING fts5(body)")\nop.execute("DROP TABLE ft")',
    "creates table ft (body, ft, rank)",
    "removes table ft",
    on=LITE,
)
