"""`flask db lint`, from the command line."""

import json
import re
import subprocess

import pytest

from tests.support.project import Project, tutorial
from whimbrel.errors import BadSetting
from whimbrel.hazards import text_of_script
from whimbrel.settings import settings_from

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
        'op.alter_column("users", "email", nullable=False, existing_type=sa.String(50))'
        "  # whimbrel: accept blocks-reads because it is small\n"
        "# whimbrel: accept loses-data because of nothing",
        'op.alter_column("users", "email", nullable=True, existing_type=sa.String(50))',
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
    linted.database.execute("INSERT INTO users SELECT i, 'x' FROM generate_series(1, 20000) i", "ANALYZE users")
    found = linted.flask("lint", "b2", "--against", linted.database.url, check=False)
    assert found.rc == 1
    assert "builds index ix_email on users (20,000 rows, " in found.stdout


@pytest.mark.parametrize("backend", ["sqlite", "postgresql"], indirect=True)
def test_the_apps_own_database_can_make_it_worse_and_never_better(linted: Project) -> None:
    assert "builds index ix_email on users.\n" in linted.flask("lint", "b2", check=False).stdout
    linted.flask("upgrade")
    assert linted.flask("lint", "b2", check=False).rc == 1, "an empty table of a developer says nothing of production"
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
    linted.database.execute(f"INSERT INTO users {numbers} SELECT i, 'x' FROM n", "ANALYZE users")
    assert "builds index ix_email on users (20,000 rows" in linted.flask("lint", "b2", check=False).stdout


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_sizes_of_another_kind_of_database_are_refused(linted: Project) -> None:
    file = linted.path / "other.db"
    file.touch()
    found = linted.flask("lint", "--against", f"sqlite:///{file}", check=False)
    assert found.rc == 1
    assert "--against names a database of sqlite, and the app's database here is postgresql" in found.stderr


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_no_database_is_made_where_none_is(linted: Project) -> None:
    file = linted.path / "none.db"
    linted.flask("lint", "b2", check=False, env={"DATABASE_URL": f"sqlite:///{file}"})
    found = linted.flask("lint", "b2", "--against", f"sqlite:///{file}", check=False)
    assert "there is no such file" in found.stderr
    assert not file.exists()


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
    assert "Not a valid object name nowhere. " in linted.flask("lint", "--since", "nowhere", check=False).stderr
    git("mv", "migrations/versions/b2_x.py", "migrations/versions/b2_moved.py")
    linted.write("migrations/versions/a1_x.py", linted.read("migrations/versions/a1_x.py") + "# other\n")
    found = linted.flask("lint", "--since", "main", "--json", check=False)
    scripts = ["migrations/versions/a1_x.py", "migrations/versions/d4_x.py"]
    assert json.loads(found.stdout)["scripts"] == scripts, "what has another text is looked at, and no other name"


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_where_git_cannot_be_asked_that_is_said(linted: Project) -> None:
    nowhere = {"GIT_CEILING_DIRECTORIES": str(linted.path.parent)}
    found = linted.flask("lint", "--since", "main", check=False, env=nowhere)
    assert "run it in a clone of the repository" in found.stderr
    found = linted.flask("lint", "--since", "main", check=False, env={"PATH": str(linted.path)})
    assert "Git cannot be run" in found.stderr
    assert "install Git" in found.stderr


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_several_statements_of_one_text_are_looked_at_one_by_one(linted: Project) -> None:
    text = "ALTER TABLE users ADD z int; UPDATE users SET z = 1; SELECT 1; TRUNCATE users"
    script(linted, "d4", "c3", f'op.execute("{text}")', "op.no()")
    found = json.loads(linted.flask("lint", "--json", check=False).stdout)["hazards"]
    assert {(one["rule"], one["sql"]) for one in found} == {
        ("work-under-lock", "UPDATE users SET z = 1"),
        ("table-emptied", "TRUNCATE users"),
    }


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_other_programs_read_it_too(linted: Project) -> None:
    found = linted.flask("lint", "b2", "--format", "github", check=False).stdout
    assert found.startswith("::warning file=migrations/versions/b2_x.py,line=9,title=blocks-writes::builds index")
    (run,) = json.loads(linted.flask("lint", "b2", "--format", "sarif", check=False).stdout)["runs"]
    assert run["results"][0]["ruleId"] in {one["id"] for one in run["tool"]["driver"]["rules"]}


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_heads_that_no_script_joins_are_a_hazard(linted: Project) -> None:
    script(linted, "d4", "b2", "pass")
    found = linted.flask("lint", "d4", check=False)
    assert "stands beside c3, and no script joins them" in found.stdout
    script(linted, "e5", None, "pass")
    linted.write("migrations/versions/m_x.py", 'revision = "m6"\ndown_revision = ("c3", "d4", "e5")\n')
    assert "no script joins" not in linted.flask("lint", "d4").stdout


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_script_that_is_refused_is_a_hazard_and_one_before_it_an_error(linted: Project) -> None:
    script(
        linted,
        "d4",
        "c3",
        'op.add_column("users", sa.Column("x", sa.Integer))\nop.execute("ALTER TABEL users")',
        "op.no()",
    )
    found = linted.flask("lint", check=False)
    assert (
        '! fails  migrations/versions/d4_x.py:10  (error, refused)\n  is refused: near "TABEL": syntax error'
        in found.stdout
    )
    script(linted, "e5", "d4", "pass")
    found = linted.flask("lint", check=False)
    assert found.rc == 1
    assert "d4_x.py fails on an empty database: near" in found.stderr  # ReplayFailed
    assert "The app's database was not touched" in found.stderr


NESTED = """\
import contextlib
with {} op.get_bind().begin_nested():
    op.execute("ALTER TABEL users")
"""


@pytest.mark.parametrize("backend", ["sqlite", "postgresql"], indirect=True)
def test_what_a_script_catches_is_no_hazard_and_what_it_does_not_is_one_in_a_savepoint_too(linted: Project) -> None:
    script(linted, "d4", "c3", NESTED.format(""), "op.no()")
    found = linted.flask("lint", check=False)
    assert found.rc == 1, "it fails in a savepoint, and for good"
    assert "! fails  migrations/versions/d4_x.py:11  (error, refused)" in found.stdout
    assert "not-measured" not in found.stdout
    script(linted, "d4", "c3", NESTED.format("contextlib.suppress(sa.exc.DBAPIError),"), "op.no()")
    assert "(error, refused)" not in linted.flask("lint").stdout


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_change_that_is_refused_is_told_once(linted: Project) -> None:
    script(linted, "d4", "c3", 'op.execute("CREATE VIEW v AS SELECT email FROM users")', "op.no()")
    script(linted, "e5", "d4", 'op.drop_column("users", "email")', "op.no()")
    found = json.loads(linted.flask("lint", "--json", check=False).stdout)["hazards"]
    assert [one["rule"] for one in found if one["severity"] != "note"] == ["refused"]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_script_that_stops_where_it_finds_no_row_was_not_seen_to_its_end(linted: Project) -> None:
    script(linted, "d4", "c3", 'op.get_bind().execute(sa.text("SELECT id FROM users")).one()', "op.no()")
    script(linted, "e5", "d4", "pass")
    found = linted.flask("lint", "c3:", check=False)
    assert "~ not-measured  migrations/versions/d4_x.py:9  (warning, stopped)" in found.stdout
    assert "stops on a database without rows: NoResultFound" in found.stdout
    assert "~ not-measured  migrations/versions/e5_x.py  (warning, stopped)\n  did not run: a script" in found.stdout


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_what_cannot_be_judged_is_said_in_words(linted: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    found = linted.flask("lint", "--against", "postgresql+psycopg://x:secret@127.0.0.1:1/y", check=False)
    assert found.rc == 1
    assert "postgresql+psycopg://x:***@127.0.0.1:1/y cannot be read" in found.stderr  # OtherDatabaseUnreadable
    assert "secret" not in found.stderr
    found = linted.flask("lint", "--against", "postgresql+asyncpg://x:secret@127.0.0.1:1/y", check=False)
    assert "postgresql+asyncpg://x:***@127.0.0.1:1/y cannot be read" in found.stderr
    assert "look whether the server runs" in found.stderr
    assert not {"secret", "Traceback"} & set(re.findall(r"\w+", found.stderr))
    hello = linted.read("hello.py")
    linted.write(
        "hello.py", hello.replace("db = SQLA", 'app.config["MIGRATE_LINT_TARGET"] = "postgresql 15"\ndb = SQLA')
    )
    found = linted.flask("lint", check=False)
    assert (
        "MIGRATE_LINT_TARGET is postgresql 15, and the app's database here is sqlite" in found.stderr
    )  # LintTargetDiffers
    linted.write("hello.py", hello.replace("db = SQLA", 'app.config["MIGRATE_ACCEPT"] = "blocks-riding"\ndb = SQLA'))
    assert "MIGRATE_ACCEPT names 'blocks-riding'" in linted.flask("lint", check=False).stderr


def test_what_becomes_of_rows_that_scripts_have_put_in_is_not_taken_for_their_work(linted: Project) -> None:
    script(linted, "d4", "c3", "op.execute(\"INSERT INTO users VALUES (1, 'x')\")", "op.no()")
    script(linted, "e5", "d4", 'op.drop_column("users", "email")', "op.no()")
    script(linted, "f6", "e5", 'op.drop_table("users")', "op.no()")
    found = json.loads(linted.flask("lint", "d4:", "--json", check=False).stdout)
    rules = {one["rule"] for one in found["hazards"]} - {"rows-written-anew", "key-without-index", "index-dropped"}
    assert rules == {"column-dropped", "table-dropped", "used-by-old-code"}
    assert {one["line"] for one in found["hazards"]} == {9}
    assert linted.database.rows("SELECT 1") == [(1,)]


@pytest.mark.parametrize("value", ["oracle 19", "postgresql fifteen", "postgresql 15 16"])
def test_a_server_that_cannot_be_judged_for_is_refused(value: str) -> None:
    with pytest.raises(BadSetting, match="MIGRATE_LINT_TARGET"):
        settings_from({"MIGRATE_LINT_TARGET": value})


def test_one_line_of_a_script_accepts_several_for_one_reason() -> None:
    text = text_of_script("# Whimbrel: accept blocks-writes, Loses-Data because it is small, and old\n", "x.py")
    assert [(one.name, one.reason, one.line) for one in text.acceptances] == [
        ("blocks-writes", "it is small, and old", 1),
        ("loses-data", "it is small, and old", 1),
    ]


def test_what_is_accepted_everywhere_is_a_list_or_a_text() -> None:
    assert settings_from({"MIGRATE_ACCEPT": "scans-table, Loses-Data"}).accept == ("scans-table", "loses-data")
    assert settings_from({"MIGRATE_ACCEPT": ["scans-table"]}).accept == ("scans-table",)
    with pytest.raises(BadSetting, match="MIGRATE_ACCEPT"):
        settings_from({"MIGRATE_ACCEPT": [1]})
