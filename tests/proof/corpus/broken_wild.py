"""Scripts that lose values or numbers on the way up or down, in ways found in real projects."""

from tests.proof.corpus.model import CASES

broken = CASES.broken
PG, MY, LITE = ("postgresql",), ("mariadb",), ("sqlite",)

PEOPLE = """
T("people", sa.Column("id", sa.Integer, primary_key=True), sa.Column("first", sa.String(40), nullable=False),
  sa.Column("last", sa.String(40)), sa.Column("city", sa.String(40)))
"""

broken(
    "rows with ids of their own leave the new sequence behind",
    """
    kinds = op.create_table("kinds", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(20)))
    op.bulk_insert(kinds, [{"id": 1, "name": "letter"}, {"id": 2, "name": "parcel"}])
    """,
    'op.drop_table("kinds")',
    "KEEPS",
    "column kinds.id: would give 1 next; there are rows up to 2",
    on=PG,
)
broken(
    "the downgrade splits names where there is no blank",
    """
    op.add_column("people", sa.Column("name", sa.String(90)))
    op.execute("UPDATE people SET name = first || ' ' || coalesce(last, '')")
    op.drop_column("people", "first")
    op.drop_column("people", "last")
    """,
    """
    op.add_column("people", sa.Column("first", sa.String(40), nullable=False, server_default=""))
    op.add_column("people", sa.Column("last", sa.String(40)))
    op.execute("UPDATE people SET first = substr(name, 1, 3), last = substr(name, 5)")
    with op.batch_alter_table("people") as batch_op:
        batch_op.alter_column("first", existing_type=sa.String(40), existing_nullable=False, server_default=None)
        batch_op.drop_column("name")
    """,
    "GIVES_BACK",
    "column people.first",
    before=PEOPLE,
    on=("sqlite", "postgresql"),
)
broken(
    "only some of the values are moved, and the way back writes over the others",
    """
    op.create_table("profiles", sa.Column("user_id", sa.Integer, primary_key=True, autoincrement=False), sa.Column("bio", sa.Text))
    op.execute("INSERT INTO profiles (user_id, bio) SELECT id, bio FROM users WHERE email IS NOT NULL")
    op.drop_column("users", "bio")
    """,
    """
    op.add_column("users", sa.Column("bio", sa.Text))
    op.execute("UPDATE users SET bio = (SELECT bio FROM profiles WHERE profiles.user_id = users.id)")
    op.drop_table("profiles")
    """,
    "GIVES_BACK",
    "column users.bio",
)
broken(
    "the way back gives all rows the values of the first",
    """
    op.create_table("profiles", sa.Column("user_id", sa.Integer, primary_key=True, autoincrement=False), sa.Column("bio", sa.Text))
    op.execute("INSERT INTO profiles (user_id, bio) SELECT id, bio FROM users")
    op.drop_column("users", "bio")
    """,
    """
    op.add_column("users", sa.Column("bio", sa.Text))
    op.execute("UPDATE users SET bio = (SELECT bio FROM profiles WHERE bio <> '' ORDER BY user_id LIMIT 1)")
    op.drop_table("profiles")
    """,
    "GIVES_BACK",
    "column users.bio",
)
broken(
    "the downgrade cuts texts to the length that it believes to be right",
    'op.alter_column("users", "bio", new_column_name="about", existing_type=sa.Text)',
    """
    op.execute("ALTER TABLE users ALTER COLUMN about TYPE text USING left(about, 5)")
    op.alter_column("users", "about", new_column_name="bio", existing_type=sa.Text)
    """,
    "GIVES_BACK",
    "column users.bio",
    on=PG,
)
broken(
    "the downgrade cuts by an UPDATE what the upgrade only widened",
    """
    with op.batch_alter_table("orders") as batch_op:
        batch_op.alter_column("note", type_=sa.String(200), existing_type=sa.String(50), existing_server_default="none")
    """,
    """
    op.execute("UPDATE orders SET note = substr(note, 1, 4)")
    with op.batch_alter_table("orders") as batch_op:
        batch_op.alter_column("note", type_=sa.String(50), existing_type=sa.String(200), existing_server_default="none")
    """,
    "GIVES_BACK",
    "column orders.note",
)
broken(
    "the downgrade writes back to all rows what was written to some",
    """op.execute("UPDATE t SET state = 'closed' WHERE state = 'sent'")""",
    """op.execute("UPDATE t SET state = 'sent'")""",
    "GIVES_BACK",
    "column t.state",
    before="""
    T("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("state", sa.String(8)),
      sa.CheckConstraint("state IN ('new', 'paid', 'sent', 'closed')", name="ck_t_state"))
    """,
)
broken(
    "the downgrade takes NULL for what was filled and for what was there",
    """
    op.execute("UPDATE t SET note = 'none' WHERE note IS NULL")
    """,
    """
    op.execute("UPDATE t SET note = NULL WHERE note = 'none'")
    """,
    "GIVES_BACK",
    "column t.note",
    before="""
    T("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("note", sa.String(8)),
      sa.CheckConstraint("note IN ('none', 'some')", name="ck_t_note"))
    """,
)
broken(
    "an update in a loop forgets which row it is for",
    """
    bind = op.get_bind()
    for id_, name in bind.execute(sa.text("SELECT id, username FROM people")).all():
        bind.execute(sa.text("UPDATE people SET username = :name"), {"name": name.lower()})
    """,
    "pass",
    "KEEPS",
    "column people.username",
    before='T("people", sa.Column("id", sa.Integer, primary_key=True), sa.Column("username", sa.String(64), nullable=False))',
)
broken(
    "the downgrade takes out all rows and not only its own",
    """
    op.bulk_insert(sa.table("t", sa.column("id", sa.Integer), sa.column("name", sa.String)), [{"id": 900001, "name": "first"}])
    """,
    'op.execute("DELETE FROM t WHERE id > 1")',
    "GIVES_BACK",
    "table t",
    before='T("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(20)))',
)
broken(
    "the downgrade drops another table than the upgrade has made",
    'op.create_table("order_items", sa.Column("id", sa.Integer, primary_key=True))',
    'op.drop_table("order_items")\nop.drop_table("order_item")',
    "RETURNS",
    "table order_item: is missing",
    before='T("order_item", sa.Column("id", sa.Integer, primary_key=True), sa.Column("x", sa.Integer))',
)
broken(
    "a rebuild by hand leaves out the rows with NULL",
    """
    op.create_table("t_new", sa.Column("id", sa.Integer, primary_key=True, autoincrement=False), sa.Column("name", sa.String(20)))
    op.execute("INSERT INTO t_new (id, name) SELECT id, name FROM t WHERE name <> 'x'")
    op.drop_table("t")
    op.rename_table("t_new", "t")
    """,
    "raise NotImplementedError()",
    "KEEPS",
    "table t",
    before='T("t", sa.Column("id", sa.Integer, primary_key=True, autoincrement=False), sa.Column("name", sa.String(20)))',
)
broken(
    "a union leaves out the rows that are there twice",
    """
    op.create_table("log_new", sa.Column("what", sa.Integer), sa.Column("how", sa.Integer))
    op.execute("INSERT INTO log_new SELECT what, how FROM log UNION SELECT what, how FROM log")
    op.drop_table("log")
    op.rename_table("log_new", "log")
    """,
    "raise NotImplementedError()",
    "KEEPS",
    "table log",
    before="""
    T("log", sa.Column("what", sa.Integer), sa.Column("how", sa.Integer),
      sa.CheckConstraint("what IN (1, 2)", name="ck_what"), sa.CheckConstraint("how IN (1, 2)", name="ck_how"))
    """,
)
broken(
    "a join gives rows twice",
    """
    op.execute("CREATE TABLE log_new AS SELECT l.what, l.how FROM log l JOIN kinds k ON k.what = l.what OR l.what IS NULL")
    op.drop_table("log")
    op.rename_table("log_new", "log")
    """,
    "raise NotImplementedError()",
    "KEEPS",
    "table log",
    before="""
    T("kinds", sa.Column("what", sa.Integer, nullable=False), sa.Column("name", sa.String(9)),
      sa.CheckConstraint("what IN (1, 2)", name="ck_kind"))
    T("log", sa.Column("what", sa.Integer), sa.Column("how", sa.Integer), sa.CheckConstraint("what IN (1, 2)", name="ck_what"))
    """,
)
broken(
    "the way back puts in rows that are there already",
    """
    op.execute("INSERT INTO notes (text) SELECT bio FROM users WHERE bio IS NOT NULL")
    op.drop_column("users", "bio")
    """,
    """
    op.add_column("users", sa.Column("bio", sa.Text))
    op.execute("INSERT INTO notes (text) SELECT text FROM notes")
    """,
    "GIVES_BACK",
    "table notes",
    before="""+
    T("notes", sa.Column("text", sa.Text))
    """,
)
broken(
    "values are exchanged in one statement where it goes from left to right",
    'op.execute("UPDATE t SET a = b, b = a")',
    'op.execute("UPDATE t SET a = b, b = a")',
    "KEEPS",
    "column t.a",
    before='T("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", sa.Integer), sa.Column("b", sa.Integer))',
    on=MY,
)
broken(
    "a batch is given a table that lacks a column",
    """
    users = sa.Table("people", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("first", sa.String(40), nullable=False),
                     sa.Column("last", sa.String(40)))
    with op.batch_alter_table("people", copy_from=users, recreate="always") as batch_op:
        batch_op.add_column(sa.Column("phone", sa.String(20)))
    """,
    """
    with op.batch_alter_table("people") as batch_op:
        batch_op.drop_column("phone")
    """,
    "RETURNS",
    "column people.city: is missing",
    before=PEOPLE,
    on=LITE,
)
broken(
    "NULL is forbidden before it is filled",
    """
    op.add_column("users", sa.Column("locale", sa.String(8)))
    op.alter_column("users", "locale", existing_type=sa.String(8), nullable=False)
    op.execute("UPDATE users SET locale = 'en'")
    """,
    'op.drop_column("users", "locale")',
    "RUNS",
    "locale",
)
broken(
    "only the first hundredth is filled before NULL is forbidden",
    """
    op.add_column("users", sa.Column("locale", sa.String(8)))
    op.execute("UPDATE users SET locale = 'en' WHERE id % 10 = 1")
    op.alter_column("users", "locale", existing_type=sa.String(8), nullable=False)
    """,
    'op.drop_column("users", "locale")',
    "RUNS",
    "locale",
)
broken(
    "a table made anew by hand counts from one again",
    """
    op.create_table("t_new", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(20)))
    op.execute("INSERT INTO t_new (id, name) SELECT id, name FROM t")
    op.drop_table("t")
    op.rename_table("t_new", "t")
    """,
    "raise NotImplementedError()",
    "KEEPS",
    "column t.id: would give 1 next",
    before='T("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(20)))',
    on=PG,
)
broken(
    "an amount is multiplied again by each upgrade",
    'op.execute("UPDATE t SET cents = 2 * cents + 1")',
    "pass",
    "AGAIN",
    "column t.cents",
    before="""
    T("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("cents", sa.Integer),
      sa.CheckConstraint("cents BETWEEN -1000 AND 1000", name="ck_t"))
    """,
)
broken(
    "the way back fills what was empty",
    """op.add_column("users", sa.Column("phone", sa.String(20)))""",
    """
    op.execute("UPDATE users SET bio = '' WHERE bio IS NULL")
    op.drop_column("users", "phone")
    """,
    "GIVES_BACK",
    "column users.bio",
)
broken(
    "all rows get the time of the migration",
    'op.execute("UPDATE t SET made = CURRENT_TIMESTAMP")',
    "pass",
    "KEEPS",
    "column t.made",
    before='T("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("made", sa.DateTime))',
)
