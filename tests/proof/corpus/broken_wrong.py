"""Scripts with slips of the hand: one too few, the wrong table, an option forgotten, words of another server."""

from tests.proof.corpus.model import CASES

broken = CASES.broken
PG, MY, LITE = ("postgresql",), ("mariadb",), ("sqlite",)

PHONE = ('  sa.Index("ix_users_email"', '  sa.Column("phone", sa.String(20), {}), sa.Index("ix_users_email"')


def phone(more: str) -> list[tuple[str, str]]:
    """Want a column of the users, with more words of it."""
    return [(PHONE[0], PHONE[1].format(more))]


broken(
    "the downgrade begins one too late",
    """
    for at in range(3):
        op.add_column("users", sa.Column(f"phone{at}", sa.String(20)))
    """,
    """
    for at in range(1, 3):
        op.drop_column("users", f"phone{at}")
    """,
    "RETURNS",
    "column users.phone0: is there and should not be",
)
broken(
    "a change of type forgets the default on MariaDB",
    'op.execute("ALTER TABLE orders MODIFY note VARCHAR(80)")',
    'op.execute("ALTER TABLE orders MODIFY note VARCHAR(50)")',
    "RETURNS",
    "default is none, should be 'none'",
    on=MY,
)
broken(
    "a change of type forgets NOT NULL on MariaDB",
    'op.execute("ALTER TABLE users MODIFY username VARCHAR(80)")',
    'op.execute("ALTER TABLE users MODIFY username VARCHAR(64)")',
    "RETURNS",
    "column users.username",
    on=MY,
)
broken(
    "a wider id forgets AUTO_INCREMENT",
    'op.execute("ALTER TABLE t MODIFY id BIGINT NOT NULL")',
    'op.execute("ALTER TABLE t MODIFY id INTEGER NOT NULL")',
    "RETURNS",
    "column t.id",
    before='T("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(20)))',
    on=MY,
)
broken(
    "the downgrade forgets to forbid NULL again",
    'op.alter_column("users", "username", existing_type=sa.String(64), nullable=True)',
    "pass",
    "RETURNS",
    "column users.username",
)
broken(
    "the downgrade forgets to allow NULL again",
    """
    op.execute("UPDATE users SET email = '' WHERE email IS NULL")
    op.alter_column("users", "email", existing_type=sa.String(120), nullable=False)
    """,
    "pass",
    "RETURNS",
    "column users.email",
)
broken(
    "the index comes back on another table",
    'op.drop_index("ix_users_created", table_name="users")',
    'op.create_index("ix_users_created", "orders", ["id"])',
    "RETURNS",
    "index users.ix_users_created: is missing",
    before="""+
    op.create_index("ix_users_created", "users", ["created"])
    """,
    models=None,
)
broken(
    "the enum comes back with its values in another order",
    """
    op.execute("ALTER TABLE orders ALTER COLUMN state TYPE varchar(10) USING state::text")
    op.execute("DROP TYPE order_state")
    """,
    """
    op.execute("CREATE TYPE order_state AS ENUM ('new', 'sent', 'paid')")
    op.execute("ALTER TABLE orders ALTER COLUMN state TYPE order_state USING state::order_state")
    """,
    "RETURNS",
    "labels is new, sent, paid, should be new, paid, sent",
    on=PG,
)
broken(
    "the enum comes back with its values in another order on MariaDB",
    "op.execute(\"ALTER TABLE orders MODIFY state ENUM('new','paid','sent','lost') NOT NULL\")",
    "op.execute(\"ALTER TABLE orders MODIFY state ENUM('paid','new','sent') NOT NULL\")",
    "RETURNS",
    "column orders.state",
    on=MY,
)
broken(
    "the upgrade forgets ON DELETE",
    """
    with op.batch_alter_table("orders") as batch_op:
        batch_op.add_column(sa.Column("role_id", sa.Integer))
        batch_op.create_foreign_key("fk_orders_role", "roles", ["role_id"], ["id"])
    """,
    """
    with op.batch_alter_table("orders") as batch_op:
        batch_op.drop_constraint("fk_orders_role", type_="foreignkey")
        batch_op.drop_column("role_id")
    """,
    "REACHES",
    "foreign key orders.fk_orders_role",
    models=[
        (
            '  sa.CheckConstraint("total',
            '  sa.Column("role_id", sa.Integer, sa.ForeignKey("roles.id", name="fk_orders_role", ondelete="CASCADE")), sa.CheckConstraint("total',
        )
    ],
)
broken(
    "the upgrade points to another table than the models",
    """
    with op.batch_alter_table("orders") as batch_op:
        batch_op.add_column(sa.Column("role_id", sa.Integer))
        batch_op.create_foreign_key("fk_orders_role", "users", ["role_id"], ["id"])
    """,
    """
    with op.batch_alter_table("orders") as batch_op:
        batch_op.drop_constraint("fk_orders_role", type_="foreignkey")
        batch_op.drop_column("role_id")
    """,
    "REACHES",
    "foreign key orders.fk_orders_role",
    models=[
        (
            '  sa.CheckConstraint("total',
            '  sa.Column("role_id", sa.Integer, sa.ForeignKey("roles.id", name="fk_orders_role")), sa.CheckConstraint("total',
        )
    ],
)
broken(
    "a batch is given a table that lacks the unique constraint",
    """
    t = sa.Table("t", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("code", sa.String(20)))
    with op.batch_alter_table("t", copy_from=t, recreate="always") as batch_op:
        batch_op.add_column(sa.Column("x", sa.Integer))
    """,
    """
    with op.batch_alter_table("t") as batch_op:
        batch_op.drop_column("x")
    """,
    "RETURNS",
    "t.uq_t_code: is missing",
    before='T("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("code", sa.String(20)), sa.UniqueConstraint("code", name="uq_t_code"))',
    on=LITE,
)
broken(
    "the upgrade makes the index unique and the models do not",
    """
    op.add_column("users", sa.Column("phone", sa.String(20)))
    op.create_index("ix_users_phone", "users", ["phone"], unique=True)
    """,
    'op.drop_index("ix_users_phone", table_name="users")\nop.drop_column("users", "phone")',
    "REACHES",
    "index users.ix_users_phone",
    models=phone("index=True"),
)
broken(
    "a default is quoted twice",
    """op.add_column("users", sa.Column("phone", sa.String(20), server_default="'none'"))""",
    'op.drop_column("users", "phone")',
    "REACHES",
    "column users.phone: default is",
    models=phone('server_default="none"'),
)
broken(
    "the name of a function is given as a text",
    'op.add_column("users", sa.Column("made", sa.DateTime, server_default="now()"))\nop.execute("SELECT 1")',
    'op.drop_column("users", "made")',
    "REACHES",
    "column users.made: default is",
    models=[
        (PHONE[0], '  sa.Column("made", sa.DateTime, server_default=sa.func.now()), sa.Index("ix_users_email"'),
    ],
    on=LITE,
)
broken(
    "the enum lacks a value that the models have",
    """
    postgresql.ENUM("sad", "ok", name="mood").create(op.get_bind())
    op.add_column("users", sa.Column("mood", postgresql.ENUM("sad", "ok", name="mood", create_type=False)))
    """,
    'op.drop_column("users", "mood")\nop.execute("DROP TYPE mood")',
    "REACHES",
    "enum mood: labels is sad, ok, should be sad, ok, happy",
    models=[(PHONE[0], '  sa.Column("mood", sa.Enum("sad", "ok", "happy", name="mood")), sa.Index("ix_users_email"')],
    on=PG,
)
broken(
    "a table between two others gets no primary key",
    """
    op.create_table("user_roles", sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id", name="fk_ur_user"), nullable=False),
                    sa.Column("role_id", sa.Integer, sa.ForeignKey("roles.id", name="fk_ur_role"), nullable=False))
    """,
    'op.drop_table("user_roles")',
    "REACHES",
    "primary key user_roles",
    models=[
        (
            'T("orders"',
            """T("user_roles", sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id", name="fk_ur_user"), primary_key=True),
  sa.Column("role_id", sa.Integer, sa.ForeignKey("roles.id", name="fk_ur_role"), primary_key=True))
T("orders\"""",
        )
    ],
)
broken(
    "the table comes back without its unique constraint",
    'op.drop_table("t")',
    'op.create_table("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("code", sa.String(20)))',
    "RETURNS",
    "t.uq_t_code: is missing",
    before='T("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("code", sa.String(20)), sa.UniqueConstraint("code", name="uq_t_code"))',
)
broken(
    "the sequence stays as wide as the upgrade has made it",
    'op.execute("ALTER TABLE users ALTER COLUMN id TYPE bigint; ALTER SEQUENCE users_id_seq AS bigint")',
    'op.execute("ALTER TABLE users ALTER COLUMN id TYPE integer")',
    "RETURNS",
    "column users.id",
    on=PG,
)
