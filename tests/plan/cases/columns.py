"""Columns."""

from tests.plan.cases.words import LITE, MY, PG, case

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
    "a column that goes from the place at which another one comes",
    'op.execute("ALTER TABLE users DROP COLUMN flags, ADD COLUMN bio text")',
    "removes column users.flags; its values are kept in the archive",
    "adds column users.bio (text, may be empty)",
    on=MY,
)
case(
    "a last column that goes while another one comes, on SQLite",
    """with op.batch_alter_table("users", recreate="always") as batch:
        batch.drop_column("role_id")
        batch.add_column(sa.Column("bio", sa.Text))""",
    "removes column users.role_id; its values are kept in the archive",
    "adds column users.bio (TEXT, may be empty)",
    on=LITE,
)
case(
    "a column that is renamed while another one comes",
    'op.execute("ALTER TABLE users CHANGE COLUMN name full_name varchar(100), ADD COLUMN bio text")',
    "renames column users.name to full_name; its values stay",
    "adds column users.bio (text, may be empty)",
    on=MY,
)
case(
    "two columns that change names, on SQLite",
    """with op.batch_alter_table("users") as batch:
        batch.alter_column("email", new_column_name="mail", existing_type=sa.String(50))
        batch.alter_column("age", new_column_name="email", existing_type=sa.Integer)""",
    "renames column users.email to mail; its values stay",
    "renames column users.age to email; its values stay",
    on=LITE,
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
    "op.execute('ALTER TABLE users ALTER name TYPE text COLLATE \"C\"')",
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
case(
    "all that a column is, at once",
    "op.execute(\"ALTER TABLE users MODIFY age bigint unsigned NOT NULL DEFAULT 5 COMMENT 'years'\")",
    "changes users.age from int(10) unsigned to bigint(20) unsigned",
    "requires a value in users.age",
    "changes the default of users.age from 1 to 5",
    "sets the comment of column users.age: 'years'",
    on=MY,
    manner="writes users anew, while nobody else can write users",
)
case(
    "how the server numbers",
    'op.execute("ALTER TABLE users ALTER id ADD GENERATED ALWAYS AS IDENTITY")\n'
    'op.execute("ALTER TABLE users ALTER id SET GENERATED BY DEFAULT")\n'
    'op.execute("ALTER TABLE users ALTER id DROP IDENTITY")',
    "lets the database number users.id",
    "lets the database number users.id only where no value is given",
    "no longer lets the database number users.id",
    on=PG,
)
case(
    "a column that is kept in its place",
    'op.execute("ALTER TABLE users RENAME COLUMN age TO whimbrel_1_age")',
    "removes column users.age; its values are kept in the archive",
    manner="instantly",
)
