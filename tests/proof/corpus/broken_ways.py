"""Scripts that take one row, value or type for another, so that only telling rows and values find them out."""

from tests.proof.corpus.model import CASES

broken = CASES.broken
PG = ("postgresql",)

BOOKS = """
T("authors", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(40), nullable=False))
T("books", sa.Column("id", sa.Integer, primary_key=True), sa.Column("title", sa.String(40)),
  sa.Column("author_id", sa.Integer, nullable=False),
  sa.ForeignKeyConstraint(["author_id"], ["authors.id"], name="fk_books_author"))
"""
LINK = """
    op.create_table("links", sa.Column("book_id", sa.Integer, nullable=False), sa.Column("author_id", sa.Integer, nullable=False),
                    sa.PrimaryKeyConstraint("book_id", "author_id"))
    op.execute("INSERT INTO links (book_id, author_id) SELECT {chosen} FROM books")
    with op.batch_alter_table("books") as batch_op:
        batch_op.drop_constraint("fk_books_author", type_="foreignkey")
        batch_op.drop_column("author_id")
    """
UNLINK = """
    with op.batch_alter_table("books") as batch_op:
        batch_op.add_column(sa.Column("author_id", sa.Integer))
    op.execute("UPDATE books SET author_id = ({found})")
    with op.batch_alter_table("books") as batch_op:
        batch_op.alter_column("author_id", existing_type=sa.Integer, nullable=False)
        batch_op.create_foreign_key("fk_books_author", "authors", ["author_id"], ["id"])
    op.drop_table("links")
    """
FOUND = "SELECT l.author_id FROM links l WHERE l.book_id = books.id"
POSTS = """
op.execute("CREATE TYPE mood AS ENUM ('glad', 'sad', 'so-so')")
op.execute("CREATE TABLE posts (id integer PRIMARY KEY, mood mood NOT NULL)")
"""
PRICES = (
    'T("prices", sa.Column("id", sa.Integer, primary_key=True), sa.Column("price", sa.Numeric(8, 2), nullable=False))'
)


def moods(labels: str, using: str) -> str:
    """Make an enum again, with other labels."""
    return f"""
    op.execute("ALTER TYPE mood RENAME TO mood_old")
    op.execute("CREATE TYPE mood AS ENUM ({labels})")
    op.execute("ALTER TABLE posts ALTER COLUMN mood TYPE mood USING {using}")
    op.execute("DROP TYPE mood_old")
    """


LARGE = moods("'GLAD', 'SAD', 'SO-SO'", "upper(mood::text)::mood")
SMALL = moods("'glad', 'sad', 'so-so'", "lower(mood::text)::mood")

broken(
    "two ids exchange their places in a table between two",
    LINK.format(chosen="author_id, id"),
    UNLINK.format(found="SELECT coalesce(max(l.author_id), 1) FROM links l WHERE l.book_id = books.id"),
    "GIVES_BACK",
    "column books.author_id",
    before=BOOKS,
)
broken(
    "the downgrade looks a row up by the id of another table",
    LINK.format(chosen="id, author_id"),
    UNLINK.format(found="SELECT min(a.id) FROM authors a WHERE a.id = books.id OR a.id = 1"),
    "GIVES_BACK",
    "column books.author_id",
    before=BOOKS,
)
broken(
    "rows that had parents of another key get those of the same number",
    """
    op.execute("ALTER TABLE parents ADD COLUMN id serial NOT NULL UNIQUE")
    op.add_column("kids", sa.Column("parent_id", sa.Integer))
    op.execute("UPDATE kids SET parent_id = p.id FROM parents p WHERE p.code = kids.parent_code")
    op.drop_constraint("fk_kids", "kids")
    op.create_foreign_key("fk_kids", "kids", "parents", ["parent_id"], ["id"])
    op.drop_column("kids", "parent_code")
    """,
    """
    op.add_column("kids", sa.Column("parent_code", sa.String(9)))
    op.execute("UPDATE kids SET parent_code = coalesce((SELECT code FROM parents p WHERE p.id = kids.id), parent_code)")
    op.alter_column("kids", "parent_code", nullable=False)
    op.drop_column("kids", "parent_id")
    op.create_foreign_key("fk_kids", "kids", "parents", ["parent_code"], ["code"])
    op.drop_column("parents", "id")
    """,
    "GIVES_BACK",
    "column kids.parent_code",
    before="""
    T("parents", sa.Column("code", sa.String(9), primary_key=True))
    T("kids", sa.Column("id", sa.Integer, primary_key=True), sa.Column("parent_code", sa.String(9), nullable=False),
      sa.ForeignKeyConstraint(["parent_code"], ["parents.code"], name="fk_kids"))
    """,
    on=PG,
)
broken(
    "the downgrade exchanges two labels of an enum",
    LARGE,
    moods(
        "'glad', 'sad', 'so-so'",
        "(CASE mood::text WHEN 'GLAD' THEN 'sad' WHEN 'SAD' THEN 'glad' ELSE 'so-so' END)::mood",
    ),
    "GIVES_BACK",
    "column posts.mood",
    before=POSTS,
    on=PG,
)
broken(
    "an enum is made again with labels that no row has",
    moods("'GLAD', 'SAD', 'SO-SO'", "mood::text::mood"),
    SMALL,
    "RUNS",
    "invalid input value for enum mood",
    before=POSTS,
    on=PG,
)
broken(
    "a rule is made again for words that no row has",
    """
    with op.batch_alter_table("posts") as batch_op:
        batch_op.drop_constraint("ck_mood", type_="check")
        batch_op.create_check_constraint("ck_mood", "mood IN ('great', 'awful')")
    """,
    """
    with op.batch_alter_table("posts") as batch_op:
        batch_op.drop_constraint("ck_mood", type_="check")
        batch_op.create_check_constraint("ck_mood", "mood IN ('glad', 'sad')")
    """,
    "RUNS",
    "posts",
    before="""
    T("posts", sa.Column("id", sa.Integer, primary_key=True), sa.Column("mood", sa.String(9), nullable=False),
      sa.CheckConstraint("mood IN ('glad', 'sad')", name="ck_mood"))
    """,
)
broken(
    "the downgrade divides without a rest",
    """
    op.add_column("prices", sa.Column("cents", sa.BigInteger))
    op.execute("UPDATE prices SET cents = price * 100")
    op.drop_column("prices", "price")
    """,
    """
    op.add_column("prices", sa.Column("price", sa.Numeric(8, 2)))
    op.execute("UPDATE prices SET price = cents / 100")
    op.alter_column("prices", "price", existing_type=sa.Numeric(8, 2), nullable=False)
    op.drop_column("prices", "cents")
    """,
    "GIVES_BACK",
    "column prices.price",
    before=PRICES,
    on=PG,
)
broken(
    "the downgrade makes texts of JSON as it is written",
    'op.execute("ALTER TABLE users ALTER COLUMN bio TYPE jsonb USING to_jsonb(bio)")',
    'op.execute("ALTER TABLE users ALTER COLUMN bio TYPE text USING bio::text")',
    "GIVES_BACK",
    "column users.bio",
    on=PG,
)
broken(
    "the downgrade takes another element of a list",
    'op.execute("ALTER TABLE users ALTER COLUMN bio TYPE text[] USING ARRAY[bio]")',
    'op.execute("ALTER TABLE users ALTER COLUMN bio TYPE text USING bio[2]")',
    "GIVES_BACK",
    "column users.bio",
    on=PG,
)
broken(
    "the downgrade writes names small",
    """
    op.add_column("users", sa.Column("title", sa.Text))
    op.execute("UPDATE users SET title = bio")
    with op.batch_alter_table("users") as batch_op:
        batch_op.drop_column("bio")
    """,
    """
    op.add_column("users", sa.Column("bio", sa.Text))
    op.execute("UPDATE users SET bio = lower(title)")
    with op.batch_alter_table("users") as batch_op:
        batch_op.drop_column("title")
    """,
    "GIVES_BACK",
    "column users.bio",
)
broken(
    "two columns exchange their values, and one takes the other's on the way back",
    'op.execute("UPDATE points SET x = y, y = x")',
    'op.execute("UPDATE points SET x = y")\nop.execute("UPDATE points SET y = x")',
    "AGAIN",
    "column points.",
    before='T("points", sa.Column("id", sa.Integer, primary_key=True), sa.Column("x", sa.Integer), sa.Column("y", sa.Integer))',
    on=("postgresql", "sqlite"),
)
broken(
    "a sequence begins anew that only a default uses",
    'op.execute("ALTER SEQUENCE bill_numbers RESTART")',
    "pass",
    "KEEPS",
    "sequence bill_numbers: would give 1 next",
    before="""
    op.execute("CREATE SEQUENCE bill_numbers")
    op.execute("CREATE TABLE bills (id integer PRIMARY KEY, number integer DEFAULT nextval('bill_numbers'))")
    """,
    on=PG,
)
