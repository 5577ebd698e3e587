"""One clear error for an app, a setting or a connection that does not allow a command."""

import os

import pytest
import sqlalchemy as sa

from tests.core.accounts import PASSWORD
from tests.core.complaints import Situation, assert_ends_in_its_error, complaint, on_backends
from tests.core.repository import add_chain, lay_out, versions
from tests.support.databases import BACKENDS
from tests.support.project import Project
from whimbrel.errors import (
    AppUnavailable,
    BadDatabaseUrl,
    BadSetting,
    ConnectionFailed,
    DriverMissing,
    ExtensionMissing,
    GroupTaken,
    ModelsMissing,
)

HELLO = """\
import os

import click
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from whimbrel import Migrate

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["DATABASE_URL"]
db = SQLAlchemy(app)


@click.group()
def theirs():
    pass


@theirs.command()
def vacuum():
    click.echo("vacuumed")

"""

PLAIN = """\
import os

import sqlalchemy as sa
from flask import Flask
from whimbrel import Migrate

app = Flask(__name__)
metadata = sa.MetaData()
sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True))
Migrate(app, metadata=metadata, engine=os.environ["DATABASE_URL"])
"""


def app_with(line: str):
    def arrange(project: Project) -> None:
        lay_out(project)
        add_chain(project, "a")
        project.write("hello.py", HELLO + line + "\n")

    return arrange


def url(text: str) -> dict[str, str]:
    return {"DATABASE_URL": text}


APPS = (
    Situation(
        "no app at all",
        AppUnavailable,
        lambda project: None,
        what=("Could not locate a Flask application",),
        do=(r"flask --app MODULE db",),
        env={"FLASK_APP": ""},
    ),
    Situation(
        "no such module",
        AppUnavailable,
        lambda project: None,
        what=("hello",),
        do=(r"flask --app MODULE db",),
    ),
    Situation(
        "the app raises an error",
        AppUnavailable,
        lambda project: project.write("hello.py", 'import os\n\nraise ValueError("größer")\n'),
        what=("ValueError: größer",),
        why=(r"hello\.py, line 3\.",),
        do=("flask --debug db",),
    ),
    Situation(
        "the app has a syntax error",
        AppUnavailable,
        lambda project: project.write("hello.py", "from flask import Flask\napp = Flask(\n"),
        what=("SyntaxError: ",),
        why=(r"hello\.py, line 2\.",),
    ),
    Situation(
        "the app imports what is not there",
        AppUnavailable,
        lambda project: project.write("hello.py", "import nosuchmodule\n"),
        what=("ModuleNotFoundError: No module named 'nosuchmodule'",),
        why=(r"hello\.py, line 1\.",),
    ),
    Situation(
        "no extension",
        ExtensionMissing,
        app_with(""),
        what=("no migrations",),
        do=(r"from whimbrel import Migrate;  Migrate\(app, db\)",),
    ),
    Situation(
        "an extension without a database",
        ExtensionMissing,
        app_with("Migrate(app)"),
        do=(r"Migrate\(app, db\)", "metadata="),
    ),
    Situation(
        "a database extension that is not set up",
        ExtensionMissing,
        app_with("Migrate(app, SQLAlchemy())"),
        what=("not set up for this app",),
        do=(r"db\.init_app\(app\)",),
    ),
    Situation(
        "another extension has taken the group",
        GroupTaken,
        app_with('Migrate(app, db)\napp.cli.add_command(theirs, "db")'),
        what=("'db'", "hello"),
        do=(r'Migrate\(app, db, command="migrations"\)', "flask migrations upgrade"),
    ),
    Situation(
        "another extension has the group and there is no ours",
        ExtensionMissing,
        app_with('app.cli.add_command(theirs, "db")'),
        what=("no migrations",),
    ),
    Situation(
        "the group has another name",
        ExtensionMissing,
        app_with('Migrate(app, db, command="schema")'),
        what=("another name: flask schema",),
        do=("flask schema",),
    ),
    Situation(
        "no models",
        ModelsMissing,
        lambda project: (lay_out(project), project.write("hello.py", HELLO + "Migrate(app, db)\n")),
        ("migrate",),
        do=("import them",),
        backends=BACKENDS,
    ),
    *(
        Situation(
            f"the setting {name} is {value}",
            BadSetting,
            app_with(f'app.config["{name}"] = {value}\nMigrate(app, db)'),
            what=(name, value),
            do=(rf"app\.config\['{name}'\] = ",),
        )
        for name, value in (
            ("MIGRATE_ATOMIC", "'perhaps'"),
            ("MIGRATE_LOCK_TIMEOUT", "'soon'"),
            ("MIGRATE_LOCK_TIMEOUT", "-1"),
            ("MIGRATE_LOCK_TIMEOUT", "None"),
            ("MIGRATE_IF_AHEAD", "'perhaps'"),
        )
    ),
)

URLS = tuple(
    Situation(f"the URL {claim}", error, app_with("Migrate(app, db)"), what=what, do=do, env=url(text))
    for claim, error, text, what, do in (
        ("names no known kind", BadDatabaseUrl, "postgresq://u:S%25cr%40t9f3x@127.0.0.1/x", ("postgresq",), ()),
        ("is none", BadDatabaseUrl, "S%25cr%40t9f3x", ("Could not parse",), ("sqlite:///app.db",)),
        ("has no number for a port", BadDatabaseUrl, "postgresql+psycopg://u@h:t9f3x/x", ("port",), ()),
        ("has a raw @", BadDatabaseUrl, "postgresql+psycopg://u:S%cr@t9f3x@127.0.0.1/x", ("@",), ("%40",)),
        ("needs a driver", DriverMissing, "postgresql+pg8000://u:S%25cr%40t9f3x@127.0.0.1/x", ("pg8000",), ("pip",)),
        ("names no folder", ConnectionFailed, "sqlite:////nonexistent/x.db", ("unable to open",), ("folder",)),
    )
)

SITUATIONS = (*APPS, *URLS)

DRIVERS = {
    "postgresql": ("postgresql+psycopg", "postgresql+psycopg2", "postgresql+asyncpg"),
    "mariadb": ("mysql+pymysql", "mysql+mysqldb", "mysql+aiomysql"),
}
EACH_DRIVER = [(kind, driver) for kind in BACKENDS for driver in DRIVERS.get(kind, ())]


@pytest.mark.parametrize(("situation", "backend"), on_backends(*SITUATIONS), indirect=["backend"])
def test_what_is_wrong_with_the_app_is_said(project: Project, situation: Situation) -> None:
    assert_ends_in_its_error(project, situation)


BROKEN = {
    "server_down": {"port": 1},
    "no_such_database": {"database": "no_such_database"},
    "wrong_password": {"password": PASSWORD + "x"},
    "no_such_user": {"username": "no_such_user"},
}
EACH_WAY = [
    pytest.param(kind, driver, broken, id=f"{driver}-{name}")
    for kind, driver in EACH_DRIVER
    for name, broken in BROKEN.items()
    # The words for it are the server's; one driver tells.
    if name != "no_such_user" or driver in ("postgresql+psycopg", "mysql+pymysql")
]


@pytest.mark.parametrize(("backend", "driver", "broken"), EACH_WAY, indirect=["backend"])
def test_a_connection_that_fails_is_explained(project: Project, driver: str, broken: dict[str, object]) -> None:
    lay_out(project)
    add_chain(project, "a")
    project.write("hello.py", PLAIN)
    there = sa.make_url(project.database.url).set(drivername=driver)
    if "aiomysql" not in driver and "asyncpg" not in driver and _answers(there.set(**broken)):
        pytest.skip("This server asks nobody for a password.")
    outcome = project.flask("upgrade", env=url(there.set(**broken).render_as_string(False)), check=False)
    said = complaint(outcome)
    assert outcome.rc == 1
    assert said.what.startswith("No connection to the database: ")
    cure = {"port": "start the server", "database": "create it"}
    assert cure.get(next(iter(broken)), "correct user and password") in said.do, said
    assert "Nothing was changed." in said.why
    assert versions(project.database) == []


@pytest.mark.parametrize(
    ("backend", "driver"), [one for one in EACH_DRIVER if "psycopg" not in one[1]], indirect=["backend"]
)
def test_a_host_that_does_not_exist_is_explained(project: Project, driver: str) -> None:
    lay_out(project)
    add_chain(project, "a")
    project.write("hello.py", PLAIN)
    there = sa.make_url(project.database.url).set(drivername=driver, host="256.256.256.256")
    outcome = project.flask("upgrade", env=url(there.render_as_string(False)), check=False)
    assert "correct host and port" in complaint(outcome).do


def _answers(where: sa.URL) -> bool:
    try:
        sa.create_engine(where, poolclass=sa.NullPool).connect().close()
    except sa.exc.DBAPIError:
        return False
    return True


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_file_that_is_no_database_is_explained(project: Project) -> None:
    lay_out(project)
    add_chain(project, "a")
    project.write("notes.db", "These are notes and nothing that SQLite could read. " * 20)
    here = os.fspath(project.path / "notes.db")
    outcome = project.flask("upgrade", env=url(f"sqlite:///{here}"), check=False)
    assert outcome.rc == 1
    assert "not a database" in complaint(outcome).what
    assert project.read("notes.db").startswith("These are notes")


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("line", "command"),
    [
        ('app.cli.add_command(theirs, "db")\nMigrate(app, db)', "db"),
        ('app.cli.add_command(theirs, "db")\nMigrate(app, db, command="schema")', "schema"),
        ('Migrate(app, db, command="schema")\napp.cli.add_command(theirs, "db")', "schema"),
    ],
)
def test_a_group_beside_another_extensions_works(project: Project, line: str, command: str) -> None:
    app_with(line)(project)
    project.run("-m", "flask", command, "upgrade")
    assert versions(project.database) == ["a"]
    if command != "db":
        assert project.flask("vacuum").stdout == "vacuumed\n"


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_help_needs_no_app(project: Project) -> None:
    assert "upgrade" in project.flask("--help", env={"FLASK_APP": ""}).stdout


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_an_error_that_we_do_not_know_keeps_its_traceback(project: Project) -> None:
    app_with("@property\ndef boom(self): raise KeyError('inner')\ntype(db).engines = boom\nMigrate(app, db)")(project)
    outcome = project.flask("upgrade", check=False)
    assert outcome.rc == 1
    assert "Traceback" in outcome.stderr
    assert "KeyError: 'inner'" in outcome.stderr
