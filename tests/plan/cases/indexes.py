"""Indexes."""

from tests.plan.cases.words import LITE, MY, PG, case

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
    "with op.get_context().autocommit_block():\n"
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
