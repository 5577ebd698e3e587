"""What the proof of a new script finds missing in it is put in, where we know how."""

from pathlib import Path

import pytest

from tests.core.repository import tables
from tests.core.test_binds import HELLO as TWO_DATABASES
from tests.support.databases import Database
from tests.support.project import Outcome, Project

ONCE = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
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


def migrated(project: Project, **how: object) -> tuple[Outcome, str]:
    """Write the next script; return what was said, and its text."""
    ended = project.flask("migrate", "-m", "second", "--proof", **how)
    print(ended.stdout, ended.stderr)
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
    assert "No changes" in project.flask("migrate", "-m", "third").stdout


def with_code(project: Project, code: str) -> None:
    """Have the template put code behind the operations of each upgrade."""
    mako = project.read("migrations/script.py.mako")
    upgrades = '${upgrades if upgrades else "pass"}'
    assert upgrades in mako
    project.write("migrations/script.py.mako", mako.replace(upgrades, f"{upgrades}\n    {code}"))


def test_what_a_template_makes_and_nobody_takes_away_is_taken_away(project: Project) -> None:
    started(project)
    with_code(project, 'op.execute("CREATE VIEW names AS SELECT id, name FROM users")')
    write(project, PHONE)
    ended, text = migrated(project)
    assert f"Repaired: migrations/versions/{second(project).name}: 1 operation added to downgrade() (view names)" in (
        ended.stdout
    )
    assert "Proved: " in ended.stdout
    up, _, down = text.partition("def downgrade")
    assert "added by the proof" not in up
    assert "# added by the proof: without it the downgrade left view names" in down
    assert down.index("end Alembic commands") < down.index("DROP VIEW")
    runs(project)
