"""Scripts that run and come back, and leave something behind that is wrong all the same."""

from tests.proof.corpus.model import CASES

broken = CASES.broken
MY, LITE = ("mariadb",), ("sqlite",)
NOT_PG = ("sqlite", "mariadb")  # where a view, a trigger or a foreign key may lead to nothing

JOBS = """
T("jobs", sa.Column("id", sa.Integer, primary_key=True), sa.Column("state", sa.Enum("new", "open", "done"), nullable=False),
  sa.Column("title", sa.String(100), nullable=False), sa.Column("size", sa.Integer, nullable=False))
"""
NAMES = """
T("people", sa.Column("id", sa.Integer, primary_key=True), sa.Column("first", sa.String(40), nullable=False),
  sa.Column("middle", sa.String(40), nullable=False), sa.Column("last", sa.String(40), nullable=False))
"""
LOGGED = """+
T("log", sa.Column("id", sa.Integer, primary_key=True), sa.Column("what", sa.String(100)))
"""
WITH_VIEW = '+op.execute("CREATE VIEW names AS SELECT id, username FROM users")'

broken(
    "a duplicate is deleted in silence, since it stands in the way",
    """
    op.execute("DELETE FROM users WHERE id NOT IN (SELECT least FROM (SELECT MIN(id) AS least FROM users GROUP BY email) kept)")
    with op.batch_alter_table("users") as batch_op:
        batch_op.create_unique_constraint("uq_users_email", ["email"])
    """,
    """
    with op.batch_alter_table("users") as batch_op:
        batch_op.drop_constraint("uq_users_email", type_="unique")
    """,
    "TAKES_ALL",
    "are gone",
    before="""
    T("users", sa.Column("id", sa.Integer, primary_key=True), sa.Column("email", sa.String(120), nullable=False))
    """,
)
broken(
    "the rows without any child are deleted",
    'op.execute("DELETE FROM users WHERE id NOT IN (SELECT user_id FROM orders)")',
    "",
    "KEEPS",
    "table users:",
    before="""
    T("users", sa.Column("id", sa.Integer, primary_key=True), sa.Column("email", sa.String(120), nullable=False))
    T("orders", sa.Column("id", sa.Integer, primary_key=True), sa.Column("user_id", sa.Integer, nullable=False),
      sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_orders_user"))
    """,
)
broken(
    "a column is renamed under a view",
    'op.alter_column("users", "username", new_column_name="login", existing_type=sa.String(64), existing_nullable=False)',
    'op.alter_column("users", "login", new_column_name="username", existing_type=sa.String(64), existing_nullable=False)',
    "WORKS",
    "view names: ",
    before=WITH_VIEW,
    on=MY,
)
broken(
    "a table is dropped under a view",
    'op.drop_table("notes")',
    'op.create_table("notes", sa.Column("id", sa.Integer, primary_key=True), sa.Column("body", sa.Text))',
    "WORKS",
    "view bodies: ",
    before="""
    T("notes", sa.Column("id", sa.Integer, primary_key=True), sa.Column("body", sa.Text))
    op.execute("CREATE VIEW bodies AS SELECT body FROM notes")
    """,
    on=NOT_PG,
)
broken(
    "a column is renamed under a trigger",
    'op.alter_column("users", "username", new_column_name="login", existing_type=sa.String(64), existing_nullable=False)',
    'op.alter_column("users", "login", new_column_name="username", existing_type=sa.String(64), existing_nullable=False)',
    "WORKS",
    "trigger users.note: ",
    before=LOGGED
    + 'op.execute("CREATE TRIGGER note AFTER UPDATE ON users FOR EACH ROW INSERT INTO log (what) VALUES (NEW.username)")',
    on=MY,
)
broken(
    "a table is dropped that a trigger writes into",
    'op.drop_table("log")',
    'op.create_table("log", sa.Column("id", sa.Integer, primary_key=True), sa.Column("what", sa.String(100)))',
    "WORKS",
    "trigger users.note: ",
    before=LOGGED
    + """op.execute("CREATE TRIGGER note AFTER DELETE ON users FOR EACH ROW BEGIN INSERT INTO log (what) VALUES (OLD.username); END")""",
    on=NOT_PG,
)
broken(
    "a table is dropped that another one points to",
    'op.drop_table("roles")',
    """
    op.create_table("roles", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(64), nullable=False),
                    sa.UniqueConstraint("name", name="uq_roles_name"))
    """,
    "WORKS",
    "foreign key users.fk_users_role: refers to table roles, which is not there",
    on=LITE,
)
broken(
    "rows are made to point to nothing",
    'op.execute("UPDATE orders SET user_id = user_id + 100000")',
    'op.execute("UPDATE orders SET user_id = user_id - 100000")',
    "WORKS",
    "foreign key orders.fk_orders_user: ",
    on=LITE,
)
broken(
    "rows are made to point to nothing while the server is told not to look",
    """
    op.execute("SET FOREIGN_KEY_CHECKS = 0")
    op.execute("UPDATE orders SET user_id = user_id + 100000")
    op.execute("SET FOREIGN_KEY_CHECKS = 1")
    """,
    'op.execute("UPDATE orders SET user_id = user_id - 100000")',
    "WORKS",
    "foreign key orders.fk_orders_user: ",
    on=MY,
)
broken(
    "a foreign key is added over rows that point to nothing, while the server is told not to look",
    """
    op.execute("SET FOREIGN_KEY_CHECKS = 0")
    op.create_foreign_key("fk_notes_user", "notes", "users", ["user_id"], ["id"])
    op.execute("SET FOREIGN_KEY_CHECKS = 1")
    """,
    """
    op.drop_constraint("fk_notes_user", "notes", type_="foreignkey")
    op.drop_index("fk_notes_user", "notes")
    """,
    "TAKES_ALL",
    "foreign key notes.fk_notes_user: ",
    before='+T("notes", sa.Column("id", sa.Integer, primary_key=True), sa.Column("user_id", sa.Integer, nullable=False))',
    on=MY,
)
broken(
    "texts are cut since the server is told not to mind",
    """
    op.execute("SET SESSION sql_mode = ''")
    op.alter_column("jobs", "title", existing_type=sa.String(100), type_=sa.String(10), existing_nullable=False)
    """,
    'op.alter_column("jobs", "title", existing_type=sa.String(10), type_=sa.String(100), existing_nullable=False)',
    "TAKES_ALL",
    "column jobs.title: ",
    before=JOBS,
    on=MY,
)
broken(
    "a value of an enumeration goes since the server is told not to mind",
    """
    op.execute("SET SESSION sql_mode = ''")
    op.execute("ALTER TABLE jobs MODIFY state ENUM('new', 'done') NOT NULL")
    """,
    """op.execute("ALTER TABLE jobs MODIFY state ENUM('new', 'open', 'done') NOT NULL")""",
    "TAKES_ALL",
    "column jobs.state: ",
    before=JOBS,
    on=MY,
)
broken(
    "numbers become the greatest that fits since the server is told not to mind",
    """
    op.execute("SET SESSION sql_mode = ''")
    op.alter_column("jobs", "size", existing_type=sa.Integer(), type_=sa.SmallInteger(), existing_nullable=False)
    """,
    'op.alter_column("jobs", "size", existing_type=sa.SmallInteger(), type_=sa.Integer(), existing_nullable=False)',
    "TAKES_ALL",
    "column jobs.size: ",
    before=JOBS,
    on=MY,
)
broken(
    "an enumeration goes through its numbers, and its values change places",
    """
    op.execute("ALTER TABLE jobs MODIFY state INT NOT NULL")
    op.execute("ALTER TABLE jobs MODIFY state ENUM('done', 'open', 'new') NOT NULL")
    """,
    """
    op.execute("ALTER TABLE jobs MODIFY state INT NOT NULL")
    op.execute("ALTER TABLE jobs MODIFY state ENUM('new', 'open', 'done') NOT NULL")
    """,
    "KEEPS",
    "column jobs.state: ",
    before=JOBS,
    on=MY,
)
broken(
    "rows are copied by the position of their columns, and these have others",
    """
    op.create_table("people2", sa.Column("id", sa.Integer, primary_key=True), sa.Column("last", sa.String(40), nullable=False),
                    sa.Column("middle", sa.String(40), nullable=False), sa.Column("first", sa.String(40), nullable=False))
    op.execute("INSERT INTO people2 SELECT * FROM people")
    op.drop_table("people")
    op.rename_table("people2", "people")
    """,
    """
    op.create_table("people2", sa.Column("id", sa.Integer, primary_key=True), sa.Column("first", sa.String(40), nullable=False),
                    sa.Column("middle", sa.String(40), nullable=False), sa.Column("last", sa.String(40), nullable=False))
    op.execute("INSERT INTO people2 SELECT * FROM people")
    op.drop_table("people")
    op.rename_table("people2", "people")
    """,
    "KEEPS",
    "column people.first: ",
    before=NAMES,
    on=NOT_PG,
)
broken(
    "the downgrade takes a value away that the upgrade has given to rows",
    """
    op.execute("ALTER TABLE jobs MODIFY state ENUM('new', 'open', 'done', 'archived') NOT NULL")
    op.execute("UPDATE jobs SET state = 'archived' WHERE state = 'done'")
    """,
    """op.execute("ALTER TABLE jobs MODIFY state ENUM('new', 'open', 'done') NOT NULL")""",
    "GIVES_BACK",
    "Data truncated for column 'state'",
    before=JOBS,
    on=MY,
)
broken(
    "a column is added in a way that only an empty table takes",
    'op.execute("ALTER TABLE users ADD COLUMN made DATETIME DEFAULT CURRENT_TIMESTAMP")',
    'op.drop_column("users", "made")',
    "RUNS",
    "Cannot add a column with non-constant default",
    on=LITE,
)
broken(
    "texts grow with each upgrade",
    """op.execute("UPDATE users SET username = substr(username, 1, 20) || '-' || id")""",
    "",
    "AGAIN",
    "column users.username: ",
    on=("sqlite", "postgresql"),
)
broken(
    "a sequence begins anew where there is no table",
    """
    op.execute("DROP SEQUENCE numbers")
    op.execute("CREATE SEQUENCE numbers CACHE 50")
    """,
    """
    op.execute("DROP SEQUENCE numbers")
    op.execute("CREATE SEQUENCE numbers")
    """,
    "KEEPS",
    "sequence numbers: would give 1 next",
    before='op.execute("CREATE SEQUENCE numbers")',
    on=("postgresql", "mariadb"),
)
