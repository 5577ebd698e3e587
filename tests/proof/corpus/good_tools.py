"""Scripts that use other means of Alembic, of SQLAlchemy and of a server, with which nothing is wrong."""

from tests.proof.corpus.model import CASES

good = CASES.good
PG, MY, LITE = ("postgresql",), ("mariadb",), ("sqlite",)

good(
    "write by classes that are made from the tables",
    """
    from sqlalchemy.ext.automap import automap_base
    from sqlalchemy.orm import Session
    with op.batch_alter_table("users") as batch_op:
        batch_op.add_column(sa.Column("full_name", sa.String(200)))
    Base = automap_base()
    Base.prepare(autoload_with=op.get_bind())
    with Session(bind=op.get_bind()) as session:
        for user in session.query(Base.classes.users):
            user.full_name = f"{user.username} of {user.roles.name if user.roles else 'nowhere'}"[:200]
        session.commit()
    """,
    """
    with op.batch_alter_table("users") as batch_op:
        batch_op.drop_column("full_name")
    """,
)
good(
    "read the tables into metadata first",
    """
    meta = sa.MetaData()
    meta.reflect(bind=op.get_bind(), only=("users", "roles"))
    users = meta.tables["users"]
    op.add_column("roles", sa.Column("members", sa.Integer, server_default="0", nullable=False))
    roles = sa.Table("roles", sa.MetaData(), autoload_with=op.get_bind())
    count = sa.select(sa.func.count()).where(users.c.role_id == roles.c.id).scalar_subquery()
    op.execute(roles.update().values(members=count))
    """,
    'op.drop_column("roles", "members")',
)
good(
    "use savepoints of its own",
    """
    bind = op.get_bind()
    for at, name in enumerate(("first of its kind", "first of its kind")):
        try:
            with bind.begin_nested():
                bind.execute(sa.text("INSERT INTO roles (name) VALUES (:name)"), {"name": name})
        except sa.exc.IntegrityError:
            assert at == 1
    """,
    """op.execute("DELETE FROM roles WHERE name = 'first of its kind'")""",
)
good(
    "insert what is not there yet, in the words of PostgreSQL and SQLite",
    "op.execute(\"INSERT INTO roles (name) VALUES ('keeper of keys'), ('keeper of doors') ON CONFLICT (name) DO NOTHING\")",
    "op.execute(\"DELETE FROM roles WHERE name IN ('keeper of keys', 'keeper of doors')\")",
    on=("postgresql", "sqlite"),
)
good(
    "insert what is not there yet, in the words of MariaDB",
    "op.execute(\"INSERT IGNORE INTO roles (name) VALUES ('keeper of keys'), ('keeper of doors')\")",
    "op.execute(\"DELETE FROM roles WHERE name IN ('keeper of keys', 'keeper of doors')\")",
    on=MY,
)
good(
    "do it in a block of PostgreSQL",
    '''
    op.execute("SET lock_timeout = '5s'")
    op.execute("""
        DO $$ BEGIN
            IF NOT EXISTS (SELECT 1 FROM information_schema.columns WHERE table_name = 'users' AND column_name = 'phone') THEN
                ALTER TABLE users ADD COLUMN phone varchar(20);
            END IF;
        END $$
    """)
    ''',
    'op.execute("ALTER TABLE users DROP COLUMN IF EXISTS phone")',
    on=PG,
)
good(
    "need an extension",
    """
    op.execute('CREATE EXTENSION IF NOT EXISTS "citext"')
    op.execute("ALTER TABLE users ALTER COLUMN email TYPE citext")
    """,
    """
    op.execute("ALTER TABLE users ALTER COLUMN email TYPE varchar(120)")
    op.execute('DROP EXTENSION IF EXISTS "citext"')
    """,
    on=PG,
)
good(
    "say things by objects of SQLAlchemy",
    """
    op.execute(sa.schema.CreateSequence(sa.Sequence("invoice_no", start=1000)))
    op.create_check_constraint("ck_orders_most", "orders", sa.column("total") < 1000000)
    op.create_table_comment("orders", "what was bought")
    """,
    """
    op.drop_table_comment("orders")
    op.drop_constraint("ck_orders_most", "orders", type_="check")
    op.execute(sa.schema.DropSequence(sa.Sequence("invoice_no")))
    """,
    on=PG,
)
good(
    "ask whether it runs at all",
    """
    from alembic import context
    if context.is_offline_mode():
        raise RuntimeError("This one reads rows.")
    highest = op.get_bind().scalar(sa.text("SELECT max(total) FROM orders")) or 0
    op.create_table("limits", sa.Column("id", sa.Integer, primary_key=True), sa.Column("most", sa.BigInteger, nullable=False))
    op.get_bind().execute(sa.text("INSERT INTO limits (most) VALUES (:most)"), {"most": highest})
    """,
    'op.drop_table("limits")',
)
good(
    "make indexes only where they are not there",
    """
    op.create_index("ix_users_email", "users", ["email"], if_not_exists=True)
    op.create_index("ix_users_bio", "users", ["created"], if_not_exists=True)
    """,
    'op.drop_index("ix_users_bio", table_name="users", if_exists=True)',
)
good(
    "keep a table in parts",
    """
    op.execute("CREATE TABLE visits (id bigint GENERATED ALWAYS AS IDENTITY, at date NOT NULL, user_id integer REFERENCES users) PARTITION BY RANGE (at)")
    op.execute("CREATE TABLE visits_2026 PARTITION OF visits FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')")
    op.execute("CREATE TABLE visits_other PARTITION OF visits DEFAULT")
    """,
    'op.drop_table("visits")',
    on=PG,
)
good(
    "tell one column's meaning by another's in a CASE",
    """
    op.add_column("orders", sa.Column("size", sa.String(8)))
    op.execute("UPDATE orders SET size = CASE WHEN total >= 100 THEN 'large' WHEN total >= 10 THEN 'medium' ELSE 'small' END")
    with op.batch_alter_table("orders") as batch_op:
        batch_op.alter_column("size", existing_type=sa.String(8), nullable=False, server_default="small")
        batch_op.create_check_constraint("ck_orders_size", "size IN ('small', 'medium', 'large')")
    """,
    """
    with op.batch_alter_table("orders") as batch_op:
        batch_op.drop_constraint("ck_orders_size", type_="check")
        batch_op.drop_column("size")
    """,
)
good(
    "let go of duplicates and say so",
    """
    op.execute("DELETE FROM t WHERE id NOT IN (SELECT m FROM (SELECT min(id) AS m FROM t GROUP BY code) AS kept)")
    with op.batch_alter_table("t") as batch_op:
        batch_op.create_unique_constraint("uq_t_code", ["code"])
    """,
    """
    with op.batch_alter_table("t") as batch_op:
        batch_op.drop_constraint("uq_t_code", type_="unique")
    """,
    before='T("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("code", sa.String(8)))',
    top='drops = "drop"',
)
good(
    "write rows that say themselves when they were written, on MariaDB",
    """
    op.add_column("t", sa.Column("slug", sa.String(40)))
    op.execute("UPDATE t SET slug = lower(name)")
    """,
    """
    op.execute("UPDATE t SET name = name WHERE slug IS NOT NULL")
    op.execute("UPDATE t SET n = n + 0")
    op.drop_column("t", "slug")
    """,
    before="""
    T("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(20)), sa.Column("n", sa.SmallInteger),
      sa.Column("seen", sa.DateTime, nullable=False, server_default=sa.text("CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP")))
    """,
    on=MY,
)
good(
    "write rows that a trigger says the time of, on PostgreSQL",
    """
    op.add_column("t", sa.Column("slug", sa.String(40)))
    op.execute("UPDATE t SET slug = lower(name)")
    """,
    """
    op.execute("UPDATE t SET name = name")
    op.drop_column("t", "slug")
    """,
    before="""
    T("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(20)), sa.Column("seen", sa.DateTime))
    op.execute("CREATE FUNCTION touch() RETURNS trigger AS $$ BEGIN NEW.seen := now(); RETURN NEW; END $$ LANGUAGE plpgsql")
    op.execute("CREATE TRIGGER touched BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION touch()")
    """,
    on=PG,
)
good(
    "put names together that may have no second part, and take them apart",
    """
    op.add_column("people", sa.Column("name", sa.String(90)))
    op.execute("UPDATE people SET name = first || '|' || coalesce(last, '')")
    op.drop_column("people", "last")
    """,
    """
    op.add_column("people", sa.Column("last", sa.String(40)))
    op.execute("UPDATE people SET last = substr(name, length(first) + 2)")
    op.drop_column("people", "name")
    """,
    before="""
    T("people", sa.Column("id", sa.Integer, primary_key=True), sa.Column("first", sa.String(40), nullable=False),
      sa.Column("last", sa.String(40)))
    """,
    on=("sqlite", "postgresql"),
)
