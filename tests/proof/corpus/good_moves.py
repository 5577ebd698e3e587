"""Scripts that move values between columns and tables, as real projects have them, with which nothing is wrong."""

from tests.proof.corpus.model import CASES

good = CASES.good
PG, MY, LITE = ("postgresql",), ("mariadb",), ("sqlite",)

PEOPLE = """
T("people", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(40), nullable=False),
  sa.Column("street", sa.String(60)), sa.Column("city", sa.String(40)))
"""

good(
    "fill a new column and forbid NULL in it",
    """
    op.add_column("users", sa.Column("locale", sa.String(8), nullable=True))
    op.execute("UPDATE users SET locale = 'en' WHERE locale IS NULL")
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.alter_column("locale", existing_type=sa.String(8), nullable=False)
    """,
    'op.drop_column("users", "locale")',
)
good(
    "add a required column with a default for the old rows only",
    """
    with op.batch_alter_table("orders") as batch_op:
        batch_op.add_column(sa.Column("currency", sa.String(3), nullable=False, server_default="DKK"))
    with op.batch_alter_table("orders") as batch_op:
        batch_op.alter_column("currency", existing_type=sa.String(3), existing_nullable=False, server_default=None)
    """,
    """
    with op.batch_alter_table("orders") as batch_op:
        batch_op.drop_column("currency")
    """,
)
good(
    "split a table in two",
    """
    op.create_table("addresses",
        sa.Column("person_id", sa.Integer, sa.ForeignKey("people.id", name="fk_addresses_person"), primary_key=True),
        sa.Column("street", sa.String(60)), sa.Column("city", sa.String(40)))
    op.execute("INSERT INTO addresses (person_id, street, city) SELECT id, street, city FROM people "
               "WHERE street IS NOT NULL OR city IS NOT NULL")
    with op.batch_alter_table("people") as batch_op:
        batch_op.drop_column("city")
        batch_op.drop_column("street")
    """,
    """
    with op.batch_alter_table("people") as batch_op:
        batch_op.add_column(sa.Column("street", sa.String(60)))
        batch_op.add_column(sa.Column("city", sa.String(40)))
    op.execute("UPDATE people SET street = (SELECT street FROM addresses WHERE addresses.person_id = people.id), "
               "city = (SELECT city FROM addresses WHERE addresses.person_id = people.id)")
    op.drop_table("addresses")
    """,
    before=PEOPLE,
)
good(
    "merge two tables into one",
    """
    op.create_table("pets", sa.Column("id", sa.Integer, primary_key=True), sa.Column("kind", sa.String(3), nullable=False),
                    sa.Column("old_id", sa.Integer, nullable=False), sa.Column("name", sa.String(20)))
    op.execute("INSERT INTO pets (kind, old_id, name) SELECT 'cat', id, name FROM cats")
    op.execute("INSERT INTO pets (kind, old_id, name) SELECT 'dog', id, name FROM dogs")
    op.drop_table("cats")
    op.drop_table("dogs")
    """,
    """
    for kind in ("cat", "dog"):
        op.create_table(kind + "s", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(20)))
        op.execute(f"INSERT INTO {kind}s (id, name) SELECT old_id, name FROM pets WHERE kind = '{kind}' "
                   f"AND old_id NOT IN (SELECT id FROM {kind}s)")
    op.drop_table("pets")
    """,
    before="""
    T("cats", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(20)))
    T("dogs", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(20)))
    """,
)
good(
    "rename a column by a copy",
    """
    op.add_column("users", sa.Column("about", sa.Text))
    op.execute("UPDATE users SET about = bio")
    op.drop_column("users", "bio")
    """,
    """
    op.add_column("users", sa.Column("bio", sa.Text))
    op.execute("UPDATE users SET bio = about")
    op.drop_column("users", "about")
    """,
)
good(
    "make of one role for each user as many as there may be",
    """
    op.create_table("user_roles",
        sa.Column("user_id", sa.Integer, nullable=False), sa.Column("role_id", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_user_roles_user", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["role_id"], ["roles.id"], name="fk_user_roles_role"),
        sa.PrimaryKeyConstraint("user_id", "role_id"))
    op.execute("INSERT INTO user_roles (user_id, role_id) SELECT id, role_id FROM users WHERE role_id IS NOT NULL")
    with op.batch_alter_table("users") as batch_op:
        batch_op.drop_constraint("fk_users_role", type_="foreignkey")
        batch_op.drop_column("role_id")
    """,
    """
    with op.batch_alter_table("users") as batch_op:
        batch_op.add_column(sa.Column("role_id", sa.Integer, nullable=True))
        batch_op.create_foreign_key("fk_users_role", "roles", ["role_id"], ["id"])
    op.execute("UPDATE users SET role_id = (SELECT min(role_id) FROM user_roles WHERE user_id = users.id)")
    op.drop_table("user_roles")
    """,
)
good(
    "count in a new column what is in another table",
    """
    op.add_column("users", sa.Column("order_count", sa.Integer, nullable=False, server_default="0"))
    op.execute("UPDATE users SET order_count = (SELECT count(*) FROM orders WHERE orders.user_id = users.id)")
    """,
    'op.drop_column("users", "order_count")',
)
good(
    "make slugs in Python, then require them to be different",
    """
    import re
    op.add_column("roles", sa.Column("slug", sa.String(90)))
    bind = op.get_bind()
    roles = sa.table("roles", sa.column("id", sa.Integer), sa.column("name", sa.String), sa.column("slug", sa.String))
    for role in bind.execute(sa.select(roles.c.id, roles.c.name)).all():
        slug = re.sub(r"[^a-z0-9]+", "-", role.name.lower()).strip("-")
        bind.execute(roles.update().where(roles.c.id == role.id).values(slug=f"{slug}-{role.id}"))
    with op.batch_alter_table("roles") as batch_op:
        batch_op.alter_column("slug", existing_type=sa.String(90), nullable=False)
        batch_op.create_unique_constraint("uq_roles_slug", ["slug"])
    """,
    """
    with op.batch_alter_table("roles") as batch_op:
        batch_op.drop_constraint("uq_roles_slug", type_="unique")
        batch_op.drop_column("slug")
    """,
)
good(
    "put texts into a JSON column",
    """
    op.add_column("users", sa.Column("profile", sa.JSON))
    users = sa.table("users", sa.column("id", sa.Integer), sa.column("bio", sa.Text), sa.column("profile", sa.JSON))
    bind = op.get_bind()
    for row in bind.execute(sa.select(users.c.id, users.c.bio)).mappings().all():
        bind.execute(users.update().where(users.c.id == row["id"]).values(profile={"bio": row["bio"], "links": []}))
    op.drop_column("users", "bio")
    """,
    """
    op.add_column("users", sa.Column("bio", sa.Text))
    users = sa.table("users", sa.column("id", sa.Integer), sa.column("bio", sa.Text), sa.column("profile", sa.JSON))
    bind = op.get_bind()
    for row in bind.execute(sa.select(users.c.id, users.c.profile)).mappings().all():
        bind.execute(users.update().where(users.c.id == row["id"]).values(bio=(row["profile"] or {}).get("bio")))
    op.drop_column("users", "profile")
    """,
)
good(
    "tell duplicates apart before they are forbidden",
    """
    bind = op.get_bind()
    seen = set()
    for id_, email in bind.execute(sa.text("SELECT id, email FROM users WHERE email IS NOT NULL ORDER BY id")).all():
        if email in seen:
            bind.execute(sa.text("UPDATE users SET email = :email WHERE id = :id"), {"email": f"{id_}@double", "id": id_})
        seen.add(email)
    with op.batch_alter_table("users") as batch_op:
        batch_op.create_unique_constraint("uq_users_email", ["email"])
    """,
    """
    with op.batch_alter_table("users") as batch_op:
        batch_op.drop_constraint("uq_users_email", type_="unique")
    """,
    before='T("users", sa.Column("id", sa.Integer, primary_key=True), sa.Column("email", sa.String(120)))',
    on=("sqlite", "postgresql"),
    says=("writes rows",),
)
good(
    "make a boolean of a letter",
    """
    op.add_column("t", sa.Column("is_open", sa.Boolean, nullable=False, server_default=sa.false()))
    t = sa.table("t", sa.column("open", sa.String), sa.column("is_open", sa.Boolean))
    op.execute(t.update().where(t.c.open == op.inline_literal("Y")).values(is_open=sa.true()))
    op.drop_column("t", "open")
    """,
    """
    op.add_column("t", sa.Column("open", sa.String(1)))
    op.drop_column("t", "is_open")
    """,
    before='T("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("open", sa.String(1)))',
)
good(
    "map what a dropped value of an enum meant to another",
    """
    op.execute("UPDATE orders SET state = 'paid' WHERE state = 'sent'")
    op.execute("ALTER TYPE order_state RENAME TO order_state_old")
    op.execute("CREATE TYPE order_state AS ENUM ('new', 'paid')")
    op.execute("ALTER TABLE orders ALTER COLUMN state TYPE order_state USING state::text::order_state")
    op.execute("DROP TYPE order_state_old")
    """,
    """
    op.execute("ALTER TYPE order_state RENAME TO order_state_old")
    op.execute("CREATE TYPE order_state AS ENUM ('new', 'paid', 'sent')")
    op.execute("ALTER TABLE orders ALTER COLUMN state TYPE order_state USING state::text::order_state")
    op.execute("DROP TYPE order_state_old")
    """,
    on=PG,
    says=("writes rows",),
)
good(
    "put rows in and take out the same by their names",
    """
    kinds = op.create_table("kinds", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(20)))
    op.bulk_insert(kinds, [{"name": "letter"}, {"name": "parcel"}])
    op.bulk_insert(sa.table("roles", sa.column("name", sa.String)), [{"name": "reader of all"}, {"name": "writer of all"}])
    """,
    """
    roles = sa.table("roles", sa.column("name", sa.String))
    op.execute(roles.delete().where(roles.c.name.in_(["reader of all", "writer of all"])))
    op.drop_table("kinds")
    """,
)
good(
    "put a row in only where it is not there yet",
    """
    op.execute("INSERT INTO roles (name) SELECT 'keeper of all' FROM (SELECT 1 AS one) AS o "
               "WHERE NOT EXISTS (SELECT 1 FROM roles WHERE name = 'keeper of all')")
    """,
    "pass",
)
good(
    "exchange the values of two columns in one statement",
    'op.execute("UPDATE t SET a = b, b = a")',
    'op.execute("UPDATE t SET a = b, b = a")',
    before='T("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", sa.Integer), sa.Column("b", sa.Integer))',
    on=("sqlite", "postgresql"),
)
good(
    "keep a history of what changes",
    """
    op.create_table("orders_history", sa.Column("id", sa.Integer, primary_key=True), sa.Column("order_id", sa.Integer, nullable=False),
                    sa.Column("total", sa.Integer), sa.Column("at", sa.DateTime, server_default=sa.func.now(), nullable=False))
    op.execute("INSERT INTO orders_history (order_id, total) SELECT id, total FROM orders")
    """,
    'op.drop_table("orders_history")',
)
good(
    "write in pieces until nothing is left",
    """
    op.add_column("orders", sa.Column("cents", sa.Numeric(20, 0)))
    bind = op.get_bind()
    while True:
        ids = bind.execute(sa.text("SELECT id FROM orders WHERE cents IS NULL ORDER BY id LIMIT 7")).scalars().all()
        if not ids:
            break
        some = sa.text("UPDATE orders SET cents = total * 100.0 WHERE id IN :ids").bindparams(sa.bindparam("ids", expanding=True))
        bind.execute(some, {"ids": ids})
    """,
    'op.drop_column("orders", "cents")',
)
good(
    "save by an ORM session that commits",
    """
    from sqlalchemy.orm import Session, declarative_base
    Base = declarative_base()
    class User(Base):
        __tablename__ = "users"
        id = sa.Column(sa.Integer, primary_key=True)
        username = sa.Column(sa.String(64))
        initial = sa.Column(sa.String(4))
    with op.batch_alter_table("users") as batch_op:
        batch_op.add_column(sa.Column("initial", sa.String(4)))
    session = Session(bind=op.get_bind())
    for user in session.scalars(sa.select(User).order_by(User.id)):
        user.initial = user.username[:1].upper()[:4]
    session.commit()
    """,
    """
    with op.batch_alter_table("users") as batch_op:
        batch_op.drop_column("initial")
    """,
)
good(
    "move a whole table's rows under parents that are made for them",
    """
    op.create_table("carts", sa.Column("id", sa.Integer, primary_key=True, autoincrement=False), sa.Column("user_id", sa.Integer, nullable=False),
                    sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_carts_user"))
    op.execute("INSERT INTO carts (id, user_id) SELECT DISTINCT user_id, user_id FROM orders")
    with op.batch_alter_table("orders") as batch_op:
        batch_op.add_column(sa.Column("cart_id", sa.Integer))
    op.execute("UPDATE orders SET cart_id = user_id")
    with op.batch_alter_table("orders") as batch_op:
        batch_op.alter_column("cart_id", existing_type=sa.Integer, nullable=False)
        batch_op.create_foreign_key("fk_orders_cart", "carts", ["cart_id"], ["id"])
    """,
    """
    with op.batch_alter_table("orders") as batch_op:
        batch_op.drop_constraint("fk_orders_cart", type_="foreignkey")
        batch_op.drop_column("cart_id")
    op.drop_table("carts")
    """,
)
