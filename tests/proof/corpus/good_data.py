"""Scripts that write or read rows, with which nothing is wrong either."""

from tests.proof.corpus.model import CASES

good = CASES.good
PG, MY, LITE = ("postgresql",), ("mariadb",), ("sqlite",)

good(
    "give rows of its own ids that others may have",
    """
    roles = sa.table("roles", sa.column("id", sa.Integer), sa.column("name", sa.String))
    op.bulk_insert(roles, [{"id": 1, "name": "reader"}, {"id": 2, "name": "writer"}])
    """,
    'op.execute("DELETE FROM roles WHERE id IN (1, 2)")',
    aside="id",
)
good(
    "let new rows point to the first role",
    'op.add_column("orders", sa.Column("role_id", sa.Integer, sa.ForeignKey("roles.id", name="fk_orders_role"), server_default="1"))',
    """
    with op.batch_alter_table("orders") as batch:
        batch.drop_constraint("fk_orders_role", type_="foreignkey")
        batch.drop_column("role_id")
    """,
)
good(
    "build an index without blocking",
    """
    with op.get_context().autocommit_block():
        op.create_index("ix_users_created", "users", ["created"], postgresql_concurrently=True)
    """,
    """
    with op.get_context().autocommit_block():
        op.drop_index("ix_users_created", "users", postgresql_concurrently=True)
    """,
    on=PG,
)
good(
    "add a check that is validated later",
    'op.execute("ALTER TABLE orders ADD CONSTRAINT ck_most CHECK (total < 1000000) NOT VALID")\nop.execute("ALTER TABLE orders VALIDATE CONSTRAINT ck_most")',
    'op.drop_constraint("ck_most", "orders")',
    on=PG,
)
good(
    "make a number of a text that may be none",
    """
    op.execute("ALTER TABLE orders ALTER COLUMN note DROP DEFAULT")
    op.execute("ALTER TABLE orders ALTER COLUMN note TYPE integer USING nullif(regexp_replace(note, '[^0-9]', '', 'g'), '')::integer")
    """,
    "raise NotImplementedError",
    on=PG,
    before='T("orders", sa.Column("id", sa.Integer, primary_key=True), sa.Column("note", sa.String(9), server_default="0"))',
    aside="",
)
good(
    "write by the ORM, with classes of its own",
    """
    from sqlalchemy.orm import Session, declarative_base
    class Role(declarative_base()):
        __tablename__ = "roles"
        id = sa.Column(sa.Integer, primary_key=True)
        name = sa.Column(sa.String(64))
        title = sa.Column(sa.String(80))
    op.add_column("roles", sa.Column("title", sa.String(80)))
    session = Session(bind=op.get_bind())
    for role in session.query(Role):
        role.title = role.name.title()
    session.flush()
    """,
    'op.drop_column("roles", "title")',
)
good(
    "find the tables by itself",
    """
    for name in sa.inspect(op.get_bind()).get_table_names():
        if name in ("users", "roles", "orders"):
            op.add_column(name, sa.Column("touched", sa.DateTime))
    """,
    """
    for name in ("users", "roles", "orders"):
        op.drop_column(name, "touched")
    """,
)
good(
    "only do what is not done yet",
    """
    columns = [one["name"] for one in sa.inspect(op.get_bind()).get_columns("users")]
    if "phone" not in columns:
        op.add_column("users", sa.Column("phone", sa.String(20)))
    """,
    'op.drop_column("users", "phone")',
)
good(
    "exchange two columns for one",
    """
    op.add_column("people", sa.Column("name", sa.String(90)))
    op.execute("UPDATE people SET name = first || ' ' || last")
    """,
    'op.drop_column("people", "name")',
    before='T("people", sa.Column("id", sa.Integer, primary_key=True), sa.Column("first", sa.String(40)), sa.Column("last", sa.String(40)))',
    on=("sqlite", "postgresql"),
)
good(
    "add a table with a key of two and rows from another",
    """
    op.create_table("memberships",
        sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id", name="fk_m_user"), primary_key=True),
        sa.Column("role_id", sa.Integer, sa.ForeignKey("roles.id", name="fk_m_role"), primary_key=True))
    op.execute("INSERT INTO memberships SELECT id, role_id FROM users WHERE role_id IS NOT NULL")
    """,
    'op.drop_table("memberships")',
)
good(
    "give a table a composite index and drop it again",
    'op.create_index("ix_orders_both", "orders", ["user_id", "state"])',
    'op.drop_index("ix_orders_both", "orders")',
    on=("sqlite", "postgresql"),
)
good(
    "make a column unique by an index",
    'op.create_index("ux_users_bio", "users", ["email"], unique=True)',
    'op.drop_index("ux_users_bio", "users")',
)
good(
    "add a computed column",
    'op.add_column("orders", sa.Column("double", sa.Integer, sa.Computed("total * 2", persisted=True)))',
    'op.drop_column("orders", "double")',
    on=PG,
    aside="out of range",
)
good(
    "rename a column and an index with it",
    """
    op.alter_column("users", "email", new_column_name="mail", existing_type=sa.String(120))
    op.execute("ALTER INDEX ix_users_email RENAME TO ix_users_mail")
    """,
    """
    op.execute("ALTER INDEX ix_users_mail RENAME TO ix_users_email")
    op.alter_column("users", "mail", new_column_name="email", existing_type=sa.String(120))
    """,
    on=PG,
)
good(
    "make a native enum of a text",
    """
    op.execute("CREATE TYPE note_kind AS ENUM ('none', 'some')")
    op.execute("ALTER TABLE orders ALTER COLUMN note DROP DEFAULT")
    op.execute("ALTER TABLE orders ALTER COLUMN note TYPE note_kind USING note::note_kind")
    """,
    """
    op.execute("ALTER TABLE orders ALTER COLUMN note TYPE varchar(50) USING note::text")
    op.execute("ALTER TABLE orders ALTER COLUMN note SET DEFAULT 'none'")
    op.execute("DROP TYPE note_kind")
    """,
    on=PG,
    aside="note_kind",
)
good(
    "turn a serial into an identity that goes on",
    """
    last = op.get_bind().execute(sa.text("SELECT last_value FROM roles_id_seq")).scalar_one()
    op.execute("ALTER TABLE roles ALTER COLUMN id DROP DEFAULT")
    op.execute("DROP SEQUENCE roles_id_seq")
    op.execute(f"ALTER TABLE roles ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (START WITH {last + 1})")
    """,
    "raise NotImplementedError",
    on=PG,
)
good(
    "add a trigger with its function",
    """
    op.execute("CREATE FUNCTION touch() RETURNS trigger AS $$ BEGIN NEW.created := now(); RETURN NEW; END $$ LANGUAGE plpgsql")
    op.execute("CREATE TRIGGER touched BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch()")
    """,
    'op.execute("DROP TRIGGER touched ON users")\nop.execute("DROP FUNCTION touch()")',
    on=PG,
)
good(
    "split a table by a batch on SQLite",
    """
    with op.batch_alter_table("users", recreate="always") as batch:
        batch.add_column(sa.Column("phone", sa.String(20)))
        batch.alter_column("bio", type_=sa.String(500), existing_type=sa.Text)
    """,
    """
    with op.batch_alter_table("users", recreate="always") as batch:
        batch.alter_column("bio", type_=sa.Text, existing_type=sa.String(500))
        batch.drop_column("phone")
    """,
    on=LITE,
)
good(
    "make a number column of AUTO_INCREMENT wider",
    'op.execute("ALTER TABLE roles MODIFY id BIGINT NOT NULL AUTO_INCREMENT")',
    'op.execute("ALTER TABLE roles MODIFY id INTEGER NOT NULL AUTO_INCREMENT")',
    on=MY,
    before='T("roles", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(64)))',
)
good(
    "add a value to an enum of MariaDB",
    "op.execute(\"ALTER TABLE orders MODIFY state ENUM('new','paid','sent','lost') NOT NULL\")",
    "op.execute(\"ALTER TABLE orders MODIFY state ENUM('new','paid','sent') NOT NULL\")",
    on=MY,
)
good(
    "normalise texts",
    'op.execute("UPDATE users SET email = lower(email)")',
    "pass",
    says=("writes rows",),
)
good(
    "drop a unique constraint",
    'op.drop_constraint("uq_users_username", "users", type_="unique")',
    'op.create_unique_constraint("uq_users_username", "users", ["username"])',
)
good(
    "take the lowest value into account",
    'op.add_column("users", sa.Column("rank", sa.Float))\nop.execute("UPDATE users SET rank = score * 1.5")',
    'op.drop_column("users", "rank")',
)
