"""A shop whose tables hold what is awkward to bring back, and scripts that drop it."""

import sqlalchemy as sa

from tests.core.repository import add_script, lay_out
from tests.support.databases import Database
from tests.support.project import Project

SHOP = """op.create_table("maker", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(40)))
    op.create_table("item", sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(40), nullable=False), sa.Column("price", sa.Numeric(8, 2)),
        sa.Column("note", sa.Text), sa.Column("sold", sa.DateTime),
        sa.Column("color", sa.Enum("red", "green", name="color")),
        sa.Column("maker_id", sa.Integer, sa.ForeignKey("maker.id", name="fk_item_maker")),
        sa.CheckConstraint("price >= 0", name="ck_item_price"))
    op.create_index("ix_item_name", "item", ["name"], unique=True)"""
UNSHOP = """op.drop_table("item")
    op.drop_table("maker")"""

ROWS = """
INSERT INTO maker (id, name) VALUES (1, 'Anna'), (2, 'Žižka');
INSERT INTO item (id, name, price, note, sold, color, maker_id) VALUES
 (1, 'cup', 3.50, 'it''s "blue"', '2026-01-31 23:59:59', 'red', 1),
 (2, 'jug', NULL, NULL, NULL, NULL, NULL),
 (3, 'pot', 12.00, '', '1999-12-31 00:00:00', 'green', 2);
"""


def lay_out_shop(project: Project, upgrade: str, downgrade: str) -> None:
    """Write a script that makes the shop and one that changes it, and fill the tables between the two."""
    lay_out(project)
    add_script(project, "a", None, SHOP, UNSHOP)
    add_script(project, "b", "a", upgrade, downgrade)
    project.flask("upgrade", "a")
    fill(project.database)


def fill(database: Database) -> None:
    """Put rows into the shop."""
    for statement in ROWS.strip().split(";\n"):
        database.execute(statement.removesuffix(";"))


def set_most(project: Project, rows: int) -> None:
    """Let columns of tables with more rows stay in their place."""
    text = project.read("hello.py")
    project.write("hello.py", text.replace("db = ", f'app.config["MIGRATE_ARCHIVE_COPY"] = {rows}\ndb = '))


def rows(database: Database, table: str) -> list[dict[str, object]]:
    """Read a table, by its first column, each row by the names of its columns: their order may have changed."""
    engine = sa.create_engine(database.url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        found = connection.execute(sa.text(f"SELECT * FROM {table}")).mappings().all()
    return sorted(({name: one[name] for name in sorted(one)} for one in found), key=lambda one: str(one.get("id")))


def kept(database: Database) -> list[str]:
    """Name what of the archive is there."""
    engine = sa.create_engine(database.url, poolclass=sa.NullPool)
    inspector = sa.inspect(engine)
    beside = {"whimbrel_archive", "whimbrel_revision", "whimbrel_statement"}
    here = {name for name in inspector.get_table_names() if name.startswith("whimbrel_")} - beside
    schemas = inspector.get_schema_names() if engine.dialect.name == "postgresql" else []
    aside = set(inspector.get_table_names(schema="whimbrel_archive")) if "whimbrel_archive" in schemas else set()
    return sorted(here | aside)
