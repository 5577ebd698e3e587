"""`lint` in apps of several databases, with asynchronous engines, and behind a pooler."""

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask, current_app
from sqlalchemy.ext.asyncio import create_async_engine

from tests.core.shapes import NO_POOL, async_url
from tests.support.databases import Database, create_database
from tests.support.project import Project
from whimbrel import Migrate, commands, init
from whimbrel.commands import Linted

# aiomysql under SQLAlchemy 2.0 warns of what MariaDB says about the version table.
pytestmark = pytest.mark.filterwarnings("ignore:Name .alembic_version_pkc. ignored")

FIRST = """\
revision, down_revision = "a1", None

import sqlalchemy as sa
from alembic import op


def {up}():
    op.create_table("users", sa.Column("id", sa.Integer, primary_key=True), sa.Column("age", sa.Integer))


def {down}():
    op.drop_table("users")
"""
SECOND = """\
revision, down_revision = "b2", "a1"

import sqlalchemy as sa
from alembic import op


def {up}():
    op.drop_column("users", "age")


def {down}():
    op.add_column("users", sa.Column("age", sa.Integer))
"""
BINDS = """

def {name}(engine_name):
    globals()[f"{name}_{{engine_name}}"]()


def {name}_audit():
    {audit}


def {other}_audit():
    pass
"""


def write(project: Project, audit: str = "") -> None:
    """Write two scripts; with `audit`, what the second does in the bind of that name."""
    for name, text in (("a1", FIRST), ("b2", SECOND)):
        if not audit:
            project.write(f"migrations/versions/{name}.py", text.format(up="upgrade", down="downgrade"))
            continue
        own = audit if name == "b2" else 'op.create_table("events", sa.Column("id", sa.Integer))'
        both = BINDS.format(name="upgrade", other="downgrade", audit=own)
        both += '\n\ndef downgrade(engine_name):\n    globals()[f"downgrade_{engine_name}"]()\n'
        project.write(f"migrations/versions/{name}.py", text.format(up="upgrade_", down="downgrade_") + both)


def linted(app: Flask, **arguments: Any) -> Linted:
    with app.app_context():
        opened = commands.open_project(current_app.extensions, current_app.config)
        return commands.lint(opened, **arguments)


def app_of(project: Project, engine: Any, metadata: Any, **config: Any) -> Flask:
    app = Flask("shop")
    app.config |= config
    Migrate(app, directory=project.path / "migrations", metadata=metadata, engine=engine)
    return app


def test_an_app_with_an_asynchronous_engine_is_linted(project: Project) -> None:
    app = app_of(project, create_async_engine(async_url(project.database), **NO_POOL), sa.MetaData())
    with app.app_context():
        init()
    write(project)
    found = linted(app)
    assert {one.rule for one in found.hazards} >= {"column-dropped", "used-by-old-code"}, found.hazards
    assert found.remarks == ()


def test_each_database_of_an_app_is_looked_at(project: Project, tmp_path: Path) -> None:
    second = create_database(project.database.kind, tmp_path)
    try:
        engines = {"": project.database, "audit": second}
        app = app_of(
            project,
            {name: sa.create_engine(one.url, **NO_POOL) for name, one in engines.items()},
            {name: sa.MetaData() for name in engines},
        )
        with app.app_context():
            init(multidb=True)
        write(project, audit='op.rename_table("events", "visits")')
        rules = {(one.rule, one.table) for one in linted(app).hazards}
        assert {("column-dropped", "users"), ("table-renamed", "visits")} <= rules
        assert not {name for name in rules if name[0] == "stopped"}
    finally:
        second.drop()


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_what_goes_round_a_pooler_is_linted(project: Project) -> None:
    nowhere = sa.make_url(project.database.url).set(port=1)
    engine = sa.create_engine(nowhere, **NO_POOL)
    app = app_of(project, engine, sa.MetaData(), MIGRATE_DIRECT_URL=project.database.url)
    with app.app_context():
        init()
    write(project)
    assert "column-dropped" in {one.rule for one in linted(app).hazards}


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_script_that_asks_for_the_apps_database_gets_scratch(project: Project, database: Database) -> None:
    engine = sa.create_engine(database.url, **NO_POOL)
    app = app_of(project, engine, sa.MetaData())
    with app.app_context():
        init()
    write(project)
    text = SECOND.format(up="upgrade", down="downgrade").replace(
        'op.drop_column("users", "age")',
        "from flask import current_app\n"
        '    with current_app.extensions["migrate"].db.engines[None].begin() as connection:\n'
        '        connection.execute(sa.text("CREATE TABLE written (id int)"))',
    )
    project.write("migrations/versions/b2.py", text)
    linted(app)
    assert database.rows("SELECT name FROM sqlite_master") == []
