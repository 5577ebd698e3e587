"""A dozen revisions as people write them: what each does to the posts, and how it takes it back.

Each begins with the table `post` and its four rows; after the downgrade both are as they were.
"""

from dataclasses import dataclass

POSTS = """op.create_table(
        "post",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("n", sa.Integer),
        sa.Column("author", sa.String(40)),
    )
    op.execute("INSERT INTO post (author, n) VALUES ('ann', 1), ('bob', 2), ('ann', 3), ('cy', 4)")"""


@dataclass(frozen=True)
class Revision:
    """The bodies of `upgrade()` and `downgrade()`."""

    upgrade: str
    downgrade: str


REVISIONS = {
    # A column moves to a table of its own, rows and all; Python decides over rows.
    "a column becomes a table": Revision(
        """op.create_table(
        "author", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(40), unique=True)
    )
    op.add_column("post", sa.Column("author_id", sa.Integer))
    bind = op.get_bind()
    author = sa.table("author", sa.column("id", sa.Integer), sa.column("name", sa.String))
    post = sa.table("post", sa.column("author", sa.String), sa.column("author_id", sa.Integer))
    names = bind.execute(sa.select(post.c.author).distinct().order_by(post.c.author)).scalars().all()
    for number, name in enumerate(names, 1):  # a number that the server gives is not given again after a rollback
        bind.execute(sa.insert(author).values(id=number, name=name))
        key = bind.execute(sa.select(author.c.id).where(author.c.name == name)).scalar_one()
        changed = bind.execute(post.update().where(post.c.author == name).values(author_id=key))
        assert changed.rowcount == (2 if name == "ann" else 1)
    op.execute("UPDATE post SET n = n + 1")
    with op.batch_alter_table("post") as batch:
        batch.create_foreign_key("fk_post_author", "author", ["author_id"], ["id"])
        batch.drop_column("author")
    op.bulk_insert(author, [{"id": 8, "name": "nobody"}, {"id": 9, "name": "somebody"}])
    op.execute("UPDATE post SET n = n + 1")
    op.create_index("ix_post_n", "post", ["n"])""",
        """op.drop_index("ix_post_n", "post")
    op.execute("UPDATE post SET n = n - 1")
    op.add_column("post", sa.Column("author", sa.String(40)))
    op.execute("UPDATE post SET author = (SELECT name FROM author WHERE author.id = post.author_id)")
    with op.batch_alter_table("post") as batch:
        batch.drop_constraint("fk_post_author", type_="foreignkey")
        batch.drop_column("author_id")
    op.execute("UPDATE post SET n = n - 1")
    op.drop_table("author")""",
    ),
    "a required column": Revision(
        """op.add_column("post", sa.Column("slug", sa.String(60)))
    op.execute("UPDATE post SET slug = author")
    op.execute("UPDATE post SET n = n * 2")
    with op.batch_alter_table("post") as batch:
        batch.alter_column("slug", existing_type=sa.String(60), nullable=False)
    op.create_index("ix_post_slug", "post", ["slug"])""",
        """op.drop_index("ix_post_slug", "post")
    op.execute("UPDATE post SET n = n / 2")
    op.drop_column("post", "slug")""",
    ),
    "renames": Revision(
        """op.alter_column("post", "author", new_column_name="writer", existing_type=sa.String(40))
    op.execute("UPDATE post SET n = n + 10")
    op.rename_table("post", "article")
    op.execute("UPDATE article SET writer = writer || '.'" if op.get_bind().dialect.name != "mysql"
               else "UPDATE article SET writer = concat(writer, '.')")
    op.create_index("ix_article_writer", "article", ["writer"])""",
        """op.drop_index("ix_article_writer", "article")
    op.execute("UPDATE article SET writer = substr(writer, 1, length(writer) - 1)")
    op.rename_table("article", "post")
    op.execute("UPDATE post SET n = n - 10")
    op.alter_column("post", "writer", new_column_name="author", existing_type=sa.String(40))""",
    ),
    "rows moved to an archive": Revision(
        """op.create_table(
        "old_post", sa.Column("id", sa.Integer, primary_key=True), sa.Column("n", sa.Integer),
        sa.Column("author", sa.String(40)),
    )
    op.execute("INSERT INTO old_post (id, n, author) SELECT id, n, author FROM post WHERE n < 3")
    op.execute("DELETE FROM post WHERE n < 3")
    op.execute("UPDATE old_post SET n = n + 1")
    op.execute("UPDATE post SET n = n + 1")""",
        """op.execute("UPDATE post SET n = n - 1")
    op.execute("UPDATE old_post SET n = n - 1")
    op.execute("INSERT INTO post (id, n, author) SELECT id, n, author FROM old_post")
    op.execute("DELETE FROM old_post")
    op.drop_table("old_post")""",
    ),
    "each row by Python": Revision(
        """bind = op.get_bind()
    op.add_column("post", sa.Column("sum", sa.Integer))
    post = sa.table("post", sa.column("id"), sa.column("n"), sa.column("sum"))
    total = 0
    for row in bind.execute(sa.select(post.c.id, post.c.n).order_by(post.c.id)).all():
        total += row.n
        bind.execute(post.update().where(post.c.id == row.id).values(sum=total, n=row.n + total))
    assert total == 10, total""",
        """bind = op.get_bind()
    post = sa.table("post", sa.column("id"), sa.column("n"), sa.column("sum"))
    for row in bind.execute(sa.select(post).order_by(post.c.id.desc())).all():
        bind.execute(post.update().where(post.c.id == row.id).values(n=row.n - row.sum))
    op.drop_column("post", "sum")""",
    ),
    "two columns from one": Revision(
        """op.add_column("post", sa.Column("first", sa.String(1)))
    op.add_column("post", sa.Column("rest", sa.String(40)))
    op.execute("UPDATE post SET first = substr(author, 1, 1), rest = substr(author, 2)")
    op.execute("UPDATE post SET n = n + 1")
    op.drop_column("post", "author")""",
        """op.add_column("post", sa.Column("author", sa.String(40)))
    op.execute("UPDATE post SET author = concat(first, rest)" if op.get_bind().dialect.name == "mysql"
               else "UPDATE post SET author = first || rest")
    op.execute("UPDATE post SET n = n - 1")
    with op.batch_alter_table("post") as batch:
        batch.drop_column("rest")
        batch.drop_column("first")""",
    ),
    "rules": Revision(
        """op.execute("UPDATE post SET n = n + 5")
    with op.batch_alter_table("post") as batch:
        batch.create_check_constraint("ck_post_n", "n > 5")
        batch.create_unique_constraint("uq_post_n", ["n"])
    op.execute("UPDATE post SET n = n + 100")
    with op.batch_alter_table("post") as batch:
        batch.alter_column("n", existing_type=sa.Integer, nullable=False)""",
        """with op.batch_alter_table("post") as batch:
        batch.alter_column("n", existing_type=sa.Integer, nullable=True)
    with op.batch_alter_table("post") as batch:
        batch.drop_constraint("uq_post_n", type_="unique")
        batch.drop_constraint("ck_post_n", type_="check")
    op.execute("UPDATE post SET n = n - 105")""",
    ),
    "another type": Revision(
        """op.execute("UPDATE post SET n = n + 1")
    with op.batch_alter_table("post") as batch:
        batch.alter_column("n", existing_type=sa.Integer, type_=sa.BigInteger)
    op.execute("UPDATE post SET n = n + 3000000000")
    with op.batch_alter_table("post") as batch:
        batch.alter_column("author", existing_type=sa.String(40), type_=sa.Text)
    op.create_index("ix_post_n", "post", ["n"])""",
        """op.drop_index("ix_post_n", "post")
    with op.batch_alter_table("post") as batch:
        batch.alter_column("author", existing_type=sa.Text, type_=sa.String(40))
    op.execute("UPDATE post SET n = n - 3000000000")
    with op.batch_alter_table("post") as batch:
        batch.alter_column("n", existing_type=sa.BigInteger, type_=sa.Integer)
    op.execute("UPDATE post SET n = n - 1")""",
    ),
    "a tree": Revision(
        """op.add_column("post", sa.Column("parent", sa.Integer))
    op.execute("UPDATE post SET parent = 1 WHERE id > 1")
    with op.batch_alter_table("post") as batch:
        batch.create_foreign_key("fk_post_parent", "post", ["parent"], ["id"])
    op.execute("INSERT INTO post (id, n, author, parent) VALUES (50, 50, 'eve', 2)")
    op.execute("UPDATE post SET n = n + 1")""",
        """op.execute("UPDATE post SET n = n - 1")
    op.execute("DELETE FROM post WHERE id = 50")
    with op.batch_alter_table("post") as batch:
        batch.drop_constraint("fk_post_parent", type_="foreignkey")
    op.drop_column("post", "parent")""",
    ),
    "a view over a new table": Revision(
        """tag = op.create_table(
        "tag", sa.Column("id", sa.Integer, primary_key=True), sa.Column("word", sa.String(20), nullable=False)
    )
    op.bulk_insert(tag, [{"id": 1, "word": "red"}, {"id": 2, "word": "blue"}])
    op.execute("INSERT INTO tag (id, word) SELECT n + 10, author FROM post")
    op.execute("CREATE VIEW tagged AS SELECT post.id, tag.word FROM post JOIN tag ON tag.id = post.n")
    op.execute("UPDATE post SET n = n + 1")""",
        """op.execute("UPDATE post SET n = n - 1")
    op.execute("DROP VIEW tagged")
    op.execute("DELETE FROM tag WHERE id > 10")
    op.drop_table("tag")""",
    ),
    "a try that fails": Revision(
        """op.execute("UPDATE post SET n = n + 1")
    try:
        with op.get_bind().begin_nested():
            op.execute("INSERT INTO post (id, n) VALUES (1, 1)")
    except sa.exc.IntegrityError:
        op.execute("UPDATE post SET n = n + 10")
    op.add_column("post", sa.Column("x", sa.Integer))
    op.execute("UPDATE post SET x = n")""",
        """op.execute("UPDATE post SET n = x - 11")
    op.drop_column("post", "x")""",
    ),
    "many small steps": Revision(
        """for name in ("a", "b", "c"):
        op.add_column("post", sa.Column(name, sa.Integer))
        op.execute(sa.text(f"UPDATE post SET {name} = n, n = n + 1"))
        op.create_index(f"ix_post_{name}", "post", [name])""",
        """for name in ("c", "b", "a"):
        op.drop_index(f"ix_post_{name}", "post")
        op.execute("UPDATE post SET n = n - 1")
        op.drop_column("post", name)""",
    ),
}
# Only PostgreSQL: parts of the revision are committed while it runs.
CONCURRENTLY = Revision(
    """op.execute("UPDATE post SET n = n + 1")
    with op.get_context().autocommit_block():
        op.create_index("ix_one", "post", ["n"], postgresql_concurrently=True)
        op.execute("UPDATE post SET n = n + 1")
        op.create_index("ix_two", "post", ["author"], postgresql_concurrently=True)
    op.execute("UPDATE post SET n = n * 2")
    op.add_column("post", sa.Column("more", sa.Integer))""",
    """op.drop_column("post", "more")
    op.execute("UPDATE post SET n = n / 2")
    with op.get_context().autocommit_block():
        op.drop_index("ix_two", "post", postgresql_concurrently=True)
        op.execute("UPDATE post SET n = n - 1")
        op.drop_index("ix_one", "post", postgresql_concurrently=True)
    op.execute("UPDATE post SET n = n - 1")""",
)
