"""Scripts that give tables another shape, as real projects have them, with which nothing is wrong."""

from tests.proof.corpus.model import CASES

good = CASES.good
PG, MY, LITE = ("postgresql",), ("mariadb",), ("sqlite",)

good(
    "let rows of a table point to others of it",
    """
    with op.batch_alter_table("roles", schema=None) as batch_op:
        batch_op.add_column(sa.Column("parent_id", sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f("ix_roles_parent_id"), ["parent_id"], unique=False)
        batch_op.create_foreign_key("fk_roles_parent", "roles", ["parent_id"], ["id"], ondelete="SET NULL")
    op.execute("UPDATE roles SET parent_id = id")
    """,
    """
    with op.batch_alter_table("roles", schema=None) as batch_op:
        batch_op.drop_constraint("fk_roles_parent", type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_roles_parent_id"))
        batch_op.drop_column("parent_id")
    """,
)
good(
    "take a column into the primary key",
    """
    op.drop_constraint("pk_lines", "lines", type_="primary")
    op.create_primary_key("pk_lines", "lines", ["order_no", "line_no"])
    """,
    """
    op.drop_constraint("pk_lines", "lines", type_="primary")
    op.create_primary_key("pk_lines", "lines", ["order_no"])
    """,
    before="""
    T("lines", sa.Column("order_no", sa.Integer, nullable=False, autoincrement=False), sa.Column("line_no", sa.Integer, nullable=False),
      sa.Column("what", sa.String(20)), sa.PrimaryKeyConstraint("order_no", name="pk_lines"))
    """,
    on=PG,
)
good(
    "point to a key of two columns",
    """
    op.create_table("parts", sa.Column("id", sa.Integer, primary_key=True), sa.Column("order_no", sa.Integer), sa.Column("line_no", sa.Integer),
                    sa.ForeignKeyConstraint(["order_no", "line_no"], ["lines.order_no", "lines.line_no"], name="fk_parts_line", onupdate="CASCADE"))
    op.create_index("ix_lines_what", "lines", ["what"])
    """,
    """
    op.drop_index("ix_lines_what", table_name="lines")
    op.drop_table("parts")
    """,
    before="""
    T("lines", sa.Column("order_no", sa.Integer, primary_key=True, autoincrement=False),
      sa.Column("line_no", sa.Integer, primary_key=True, autoincrement=False), sa.Column("what", sa.String(20)))
    """,
)
good(
    "drop a constraint that has its name from a convention",
    """
    names = {"uq": "uq_%(table_name)s_%(column_0_name)s"}
    with op.batch_alter_table("t", naming_convention=names) as batch_op:
        batch_op.drop_constraint("uq_t_code", type_="unique")
    """,
    """
    with op.batch_alter_table("t") as batch_op:
        batch_op.create_unique_constraint("uq_t_code", ["code"])
    """,
    before='T("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("code", sa.String(20)), sa.UniqueConstraint("code", name="uq_t_code"))',
)
good(
    "keep moments with their zone",
    """
    op.alter_column("users", "created", type_=sa.DateTime(timezone=True), existing_type=sa.DateTime(),
                    postgresql_using="created AT TIME ZONE 'UTC'")
    """,
    """
    op.alter_column("users", "created", type_=sa.DateTime(), existing_type=sa.DateTime(timezone=True),
                    postgresql_using="created AT TIME ZONE 'UTC'")
    """,
    on=PG,
)
good(
    "number the rows of an old table by a sequence",
    """
    op.execute("CREATE SEQUENCE t_number_seq AS integer")
    op.add_column("t", sa.Column("number", sa.Integer, nullable=False, server_default=sa.text("nextval('t_number_seq')")))
    op.execute("ALTER SEQUENCE t_number_seq OWNED BY t.number")
    """,
    'op.drop_column("t", "number")',
    before='T("t", sa.Column("id", sa.String(20), primary_key=True), sa.Column("x", sa.Integer))',
    on=PG,
)
good(
    "index some rows only, and an expression",
    """
    op.create_index("ux_orders_open", "orders", ["user_id"], postgresql_where=sa.text("note = 'open'"), sqlite_where=sa.text("note = 'open'"))
    op.create_index("ix_users_lower", "users", [sa.text("lower(username)")])
    """,
    """
    op.drop_index("ix_users_lower", table_name="users")
    op.drop_index("ux_orders_open", table_name="orders", postgresql_where=sa.text("note = 'open'"))
    """,
    on=("sqlite", "postgresql"),
)
good(
    "change a type under a view",
    """
    op.execute("DROP VIEW names")
    op.alter_column("users", "username", type_=sa.String(100), existing_type=sa.String(64), existing_nullable=False)
    op.execute("CREATE VIEW names AS SELECT id, username FROM users WHERE active")
    """,
    """
    op.execute("DROP VIEW names")
    op.alter_column("users", "username", type_=sa.String(64), existing_type=sa.String(100), existing_nullable=False)
    op.execute("CREATE VIEW names AS SELECT id, username FROM users WHERE active")
    """,
    before="""+
    op.execute("CREATE VIEW names AS SELECT id, username FROM users WHERE active")
    """,
    on=PG,
)
good(
    "add a trigger of SQLite",
    'op.execute("CREATE TRIGGER touched AFTER INSERT ON orders BEGIN UPDATE users SET active = 1 WHERE id = NEW.user_id; END")',
    'op.execute("DROP TRIGGER touched")',
    on=LITE,
)
good(
    "add a trigger of MariaDB",
    """op.execute("CREATE TRIGGER touched BEFORE UPDATE ON orders FOR EACH ROW SET NEW.note = coalesce(NEW.note, 'none')")""",
    'op.execute("DROP TRIGGER touched")',
    on=MY,
)
good(
    "do one thing on SQLite and another elsewhere",
    """
    if op.get_bind().dialect.name == "sqlite":
        with op.batch_alter_table("users") as batch_op:
            batch_op.alter_column("email", type_=sa.String(200), existing_type=sa.String(120))
    else:
        op.alter_column("users", "email", type_=sa.String(200), existing_type=sa.String(120))
    """,
    """
    with op.batch_alter_table("users") as batch_op:
        batch_op.alter_column("email", type_=sa.String(120), existing_type=sa.String(200))
    """,
    says=("looks at the dialect",),
)
good(
    "rename a table with all that is named after it",
    """
    op.rename_table("roles", "groups")
    op.execute("ALTER SEQUENCE roles_id_seq RENAME TO groups_id_seq")
    op.execute("ALTER INDEX roles_pkey RENAME TO groups_pkey")
    op.execute("ALTER TABLE groups RENAME CONSTRAINT uq_roles_name TO uq_groups_name")
    op.execute("ALTER TABLE users RENAME CONSTRAINT fk_users_role TO fk_users_group")
    """,
    """
    op.execute("ALTER TABLE users RENAME CONSTRAINT fk_users_group TO fk_users_role")
    op.execute("ALTER TABLE groups RENAME CONSTRAINT uq_groups_name TO uq_roles_name")
    op.execute("ALTER INDEX groups_pkey RENAME TO roles_pkey")
    op.execute("ALTER SEQUENCE groups_id_seq RENAME TO roles_id_seq")
    op.rename_table("groups", "roles")
    """,
    on=PG,
)
good(
    "let children go with their parents from now on",
    """
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.drop_constraint("fk_orders_user", type_="foreignkey")
        batch_op.create_foreign_key("fk_orders_user", "users", ["user_id"], ["id"], ondelete="CASCADE")
    """,
    """
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.drop_constraint("fk_orders_user", type_="foreignkey")
        batch_op.create_foreign_key("fk_orders_user", "users", ["user_id"], ["id"])
    """,
)
good(
    "widen ids and all that point to them",
    """
    op.drop_constraint("fk_orders_user", "orders", type_="foreignkey")
    op.alter_column("users", "id", type_=sa.BigInteger, existing_type=sa.Integer, existing_nullable=False, autoincrement=True)
    op.alter_column("orders", "user_id", type_=sa.BigInteger, existing_type=sa.Integer, existing_nullable=False)
    op.create_foreign_key("fk_orders_user", "orders", "users", ["user_id"], ["id"])
    """,
    """
    op.drop_constraint("fk_orders_user", "orders", type_="foreignkey")
    op.alter_column("orders", "user_id", type_=sa.Integer, existing_type=sa.BigInteger, existing_nullable=False)
    op.alter_column("users", "id", type_=sa.Integer, existing_type=sa.BigInteger, existing_nullable=False, autoincrement=True)
    op.create_foreign_key("fk_orders_user", "orders", "users", ["user_id"], ["id"])
    """,
    on=("postgresql", "mariadb"),
)
good(
    "add an enum column with a type that is made for it and dropped with it",
    """
    mood = postgresql.ENUM("sad", "ok", name="mood")
    mood.create(op.get_bind(), checkfirst=True)
    op.add_column("users", sa.Column("mood", mood, nullable=False, server_default="ok"))
    """,
    """
    op.drop_column("users", "mood")
    sa.Enum(name="mood").drop(op.get_bind(), checkfirst=True)
    """,
    on=PG,
)
good(
    "say when a row was made",
    """
    with op.batch_alter_table("roles") as batch_op:
        batch_op.add_column(sa.Column("made_at", sa.DateTime(), server_default=sa.text("CURRENT_TIMESTAMP"), nullable=False))
    """,
    """
    with op.batch_alter_table("roles") as batch_op:
        batch_op.drop_column("made_at")
    """,
)
good(
    "commit by hand before a value of an enum is added",
    """
    op.execute("COMMIT")
    op.execute("ALTER TYPE order_state ADD VALUE IF NOT EXISTS 'lost' AFTER 'paid'")
    """,
    "raise NotImplementedError()",
    on=PG,
)
good(
    "give each row an id that nobody can guess",
    """
    op.add_column("users", sa.Column("public_id", postgresql.UUID(as_uuid=True), server_default=sa.text("gen_random_uuid()"), nullable=False))
    op.create_unique_constraint("uq_users_public_id", "users", ["public_id"])
    """,
    """
    op.drop_constraint("uq_users_public_id", "users")
    op.drop_column("users", "public_id")
    """,
    on=PG,
)
good(
    "more digits before and behind the point",
    """
    with op.batch_alter_table("users") as batch_op:
        batch_op.alter_column("score", existing_type=sa.Numeric(10, 2), type_=sa.Numeric(14, 4), existing_nullable=True)
    """,
    """
    with op.batch_alter_table("users") as batch_op:
        batch_op.alter_column("score", existing_type=sa.Numeric(14, 4), type_=sa.Numeric(10, 2), existing_nullable=True)
    """,
)
good(
    "a materialized view with an index",
    """
    op.execute("CREATE MATERIALIZED VIEW totals AS SELECT user_id, sum(total) AS total FROM orders GROUP BY user_id")
    op.create_index("ux_totals", "totals", ["user_id"], unique=True)
    """,
    'op.execute("DROP MATERIALIZED VIEW totals")',
    on=PG,
)
good(
    "go over several tables in a loop, forwards and backwards",
    """
    for table in ("users", "orders", "roles"):
        op.add_column(table, sa.Column("deleted_at", sa.DateTime))
        op.create_index(f"ix_{table}_deleted_at", table, ["deleted_at"])
    """,
    """
    for table in ("roles", "orders", "users"):
        op.drop_index(f"ix_{table}_deleted_at", table_name=table)
        op.drop_column(table, "deleted_at")
    """,
)
good(
    "make a table unless it is there",
    """
    if not sa.inspect(op.get_bind()).has_table("settings"):
        op.create_table("settings", sa.Column("key", sa.String(50), primary_key=True), sa.Column("value", sa.Text))
    """,
    'op.execute("DROP TABLE IF EXISTS settings")',
)
good(
    "let numbers stay unknown",
    """
    with op.batch_alter_table("orders", recreate="auto") as batch_op:
        batch_op.alter_column("total", existing_type=sa.INTEGER(), nullable=True, existing_server_default=sa.text("'0'"))
    """,
    """
    op.execute("UPDATE orders SET total = 0 WHERE total IS NULL")
    with op.batch_alter_table("orders", recreate="auto") as batch_op:
        batch_op.alter_column("total", existing_type=sa.INTEGER(), nullable=False, existing_server_default=sa.text("'0'"))
    """,
)
good(
    "write texts with all letters there are",
    'op.execute("ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci")',
    'op.execute("ALTER TABLE t CONVERT TO CHARACTER SET utf8mb3 COLLATE utf8mb3_general_ci")',
    before="""
    T("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(60)), mysql_default_charset="utf8mb3",
      mysql_collate="utf8mb3_general_ci", mariadb_default_charset="utf8mb3", mariadb_collate="utf8mb3_general_ci")
    """,
    on=MY,
)
good(
    "switch foreign keys off for a while",
    """
    op.execute("PRAGMA foreign_keys=OFF")
    with op.batch_alter_table("users", recreate="always") as batch_op:
        batch_op.add_column(sa.Column("phone", sa.String(20)))
    op.execute("PRAGMA foreign_keys=ON")
    """,
    """
    with op.batch_alter_table("users") as batch_op:
        batch_op.drop_column("phone")
    """,
    on=LITE,
)
good(
    "add a column to a table that says what to do on a conflict",
    'op.add_column("t", sa.Column("x", sa.Integer))',
    'op.drop_column("t", "x")',
    before="""
    T("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("n", sa.Integer, nullable=False, sqlite_on_conflict_not_null="IGNORE"),
      sa.Column("code", sa.String(9)), sa.UniqueConstraint("code", name="uq_t_code", sqlite_on_conflict="REPLACE"))
    """,
    models=[('sa.UniqueConstraint("code"', 'sa.Column("x", sa.Integer), sa.UniqueConstraint("code"')],
    on=LITE,
)
good(
    "rename a table and make numbers of its texts",
    """
    op.rename_table("t", "articles")
    op.alter_column("articles", "code", new_column_name="number", existing_type=sa.String(20))
    op.execute("ALTER TABLE articles ALTER COLUMN number TYPE integer USING number::integer")
    """,
    """
    op.execute("ALTER TABLE articles ALTER COLUMN number TYPE varchar(20) USING number::varchar")
    op.alter_column("articles", "number", new_column_name="code", existing_type=sa.String(20))
    op.rename_table("articles", "t")
    """,
    before='T("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("code", sa.String(20)))',
    on=PG,
    aside="integer",
)
