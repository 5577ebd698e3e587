"""Constraints."""

from tests.plan.cases.words import LITE, MY, PG, case

case(
    "a foreign key",
    'op.create_foreign_key("fk_users_role", "users", "roles", ["role_id"], ["id"], ondelete="CASCADE")',
    "adds foreign key fk_users_role: each users.role_id must exist in roles.id; if that goes, the row of users goes "
    "too",
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
    "a unique constraint on SQLite, there and back",
    """
op.create_unique_constraint("uq_users_email", "users", ["email"])
op.drop_constraint("uq_users_email", "users", type_="unique")
""",
    "adds unique constraint: no two rows of users may have the same email",
    "removes unique constraint of users (email)",
    on=LITE,
)
case(
    "a foreign key without a name on MariaDB",
    'op.execute("ALTER TABLE users ADD FOREIGN KEY (role_id) REFERENCES roles (id)")',
    "adds foreign key users_ibfk_1: each users.role_id must exist in roles.id",
    on=MY,
)
case(
    "another primary key on MariaDB",
    'op.execute("ALTER TABLE plain DROP PRIMARY KEY, ADD PRIMARY KEY (a, b)")',
    "makes a and b the primary key of plain, in place of a",
    on=MY,
    before="CREATE TABLE plain (a int NOT NULL PRIMARY KEY, b int NOT NULL)",
    manner="writes plain anew, while others can read and write it",
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
