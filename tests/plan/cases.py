"""Scripts as data, with what is told of them: by hand, before anything was printed."""

from dataclasses import dataclass

EVERY = ("postgresql", "mariadb", "sqlite")
PG, MY, LITE = ("postgresql",), ("mariadb",), ("sqlite",)


@dataclass(frozen=True, slots=True)
class Words:
    """A script and what is told of it.

    Attributes:
        name: What it is about.
        body: The body of its `upgrade`.
        what: What its statements do, each phrase on its own.
        on: The servers.
        manner: How the last of its statements goes about it; not looked at if it is empty.
        before: What is made before the script begins, beside the usual three tables.
    """

    name: str
    body: str
    what: tuple[str, ...]
    on: tuple[str, ...] = EVERY
    manner: str = ""
    before: str = ""


CASES: list[Words] = []


def case(name: str, body: str, *what: str, on: tuple[str, ...] = EVERY, manner: str = "", before: str = "") -> None:
    """Write down a script."""
    CASES.append(Words(name, body, what, on, manner, before))


# --- columns
case(
    "a column",
    'op.add_column("users", sa.Column("bio", sa.Text))',
    "adds column users.bio (text, may be empty)",
    on=("postgresql", "mariadb"),
    manner="instantly",
)
case(
    "a column on SQLite",
    'op.add_column("users", sa.Column("bio", sa.Text))',
    "adds column users.bio (TEXT, may be empty)",
    on=LITE,
    manner="instantly",
)
case(
    "a column in raw SQL",
    'op.execute("ALTER TABLE users ADD COLUMN bio text")',
    "adds column users.bio (text, may be empty)",
    on=("postgresql", "mariadb"),
    manner="instantly",
)
case(
    "a column in raw SQL on SQLite",
    'op.execute("ALTER TABLE users ADD COLUMN bio text")',
    "adds column users.bio (TEXT, may be empty)",
    on=LITE,
    manner="instantly",
)
case(
    "a column with a default",
    'op.add_column("users", sa.Column("state", sa.String(20), nullable=False, server_default="new"))',
    "adds column users.state (character varying(20), must have a value, default 'new')",
    on=PG,
    manner="instantly",
)
case(
    "a column with a default on MariaDB",
    'op.add_column("users", sa.Column("state", sa.String(20), nullable=False, server_default="new"))',
    "adds column users.state (varchar(20), must have a value, default 'new')",
    on=MY,
    manner="instantly",
)
case(
    "two columns in one statement",
    'op.execute("ALTER TABLE users ADD COLUMN a int, ADD COLUMN b date")',
    "adds column users.a (integer, may be empty)",
    "adds column users.b (date, may be empty)",
    on=PG,
)
case(
    "a column that the server computes",
    'op.add_column("users", sa.Column("twice", sa.Integer, sa.Computed("age * 2", persisted=True)))',
    "adds column users.twice (integer, computed by the database: age * 2)",
    on=PG,
    manner="writes users anew, while nobody else can read or write users",
)
case(
    "a column that the server numbers",
    'op.execute("ALTER TABLE users ADD COLUMN no serial")',
    "adds column users.no (integer, numbered by the database)",
    on=PG,
    manner="writes users anew, while nobody else can read or write users",
)
case(
    "a column that refers to a table",
    'op.execute("ALTER TABLE orders ADD COLUMN role_id int REFERENCES roles (id)")',
    "adds column orders.role_id (integer, may be empty)",
    "adds foreign key orders_role_id_fkey: each orders.role_id must exist in roles.id",
    on=PG,
)
case(
    "a column that goes",
    'op.drop_column("users", "age")',
    "removes column users.age; its values are kept in the archive",
    on=("postgresql", "mariadb"),
    manner="instantly",
)
case(
    "a column that goes from a SQLite table",
    'op.drop_column("users", "age")',
    "removes column users.age; its values are kept in the archive",
    on=LITE,
    manner="writes users anew, while nobody else can write to the whole file",
)
case(
    "a column that goes with its index",
    'op.drop_column("users", "name")',
    "removes column users.name, and with it index ix_users_name; its values are kept in the archive",
    on=PG,
    manner="instantly",
)
case(
    "a renamed column",
    'op.alter_column("users", "name", new_column_name="full_name", existing_type=sa.String(100))',
    "renames column users.name to full_name; its values stay",
)
case(
    "a renamed column in raw SQL",
    'op.execute("ALTER TABLE users RENAME COLUMN name TO full_name")',
    "renames column users.name to full_name; its values stay",
    manner="instantly",
)
case(
    "another type",
    'op.alter_column("orders", "total", type_=sa.Numeric(12, 2), existing_type=sa.Integer)',
    "changes orders.total from integer to numeric(12,2)",
    on=PG,
    manner="writes orders anew, while nobody else can read or write orders",
)
case(
    "another type on MariaDB",
    'op.alter_column("users", "email", type_=sa.Text, existing_type=sa.String(50))',
    "changes users.email from varchar(50) to text",
    on=MY,
    manner="writes users anew, while nobody else can write users",
)
case(
    "another type on SQLite",
    'op.alter_column("users", "email", type_=sa.String(90), existing_type=sa.String(50))',
    "changes users.email from VARCHAR(50) to VARCHAR(90)",
    on=LITE,
)
case(
    "a column that is required from now on",
    'op.alter_column("users", "age", nullable=False, existing_type=sa.Integer)',
    "requires a value in users.age",
    on=PG,
    manner="reads all rows of users, while nobody else can read or write users",
)
case(
    "a column that is required from now on, on SQLite",
    'op.alter_column("users", "age", nullable=False, existing_type=sa.Integer)',
    "requires a value in users.age",
    on=LITE,
)
case(
    "a column that may be empty from now on",
    'op.execute("ALTER TABLE users ALTER COLUMN age DROP NOT NULL")',
    "lets users.age be empty",
    on=PG,
    before="ALTER TABLE users ALTER COLUMN age SET NOT NULL",
    manner="instantly",
)
case(
    "defaults",
    'op.execute("ALTER TABLE users ALTER age SET DEFAULT 7")\n'
    'op.execute("ALTER TABLE users ALTER age SET DEFAULT 8")\n'
    'op.execute("ALTER TABLE users ALTER age DROP DEFAULT")',
    "gives users.age the default 7",
    "changes the default of users.age from 7 to 8",
    "takes the default 8 from users.age",
    on=PG,
    manner="instantly",
)
case(
    "numbers that the server gives",
    'op.execute("ALTER TABLE users ALTER id ADD GENERATED BY DEFAULT AS IDENTITY")',
    "lets the database number users.id",
    on=PG,
)
case(
    "the values of a column on MariaDB",
    "op.execute(\"ALTER TABLE users MODIFY status enum('new', 'old', 'gone')\")",
    "adds value 'gone' to users.status",
    on=MY,
    manner="instantly",
)
case(
    "a comment of a column on MariaDB",
    "op.execute(\"ALTER TABLE users MODIFY email varchar(50) COMMENT 'where to write to'\")",
    "sets the comment of column users.email: 'where to write to'",
    on=MY,
)

case(
    "a column that SQLite computes",
    'op.execute("ALTER TABLE users ADD COLUMN twice INTEGER AS (age * 2)")',
    "adds column users.twice (INTEGER, computed by the database: age * 2)",
    on=LITE,
)
case(
    "a column that MariaDB computes",
    'op.execute("ALTER TABLE users ADD COLUMN twice int AS (age * 2)")',
    "adds column users.twice (int(11), computed by the database: age * 2)",
    on=MY,
    manner="instantly",
)
case(
    "another collation",
    'op.execute(\'ALTER TABLE users ALTER name TYPE text COLLATE "C"\')',
    "changes the collation of users.name from the usual one to C",
    on=PG,
)
case(
    "another collation on MariaDB",
    'op.execute("ALTER TABLE users MODIFY email varchar(50) COLLATE utf8mb4_bin")',
    "changes the collation of users.email from utf8mb4_general_ci to utf8mb4_bin",
    on=MY,
    before="ALTER TABLE users MODIFY email varchar(50) COLLATE utf8mb4_general_ci",
)
case(
    "another collation on SQLite",
    """
with op.batch_alter_table("users", recreate="always") as batch:
    batch.alter_column("email", existing_type=sa.String(50), type_=sa.String(50, collation="NOCASE"))
""",
    "changes the collation of users.email from the usual one to NOCASE",
    on=LITE,
)
case(
    "a column with an index, a trigger and a view, renamed",
    'op.execute("ALTER TABLE users RENAME COLUMN name TO full_name")',
    "renames column users.name to full_name; its values stay",
    on=LITE,
    before="CREATE TRIGGER t AFTER INSERT ON users BEGIN UPDATE users SET name = 'x'; END;\n"
    "CREATE VIEW named AS SELECT name FROM users",
)

# --- tables
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

# --- indexes
case(
    "an index",
    'op.create_index("ix_users_email", "users", ["email"])',
    "builds index ix_users_email on users (email)",
    on=PG,
    manner="reads all rows of users, while nobody else can write users",
)
case(
    "an index on MariaDB",
    'op.create_index("ix_users_email", "users", ["email"])',
    "builds index ix_users_email on users (email)",
    on=MY,
    manner="reads all rows of users, while others can read and write it",
)
case(
    "an index on SQLite",
    'op.create_index("ix_users_email", "users", ["email"])',
    "builds index ix_users_email on users (email)",
    on=LITE,
    manner="reads all rows of users, while nobody else can write to the whole file",
)
case(
    "an index of a raw statement, unique",
    'op.execute("CREATE UNIQUE INDEX ux_users_email ON users (email, name)")',
    "builds unique index ux_users_email on users (email, name)",
)
case(
    "an index of an expression, for some rows",
    'op.execute("CREATE INDEX ix_mail ON users (lower(email)) WHERE age > 17")',
    "builds index ix_mail on users (lower(email)), for rows where age > 17",
    on=("postgresql", "sqlite"),
)
case(
    "an index of another method",
    'op.execute("CREATE INDEX ix_age ON users USING hash (age)")',
    "builds hash index ix_age on users (age)",
    on=PG,
)
case(
    "an index beside the writers",
    'with op.get_context().autocommit_block():\n'
    '    op.create_index("ix_users_email", "users", ["email"], postgresql_concurrently=True)',
    "builds index ix_users_email on users (email)",
    on=PG,
    manner="reads all rows of users, while others can read and write it (known of such statements, not measured)",
)
case(
    "an index that goes",
    'op.drop_index("ix_users_name", "users")',
    "removes index ix_users_name of users (name)",
    manner="instantly",
)
case(
    "a renamed index",
    'op.execute("ALTER INDEX ix_users_name RENAME TO ix_name")',
    "renames index ix_users_name of users to ix_name",
    on=PG,
    manner="instantly",
)

# --- constraints
case(
    "a foreign key",
    'op.create_foreign_key("fk_users_role", "users", "roles", ["role_id"], ["id"], ondelete="CASCADE")',
    "adds foreign key fk_users_role: each users.role_id must exist in roles.id; if that goes, the row of users goes too",
    on=PG,
)
case(
    "a foreign key on MariaDB",
    'op.create_foreign_key("fk_users_role", "users", "roles", ["role_id"], ["id"])',
    "adds foreign key fk_users_role: each users.role_id must exist in roles.id",
    on=MY,
    manner="writes users anew, while nobody else can write users",
)
case(
    "a foreign key on SQLite",
    'op.create_foreign_key("fk_users_role", "users", "roles", ["role_id"], ["id"])',
    "adds foreign key: each users.role_id must exist in roles.id",
    on=LITE,
)
case(
    "a foreign key that clears up behind itself, on MariaDB",
    'op.create_foreign_key("fk_users_role", "users", "roles", ["role_id"], ["id"], ondelete="SET NULL")',
    "adds foreign key fk_users_role: each users.role_id must exist in roles.id; if that goes, role_id becomes empty",
    on=MY,
)
case(
    "a foreign key that is another one, on SQLite",
    """
with op.batch_alter_table("orders", naming_convention={"fk": "fk_%(table_name)s_%(column_0_name)s"}) as batch:
    batch.drop_constraint("fk_orders_user_id", type_="foreignkey")
    batch.create_foreign_key("fk", "users", ["user_id"], ["id"], ondelete="CASCADE")
""",
    "makes foreign key of orders another one: each orders.user_id must exist in users.id; if that goes, the row of "
    "orders goes too",
    on=LITE,
)
case(
    "a primary key of two columns on SQLite",
    """
with op.batch_alter_table("plain") as batch:
    batch.create_primary_key("pk", ["a", "b"])
""",
    "makes plain.a a part of the primary key",
    "makes plain.b a part of the primary key",
    on=LITE,
    before="CREATE TABLE plain (a int, b int)",
)
case(
    "a foreign key in two steps",
    'op.execute("ALTER TABLE users ADD CONSTRAINT fk FOREIGN KEY (role_id) REFERENCES roles (id) NOT VALID")\n'
    'op.execute("ALTER TABLE users VALIDATE CONSTRAINT fk")',
    "adds foreign key fk: each users.role_id must exist in roles.id; rows that are there are not looked at",
    "looks whether the rows of users keep foreign key fk",
    on=PG,
)
case(
    "a check",
    'op.create_check_constraint("ck_age", "users", "age > 0")',
    "adds check ck_age to users: age > 0",
    on=("postgresql", "mariadb"),
)
case(
    "a check that goes",
    'op.drop_constraint("ck_age", "users", type_="check")',
    "removes check ck_age of users",
    on=("postgresql", "mariadb"),
    before="ALTER TABLE users ADD CONSTRAINT ck_age CHECK (age > 0)",
    manner="instantly",
)
case(
    "a check on SQLite, there and back",
    'op.create_check_constraint("ck_age", "users", "age > 0")\nop.drop_constraint("ck_age", "users", type_="check")',
    "adds check ck_age to users: age > 0",
    "removes check ck_age of users",
    on=LITE,
)
case(
    "a unique constraint",
    'op.create_unique_constraint("uq_users_email", "users", ["email"])',
    "adds unique constraint uq_users_email: no two rows of users may have the same email",
    on=PG,
)
case(
    "a unique constraint on MariaDB",
    'op.create_unique_constraint("uq_users_email", "users", ["email"])',
    "builds unique index uq_users_email on users (email)",
    on=MY,
)
case(
    "a primary key",
    'op.execute("ALTER TABLE plain ADD PRIMARY KEY (a, b)")',
    "makes a and b the primary key of plain",
    on=("postgresql", "mariadb"),
    before="CREATE TABLE plain (a int, b int)",
)
case(
    "a primary key that goes",
    'op.execute("ALTER TABLE orders DROP CONSTRAINT orders_pkey")',
    "removes the primary key of orders (id)",
    on=PG,
)
case(
    "a renamed constraint",
    'op.execute("ALTER TABLE orders RENAME CONSTRAINT orders_total_check TO ck_total")',
    "renames check orders_total_check of orders to ck_total",
    on=PG,
)
case(
    "a type that an index and a check stand on",
    'op.alter_column("orders", "total", type_=sa.BigInteger, existing_type=sa.Integer)',
    "changes orders.total from integer to bigint",
    on=PG,
    before="CREATE INDEX ix_total ON orders (total)",
)

# --- types, sequences, views, code
case(
    "an enum and its values",
    "op.execute(\"CREATE TYPE mood AS ENUM ('sad', 'happy')\")\n"
    "op.execute(\"ALTER TYPE mood ADD VALUE 'fine' BEFORE 'happy'\")\n"
    "op.execute(\"ALTER TYPE mood RENAME VALUE 'sad' TO 'low'\")\n"
    'op.execute("ALTER TYPE mood RENAME TO feeling")\n'
    'op.execute("DROP TYPE feeling")',
    "creates enum mood ('sad', 'happy')",
    "adds value 'fine' to enum mood, before 'happy'",
    "renames value 'sad' of enum mood to 'low'",
    "renames enum mood to feeling",
    "removes enum feeling",
    on=PG,
)
case(
    "a sequence",
    'op.execute("CREATE SEQUENCE numbers")\nop.execute("DROP SEQUENCE numbers")',
    "creates sequence numbers",
    "removes sequence numbers",
    on=("postgresql", "mariadb"),
)
case(
    "a view",
    'op.execute("CREATE VIEW adults AS SELECT id FROM users WHERE age > 17")\nop.execute("DROP VIEW adults")',
    "creates view adults",
    "removes view adults",
    manner="instantly",
)
case(
    "a view that becomes another one",
    'op.execute("CREATE OR REPLACE VIEW adults AS SELECT id FROM users WHERE age > 20")',
    "replaces view adults",
    on=("postgresql", "mariadb"),
    before="CREATE VIEW adults AS SELECT id FROM users WHERE age > 17",
)
case(
    "a materialized view",
    'op.execute("CREATE MATERIALIZED VIEW ages AS SELECT age, count(*) FROM users GROUP BY age")\n'
    'op.execute("REFRESH MATERIALIZED VIEW ages")',
    "creates materialized view ages",
    "fills materialized view ages anew",
    on=PG,
)
case(
    "a function and a trigger",
    'op.execute("CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$")\n'
    'op.execute("CREATE TRIGGER t BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION f()")\n'
    'op.execute("ALTER TABLE users DISABLE TRIGGER t")\n'
    'op.execute("CREATE OR REPLACE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN OLD; END $$")\n'
    'op.execute("DROP FUNCTION f() CASCADE")',
    "creates function f",
    "creates trigger t on users",
    "turns trigger t of users off",
    "changes function f",
    "removes function f",
    "removes trigger t of users",
    on=PG,
)
case(
    "a trigger on MariaDB",
    'op.execute("CREATE TRIGGER t BEFORE INSERT ON users FOR EACH ROW SET NEW.age = 1")\n'
    'op.execute("DROP TRIGGER t")',
    "creates trigger t on users",
    "removes trigger t",
    on=MY,
)
case(
    "a trigger on SQLite",
    'op.execute("CREATE TRIGGER t AFTER INSERT ON users BEGIN UPDATE users SET age = 1; END")',
    "creates trigger t on users",
    on=LITE,
)
case(
    "a schema with a table",
    'op.execute("CREATE SCHEMA shop")\nop.execute("CREATE TABLE shop.items (id int)")\nop.execute("DROP SCHEMA shop CASCADE")',
    "creates schema shop",
    "creates table shop.items (id)",
    "removes schema shop with table shop.items",
    on=PG,
)
case(
    "kinds that no catalogue here has",
    'op.execute("CREATE PUBLICATION news FOR TABLE users")\nop.execute("CREATE TYPE pair AS (a int, b int)")',
    "creates publication news",
    "creates type pair",
    on=PG,
)

# --- rows
case(
    "rows that come",
    'op.bulk_insert(sa.table("roles", sa.column("id"), sa.column("name")), [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}])',
    "adds rows to roles",
    manner="row by row",
)
case(
    "rows that are copied",
    'op.execute("INSERT INTO roles (id, name) SELECT id, name FROM users WHERE age > 17")',
    "copies rows of users into roles",
)
case(
    "rows that change",
    "op.execute(\"UPDATE users SET email = lower(email), name = 'x' WHERE id = 7\")",
    "changes rows of users: email and name",
)
case(
    "all rows that change",
    'op.execute("UPDATE users SET age = 1")',
    "changes all rows of users: age",
    on=PG,
    manner="reads all rows of users and writes those that change",
)
case(
    "rows that go",
    'op.execute("DELETE FROM orders WHERE id = 3")\nop.execute("DELETE FROM orders")',
    "removes rows from orders",
    "removes all rows from orders",
)
case(
    "a table that is emptied",
    'op.execute("TRUNCATE TABLE orders")',
    "removes all rows from orders",
    on=("postgresql", "mariadb"),
    manner="instantly",
)

# --- what is no change
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
