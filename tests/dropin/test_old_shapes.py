"""Repositories of every shape go on untouched: several databases, async, branches, folders, pyproject."""

import pytest
import sqlalchemy as sa

from tests.dropin.repository import (
    ROWS,
    add_column,
    files_of,
    listed,
    make_repository,
    revision_of,
    say,
    script_of,
    users,
)
from tests.support.databases import BACKENDS, Database
from tests.support.peers import Peer
from tests.support.project import Project

MULTIDB = """\
import os

from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["DATABASE_URL"]
app.config["SQLALCHEMY_BINDS"] = {"audit": os.environ["AUDIT_URL"]}

db = SQLAlchemy(app)
migrate = Migrate(app, db)


class User(db.Model):
    __tablename__ = "users"
    id = db.Column(db.Integer, primary_key=True)
    username = db.Column(db.String(64), index=True)


class Event(db.Model):
    __bind_key__ = "audit"
    __tablename__ = "events"
    id = db.Column(db.Integer, primary_key=True)
    what = db.Column(db.String(64))
"""

ASYNC = """\
import os

import sqlalchemy as db
from flask import Flask
from flask_migrate import Migrate
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import declarative_base
from sqlalchemy.pool import NullPool

app = Flask(__name__)
Model = declarative_base()


class Database:
    metadata = Model.metadata
    engine = create_async_engine(os.environ["ASYNC_URL"], poolclass=NullPool)

    def get_engine(self):
        return self.engine


migrate = Migrate(app, Database())


class Event(Model):
    __tablename__ = "events"
    id = db.Column(db.Integer, primary_key=True)
    what = db.Column(db.String(64))
"""

ASYNC_DRIVERS = {
    "sqlite": "sqlite+aiosqlite:",
    "postgresql": "postgresql+asyncpg:",
    "mariadb": "mysql+aiomysql:",
}

GRAPH_RELEASES = [(backend, "4.1.0") for backend in BACKENDS] + [(BACKENDS[0], "2.7.0")]
# Folders and dependencies have nothing to do with the server.
FOLDER_RELEASES = [
    pytest.param(*one, marks=[] if one[0] == BACKENDS[0] else pytest.mark.slow) for one in GRAPH_RELEASES
]
MULTIDB_RELEASES = [(backend, "4.1.0") for backend in BACKENDS] + [
    (BACKENDS[0], release) for release in ("1.8.1", "2.7.0", "3.1.0")
]
ASYNC_RELEASES = [(backend, "4.1.0") for backend in BACKENDS] + [(BACKENDS[0], "3.1.0")]


@pytest.mark.parametrize(("backend", "release"), MULTIDB_RELEASES, indirect=True)
def test_a_repository_of_several_databases_goes_on(project: Project, second_database: Database, release: Peer) -> None:
    binds = {"AUDIT_URL": second_database.url}
    project.write("hello.py", MULTIDB)
    for args in (("init", "--multidb"), ("migrate", "-m", "initial migration"), ("upgrade",)):
        release.flask(project, *args, env=binds)
    project.database.execute("INSERT INTO users VALUES (1, 'ada')")
    second_database.execute("INSERT INTO events VALUES (1, 'Anmeldung')")
    repository, before = files_of(project), second_database.schema()

    assert "Running upgrade" not in project.flask("upgrade", env=binds).stderr
    project.flask("check", env=binds)
    add_column(project, "why")
    project.flask("migrate", "-m", "add why", env=binds)
    script = script_of(project, "add why").read_text(encoding="utf-8")
    assert "drop_table" not in script
    assert "add_column" in script.partition("def upgrade_audit")[2].partition("def downgrade_audit")[0]

    project.flask("upgrade", env=binds)
    assert second_database.rows("SELECT id, what, why FROM events") == [(1, "Anmeldung", None)]
    assert project.database.rows("SELECT * FROM users") == [(1, "ada")]
    for database in (project.database, second_database):
        versions = database.rows("SELECT version_num FROM alembic_version")
        assert versions == [(revision_of(project, "add why"),)]
    project.flask("downgrade", env=binds)
    assert second_database.schema() == before
    assert second_database.rows("SELECT id, what FROM events") == [(1, "Anmeldung")]
    assert {name: files_of(project)[name] for name in repository} == repository


@pytest.mark.parametrize(("backend", "release"), ASYNC_RELEASES, indirect=True)
def test_an_async_repository_goes_on(project: Project, release: Peer) -> None:
    url = {"ASYNC_URL": ASYNC_DRIVERS[project.database.kind] + project.database.url.partition(":")[2]}
    project.write("hello.py", ASYNC)
    for args in (("init", "-t", "aioflask"), ("migrate", "-m", "initial migration"), ("upgrade",)):
        release.flask(project, *args, env=url)
    project.database.execute("INSERT INTO events VALUES (1, 'Anmeldung')")
    repository, before = files_of(project), project.database.schema()

    assert "Running upgrade" not in project.flask("upgrade", env=url).stderr
    project.flask("check", env=url)
    add_column(project, "why")
    project.flask("migrate", "-m", "add why", env=url)
    project.flask("upgrade", env=url)
    assert project.database.rows("SELECT id, what, why FROM events") == [(1, "Anmeldung", None)]
    assert project.flask("current", env=url).stdout.split() == [revision_of(project, "add why"), "(head)"]
    project.flask("downgrade", env=url)
    assert project.database.schema() == before
    assert project.database.rows("SELECT id, what FROM events") == [(1, "Anmeldung")]
    assert {name: files_of(project)[name] for name in repository} == repository


@pytest.mark.parametrize(("backend", "release"), GRAPH_RELEASES, indirect=True)
def test_branches_and_merges_go_on(project: Project, release: Peer) -> None:
    make_repository(project, release)
    fork = revision_of(project, "add about")
    for number, branch in ((11, "left"), (12, "right")):
        options = ("--head", fork, "--splice", "--branch-label", branch)
        release.flask(project, "revision", "-m", branch, *options)
        say(
            project,
            branch,
            f"INSERT INTO roles (id, name) VALUES ({number}, '{branch}')",
            f"DELETE FROM roles WHERE id = {number}",
        )
    release.flask(project, "upgrade", "heads")
    repository = files_of(project)
    left, right = (revision_of(project, branch) for branch in ("left", "right"))

    heads = project.flask("heads").stdout.splitlines()
    assert sorted(heads) == sorted([f"{left} (left) (head)", f"{right} (right) (head)"])
    assert "Running upgrade" not in project.flask("upgrade", "heads").stderr
    project.flask("downgrade", "left@-1")
    assert roles(project) == ["admin", "Wächter", "right"]
    project.flask("upgrade", "heads")

    project.flask("merge", "-m", "join", "heads")
    project.flask("upgrade")
    add_column(project, "email")
    project.flask("migrate", "-m", "add email")
    project.flask("upgrade")
    newest = [revision_of(project, message) for message in ("add email", "join")]
    assert listed(project.flask("history"))[:2] == newest
    project.flask("downgrade", fork)
    assert roles(project) == ["admin", "Wächter"]
    release.flask(project, "upgrade")
    assert roles(project) == ["admin", "Wächter", "left", "right"]
    assert users(project, "id, username, role_id, email") == [(*row, None) for row in ROWS]
    assert {name: files_of(project)[name] for name in repository} == repository


@pytest.mark.parametrize(("backend", "release"), FOLDER_RELEASES, indirect=True)
def test_dependencies_between_folders_of_scripts_go_on(project: Project, release: Peer) -> None:
    make_repository(project, release)
    ini = project.read("migrations/alembic.ini")
    project.write(
        "migrations/alembic.ini",
        ini.replace("[alembic]", "[alembic]\nversion_locations = migrations/versions migrations/shop", 1),
    )
    needed = revision_of(project, "add about")
    options = ("--head", "base", "--branch-label", "shop", "--version-path", "migrations/shop")
    release.flask(project, "revision", "-m", "open the shop", *options)
    script = script_of(project, "open the shop")
    text = script.read_text(encoding="utf-8")
    script.write_text(text.replace("depends_on = None", f"depends_on = {needed!r}"), encoding="utf-8")
    assert needed in script.read_text(encoding="utf-8")
    say(project, "open the shop", "CREATE TABLE shop (id INTEGER)", "DROP TABLE shop")
    repository = files_of(project)
    shop = revision_of(project, "open the shop")

    project.flask("downgrade", "base")
    assert tables(project) == set()
    project.flask("upgrade", "shop@head")
    assert tables(project) == {"roles", "users", "shop"}
    assert shop in project.flask("current").stdout
    project.flask("revision", "-m", "close the shop", "--head", "shop@head")
    assert script_of(project, "close the shop").parent.name == "shop"
    project.flask("upgrade", "heads")
    release.flask(project, "downgrade", "shop@base")
    assert tables(project) == {"roles", "users"}
    assert {name: files_of(project)[name] for name in repository} == repository


@pytest.mark.parametrize("backend", BACKENDS[:1], indirect=True)
def test_settings_in_pyproject_go_on(project: Project, flask_migrate: Peer) -> None:
    project.write(
        "pyproject.toml",
        '[tool.alembic]\nfile_template = "rev_%%(rev)s_of_%%(year)d"\ntimezone = "Asia/Tokyo"\n',
    )
    make_repository(project, flask_migrate)
    hello = project.read("hello.py")
    project.write("hello.py", hello.replace("class Role", CONFIGURE + "\n\nclass Role", 1))
    flask_migrate.flask(project, "revision", "-m", "theirs", "--rev-id", "a1")
    project.flask("revision", "-m", "ours", "--rev-id", "b2")

    named = {script.name.rpartition("_")[0] for script in project.scripts() if script.name.startswith("rev_")}
    assert named == {"rev_a1_of", "rev_b2_of"}
    assert "+09:00" in next(script for script in project.scripts() if "_b2_" in script.name).read_text("utf-8")
    project.flask("upgrade")
    assert project.flask("current").stdout.split() == ["b2", "(head)"]


CONFIGURE = """\
@migrate.configure
def read_pyproject(config):
    config.toml_file_name = "pyproject.toml"
    return config

"""


def roles(project: Project) -> list[str]:
    return [name for (name,) in project.database.rows("SELECT name FROM roles ORDER BY id")]


def tables(project: Project) -> set[str]:
    """Ask the database for its tables, without ours and Alembic's."""
    engine = sa.create_engine(project.database.url, poolclass=sa.NullPool)
    named = sa.inspect(engine).get_table_names()
    return {name for name in named if not name.startswith(("alembic_", "whimbrel_"))}
