"""Whatever Flask-Migrate can be told by another way than the plain command, ours can be told in the same way.

Environment variables, options before the verb, another name for the group, templates, several databases,
packages: each is done by both, and what lies in the folder or the database afterwards is compared.
"""

from collections.abc import Callable

import pytest

from tests.dropin.repository import script_of
from tests.dropin.sides import Side, Sides
from tests.support.databases import Database

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)

ENV_PY_SAYS_X = """
import sys
# Flask-Migrate hands over twice what stands before a verb that takes `-x` itself; ours does not.
once = list(dict.fromkeys(context.get_x_argument()))
print("x is", once, "tag is", context.get_tag_argument(), file=sys.stdout)
"""

ENV_PY_OF_THE_HOUSE = """
from alembic import context
from flask import current_app

db = current_app.extensions["migrate"].db
with db.engine.connect() as connection:
    context.configure(connection=connection, target_metadata=db.metadata)
    with context.begin_transaction():
        context.run_migrations()
"""

SCRIPT_OF_THE_HOUSE = """\
# The house's script: ${message}
from alembic import op
import sqlalchemy as sa
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
def upgrade():
    ${upgrades}
def downgrade():
    ${downgrades}
"""

BIND = """
app.config["SQLALCHEMY_BINDS"] = {"audit": "sqlite:///" + os.path.abspath("audit.db")}
"""

EVENTS = """

class Event(db.Model):
    __bind_key__ = "audit"
    __tablename__ = "events"
    id = db.Column(db.Integer, primary_key=True)
"""

TEMPLATES = ("flask", "flask-multidb", "aioflask", "aioflask-multidb")


def test_environment_variables_stand_for_options(sides: Sides) -> None:
    def session(side: Side) -> list[str]:
        side.flask("init", env={"FLASK_DB_DIRECTORY": "scripts"})
        side.flask(
            "migrate",
            env={
                "FLASK_DB_DIRECTORY": "scripts",
                "FLASK_DB_MIGRATE_MESSAGE": "from the environment",
                "FLASK_DB_MIGRATE_REV_ID": "a1",
            },
        )
        elsewhere = {"FLASK_DB_UPGRADE_DIRECTORY": "scripts", "FLASK_DB_UPGRADE_REVISION": "no_such_revision"}
        side.flask("upgrade", env=elsewhere)  # an argument is no option: click reads none from the environment
        listed = side.flask("history", env={"FLASK_DB_DIRECTORY": "scripts", "FLASK_DB_HISTORY_VERBOSE": "1"})
        as_sql = side.flask("downgrade", env={"FLASK_DB_DIRECTORY": "scripts", "FLASK_DB_DOWNGRADE_SQL": "true"})
        return [*without_dates(side, listed.stdout), *as_sql.stdout.splitlines(), *versions(side)]

    ours = same(sides, session)
    assert "    from the environment" in ours
    assert "DROP TABLE roles;" in ours
    assert ours[-1] == "a1"


def test_the_directory_and_x_may_come_before_the_verb_and_after_it(sides: Sides) -> None:
    def session(side: Side) -> list[str]:
        side.flask("-d", "scripts", "init")
        says_x(side, "scripts")
        said = [
            side.flask("-d", "scripts", "-x", "a=1", "-x", "b=2", "upgrade"),
            side.flask("upgrade", "-d", "scripts", "-x", "a=1", "-x", "b=2", "--tag", "blue"),
            side.flask("-d", "nowhere", "-x", "a=1", "upgrade", "--directory", "scripts", "--x-arg", "c=3"),
            side.flask("-x", "a=1", "-d", "scripts", "current"),
            side.flask("-x", "a=1", "migrate", "-d", "scripts", "--rev-id", "a1"),
            side.flask("-x", "z", "upgrade", "-d", "scripts"),
        ]
        return [line for one in said for line in one.stdout.splitlines() if line.startswith("x is")]

    ours = same(sides, session)
    assert "x is ['a=1', 'b=2'] tag is blue" in ours


def test_the_group_may_have_another_name(sides: Sides) -> None:
    def session(side: Side) -> list[str]:
        hello = side.project.read("hello.py")
        side.project.write("hello.py", hello.replace("Migrate(app, db)", 'Migrate(app, db, command="database")'))
        renamed = ("-m", "flask", "database")
        side.run(*renamed, "init")
        side.run(*renamed, "migrate", "--rev-id", "a1", env={"FLASK_DATABASE_MIGRATE_MESSAGE": "renamed"})
        side.run(*renamed, "upgrade")
        assert side.flask("current", check=False).rc != 0
        script = script_of(side.project, "renamed").read_text("utf-8")
        return [script.splitlines()[0], *versions(side)]

    assert same(sides, session) == ['"""renamed', "a1"]


@pytest.mark.parametrize("template", TEMPLATES)
def test_each_template_name_makes_a_repository(sides: Sides, template: str) -> None:
    def session(side: Side) -> list[str]:
        side.flask("init", "-t", template)
        return files(side)

    assert "migrations/alembic.ini" in same(sides, session)


def test_a_template_may_be_a_folder_of_ones_own(sides: Sides) -> None:
    def session(side: Side) -> list[str]:
        side.project.write("house/plain/README", "Ours.")
        side.project.write("house/plain/alembic.ini.mako", "[alembic]\n# in ${script_location}\nhouse = yes\n")
        side.project.write("house/plain/env.py", ENV_PY_OF_THE_HOUSE)
        side.project.write("house/plain/script.py.mako", SCRIPT_OF_THE_HOUSE)
        side.flask("init", "-t", "house/plain")
        side.flask("migrate", "-m", "ours", "--rev-id", "a1")
        side.flask("upgrade")
        made = [side.project.read(f"migrations/{name}") for name in ("README", "alembic.ini", "env.py")]
        return [*files(side), *made, script_of(side.project, "ours").read_text("utf-8"), *versions(side)]

    ours = same(sides, session)
    assert any("# The house's script" in text for text in ours)
    assert ours[-1] == "a1"


def test_a_repository_may_be_a_package(sides: Sides) -> None:
    def session(side: Side) -> list[str]:
        side.flask("init", "--package")
        return files(side)

    assert "migrations/versions/__init__.py" in same(sides, session)


def test_several_databases_move_together(sides: Sides) -> None:
    def session(side: Side) -> list[str]:
        hello = side.project.read("hello.py")
        side.project.write("hello.py", hello.replace("\ndb =", BIND + "\ndb =") + EVENTS)
        audit = Database("sqlite", f"sqlite:///{side.project.path / 'audit.db'}")
        side.flask("init", "--multidb")
        side.flask("migrate", "-m", "initial migration", "--rev-id", "a1")
        side.flask("upgrade")
        up = [database.schema() for database in (side.project.database, audit)]
        reached = [*versions(side), *audit.rows("SELECT version_num FROM alembic_version")]
        side.flask("downgrade")
        return [*up, *map(str, reached), side.project.database.schema(), audit.schema()]

    schema, audit, *_ = same(sides, session)
    assert "events" in audit
    assert "events" not in schema


def same(sides: Sides, session: Callable[[Side], list[str]]) -> list[str]:
    """Let both go through a session, see that they come to the same, and return it."""
    ours, theirs = (session(side) for side in sides)
    assert ours == theirs
    return ours


def says_x(side: Side, directory: str) -> None:
    """Make the repository's `env.py` say what `-x` and `--tag` have brought to it."""
    env = side.project.read(f"{directory}/env.py")
    side.project.write(
        f"{directory}/env.py",
        env.replace("from alembic import context\n", "from alembic import context\n" + ENV_PY_SAYS_X),
    )


def without_dates(side: Side, listed: str) -> list[str]:
    lines = side.neutral(listed).splitlines()
    return [line for line in lines if not line.strip().startswith(("Create Date:", "Path:"))]


def versions(side: Side) -> list[str]:
    return [version for (version,) in side.project.database.rows("SELECT version_num FROM alembic_version")]


def files(side: Side) -> list[str]:
    """List the files of the repository, but for the names that are a tool's own choice."""
    everything = (side.project.path / "migrations").rglob("*")
    kept = (one for one in everything if not {"__pycache__", "snapshot"} & set(one.parts))
    found = (one for one in kept if "ours" not in one.name)
    return sorted(one.relative_to(side.project.path).as_posix() for one in found)
