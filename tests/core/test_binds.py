"""Several databases in one history: `init --multidb`, SQLALCHEMY_BINDS, mappings of binds."""

import re

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy_lite import SQLAlchemy as Lite
from sqlalchemy.ext.asyncio import create_async_engine

from tests.core.complaints import complaint
from tests.core.repository import tables, versions
from tests.core.shapes import NO_POOL, async_url, models
from tests.support.databases import BACKENDS, Database
from tests.support.project import Project
from whimbrel import Migrate, check, downgrade, init, migrate, status, upgrade

# aiomysql under SQLAlchemy 2.0 warns of what MariaDB says about the version table.
pytestmark = pytest.mark.filterwarnings("ignore:Name .alembic_version_pkc. ignored")


HELLO = """\
import os

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from whimbrel import Migrate

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["DATABASE_URL"]
app.config["SQLALCHEMY_BINDS"] = {"audit": os.environ["AUDIT_URL"]}
db = SQLAlchemy(app)
Migrate(app, db)


class User(db.Model):
    __tablename__ = "users"
    id = db.Column(db.Integer, primary_key=True)


class Event(db.Model):
    __bind_key__ = "audit"
    __tablename__ = "events"
    id = db.Column(db.Integer, primary_key=True)
"""


@pytest.fixture
def audit(project: Project, second_database: Database) -> dict[str, str]:
    """Write an app of two databases, and return the variable that names the second."""
    project.write("hello.py", HELLO)
    return {"AUDIT_URL": second_database.url}


def flask_sqlalchemy(project: Project, second: Database) -> Flask:
    app = Flask("shop")
    app.config |= {
        "SQLALCHEMY_DATABASE_URI": project.database.url,
        "SQLALCHEMY_BINDS": {"audit": {"url": second.url, **NO_POOL}},
        "SQLALCHEMY_ENGINE_OPTIONS": NO_POOL,
    }
    db = SQLAlchemy(app, metadata=models("users"))
    sa.Table("events", _bind(db, "audit"), sa.Column("id", sa.Integer, primary_key=True))
    Migrate(app, db, directory=project.path / "migrations")
    return app


def _bind(db: SQLAlchemy, name: str) -> sa.MetaData:
    return db.metadatas.setdefault(name, sa.MetaData(info={"bind_key": name}))


def lite(project: Project, second: Database) -> Flask:
    app = Flask("shop")
    engines = {"default": {"url": project.database.url, **NO_POOL}, "audit": {"url": second.url, **NO_POOL}}
    app.config["SQLALCHEMY_ENGINES"] = engines
    metadata = {"default": models("users"), "audit": models("events")}
    Migrate(app, Lite(app), directory=project.path / "migrations", metadata=metadata)
    return app


def mappings(project: Project, second: Database) -> Flask:
    app = Flask("shop")
    engine = {None: sa.create_engine(project.database.url, **NO_POOL), "audit": sa.create_engine(second.url, **NO_POOL)}
    metadata = {None: models("users"), "audit": [models("events")]}
    Migrate(app, directory=project.path / "migrations", metadata=metadata, engine=engine)
    return app


def mixed(project: Project, second: Database) -> Flask:
    app = Flask("shop")
    engine = {
        "": create_async_engine(async_url(project.database), **NO_POOL),
        "audit": sa.create_engine(second.url, **NO_POOL),
    }
    metadata = {"": models("users"), "audit": models("events")}
    Migrate(app, directory=project.path / "migrations", metadata=metadata, engine=engine)
    return app


@pytest.mark.parametrize("shape", [flask_sqlalchemy, lite, mappings, mixed])
def test_each_database_gets_its_own_tables(project: Project, second_database: Database, shape) -> None:
    app = shape(project, second_database)
    with app.app_context():
        init(multidb=True)
        (script,) = migrate().scripts
        assert script.doc == "create users, events"
        upgrade()
        check()
        assert [one.name for one in status().databases] == ["", "audit"]
        assert tables(project.database) == {"users", "alembic_version"}
        assert tables(second_database) == {"events", "alembic_version"}
        assert versions(project.database) == versions(second_database) == [script.revision]
        downgrade()
        assert tables(project.database) == tables(second_database) == {"alembic_version"}


def test_the_command_line_goes_through_the_databases_in_order(
    project: Project, second_database: Database, audit: dict[str, str]
) -> None:
    project.flask("init", "--multidb", env=audit)
    project.flask("migrate", "-m", "both", env=audit)
    upgraded = project.flask("upgrade", env=audit)
    steps = [
        line.partition("] ")[2] for line in upgraded.stderr.splitlines() if "Migrating" in line or "Running" in line
    ]
    (script,) = project.scripts()
    revision = script.stem.rpartition("_")[2]
    run = f"Running upgrade  -> {revision}, both"
    assert steps == ["Migrating database <default>", run, "Migrating database audit", run]
    assert versions(project.database) == versions(second_database) == [revision]
    assert project.flask("current", env=audit).stdout.splitlines() == [f"{revision} (head)"] * 2


def test_offline_each_database_gets_a_file(project: Project, second_database: Database, audit: dict[str, str]) -> None:
    project.flask("init", "--multidb", env=audit)
    project.flask("migrate", "-m", "both", env=audit)
    written = project.flask("upgrade", "--sql", env=audit)
    assert written.stdout == ""
    assert "CREATE TABLE users" in project.read(".sql")
    assert "CREATE TABLE events" in project.read("audit.sql")
    assert "CREATE TABLE events" not in project.read(".sql")
    assert tables(project.database) | tables(second_database) <= {"alembic_version"}


def test_a_failing_database_leaves_the_others_whole(
    project: Project, second_database: Database, audit: dict[str, str]
) -> None:
    project.flask("init", "--multidb", env=audit)
    project.flask("migrate", "-m", "both", env=audit)
    (script,) = project.scripts()
    text = script.read_text("utf-8")
    script.write_text(
        text.replace("op.create_table('events'", "raise ValueError\n    op.create_table('events'"), "utf-8"
    )
    outcome = project.flask("upgrade", env=audit, check=False)
    said = complaint(outcome)
    assert outcome.rc == 1
    assert "ValueError" in said.what
    assert re.search(rf"It was rolled back\. The database \S*{named(second_database)}\S* is at base\.", said.why), said
    assert "users" in tables(project.database)
    assert versions(project.database) == [script.stem.rpartition("_")[2]]
    assert versions(second_database) == []
    assert "events" not in tables(second_database)

    script.write_text(text, "utf-8")
    project.flask("upgrade", env=audit)
    assert versions(second_database) == versions(project.database)
    project.flask("check", env=audit)


def named(database: Database) -> str:
    return str(sa.make_url(database.url).database)


@pytest.mark.parametrize("backend", BACKENDS[:1], indirect=True)
def test_a_bind_may_have_a_hyphen_in_its_name(
    project: Project, second_database: Database, audit: dict[str, str]
) -> None:
    project.write("hello.py", HELLO.replace('"audit"', '"audit-log"'))
    for command in (("init", "--multidb"), ("migrate",), ("upgrade",), ("check",)):
        project.flask(*command, env=audit)
    assert tables(second_database) == {"events", "alembic_version"}
    assert "audit-log: " in project.flask("status", env=audit).stdout
    project.flask("downgrade", env=audit)
    assert tables(second_database) == {"alembic_version"}


@pytest.mark.parametrize("backend", BACKENDS[:1], indirect=True)
def test_a_database_that_is_behind_catches_up(
    project: Project, second_database: Database, audit: dict[str, str]
) -> None:
    project.flask("init", "--multidb", env=audit)
    project.flask("migrate", "-m", "both", env=audit)
    project.flask("upgrade", env=audit)
    second_database.execute("DROP TABLE events", "DELETE FROM alembic_version")
    refused = project.flask("migrate", "-m", "more", env=audit, check=False)
    assert refused.rc == 1
    assert "not up to date" in complaint(refused).what
    project.flask("upgrade", env=audit)
    assert "events" in tables(second_database)


@pytest.mark.parametrize("backend", BACKENDS[:1], indirect=True)
def test_without_multidb_only_the_default_database_is_migrated(
    project: Project, second_database: Database, audit: dict[str, str]
) -> None:
    for command in (("init",), ("migrate",), ("upgrade",), ("check",)):
        project.flask(*command, env=audit)
    assert tables(project.database) == {"users", "alembic_version"}
    assert tables(second_database) == set()
