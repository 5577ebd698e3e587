"""The tutorial works through every driver: start to finish, in a repository of ours, as real processes."""

from dataclasses import dataclass

import pytest

from tests.dropin.repository import ROWS, revision_of, script_of, users
from tests.support.databases import BACKENDS
from tests.support.project import Project, tutorial

MODELS = """\


class Role(Model):
    __tablename__ = "roles"
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(64), unique=True)


class User(Model):
    __tablename__ = "users"
    id = db.Column(db.Integer, primary_key=True)
    username = db.Column(db.String(64), unique=True, index=True)
    role_id = db.Column(db.Integer, db.ForeignKey("roles.id"))
"""

LITE = f"""\
import os

import sqlalchemy as db
from flask import Flask
from flask_sqlalchemy_lite import SQLAlchemy
from sqlalchemy.orm import DeclarativeBase
from whimbrel import Migrate


class Model(DeclarativeBase):
    pass
{MODELS}

app = Flask(__name__)
app.config["SQLALCHEMY_ASYNC_ENGINES"] = {{"default": os.environ["DATABASE_URL"]}}
extension = SQLAlchemy(app)
migrate = Migrate(app, extension, metadata=Model.metadata)
"""

PLAIN = f"""\
import os

import sqlalchemy as db
from flask import Flask
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import DeclarativeBase
from whimbrel import Migrate


class Model(DeclarativeBase):
    pass


app = Flask(__name__)
migrate = Migrate(app, metadata=Model, engine=create_async_engine(os.environ["DATABASE_URL"]))
{MODELS}"""


@dataclass(frozen=True, slots=True)
class Driver:
    """A driver as SQLAlchemy's URLs name it, and a kind of application that can use it."""

    backend: str
    name: str
    application: str | None = None

    def __str__(self) -> str:
        suffix = {LITE: "-lite", PLAIN: "-plain"}.get(self.application or "", "")
        return self.name.replace("mysqldb", "mysqlclient") + suffix


DRIVERS = (
    Driver("sqlite", "sqlite+pysqlite"),
    Driver("sqlite", "sqlite+aiosqlite", LITE),
    Driver("sqlite", "sqlite+aiosqlite", PLAIN),
    Driver("postgresql", "postgresql+psycopg"),
    Driver("postgresql", "postgresql+psycopg2"),
    Driver("postgresql", "postgresql+psycopg", PLAIN),
    Driver("postgresql", "postgresql+asyncpg", LITE),
    Driver("postgresql", "postgresql+asyncpg", PLAIN),
    Driver("mariadb", "mysql+pymysql"),
    Driver("mariadb", "mysql+mysqldb"),
    Driver("mariadb", "mysql+aiomysql", LITE),
    Driver("mariadb", "mysql+aiomysql", PLAIN),
)


@pytest.mark.parametrize(
    ("backend", "driver"),
    [pytest.param(one.backend, one, id=str(one)) for one in DRIVERS if one.backend in BACKENDS],
    indirect=["backend"],
)
def test_the_tutorial_works_through_every_driver(project: Project, driver: Driver) -> None:
    env = {"DATABASE_URL": driver.name + ":" + project.database.url.partition(":")[2]}
    if driver.application:
        project.write("hello.py", driver.application)
    else:
        tutorial(project)
    project.flask("init", env=env)
    found = project.flask("migrate", "-m", "initial migration", env=env).stderr
    assert "Detected added table 'roles'" in found
    assert "Detected added table 'users'" in found
    first = revision_of(project, "initial migration")
    assert f"Running upgrade  -> {first}, initial migration" in project.flask("upgrade", env=env).stderr
    project.database.execute(
        "INSERT INTO roles (id, name) VALUES (1, 'admin'), (2, 'Wächter')",
        "INSERT INTO users (id, username, role_id) VALUES (1, 'ada', 1), (2, 'Łucja', 2), (3, 'grace', NULL)",
    )
    before = project.database.schema()

    change_model(project)
    project.flask("migrate", "-m", "add email", env=env)
    assert "email" in script_of(project, "add email").read_text("utf-8")
    second = revision_of(project, "add email")
    assert f"Running upgrade {first} -> {second}, add email" in project.flask("upgrade", env=env).stderr
    assert users(project, "id, username, role_id, email") == [(*row, None) for row in ROWS]
    project.flask("check", env=env)

    assert f"Running downgrade {second} -> {first}, add email" in project.flask("downgrade", env=env).stderr
    assert project.database.schema() == before
    assert users(project) == ROWS


def change_model(project: Project) -> None:
    """Give the users an email, wherever in `hello.py` they stand."""
    last = '    role_id = db.Column(db.Integer, db.ForeignKey("roles.id"))\n'
    hello = project.read("hello.py")
    assert last in hello
    project.write("hello.py", hello.replace(last, last + "    email = db.Column(db.String(120))\n"))
