"""Scripts with which nothing is wrong."""

from tests.proof.corpus.model import CASES

good = CASES.good
PG, MY, LITE = ("postgresql",), ("mariadb",), ("sqlite",)

good("add a column", 'op.add_column("users", sa.Column("phone", sa.String(20)))', 'op.drop_column("users", "phone")')
good(
    "add a column with an index that the models want",
    """
    op.add_column("users", sa.Column("phone", sa.String(20)))
    op.create_index("ix_users_phone", "users", ["phone"])
    """,
    """
    op.drop_index("ix_users_phone", "users")
    op.drop_column("users", "phone")
    """,
    models=[
        (
            '  sa.Index("ix_users_email"',
            '  sa.Column("phone", sa.String(20)), sa.Index("ix_users_phone", "phone"), sa.Index("ix_users_email"',
        )
    ],
)
good(
    "add a table that points to another",
    """
    op.create_table("items", sa.Column("id", sa.Integer, primary_key=True), sa.Column("order_id", sa.Integer),
                    sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_items_order"))
    """,
    'op.drop_table("items")',
)
good(
    "add a required column with a default",
    'op.add_column("orders", sa.Column("paid", sa.Boolean, nullable=False, server_default=sa.false()))',
    'op.drop_column("orders", "paid")',
)
good(
    "rename a column",
    'op.alter_column("users", "bio", new_column_name="about", existing_type=sa.Text)',
    'op.alter_column("users", "about", new_column_name="bio", existing_type=sa.Text)',
)
good("rename a table", 'op.rename_table("roles", "groups")', 'op.rename_table("groups", "roles")')
good(
    "drop a column and say so",
    'op.drop_column("users", "bio")',
    'op.add_column("users", sa.Column("bio", sa.Text))',
    says=("column users.bio",),
)
good(
    "drop a table and say so",
    'op.drop_table("orders")\nop.execute("DROP TYPE IF EXISTS order_state") if op.get_bind().dialect.name == "postgresql" else None',
    """
    op.create_table("orders",
      sa.Column("id", sa.Integer, primary_key=True),
      sa.Column("user_id", sa.Integer, nullable=False),
      sa.Column("state", sa.Enum("new", "paid", "sent", name="order_state"), nullable=False),
      sa.Column("total", sa.Integer, nullable=False, server_default="0"),
      sa.Column("note", sa.String(50), server_default="none"),
      sa.CheckConstraint("total >= 0", name="ck_orders_total"),
      sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_orders_user"))
    """,
    says=("table orders", "looks at the dialect"),
)
good(
    "widen a text",
    'op.alter_column("users", "email", type_=sa.String(250), existing_type=sa.String(120))',
    'op.alter_column("users", "email", type_=sa.String(120), existing_type=sa.String(250))',
)
good(
    "narrow a text that may be too long",
    'op.alter_column("users", "email", type_=sa.String(60), existing_type=sa.String(120))',
    'op.alter_column("users", "email", type_=sa.String(120), existing_type=sa.String(60))',
    on=("postgresql", "mariadb"),
    aside="too long",
)
good(
    "forbid NULL",
    'op.alter_column("users", "email", nullable=False, existing_type=sa.String(120))',
    'op.alter_column("users", "email", nullable=True, existing_type=sa.String(120))',
    aside="email",
)
good(
    "fill NULLs and forbid them",
    """
    op.execute("UPDATE users SET email = '' WHERE email IS NULL")
    op.alter_column("users", "email", nullable=False, existing_type=sa.String(120))
    """,
    'op.alter_column("users", "email", nullable=True, existing_type=sa.String(120))',
    says=("writes rows",),
)
good(
    "add a unique constraint",
    """
    with op.batch_alter_table("users") as batch:
        batch.create_unique_constraint("uq_users_email", ["email"])
    """,
    """
    with op.batch_alter_table("users") as batch:
        batch.drop_constraint("uq_users_email", type_="unique")
    """,
    before="""
    T("users", sa.Column("id", sa.Integer, primary_key=True), sa.Column("email", sa.String(120)))
    """,
)
good(
    "add a check",
    """
    with op.batch_alter_table("orders") as batch:
        batch.create_check_constraint("ck_orders_most", "total < 1000000")
    """,
    """
    with op.batch_alter_table("orders") as batch:
        batch.drop_constraint("ck_orders_most", type_="check")
    """,
)
good(
    "add a foreign key",
    """
    with op.batch_alter_table("posts") as batch:
        batch.create_foreign_key("fk_posts_user", "users", ["author"], ["id"])
    """,
    """
    with op.batch_alter_table("posts") as batch:
        batch.drop_constraint("fk_posts_user", type_="foreignkey")
    """,
    before="""+
    T("posts", sa.Column("id", sa.Integer, primary_key=True), sa.Column("author", sa.Integer))
    """,
    on=("sqlite", "postgresql"),
)
good(
    "backfill a new column from an old one",
    """
    op.add_column("users", sa.Column("handle", sa.String(80)))
    op.execute("UPDATE users SET handle = username")
    """,
    'op.drop_column("users", "handle")',
)
good(
    "move a column to a table of its own",
    """
    op.create_table("profiles", sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id", name="fk_profiles_user"), primary_key=True), sa.Column("bio", sa.Text))
    op.execute("INSERT INTO profiles (user_id, bio) SELECT id, bio FROM users")
    op.drop_column("users", "bio")
    """,
    """
    op.add_column("users", sa.Column("bio", sa.Text))
    op.execute("UPDATE users SET bio = (SELECT bio FROM profiles WHERE profiles.user_id = users.id)")
    op.drop_table("profiles")
    """,
)
good(
    "write rows by SQLAlchemy's own means",
    """
    roles = sa.table("roles", sa.column("id", sa.Integer), sa.column("name", sa.String))
    op.bulk_insert(roles, [{"id": 9001, "name": "guests of the house"}])
    """,
    """op.execute("DELETE FROM roles WHERE id = 9001")""",
    says=("writes rows",),
)
good(
    "look up a row that the script says to be there",
    """
    admin = op.get_bind().execute(sa.text("SELECT id FROM roles WHERE name = 'Admin'")).scalar_one()
    op.execute(f"UPDATE users SET role_id = {admin} WHERE role_id IS NULL")
    """,
    "pass",
    top="""seed = {"roles": [{"id": 7000, "name": "Admin"}]}""",
)
good(
    "add a value to an enum",
    """
    with op.get_context().autocommit_block():
        op.execute("ALTER TYPE order_state ADD VALUE 'lost'")
    """,
    """
    op.execute("ALTER TYPE order_state RENAME TO order_state_old")
    op.execute("CREATE TYPE order_state AS ENUM ('new', 'paid', 'sent')")
    op.execute("ALTER TABLE orders ALTER COLUMN state TYPE order_state USING state::text::order_state")
    op.execute("DROP TYPE order_state_old")
    """,
    on=PG,
)
good(
    "rename a value of an enum",
    "op.execute(\"ALTER TYPE order_state RENAME VALUE 'sent' TO 'shipped'\")",
    "op.execute(\"ALTER TYPE order_state RENAME VALUE 'shipped' TO 'sent'\")",
    on=PG,
)
good(
    "make an integer wider, its sequence too",
    'op.execute("ALTER TABLE users ALTER COLUMN id TYPE bigint; ALTER SEQUENCE users_id_seq AS bigint")',
    'op.execute("ALTER TABLE users ALTER COLUMN id TYPE integer; ALTER SEQUENCE users_id_seq AS integer")',
    on=PG,
)
good(
    "turn texts into numbers",
    "op.alter_column('t', 'code', type_=sa.Integer, existing_type=sa.String(20), postgresql_using='code::integer')",
    "op.alter_column('t', 'code', type_=sa.String(20), existing_type=sa.Integer, postgresql_using='code::varchar')",
    before='T("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("code", sa.String(20)))',
    on=("postgresql", "mariadb"),
    aside="code",
)
good(
    "say that there is no way back",
    'op.add_column("users", sa.Column("phone", sa.String(20)))',
    'raise NotImplementedError("restore a backup")',
    says=("has no downgrade",),
)
good(
    "let go of rows and say so",
    """op.execute("DELETE FROM orders WHERE total = 0")""",
    "pass",
    top='drops = "drop"',
)
good("do nothing", "pass", "pass")
good(
    "change a comment",
    'op.alter_column("users", "bio", comment="what they say of themselves", existing_type=sa.Text)',
    'op.alter_column("users", "bio", comment=None, existing_comment="what they say of themselves", existing_type=sa.Text)',
    on=("postgresql", "mariadb"),
)
good(
    "change a default",
    'op.alter_column("orders", "total", server_default="1", existing_type=sa.Integer, existing_nullable=False)',
    'op.alter_column("orders", "total", server_default="0", existing_type=sa.Integer, existing_nullable=False)',
)
good(
    "rebuild a table by hand with all that is in it",
    """
    op.create_table("roles_new", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(64), nullable=False),
                    sa.UniqueConstraint("name", name="uq_roles_name2"))
    op.execute("INSERT INTO roles_new (id, name) SELECT id, name FROM roles")
    op.drop_table("roles")
    op.rename_table("roles_new", "roles")
    """,
    """
    op.create_table("roles_old", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(64), nullable=False),
                    sa.UniqueConstraint("name", name="uq_roles_name"))
    op.execute("INSERT INTO roles_old (id, name) SELECT id, name FROM roles")
    op.drop_table("roles")
    op.rename_table("roles_old", "roles")
    """,
    before='T("roles", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(64), nullable=False), sa.UniqueConstraint("name", name="uq_roles_name"))',
    on=LITE,
)
good(
    "add a view",
    'op.execute("CREATE VIEW names AS SELECT id, username FROM users")',
    'op.execute("DROP VIEW names")',
)
good(
    "exchange the names of two columns",
    """
    for old, new in (("a", "c"), ("b", "a"), ("c", "b")):
        op.alter_column("t", old, new_column_name=new, existing_type=sa.Integer)
    """,
    """
    for old, new in (("a", "c"), ("b", "a"), ("c", "b")):
        op.alter_column("t", old, new_column_name=new, existing_type=sa.Integer)
    """,
    before='T("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", sa.Integer), sa.Column("b", sa.Integer))',
)
