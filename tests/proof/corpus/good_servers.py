"""Scripts with which nothing is wrong, in the dialects of MariaDB and SQLite."""

from tests.proof.corpus.model import CASES

good = CASES.good
MY, LITE = ("mariadb",), ("sqlite",)

good(
    "write over rows by way of a temporary table",
    """
    op.execute("CREATE TEMPORARY TABLE lowered AS SELECT id, LOWER(email) AS email FROM users")
    op.execute("UPDATE users u JOIN lowered l ON l.id = u.id SET u.email = l.email")
    op.execute("DROP TEMPORARY TABLE lowered")
    """,
    "",
    says=("It writes rows.",),
    on=MY,
)
good(
    "write rows that say themselves when they were written, and make their time finer",
    """
    op.execute("UPDATE posts SET title = UPPER(title)")
    op.execute("ALTER TABLE posts MODIFY seen TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)")
    """,
    """
    op.execute("ALTER TABLE posts MODIFY seen TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP")
    """,
    before='''
    op.execute("""CREATE TABLE posts (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, title VARCHAR(20),
      seen TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP)""")
    ''',
    on=MY,
)
good(
    "make an event that starts at once",
    """op.execute("CREATE EVENT tidy ON SCHEDULE EVERY 1 DAY DO DELETE FROM users WHERE email = ''")""",
    'op.execute("DROP EVENT tidy")',
    on=MY,
)
good(
    "drop an event that started at once",
    'op.execute("DROP EVENT tidy")',
    """op.execute("CREATE EVENT tidy ON SCHEDULE EVERY 1 DAY DO DELETE FROM users WHERE email = ''")""",
    before="""+op.execute("CREATE EVENT tidy ON SCHEDULE EVERY 1 DAY DO DELETE FROM users WHERE email = ''")""",
    on=MY,
)
good(
    "rename a table whose trigger writes into another one",
    'op.rename_table("users", "people")',
    'op.rename_table("people", "users")',
    before="""+
    T("log", sa.Column("id", sa.Integer, primary_key=True), sa.Column("what", sa.String(100)))
    op.execute("CREATE TRIGGER note AFTER INSERT ON users FOR EACH ROW BEGIN INSERT INTO log (what) VALUES (NEW.username); END")
    """.replace("\n    ", "\n"),
    on=("sqlite", "mariadb"),
)
good(
    "have more bits",
    'op.execute("ALTER TABLE flags MODIFY bits BIT(16)")',
    'op.execute("ALTER TABLE flags MODIFY bits BIT(8)")',
    before='op.execute("CREATE TABLE flags (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, bits BIT(8))")',
    on=MY,
)
good(
    "round numbers, which the type does by itself",
    'op.alter_column("goods", "price", existing_type=sa.Numeric(12, 4), type_=sa.Numeric(12, 2))',
    'op.alter_column("goods", "price", existing_type=sa.Numeric(12, 2), type_=sa.Numeric(12, 4))',
    before='T("goods", sa.Column("id", sa.Integer, primary_key=True), sa.Column("price", sa.Numeric(12, 4)))',
    on=("postgresql", "mariadb"),
)
good(
    "have numbers in place of an enumeration's values",
    'op.execute("ALTER TABLE jobs MODIFY state INT NOT NULL")',
    """op.execute("ALTER TABLE jobs MODIFY state ENUM('new', 'open', 'done') NOT NULL")""",
    before="""
    op.execute("CREATE TABLE jobs (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, state ENUM('new', 'open', 'done') NOT NULL)")
    """,
    on=MY,
)
good(
    "keep a trigger and a view that work",
    """
    with op.batch_alter_table("users") as batch_op:
        batch_op.add_column(sa.Column("phone", sa.String(20)))
    """,
    """
    with op.batch_alter_table("users") as batch_op:
        batch_op.drop_column("phone")
    """,
    before="""+
op.execute("CREATE VIEW names AS SELECT id, username FROM users")
op.execute("CREATE TRIGGER tell AFTER INSERT ON users FOR EACH ROW BEGIN UPDATE roles SET name = concat_ws('', name) WHERE id = NEW.role_id; END")
""",
    on=MY,
)
good(
    "have a float in place of an integer, whose last digits it does not hold",
    'op.alter_column("t", "n", existing_type=sa.Integer(), type_=sa.Float())',
    'op.alter_column("t", "n", existing_type=sa.Float(), type_=sa.Integer())',
    before='T("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("n", sa.Integer))',
    says=("column t.n is rewritten",),
    on=MY,
)
