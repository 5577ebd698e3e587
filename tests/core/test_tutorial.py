"""The tutorial, start to finish, as a person types it: every server and both import names."""

import re

import pytest

from tests.core.repository import tables
from tests.support.project import Outcome, Project, tutorial

IMPLS = {"sqlite": "SQLiteImpl", "postgresql": "PostgresqlImpl", "mariadb": "MySQLImpl", "mysql": "MySQLImpl"}
DDL = {"postgresql": "transactional"}

INITIAL = (
    "INFO  [alembic.autogenerate.compare.tables] Detected added table 'roles'",
    "INFO  [alembic.autogenerate.compare.tables] Detected added table 'users'",
    "INFO  [alembic.autogenerate.compare.constraints] Detected added index 'ix_users_username' on '('username',)'",
)
CHANGED = "INFO  [alembic.autogenerate.compare.tables] Detected added column 'users.about'"


def revision(project: Project, message: str) -> str:
    """Read the id of a script out of the name of its file, which begins with the date."""
    slug = message.replace(" ", "_")
    (name,) = (script.name for script in project.scripts() if slug in script.name)
    found = re.fullmatch(rf"\d{{4}}_\d\d_\d\d_\d{{4}}_{slug}_([0-9a-f]{{12}})\.py", name)
    assert found is not None, name
    return found[1]


def logged(project: Project, outcome: Outcome) -> list[str]:
    """Return the log lines after the two that every run begins with."""
    kind = project.database.kind
    context, ddl, *rest = outcome.stderr.splitlines()
    assert context == f"INFO  [alembic.runtime.migration] Context impl {IMPLS[kind]}."
    assert ddl == f"INFO  [alembic.runtime.migration] Will assume {DDL.get(kind, 'non-transactional')} DDL."
    return rest


def step(direction: str, source: str, target: str, message: str) -> str:
    return f"INFO  [alembic.runtime.migration] Running {direction} {source} -> {target}, {message}"


@pytest.mark.parametrize("name", ["whimbrel", "flask_migrate"])
def test_the_tutorial_from_start_to_finish(project: Project, name: str) -> None:
    tutorial(project, name)
    made = project.flask("init").stdout
    assert made.endswith('Created migrations. Next: flask db migrate -m "initial migration"\n')

    written = project.flask("migrate", "-m", "initial migration")
    first = revision(project, "initial migration")
    assert set(INITIAL) <= set(logged(project, written))
    assert re.search(rf"^Wrote migrations/versions/\S+_{first}\.py\. Next: flask db upgrade$", written.stdout, re.M)

    upgraded = project.flask("upgrade")
    assert logged(project, upgraded) == [step("upgrade", "", first, "initial migration")]
    assert re.fullmatch(rf"Applied 1 revision in \d+\.\d s\. Now at {first}\.\n", upgraded.stdout)
    assert tables(project.database) == {"alembic_version", "roles", "users"}
    project.database.execute(
        "INSERT INTO roles (id, name) VALUES (1, 'Wächter')",
        "INSERT INTO users (id, username, role_id) VALUES (1, 'ada', 1), (2, 'Łucja', NULL)",
    )
    before = project.database.schema()

    project.write("hello.py", f"{project.read('hello.py')}    about = db.Column(db.String(120))\n")
    written = project.flask("migrate", "-m", "add about")
    second = revision(project, "add about")
    assert CHANGED in logged(project, written)
    upgraded = project.flask("upgrade")
    assert logged(project, upgraded) == [step("upgrade", first, second, "add about")]
    assert users(project, "id, username, role_id, about") == [(1, "ada", 1, None), (2, "Łucja", None, None)]
    project.flask("check")

    reverted = project.flask("downgrade")
    assert logged(project, reverted) == [step("downgrade", second, first, "add about")]
    assert re.fullmatch(rf"Reverted 1 revision in \d+\.\d s\. Now at {first}\.\n", reverted.stdout)
    assert project.database.schema() == before
    assert users(project) == [(1, "ada", 1), (2, "Łucja", None)]

    project.flask("upgrade")
    again = project.flask("upgrade")
    assert logged(project, again) == []
    assert again.stdout == f"Up to date at {second}.\n"
    assert users(project) == [(1, "ada", 1), (2, "Łucja", None)]
    assert project.flask("history").stdout == (
        f"{first} -> {second} (head), add about\n<base> -> {first}, initial migration\n"
    )


def users(project: Project, columns: str = "id, username, role_id") -> list[tuple[object, ...]]:
    return project.database.rows(f"SELECT {columns} FROM users ORDER BY id")
