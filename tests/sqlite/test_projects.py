"""Untouched projects: `flask db upgrade` and `downgrade` with scripts that ask for batches."""

from pathlib import Path

import pytest

from tests.support.databases import create_database
from tests.support.project import Project

APP = """\
import os
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event
from sqlalchemy.engine import Engine
from {package} import Migrate

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["DATABASE_URL"]
db = SQLAlchemy(app)
Migrate(app, db)


@event.listens_for(Engine, "connect")
def _(raw, record):
    if os.environ.get("FK"):
        raw.execute("PRAGMA foreign_keys=ON")
"""
FIRST = '''\
"""first"""
from alembic import op
import sqlalchemy as sa

revision = "a1"
down_revision = None


def upgrade(engine_name=""):
    op.create_table("owner", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("email", sa.String(9)))
    op.execute("CREATE TABLE item (id INTEGER PRIMARY KEY, -- the number\\n"
               " name TEXT COLLATE NOCASE CHECK (name <> ''), owner_id INTEGER REFERENCES owner (id) "
               "ON DELETE CASCADE)")
    op.execute("CREATE TABLE part (item_id INTEGER REFERENCES item (id) ON DELETE CASCADE)")
    op.execute("INSERT INTO owner VALUES (1, 'x')")
    op.execute("INSERT INTO item VALUES (1, 'one', 1), (2, 'two', NULL)")
    op.execute("INSERT INTO part VALUES (1), (2)")


def downgrade(engine_name=""):
    op.drop_table("part")
    op.drop_table("item")
    op.drop_table("owner")
'''
SECOND = '''\
"""second"""
from alembic import op
import sqlalchemy as sa

revision = "b2"
down_revision = "a1"


def upgrade(engine_name=""):
    with op.batch_alter_table("item", schema=None) as batch_op:
        batch_op.add_column(sa.Column("size", sa.Integer(), server_default="3", nullable=False))
        batch_op.alter_column("name", new_column_name="title", existing_type=sa.Text())
        batch_op.drop_constraint(None, type_="foreignkey")
        batch_op.create_unique_constraint("uq_item_title", ["title"])
        batch_op.create_index(batch_op.f("ix_item_size"), ["size"], unique=False)
    op.add_column("owner", sa.Column("item_id", sa.Integer(), sa.ForeignKey("item.id", name="fk_owner_item")))
    op.execute("DELETE FROM item WHERE id = 2")


def downgrade(engine_name=""):
    op.drop_constraint("fk_owner_item", "owner", type_="foreignkey")
    op.drop_column("owner", "item_id")
    with op.batch_alter_table("item", schema=None) as batch_op:
        batch_op.drop_index("ix_item_size")
        batch_op.drop_constraint("uq_item_title", type_="unique")
        batch_op.create_foreign_key(None, "owner", ["owner_id"], ["id"], ondelete="CASCADE")
        batch_op.alter_column("title", new_column_name="name", existing_type=sa.Text())
        batch_op.drop_column("size")
'''
FAILING = '''\
"""third"""
from alembic import op

revision = "c3"
down_revision = "b2"


def upgrade(engine_name=""):
    with op.batch_alter_table("item") as batch_op:
        batch_op.drop_column("size")
        batch_op.create_unique_constraint("uq_owner", ["owner_id"])
    op.execute("INSERT INTO nowhere VALUES (1)")


def downgrade(engine_name=""):
    pass
'''


@pytest.fixture
def project(tmp_path: Path) -> Project:
    database = create_database("sqlite", tmp_path)
    path = tmp_path / "project"
    path.mkdir()
    return Project(path, database)


def _set_up(project: Project, template: str, package: str) -> None:
    project.write("hello.py", APP.format(package=package))
    project.flask("init", "-t", template)
    project.write("migrations/versions/a1_first.py", FIRST)
    project.write("migrations/versions/b2_second.py", SECOND)


@pytest.mark.parametrize("foreign_keys", ["", "1"], ids=["fk off", "fk on"])
@pytest.mark.parametrize("template", ["flask", "flask-multidb"])
def test_scripts_with_batches_go_up_and_down_and_keep_everything(
    project: Project, template: str, foreign_keys: str
) -> None:
    env = {"FK": foreign_keys}
    _set_up(project, template, "whimbrel")
    project.flask("upgrade", "a1", env=env)
    before = project.database.rows("SELECT sql FROM sqlite_master WHERE name = 'item'")[0][0]
    project.flask("upgrade", env=env)
    rows = project.database.rows
    text = rows("SELECT sql FROM sqlite_master WHERE name = 'item'")[0][0]
    assert "-- the number" in text
    assert "COLLATE NOCASE CHECK (title <> '')" in text
    assert "REFERENCES" not in text
    assert rows("SELECT * FROM item") == [(1, "one", 1, 3)]
    assert rows("SELECT * FROM part") == ([(1,)] if foreign_keys else [(1,), (2,)])
    project.flask("downgrade", env=env)
    after = rows("SELECT sql FROM sqlite_master WHERE name = 'item'")[0][0]
    inline, own = " REFERENCES owner (id) ON DELETE CASCADE", ", FOREIGN KEY(owner_id)"
    assert after == before.replace(f"{inline})", f"{own}{inline})")
    assert rows("SELECT id, name FROM item") == [(1, "one")]


def test_a_revision_that_fails_after_a_rebuild_is_undone(project: Project) -> None:
    _set_up(project, "flask", "flask_migrate")
    project.flask("upgrade", env={"FK": "1"})
    before = project.database.rows("SELECT name, sql FROM sqlite_master ORDER BY 1")
    project.write("migrations/versions/c3_third.py", FAILING)
    done = project.flask("upgrade", env={"FK": "1"}, check=False)
    assert done.rc == 1
    assert "nowhere" in done.stderr
    assert project.database.rows("SELECT name, sql FROM sqlite_master ORDER BY 1") == before


def test_what_is_refused_is_said_in_words(project: Project) -> None:
    _set_up(project, "flask", "whimbrel")
    project.flask("upgrade")
    project.write("migrations/versions/c3_third.py", FAILING.replace('drop_column("size")', 'drop_column("nothing")'))
    done = project.flask("upgrade", check=False)
    assert done.rc == 1
    assert "Error: Revision c3 (third) failed: item has no column nothing." in done.stderr, done.stderr
    assert "c3_third.py" in done.stderr
    assert "Traceback" not in done.stderr


def test_sql_that_is_only_written_is_alembics(project: Project) -> None:
    _set_up(project, "flask", "whimbrel")
    project.write(
        "migrations/versions/b2_second.py",
        SECOND[: SECOND.index("    with op.batch")] + '    op.add_column("item", sa.Column("z", sa.Integer()))\n',
    )
    done = project.flask("upgrade", "--sql")
    assert "ALTER TABLE item ADD COLUMN z INTEGER;" in done.stdout
