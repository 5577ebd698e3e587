"""One clear error for a revision that fails, which says what of it is left in the database."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from tests.core.applications import written_application
from tests.core.complaints import Situation, assert_ends_in_its_error, complaint, on_backends
from tests.core.repository import add_chain, add_script, lay_out, picture, pretend_to_be_at, tables, versions
from tests.support.databases import BACKENDS
from tests.support.project import Project
from whimbrel import migrate
from whimbrel.errors import RevisionFailed, StoppedPartWay, TablesWithoutHistory

UNDOES = tuple(kind for kind in BACKENDS if kind in ("sqlite", "postgresql"))
KEEPS = tuple(kind for kind in BACKENDS if kind not in UNDOES)

MAKE = 'op.create_table("half", sa.Column("id", sa.Integer, primary_key=True))'
FILL = 'op.execute("INSERT INTO half VALUES (1)")'
NOTE = 'op.execute("INSERT INTO notes VALUES (2, 2)")'
BREAK = 'raise ValueError("größer als erlaubt")'


def script(*lines: str) -> Callable[[Project], None]:
    """Return what makes a database at `a`, with two notes, and a script `b` of these lines."""

    def arrange(project: Project) -> None:
        lay_out(project)
        add_chain(project, "a")
        add_script(project, "b", "a", "\n    ".join(lines), "pass")
        pretend_to_be_at(project.database, "a")
        project.database.execute("CREATE TABLE notes (id INTEGER, twice INTEGER)")
        project.database.execute("INSERT INTO notes VALUES (1, 1)", "INSERT INTO notes VALUES (1, 1)")

    return arrange


def created_by_the_app(project: Project) -> None:
    lay_out(project)
    with written_application(project) as db:
        migrate(project.path / "migrations", message="initial migration")
        db.create_all()
    project.database.execute("INSERT INTO roles (id, name) VALUES (1, 'admin')")


def created_before_the_models_changed(project: Project) -> None:
    created_by_the_app(project)
    hello = project.read("hello.py")
    project.write("hello.py", f"{hello}    about = db.Column(db.String(120))\n")


FAILURES = (
    *(
        Situation(
            f"a script that {claim}",
            RevisionFailed,
            script(*lines),
            what=(r"Revision b \(make b\) failed", *what),
            why=(rf"migrations/versions/b\.py, line {line}", "It was rolled back. The database is at a", *why),
            do=(rf"migrations/versions/b\.py, line {line}",),
            backends=backends,
        )
        for claim, lines, line, what, why, backends in (
            ("raises an error", (MAKE, FILL, BREAK), 15, ("ValueError: größer",), (), UNDOES),
            ("names what is not there", (MAKE, "op.nothing()"), 14, ("AttributeError",), (), UNDOES),
            (
                "has a wrong statement",
                (MAKE, 'op.execute("SELECT gone FROM nowhere")'),
                14,
                ("nowhere",),
                ("SELECT gone FROM nowhere",),
                UNDOES,
            ),
            ("fails before its first statement", (BREAK, MAKE), 13, ("ValueError",), (), BACKENDS),
            ("fails after its data", (NOTE, BREAK), 14, ("ValueError",), (), BACKENDS),
        )
    ),
    Situation(
        "a new column that may not be empty",
        RevisionFailed,
        script('op.add_column("notes", sa.Column("x", sa.Integer, nullable=False))'),
        what=("(?i)null",),
        why=(r"b\.py, line 13",),
        do=("server_default",),
        backends=UNDOES,
    ),
    Situation(
        "rows that are not unique",
        RevisionFailed,
        script('op.create_index("once", "notes", ["twice"], unique=True)'),
        what=("(?i)unique|duplicate",),
        why=("CREATE UNIQUE INDEX once",),
        do=("remove the duplicates",),
        backends=BACKENDS,
    ),
    Situation(
        "tables of create_all that match",
        TablesWithoutHistory,
        created_by_the_app,
        what=("already exists",),
        why=("they match the models", "rolled back"),
        do=("flask db stamp head",),
        backends=BACKENDS,
    ),
    Situation(
        "tables of create_all that differ",
        TablesWithoutHistory,
        created_before_the_models_changed,
        what=("already exists",),
        why=("differ from them: add column users about",),
        do=("flask db stamp REVISION",),
        backends=BACKENDS,
    ),
)

PART_WAY = tuple(
    Situation(
        f"a script that stops after {claim}",
        StoppedPartWay,
        script(*lines, BREAK),
        what=("ValueError: größer",),
        why=(rf"{kept} statement\(s\) of it took effect and stay. The database says in its version table: a\.",),
        do=("mend the script", "what is done is not done twice"),
        backends=KEEPS,
    )
    for claim, lines, kept in (
        ("a table", (MAKE,), 1),
        ("a table with a row", (MAKE, FILL), 1),
        ("a row and a table", (NOTE, MAKE), 2),
    )
)

SITUATIONS = (*FAILURES, *PART_WAY)


@pytest.mark.parametrize(("situation", "backend"), on_backends(*SITUATIONS), indirect=["backend"])
def test_what_is_wrong_with_a_run_is_said(project: Project, situation: Situation) -> None:
    assert_ends_in_its_error(project, situation)
    assert versions(project.database) in ([], ["a"])


@pytest.mark.parametrize("backend", KEEPS, indirect=True)
def test_what_is_said_to_stay_stays(project: Project) -> None:
    script(NOTE, MAKE, FILL, BREAK)(project)
    assert "2 statement(s)" in complaint(project.flask("upgrade", check=False)).why
    assert project.database.rows("SELECT * FROM half") == []
    assert project.database.rows("SELECT count(*) FROM notes") == [(3,)]


@pytest.mark.parametrize("backend", KEEPS, indirect=True)
def test_an_upgrade_goes_on_once_the_cause_is_gone(project: Project) -> None:
    script(MAKE, BREAK)(project)
    assert project.flask("upgrade", check=False).rc == 3
    assert project.flask("upgrade", check=False).rc == 3
    project.write("migrations/versions/b.py", project.read("migrations/versions/b.py").replace(BREAK, "pass"))
    project.flask("upgrade")
    assert versions(project.database) == ["b"]
    assert "half" in tables(project.database)


def test_a_failing_downgrade_is_explained(project: Project) -> None:
    lay_out(project)
    add_script(project, "a", None, "pass", BREAK)
    pretend_to_be_at(project.database, "a")
    outcome = project.flask("downgrade", check=False)
    said = complaint(outcome)
    assert outcome.rc == 1
    assert "Revision a (make a) failed: ValueError: größer als erlaubt" in said.what
    assert "migrations/versions/a.py, line 17" in said.why
    assert "The database is at a." in said.why
    assert versions(project.database) == ["a"]


def test_the_advice_for_tables_without_history_works(project: Project) -> None:
    created_by_the_app(project)
    advice = complaint(project.flask("upgrade", check=False)).do
    assert advice.startswith("flask db stamp head")
    project.flask("stamp", "head")
    assert "Up to date" in project.flask("upgrade").stdout
    project.flask("check")
    assert project.database.rows("SELECT name FROM roles") == [("admin",)]


LOCKED = 'op.execute("ALTER TABLE notes ADD COLUMN more INTEGER")'


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_a_lock_that_is_not_had_in_time_names_who_has_it(project: Project) -> None:
    script(LOCKED)(project)
    before = picture(project.database)
    hello = project.read("hello.py")
    project.write(
        "hello.py",
        hello.replace("db = ", 'app.config["MIGRATE_LOCK_TIMEOUT"] = app.config["MIGRATE_LOCK_RETRY"] = 0.5\ndb = ', 1),
    )
    engine = sa.create_engine(project.database.url, connect_args={"application_name": "a forgotten shell"})
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT count(*) FROM notes").scalar()
        pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
        outcome = project.flask("upgrade", check=False)
    engine.dispose()
    said = complaint(outcome)
    assert outcome.rc == 1
    assert "lock timeout" in said.what
    assert f"pid {pid} (user {engine.url.username}, a forgotten shell), idle in transaction" in said.why
    assert "It waited 0.5 s" in said.why
    assert f"pg_terminate_backend({pid})" in said.why
    assert picture(project.database) == before
    project.flask("upgrade")
    assert versions(project.database) == ["b"]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_locked_file_is_explained(project: Project) -> None:
    script(LOCKED)(project)
    engine = sa.create_engine(project.database.url)
    with engine.connect() as connection:
        connection.exec_driver_sql("BEGIN EXCLUSIVE")
        outcome = project.flask("upgrade", env={"DATABASE_URL": f"{project.database.url}?timeout=0.2"}, check=False)
        connection.rollback()
    engine.dispose()
    said = complaint(outcome)
    assert outcome.rc == 1
    assert "database is locked" in said.what
    assert "end the process that has the database file open" in said.do
    assert versions(project.database) == ["a"]
