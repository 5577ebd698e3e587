"""Scripts that forget an option or an object, or say what a server or SQLAlchemy does not understand."""

from tests.proof.corpus.model import CASES

broken = CASES.broken
PG, MY, LITE = ("postgresql",), ("mariadb",), ("sqlite",)

broken(
    "ON UPDATE CURRENT_TIMESTAMP is lost",
    'op.execute("ALTER TABLE t MODIFY seen DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)")',
    'op.execute("ALTER TABLE t MODIFY seen DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP")',
    "RETURNS",
    "column t.seen",
    before="""
    T("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("seen", sa.DateTime, nullable=False,
      server_default=sa.text("CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP")))
    """,
    on=MY,
)
broken(
    "the collation is lost",
    'op.execute("ALTER TABLE t MODIFY name VARCHAR(60)")',
    'op.execute("ALTER TABLE t MODIFY name VARCHAR(40)")',
    "RETURNS",
    "column t.name",
    before='T("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(40, collation="utf8mb4_bin")))',
    on=MY,
)
broken(
    "a colon in a text is taken for a parameter",
    'op.execute("UPDATE users SET bio = \'{\\"a\\":1}\' WHERE bio IS NULL")',
    "pass",
    "RUNS_EMPTY",
    "1",
)
broken(
    "a column goes before the foreign key on it",
    'op.add_column("orders", sa.Column("role_id", sa.Integer))\nop.create_foreign_key("fk_orders_role", "orders", "roles", ["role_id"], ["id"])',
    'op.drop_column("orders", "role_id")\nop.drop_constraint("fk_orders_role", "orders", type_="foreignkey")',
    "RETURNS",
    "",
    on=("postgresql", "mariadb"),
)
broken(
    "a text is executed without text()",
    'op.get_bind().execute("UPDATE users SET bio = NULL WHERE bio IS NULL")',
    "pass",
    "RUNS_EMPTY",
    "Not an executable object",
)
broken(
    "a row is looked up that need not be there",
    """
    admin = op.get_bind().execute(sa.text("SELECT id FROM roles WHERE name = 'Administrator of all'")).first()[0]
    op.execute(f"UPDATE users SET role_id = {admin} WHERE role_id IS NULL")
    """,
    "pass",
    "RUNS_EMPTY",
    "NoneType",
)
broken(
    "children are put in before their parents",
    """
    op.bulk_insert(sa.table("users", sa.column("id", sa.Integer), sa.column("username", sa.String), sa.column("role_id", sa.Integer)),
                   [{"id": 90001, "username": "the very first", "role_id": 90001}])
    op.bulk_insert(sa.table("roles", sa.column("id", sa.Integer), sa.column("name", sa.String)), [{"id": 90001, "name": "the very first"}])
    """,
    """
    op.execute("DELETE FROM users WHERE id = 90001")
    op.execute("DELETE FROM roles WHERE id = 90001")
    """,
    "RUNS_EMPTY",
    "",
    on=("postgresql", "mariadb"),
)
broken(
    "the trigger stays behind",
    'op.execute("CREATE TRIGGER touched AFTER INSERT ON orders BEGIN UPDATE users SET active = 1 WHERE id = NEW.user_id; END")',
    "pass",
    "RETURNS",
    "trigger orders.touched",
    on=LITE,
)
broken(
    "the function stays behind",
    """
    op.execute("CREATE FUNCTION touch() RETURNS trigger AS $$ BEGIN RETURN NEW; END $$ LANGUAGE plpgsql")
    op.execute("CREATE TRIGGER touched BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch()")
    """,
    'op.execute("DROP TRIGGER touched ON users")',
    "RETURNS",
    "function touch()",
    on=PG,
)
broken(
    "the view comes back with fewer columns",
    """
    op.execute("DROP VIEW names")
    op.add_column("users", sa.Column("phone", sa.String(20)))
    op.execute("CREATE VIEW names AS SELECT id, username, phone FROM users")
    """,
    """
    op.execute("DROP VIEW names")
    op.drop_column("users", "phone")
    op.execute("CREATE VIEW names AS SELECT username FROM users")
    """,
    "RETURNS",
    "view names",
    before="""+
    op.execute("CREATE VIEW names AS SELECT id, username FROM users")
    """,
)
broken(
    "a materialized view loses its index when it is made again",
    """
    op.execute("DROP MATERIALIZED VIEW totals")
    op.execute("CREATE MATERIALIZED VIEW totals AS SELECT user_id, sum(total) AS total, count(*) AS n FROM orders GROUP BY user_id")
    """,
    """
    op.execute("DROP MATERIALIZED VIEW totals")
    op.execute("CREATE MATERIALIZED VIEW totals AS SELECT user_id, sum(total) AS total FROM orders GROUP BY user_id")
    """,
    "RETURNS",
    "totals",
    before="""+
    op.execute("CREATE MATERIALIZED VIEW totals AS SELECT user_id, sum(total) AS total FROM orders GROUP BY user_id")
    op.execute("CREATE UNIQUE INDEX ux_totals ON totals (user_id)")
    """,
    on=PG,
)
broken(
    "a constraint keeps the name that the upgrade gave it",
    'op.execute("ALTER TABLE users RENAME CONSTRAINT fk_users_role TO fk_users_role_id_roles")',
    "pass",
    "RETURNS",
    "foreign key users.fk_users_role",
    on=PG,
)
broken(
    "the partial index comes back for all rows",
    'op.drop_index("ix_orders_open", table_name="orders")',
    'op.create_index("ix_orders_open", "orders", ["total"])',
    "RETURNS",
    "index orders.ix_orders_open",
    before="""+
    op.execute("CREATE INDEX ix_orders_open ON orders (total) WHERE note = 'open'")
    """,
    on=("sqlite", "postgresql"),
)
broken(
    "the words of another server",
    'op.execute("ALTER TABLE users MODIFY bio TEXT NOT NULL")',
    'op.execute("ALTER TABLE users MODIFY bio TEXT NULL")',
    "RUNS_EMPTY",
    "MODIFY",
    on=("sqlite", "postgresql"),
)
broken(
    "the table of the downgrade is misspelt",
    'op.create_table("invoices", sa.Column("id", sa.Integer, primary_key=True))',
    'op.drop_table("invoice")',
    "RETURNS",
    "invoice",
)
broken(
    "a generated column comes back as a plain one",
    'op.drop_column("t", "double")',
    'op.add_column("t", sa.Column("double", sa.Integer))',
    "RETURNS",
    "column t.double",
    before='T("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("n", sa.SmallInteger), sa.Column("double", sa.Integer, sa.Computed("n * 2", persisted=True)))',
    on=("postgresql", "mariadb"),
)
broken(
    "the zone is lost on the way back",
    """
    op.alter_column("users", "created", type_=sa.DateTime(timezone=True), existing_type=sa.DateTime(),
                    postgresql_using="created AT TIME ZONE 'UTC'")
    """,
    "pass",
    "RETURNS",
    "column users.created",
    on=PG,
)
broken(
    "CASCADE takes a view along",
    'op.execute("ALTER TABLE users DROP COLUMN bio CASCADE")',
    'op.add_column("users", sa.Column("bio", sa.Text))',
    "RETURNS",
    "view bios: is missing",
    before="""+
    op.execute("CREATE VIEW bios AS SELECT id, bio FROM users")
    """,
    on=PG,
)
broken(
    "a column goes that a view reads",
    'op.drop_column("users", "bio")',
    'op.add_column("users", sa.Column("bio", sa.Text))',
    "RUNS_EMPTY",
    "bio",
    before="""+
    op.execute("CREATE VIEW bios AS SELECT id, bio FROM users")
    """,
    on=PG,
)
broken(
    "an index goes that a foreign key needs",
    'op.drop_index("fk_orders_user", table_name="orders")',
    'op.create_index("fk_orders_user", "orders", ["user_id"])',
    "RUNS_EMPTY",
    "needed in a foreign key",
    on=MY,
)
broken(
    "a constraint is added by words that SQLite does not know",
    'op.execute("ALTER TABLE orders ADD CONSTRAINT ck_most CHECK (total < 100)")',
    'op.execute("ALTER TABLE orders DROP CONSTRAINT ck_most")',
    "RUNS_EMPTY",
    "syntax error",
    on=LITE,
)
broken(
    "a branch for SQLite has no way back",
    """
    if op.get_bind().dialect.name == "sqlite":
        with op.batch_alter_table("users") as batch_op:
            batch_op.add_column(sa.Column("phone", sa.String(20)))
    else:
        op.add_column("users", sa.Column("phone", sa.String(20)))
    """,
    """
    if op.get_bind().dialect.name != "sqlite":
        op.drop_column("users", "phone")
    """,
    "RETURNS",
    "column users.phone: is there and should not be",
    on=LITE,
)
broken(
    "the checks of foreign keys are off, and MariaDB refuses all the same",
    """
    op.execute("SET FOREIGN_KEY_CHECKS = 0")
    op.execute("ALTER TABLE roles MODIFY id BIGINT NOT NULL AUTO_INCREMENT")
    op.execute("ALTER TABLE users MODIFY role_id BIGINT")
    op.execute("SET FOREIGN_KEY_CHECKS = 1")
    """,
    """
    op.execute("SET FOREIGN_KEY_CHECKS = 0")
    op.execute("ALTER TABLE users MODIFY role_id INTEGER")
    op.execute("ALTER TABLE roles MODIFY id INTEGER NOT NULL AUTO_INCREMENT")
    op.execute("SET FOREIGN_KEY_CHECKS = 1")
    """,
    "RUNS_EMPTY",
    "used in a foreign key constraint",
    on=MY,
)
