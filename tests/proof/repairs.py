"""A project whose next script lacks something, or has too much."""

from pathlib import Path

from tests.support.project import Outcome, Project

HELLO = """\
import os

import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from whimbrel import Migrate
{before}
app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["DATABASE_URL"]
db = SQLAlchemy(app)
Migrate(app, db{options})


class User(db.Model):
    __tablename__ = "users"
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(40))
{columns}
"""
PHONE = "    phone = db.Column(db.String(20))"


def write(project: Project, columns: str = "", *, before: str = "", options: str = "") -> None:
    project.write("hello.py", HELLO.format(columns=columns, before=before, options=options))


def started(project: Project) -> None:
    write(project)
    project.flask("init")
    project.flask("migrate", "-m", "first")
    project.flask("upgrade")


def migrated(project: Project, *options: str, **how: object) -> tuple[Outcome, str]:
    """Write the next script; return what was said, and its text."""
    ended = project.flask("migrate", "-m", "second", "--proof", *options, **how)
    return ended, second(project).read_text("utf-8")


def second(project: Project) -> Path:
    return next(one for one in project.scripts() if "second" in one.name)


def runs(project: Project) -> None:
    """Run it on the real database: there, back and there again; the models are what is there then."""
    before = project.database.schema()
    project.flask("upgrade")
    project.flask("downgrade")
    assert project.database.schema() == before
    project.flask("upgrade")
    project.flask("check")


def with_code(project: Project, code: str) -> None:
    """Have the template put code behind the operations of each upgrade."""
    mako = project.read("migrations/script.py.mako")
    upgrades = '${upgrades if upgrades else "pass"}'
    assert upgrades in mako
    project.write("migrations/script.py.mako", mako.replace(upgrades, f"{upgrades}\n    {code}"))
