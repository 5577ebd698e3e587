"""`flask db status`: where everything is, in words and as JSON, in every state of a project."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.core.accounts import TELLTALE
from tests.core.applications import written_application
from tests.core.repository import add_chain, add_script, lay_out, picture, pretend_to_be_at
from tests.support.databases import BACKENDS, Database
from tests.support.project import Project
from whimbrel import upgrade

MULTIDB = """\
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
    id = db.Column(db.Integer, primary_key=True)


class Event(db.Model):
    __bind_key__ = "audit"
    id = db.Column(db.Integer, primary_key=True)
"""


@dataclass(frozen=True, slots=True)
class State:
    """A state of a project, and what the status says of it.

    Attributes:
        claim: The state, as a test's id.
        arrange: Makes it in an empty project's folder.
        words: What the words say, line by line of these.
        database: What the JSON says of the database; nothing if there is no connection.
        facts: What the JSON says of the rest.
        backends: Where it is looked at.
        url: Another database URL.
    """

    claim: str
    arrange: Callable[[Project], Any]
    words: tuple[str, ...]
    database: dict[str, Any] | None
    facts: dict[str, Any]
    backends: tuple[str, ...] = BACKENDS[:1]
    url: str = ""


def fresh(project: Project) -> None:
    lay_out(project)


def pending(project: Project) -> None:
    lay_out(project)
    add_chain(project, "a", "b", "c")
    pretend_to_be_at(project.database, "a")


def up_to_date(project: Project) -> None:
    lay_out(project)
    add_chain(project, "a", "b", "c")
    with written_application(project):
        upgrade(project.path / "migrations", "b")
    project.database.execute("UPDATE alembic_version SET version_num = 'c'")


def ahead(project: Project) -> None:
    lay_out(project)
    add_chain(project, "a")
    pretend_to_be_at(project.database, "zzz")


def two_heads(project: Project) -> None:
    pending(project)
    add_script(project, "d", "a")


def no_models(project: Project) -> None:
    up_to_date(project)
    hello = project.read("hello.py")
    project.write("hello.py", hello.partition("class Role")[0])


def created_by_the_app(project: Project) -> None:
    lay_out(project)
    add_chain(project, "a")
    with written_application(project) as db:
        db.create_all()


def database(**facts: Any) -> dict[str, Any]:
    """Return what is said of a database, what is not given being as in a fresh one."""
    common = {"name": "", "current": [], "unknown": [], "pending": [], "model_tables": 2, "tables": 0}
    return {**common, "has_history": False, **facts}


STATES = (
    State(
        "fresh",
        fresh,
        (
            "Current       no history",
            "Pending       none",
            "Models        2 tables described; 0 tables in the database",
            "Scripts       0 revisions in migrations, heads: none",
            "No scripts yet.",
            '  Do:   flask db migrate -m "initial migration"',
        ),
        database(),
        {"revisions": 0, "heads": [], "problem": "", "advice": 'flask db migrate -m "initial migration"'},
        BACKENDS,
    ),
    State(
        "pending",
        pending,
        ("Current       a", "Pending       2: b, c", "2 revisions pending.", "  Do:   flask db upgrade"),
        database(current=["a"], pending=["b", "c"], has_history=True),
        {"revisions": 3, "heads": ["c"], "problem": "", "advice": "flask db upgrade"},
        BACKENDS,
    ),
    State(
        "up_to_date",
        up_to_date,
        ("Current       c", "Pending       none", "Up to date at c."),
        database(current=["c"], has_history=True, tables=2),
        {"heads": ["c"], "problem": "", "advice": ""},
        BACKENDS,
    ),
    State(
        "ahead",
        ahead,
        ("Current       zzz (no script here has it)", "The database is at zzz, which no script here has."),
        database(current=["zzz"], unknown=["zzz"], has_history=True),
        {"problem": "The database is at zzz, which no script here has."},
    ),
    State(
        "two_heads",
        two_heads,
        ("Scripts       4 revisions in migrations, heads: c, d", "The history has 2 heads."),
        database(current=["a"], pending=["b", "c", "d"], has_history=True),
        {"heads": ["c", "d"], "problem": "The history has 2 heads.", "advice": "flask db merge heads"},
    ),
    State(
        "no_models",
        no_models,
        ("Models        0 tables described; 2 tables in the database", "No models are imported."),
        database(current=["c"], has_history=True, tables=2, model_tables=0),
        {"problem": "No models are imported.", "advice": "import them where the app is made"},
    ),
    State(
        "created_by_the_app",
        created_by_the_app,
        ("Current       no history", "Tables exist without a history."),
        database(pending=["a"], tables=2),
        {"problem": "Tables exist without a history."},
        BACKENDS,
    ),
    State(
        "server_down",
        pending,
        ("No connection to the database: ", "Scripts       3 revisions in migrations", "  Do:   start the server"),
        None,
        {"revisions": 3, "heads": ["c"], "databases": []},
        url="postgresql+psycopg://app:S%25cr%40t9f3x@127.0.0.1:1/app",
    ),
)  # fmt: skip


@pytest.mark.parametrize(
    ("state", "backend"),
    [pytest.param(one, backend, id=f"{one.claim}-{backend}") for one in STATES for backend in one.backends],
    indirect=["backend"],
)
def test_the_status_tells_the_state(project: Project, state: State) -> None:
    state.arrange(project)
    before = picture(project.database)
    env = {"DATABASE_URL": state.url} if state.url else {}
    in_words = project.flask("status", env=env)
    as_json = project.flask("status", "--json", env=env)

    lines = in_words.stdout.splitlines()
    assert [one for one in state.words if not any(line.startswith(one) for line in lines)] == []
    said = json.loads(as_json.stdout)
    assert {key: said[key] for key in state.facts} == state.facts
    for found in said["databases"]:
        assert state.database is not None
        found["pending"].sort()  # branches have no order among themselves
        assert {key: found[key] for key in state.database} == state.database
    assert len(said["databases"]) == (state.database is not None)
    assert "Traceback" not in in_words.stderr + as_json.stderr
    for outcome in (in_words, as_json):
        assert TELLTALE not in outcome.stdout + outcome.stderr
    assert picture(project.database) == before


PRODUCTS = {"sqlite": "SQLite 3.", "postgresql": "PostgreSQL 1", "mariadb": "MariaDB 1", "mysql": "MySQL "}


def test_the_status_names_the_database_and_the_tools(project: Project) -> None:
    lay_out(project)
    said = json.loads(project.flask("status", "--json").stdout)
    (found,) = said["databases"]
    assert found["server"].startswith(PRODUCTS[project.database.kind])
    where = project.database.url.rpartition("@")[2].partition("?")[0]
    assert where in found["url"]
    assert said["directory"] == "migrations"
    assert [one.split()[0] for one in said["versions"]] == ["whimbrel", "alembic", "sqlalchemy", "flask"]
    assert said["imported_from"].endswith("flask_migrate")


@pytest.mark.parametrize("backend", BACKENDS[:1], indirect=True)
def test_the_status_tells_of_every_bind(project: Project, second_database: Database) -> None:
    audit = {"AUDIT_URL": second_database.url}
    lay_out(project)
    project.write("hello.py", MULTIDB)
    project.flask("-d", "several", "init", "--multidb", env=audit)
    project.flask("-d", "several", "migrate", env=audit)
    said = json.loads(project.flask("-d", "several", "status", "--json", env=audit).stdout)
    found = [(one["name"], one["model_tables"], len(one["pending"])) for one in said["databases"]]
    assert found == [("", 1, 1), ("audit", 1, 1)]
    words = project.flask("-d", "several", "status", env=audit).stdout.splitlines()
    assert [line.split()[1] for line in words if line.startswith("Database")] == ["<default>:", "audit:"]


@pytest.mark.parametrize("backend", BACKENDS[:1], indirect=True)
def test_a_status_with_a_broken_script_ends_with_1(project: Project) -> None:
    lay_out(project)
    project.write("migrations/versions/a.py", "def (")
    outcome = project.flask("status", "--json", check=False)
    assert outcome.rc == 1
    assert outcome.stdout == ""
    assert "migrations/versions/a.py, line 1" in outcome.stderr
