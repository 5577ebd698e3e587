"""Scripts that leave another schema than they should, or that do not run."""

from tests.proof.corpus.model import CASES

broken = CASES.broken
PG, MY, LITE = ("postgresql",), ("mariadb",), ("sqlite",)

broken(
    "the downgrade forgets the index",
    'op.create_index("ix_users_created", "users", ["created"])',
    "pass",
    "RETURNS",
    "index users.ix_users_created",
)
broken(
    "the downgrade forgets a column",
    """
    op.add_column("users", sa.Column("phone", sa.String(20)))
    op.add_column("users", sa.Column("fax", sa.String(20)))
    """,
    'op.drop_column("users", "phone")',
    "RETURNS",
    "column users.fax",
)
broken(
    "the downgrade drops what it should not",
    'op.add_column("users", sa.Column("phone", sa.String(20)))',
    'op.drop_column("users", "phone")\nop.drop_index("ix_users_email", "users")',
    "RETURNS",
    "index users.ix_users_email",
)
broken(
    "the downgrade brings the column back with another length",
    'op.drop_column("users", "bio")\nop.drop_column("orders", "note")',
    'op.add_column("users", sa.Column("bio", sa.Text))\nop.add_column("orders", sa.Column("note", sa.String(80), server_default="none"))',
    "RETURNS",
    "column orders.note",
)
broken(
    "the downgrade loses a default",
    'op.drop_column("orders", "note")',
    'op.add_column("orders", sa.Column("note", sa.String(50)))',
    "RETURNS",
    "default is none",
)
broken(
    "the downgrade loses a foreign key",
    'op.drop_constraint("fk_users_role", "users", type_="foreignkey")',
    "pass",
    "RETURNS",
    "foreign key users.fk_users_role",
)
broken(
    "the downgrade loses NOT NULL",
    'op.drop_column("orders", "total")',
    'op.add_column("orders", sa.Column("total", sa.Integer, server_default="0"))',
    "RETURNS",
    "column orders.total",
    before="""
    T("orders", sa.Column("id", sa.Integer, primary_key=True), sa.Column("total", sa.Integer, nullable=False, server_default="0"))
    """,
)
broken(
    "the downgrade loses a comment",
    'op.drop_column("t", "note")',
    'op.add_column("t", sa.Column("note", sa.Text))',
    "RETURNS",
    "comment is none, should be said once",
    before='T("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("note", sa.Text, comment="said once"))',
    on=("postgresql", "mariadb"),
)
broken(
    "the downgrade drops the table before the one that points to it",
    """
    op.create_table("tags", sa.Column("id", sa.Integer, primary_key=True))
    op.create_table("tagged", sa.Column("tag_id", sa.Integer, sa.ForeignKey("tags.id"), primary_key=True))
    """,
    'op.drop_table("tags")\nop.drop_table("tagged")',
    "RETURNS",
    "",
    on=("postgresql", "mariadb"),
)
broken(
    "the upgrade makes the child before the parent",
    """
    op.create_table("tagged", sa.Column("tag_id", sa.Integer, sa.ForeignKey("tags.id"), primary_key=True))
    op.create_table("tags", sa.Column("id", sa.Integer, primary_key=True))
    """,
    'op.drop_table("tagged")\nop.drop_table("tags")',
    "RUNS_EMPTY",
    "tags",
    on=("postgresql", "mariadb"),
)
broken(
    "the upgrade misses an index that the models want",
    'op.add_column("users", sa.Column("phone", sa.String(20)))',
    'op.drop_column("users", "phone")',
    "REACHES",
    "index users.ix_users_phone: is missing",
    models=[
        (
            '  sa.Index("ix_users_email"',
            '  sa.Column("phone", sa.String(20)), sa.Index("ix_users_phone", "phone"), sa.Index("ix_users_email"',
        )
    ],
)
broken(
    "the upgrade misses a change in a table that it does not name",
    'op.add_column("users", sa.Column("phone", sa.String(20)))',
    'op.drop_column("users", "phone")',
    "REACHES",
    "column roles.title: is missing",
    models=[
        ('  sa.Index("ix_users_email"', '  sa.Column("phone", sa.String(20)), sa.Index("ix_users_email"'),
        ('  sa.UniqueConstraint("name"', '  sa.Column("title", sa.String(20)), sa.UniqueConstraint("name"'),
    ],
)
broken(
    "the upgrade makes another type than the models want",
    'op.add_column("users", sa.Column("phone", sa.String(20)))',
    'op.drop_column("users", "phone")',
    "REACHES",
    "column users.phone",
    models=[('  sa.Index("ix_users_email"', '  sa.Column("phone", sa.String(30)), sa.Index("ix_users_email"')],
)
broken(
    "the upgrade forgets a default that the models want",
    'op.add_column("users", sa.Column("level", sa.Integer))',
    'op.drop_column("users", "level")',
    "REACHES",
    "default is none, should be",
    models=[
        (
            '  sa.Index("ix_users_email"',
            '  sa.Column("level", sa.Integer, server_default="3"), sa.Index("ix_users_email"',
        )
    ],
)
broken(
    "the upgrade names a column that is not there",
    'op.create_index("ix_users_mail", "users", ["mail"])',
    'op.drop_index("ix_users_mail", "users")',
    "RUNS_EMPTY",
    "mail",
)
broken(
    "the downgrade drops an index by another name",
    'op.create_index("ix_users_created", "users", ["created"])',
    'op.drop_index("ix_user_created", "users")',
    "RETURNS",
    "ix_user_created",
)
broken(
    "the type stays behind",
    'op.add_column("users", sa.Column("mood", sa.Enum("sad", "ok", name="mood")))',
    'op.drop_column("users", "mood")',
    "RUNS_EMPTY",
    "mood",
    on=PG,
)
broken(
    "the downgrade leaves the type",
    """
    sa.Enum("sad", "ok", name="mood").create(op.get_bind())
    op.add_column("users", sa.Column("mood", postgresql.ENUM("sad", "ok", name="mood", create_type=False)))
    """,
    'op.drop_column("users", "mood")',
    "RETURNS",
    "enum mood",
    on=PG,
)
broken(
    "the downgrade leaves a value of an enum",
    """
    with op.get_context().autocommit_block():
        op.execute("ALTER TYPE order_state ADD VALUE 'lost'")
    """,
    "pass",
    "RETURNS",
    "labels is",
    on=PG,
)
broken(
    "a value of an enum is used before it is committed",
    """
    op.execute("ALTER TYPE order_state ADD VALUE 'lost'")
    op.execute("ALTER TABLE orders ALTER COLUMN state SET DEFAULT 'lost'")
    """,
    "raise NotImplementedError",
    "RUNS_EMPTY",
    "lost",
    on=PG,
)
broken(
    "a type that cannot be cast by itself",
    'op.alter_column("orders", "note", type_=sa.Integer, existing_type=sa.String(50))',
    'op.alter_column("orders", "note", type_=sa.String(50), existing_type=sa.Integer)',
    "RUNS_EMPTY",
    "cannot be cast",
    on=PG,
)
broken(
    "a required column without a default",
    'op.add_column("users", sa.Column("phone", sa.String(20), nullable=False))',
    'op.drop_column("users", "phone")',
    "RUNS",
    "phone",
    on=PG,
)
broken(
    "a required column without a default on SQLite",
    """op.execute("ALTER TABLE users ADD COLUMN phone VARCHAR(20) NOT NULL")""",
    'op.drop_column("users", "phone")',
    "RUNS",
    "NOT NULL",
    on=LITE,
)
broken(
    "the upgrade leaves a table of its own way",
    """
    op.execute("CREATE TABLE scrap AS SELECT id FROM users")
    op.add_column("users", sa.Column("phone", sa.String(20)))
    """,
    'op.drop_column("users", "phone")',
    "RETURNS",
    "table scrap",
)
