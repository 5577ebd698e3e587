"""`flask db lint`, from the command line."""

import json
import subprocess

import pytest

from tests.support.project import Project, tutorial

LOCKS = """\
revision = "{revision}"
down_revision = {down!r}

import sqlalchemy as sa
from alembic import op


def upgrade():
    {up}


def downgrade():
    {down_code}
"""


def script(project: Project, revision: str, down: str | None, up: str, undo: str = "pass") -> None:
    text = LOCKS.format(revision=revision, down=down, up=up.replace("\n", "\n    "), down_code=undo)
    project.write(f"migrations/versions/{revision}_x.py", text)


@pytest.fixture
def linted(project: Project) -> Project:
    """Three scripts: two tables, an index, and a column that all rows are read for."""
    tutorial(project)
    project.flask("init")
    create = (
        'op.create_table("roles", sa.Column("id", sa.Integer, primary_key=True))\n'
        'op.create_table("users", sa.Column("id", sa.Integer, primary_key=True), sa.Column("email", sa.String(50)))'
    )
    script(project, "a1", None, create, 'op.drop_table("users")\n    op.drop_table("roles")')
    script(project, "b2", "a1", 'op.create_index("ix_email", "users", ["email"])', 'op.drop_index("ix_email", "users")')
    script(
        project,
        "c3",
        "b2",
        'op.alter_column("users", "email", nullable=False)  # whimbrel: accept blocks-reads because it is small\n'
        "# whimbrel: accept loses-data because of nothing",
        'op.alter_column("users", "email", nullable=True)',
    )
    return project


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_the_scripts_of_a_range_are_run_on_scratch_and_the_database_is_left_alone(linted: Project) -> None:
    found = linted.flask("lint", "base:head", check=False)
    assert found.rc == 1, found.stderr
    assert "~ blocks-writes  migrations/versions/b2_x.py:9" in found.stdout
    assert "SHARE on users: others can read it, and not write it" in found.stdout
    assert 'op.create_index("ix_email", "users", ["email"], postgresql_concurrently=True)' in found.stdout
    assert "Accepted: it is small (migrations/versions/c3_x.py:9)" in found.stdout
    assert "c3_x.py:10 accepts loses-data" in found.stderr
    assert linted.database.rows("SELECT 1 FROM pg_class WHERE relname IN ('users', 'alembic_version')") == []


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_only_what_is_not_accepted_fails_and_the_heads_are_linted_by_default(linted: Project) -> None:
    assert "c3_x.py" in linted.flask("lint", check=False).stdout
    assert linted.flask("lint", "b2", "--accept", "blocks-writes").rc == 0
    assert linted.flask("lint", "b2", env={"FLASK_DB_LINT_ACCEPT": "index-without-concurrently"}).rc == 0


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_sizes_of_another_database_say_how_bad_it_is(linted: Project) -> None:
    linted.flask("upgrade")
    found = linted.flask("lint", "b2", "--json", "--against", linted.database.url)
    (hazard,) = [one for one in json.loads(found.stdout)["hazards"] if one["name"] == "blocks-writes"]
    assert (hazard["severity"], hazard["rows"], hazard["line"]) == ("note", 0, 9)
    linted.database.execute(
        "INSERT INTO users SELECT i, 'x' FROM generate_series(1, 20000) i", "ANALYZE users"
    )
    found = linted.flask("lint", "b2", "--against", linted.database.url, check=False)
    assert found.rc == 1
    assert "builds index ix_email on users (20,000 rows, " in found.stdout


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_since_a_git_revision_only_what_it_lacks_is_linted(linted: Project) -> None:
    def git(*arguments: str) -> None:
        who = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
        subprocess.run(["git", *who, *arguments], cwd=linted.path, check=True, capture_output=True)

    git("init", "-b", "main")
    git("add", ".")
    git("commit", "-m", "x")
    script(linted, "d4", "c3", "pass")
    found = linted.flask("lint", "--since", "main", "--json", check=False)
    assert json.loads(found.stdout)["scripts"] == ["migrations/versions/d4_x.py"]
    assert "Git" in linted.flask("lint", "--since", "nowhere", check=False).stderr


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_other_programs_read_it_too(linted: Project) -> None:
    found = linted.flask("lint", "b2", "--format", "github", check=False).stdout
    assert found.startswith("::warning file=migrations/versions/b2_x.py,line=9,title=blocks-writes::builds index")
    (run,) = json.loads(linted.flask("lint", "b2", "--format", "sarif", check=False).stdout)["runs"]
    assert run["results"][0]["ruleId"] in {one["id"] for one in run["tool"]["driver"]["rules"]}
