"""A person at a terminal: a real one, as far as the process can tell."""

import sys
from collections.abc import Iterator

import pexpect
import pytest

from tests.core.repository import lay_out
from tests.support.project import Project

RENAMED = {
    "name = db.Column(db.String(64), unique=True)": "title = db.Column(db.String(64), unique=True)",
}
RENAMED_OR_OTHER = {
    "name = db.Column(db.String(64), unique=True)": "title = db.Column(db.String(64), unique=True)\n"
    "    label = db.Column(db.String(64))",
}
REQUIRED = {
    "name = db.Column(db.String(64), unique=True)": "name = db.Column(db.String(64), unique=True, nullable=False)"
}


@pytest.fixture
def migrated(project: Project) -> Project:
    """Lend the tutorial's project with two rows in it."""
    lay_out(project)
    project.flask("migrate")
    project.flask("upgrade")
    project.database.execute("INSERT INTO roles (id, name) VALUES (1, 'reader')", "INSERT INTO roles (id) VALUES (2)")
    return project


def change(project: Project, changes: dict[str, str]) -> None:
    text = project.read("hello.py")
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new, 1)
    project.write("hello.py", text)


class Session:
    """`flask db migrate` on a terminal of its own."""

    def __init__(self, project: Project, *args: str, **env: str) -> None:
        self.before = sorted(project.path.rglob("migrations/**/*.[pt]*"))
        self.scripts = project.scripts()
        self.project = project
        self.process = pexpect.spawn(
            sys.executable,
            ["-m", "flask", "db", "migrate", *args],
            cwd=str(project.path),
            env=project.environment() | env,
            encoding="utf-8",
            timeout=60,
            dimensions=(40, 200),
        )

    def answer(self, question: str, answer: str) -> str:
        """Wait for a question, answer it, and return what was said before it."""
        self.process.expect_exact(question)
        said = str(self.process.before)
        self.process.sendline(answer)
        return said

    def end(self) -> tuple[int | None, str]:
        """Wait for the end; return the exit code and what was said last."""
        self.process.expect(pexpect.EOF)
        self.process.close()
        return self.process.exitstatus, str(self.process.before)

    def wrote_nothing(self) -> bool:
        return sorted(self.project.path.rglob("migrations/**/*.[pt]*")) == self.before


@pytest.fixture
def sessions() -> Iterator[list[Session]]:
    """Keep the sessions, and end those that hang."""
    begun: list[Session] = []
    yield begun
    for session in begun:
        session.process.close(force=True)


def test_yes_renames(migrated: Project, sessions: list[Session]) -> None:
    change(migrated, RENAMED)
    sessions.append(session := Session(migrated))

    said = session.answer("Renamed? [y/n/none/?] ", "?")
    assert "roles.name is gone, roles.title is new." in said
    assert "for:     " in said
    assert "at stake: 1 row has it" in said
    assert "Ctrl-C ends the command" in session.answer("Renamed? [y/n/none/?] ", "y")
    code, said = session.end()

    assert code == 0
    assert "Wrote " in said
    migrated.flask("upgrade")
    assert migrated.database.rows("SELECT title FROM roles ORDER BY id") == [("reader",), (None,)]


def test_no_goes_on_to_the_next_best_and_none_ends_it(migrated: Project, sessions: list[Session]) -> None:
    change(migrated, RENAMED_OR_OTHER)
    sessions.append(session := Session(migrated))

    first = session.answer("Renamed? [y/n/none/?] ", "no")
    second = session.answer("Renamed? [y/n/none/?] ", "none")
    code, _ = session.end()

    assert code == 0
    assert "roles.title is new" in first
    assert "roles.label is new" in second
    assert "new_column_name" not in (set(migrated.scripts()) - set(session.scripts)).pop().read_text()


@pytest.mark.parametrize("key", ["\x03", "\x04"], ids=["Ctrl-C", "end of input"])
def test_a_person_who_leaves_leaves_everything_as_it_was(migrated: Project, sessions: list[Session], key: str) -> None:
    change(migrated, RENAMED)
    sessions.append(session := Session(migrated))

    session.process.expect_exact("Renamed? [y/n/none/?] ")
    session.process.send(key)
    code, said = session.end()

    assert code == 1
    assert "Aborted!" in said
    assert session.wrote_nothing()


def test_values_for_rows_are_asked_for_and_tried(migrated: Project, sessions: list[Session]) -> None:
    change(migrated, REQUIRED)
    sessions.append(session := Session(migrated))

    said = session.answer("or nullable? ", "'unfinished")
    assert "roles.name becomes NOT NULL: 1 row has no value for it." in said
    assert "The server says: " in session.answer("or nullable? ", "'writer'")
    code, _ = session.end()

    assert code == 0
    migrated.flask("upgrade")
    assert migrated.database.rows("SELECT name FROM roles ORDER BY id") == [("reader",), ("writer",)]


@pytest.mark.parametrize("how", ["--no-input", "CI"])
def test_nobody_is_asked_who_does_not_want_to_be(migrated: Project, sessions: list[Session], how: str) -> None:
    change(migrated, RENAMED)
    sessions.append(
        session := Session(migrated, *([how] if how[0] == "-" else []), **({how: "1"} if how[0] != "-" else {}))
    )

    code, said = session.end()

    assert code == 1
    assert "--rename roles.name=roles.title" in said
    assert session.wrote_nothing()


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_casts_are_asked_for_with_the_values_that_fail(migrated: Project, sessions: list[Session]) -> None:
    change(migrated, {"name = db.Column(db.String(64), unique=True)": "name = db.Column(db.Integer, unique=True)"})
    sessions.append(session := Session(migrated))

    said = session.answer("Its new value, as SQL of the old one (character varying(64))? ", "name::int")
    assert "Not possible for: 'reader' (1 row)." in said
    assert "The server says: " in session.answer("(character varying(64))? ", "length(name)")
    code, _ = session.end()

    assert code == 0
    migrated.flask("upgrade")
    assert migrated.database.rows("SELECT name FROM roles ORDER BY id") == [(6,), (None,)]


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_ctrl_c_works_while_an_event_loop_runs(migrated: Project, sessions: list[Session]) -> None:
    pytest.importorskip("asyncpg")
    change(migrated, RENAMED)
    engine = 'create_async_engine(os.environ["DATABASE_URL"].replace("psycopg", "asyncpg"))'
    text = migrated.read("hello.py").replace("Migrate(app, db)", f"Migrate(app, db, engine={engine})")
    migrated.write("hello.py", f"from sqlalchemy.ext.asyncio import create_async_engine\n{text}")
    sessions.append(session := Session(migrated))

    session.process.expect_exact("Renamed? [y/n/none/?] ")
    session.process.send("\x03")
    code, said = session.end()

    assert code == 1
    assert "Aborted!" in said
