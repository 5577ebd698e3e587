"""Scripts whose downgrade, or whose rebuild, leaves another schema than before."""

from tests.proof.corpus.model import CASES

broken = CASES.broken
PG, MY, LITE = ("postgresql",), ("mariadb",), ("sqlite",)

broken(
    "the downgrade renames to another name than before",
    'op.alter_column("users", "bio", new_column_name="about", existing_type=sa.Text)',
    'op.alter_column("users", "about", new_column_name="biography", existing_type=sa.Text)',
    "RETURNS",
    "column users.bio",
)
broken(
    "the downgrade forgets to rename the table back",
    'op.rename_table("roles", "groups")\nop.add_column("groups", sa.Column("title", sa.String(20)))',
    'op.drop_column("groups", "title")',
    "RETURNS",
    "table roles: is missing",
    before='T("roles", sa.Column("id", sa.Integer, primary_key=True))',
)
broken(
    "the downgrade is that of another script",
    'op.add_column("users", sa.Column("phone", sa.String(20)))',
    'op.drop_column("orders", "note")',
    "RETURNS",
    "column orders.note",
)
broken(
    "the downgrade makes the index unique",
    'op.drop_index("ix_users_email", "users")',
    'op.create_index("ix_users_email", "users", ["email"], unique=True)',
    "RETURNS",
    "index users.ix_users_email",
)
broken(
    "the downgrade makes the index on other columns",
    'op.drop_index("ix_users_email", "users")',
    'op.create_index("ix_users_email", "users", ["username"])',
    "RETURNS",
    "index users.ix_users_email",
)
broken(
    "the downgrade loses ON DELETE",
    """
    with op.batch_alter_table("posts") as batch:
        batch.drop_constraint("fk_posts_user", type_="foreignkey")
    """,
    """
    with op.batch_alter_table("posts") as batch:
        batch.create_foreign_key("fk_posts_user", "users", ["author"], ["id"])
    """,
    "RETURNS",
    "foreign key posts.fk_posts_user",
    before="""+
    T("posts", sa.Column("id", sa.Integer, primary_key=True), sa.Column("author", sa.Integer),
      sa.ForeignKeyConstraint(["author"], ["users.id"], name="fk_posts_user", ondelete="CASCADE"))
    """,
)
broken(
    "the downgrade loses a check",
    """
    with op.batch_alter_table("orders") as batch:
        batch.drop_constraint("ck_orders_total", type_="check")
    """,
    "pass",
    "RETURNS",
    "check orders.ck_orders_total",
)
broken(
    "the downgrade writes another check",
    """
    with op.batch_alter_table("orders") as batch:
        batch.drop_constraint("ck_orders_total", type_="check")
    """,
    """
    with op.batch_alter_table("orders") as batch:
        batch.create_check_constraint("ck_orders_total", "total > 0")
    """,
    "RETURNS",
    "check orders.ck_orders_total",
)
broken(
    "the downgrade loses a view",
    'op.execute("DROP VIEW names")',
    "pass",
    "RETURNS",
    "view names: is missing",
    before="""+
    op.execute("CREATE VIEW names AS SELECT id, username FROM users")
    """,
)
broken(
    "a rebuild by hand forgets the index",
    """
    op.execute("CREATE TABLE new (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(20))")
    op.execute("INSERT INTO new SELECT id, name FROM t")
    op.execute("DROP TABLE t")
    op.execute("ALTER TABLE new RENAME TO t")
    """,
    "pass",
    "RETURNS",
    "index t.ix_t_name",
    before='T("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(20)), sa.Index("ix_t_name", "name"))',
    on=LITE,
)
broken(
    "the upgrade makes what the models do not want",
    """
    op.add_column("users", sa.Column("phone", sa.String(20)))
    op.create_index("ix_users_phone", "users", ["phone"])
    """,
    'op.drop_index("ix_users_phone", "users")\nop.drop_column("users", "phone")',
    "REACHES",
    "index users.ix_users_phone: is there and should not be",
    models=[('  sa.Index("ix_users_email"', '  sa.Column("phone", sa.String(20)), sa.Index("ix_users_email"')],
)
broken(
    "the upgrade forgets NOT NULL",
    'op.add_column("users", sa.Column("level", sa.Integer, server_default="3"))',
    'op.drop_column("users", "level")',
    "REACHES",
    "column users.level",
    models=[
        (
            '  sa.Index("ix_users_email"',
            '  sa.Column("level", sa.Integer, server_default="3", nullable=False), sa.Index("ix_users_email"',
        )
    ],
)
broken(
    "the upgrade forgets a foreign key",
    'op.add_column("orders", sa.Column("role_id", sa.Integer))',
    'op.drop_column("orders", "role_id")',
    "REACHES",
    "foreign key orders.fk_orders_role: is missing",
    models=[
        (
            '  sa.CheckConstraint("total',
            '  sa.Column("role_id", sa.Integer, sa.ForeignKey("roles.id", name="fk_orders_role")), sa.CheckConstraint("total',
        )
    ],
)
broken(
    "a name is misspelt in Python",
    'op.add_column("users", sa.Column("phone", sa.Strin(20)))',
    'op.drop_column("users", "phone")',
    "RUNS_EMPTY",
    "Strin",
)
broken(
    "the downgrade drops a constraint without its name",
    """
    with op.batch_alter_table("posts") as batch:
        batch.create_foreign_key(None, "users", ["author"], ["id"])
    """,
    """
    with op.batch_alter_table("posts") as batch:
        batch.drop_constraint(None, type_="foreignkey")
    """,
    "RETURNS",
    "",
    before='+T("posts", sa.Column("id", sa.Integer, primary_key=True), sa.Column("author", sa.Integer))',
    on=("postgresql", "mariadb"),
)
broken(
    "a default that is no value of the type",
    'op.alter_column("users", "score", server_default="none", existing_type=sa.Numeric(10, 2))',
    'op.alter_column("users", "score", server_default=None, existing_type=sa.Numeric(10, 2))',
    "RUNS_EMPTY",
    "",
    on=("postgresql", "mariadb"),
)
broken(
    "a unique column of one value for all",
    """
    op.add_column("users", sa.Column("code", sa.String(8), server_default="x", nullable=False))
    op.create_index("ux_users_code", "users", ["code"], unique=True)
    """,
    'op.drop_index("ux_users_code", "users")\nop.drop_column("users", "code")',
    "RUNS",
    "",
)
broken(
    "a required reference to a row that nobody has",
    'op.add_column("orders", sa.Column("role_id", sa.Integer, sa.ForeignKey("roles.id", name="fk_o"), nullable=False, server_default="0"))',
    'op.drop_constraint("fk_o", "orders", type_="foreignkey")\nop.drop_column("orders", "role_id")',
    "RUNS",
    "",
    on=("postgresql", "mariadb"),
)
