"""Repositories as the releases of Flask-Migrate make them, and what a test asks about one."""

from pathlib import Path

from tests.support.peers import Peer
from tests.support.project import Outcome, Project, tutorial

ROWS = [(1, "ada", 1), (2, "Łucja", 2), (3, "grace", None)]


def make_repository(project: Project, release: Peer) -> None:
    """Let the release make a repository of two revisions, and put rows into the database."""
    tutorial(project, "flask_migrate")
    release.call(project, "init()", "migrate(message='initial migration')", "upgrade()")
    project.database.execute(
        "INSERT INTO roles (id, name) VALUES (1, 'admin'), (2, 'Wächter')",
        "INSERT INTO users (id, username, role_id) VALUES (1, 'ada', 1), (2, 'Łucja', 2), (3, 'grace', NULL)",
    )
    add_column(project, "about")
    release.call(project, "migrate(message='add about')", "upgrade()")


def add_column(project: Project, name: str) -> None:
    """Add a column to the last model of `hello.py`, as a person edits it."""
    hello = project.read("hello.py")
    project.write("hello.py", f"{hello}    {name} = db.Column(db.String(120))\n")


def users(project: Project, columns: str = "id, username, role_id") -> list[tuple[object, ...]]:
    """Fetch the rows of the tutorial's users."""
    return project.database.rows(f"SELECT {columns} FROM users ORDER BY id")


def files_of(project: Project) -> dict[str, bytes]:
    """Read every file of the repository but Python's own caches."""
    repository = project.path / "migrations"
    files = (file for file in repository.rglob("*") if file.is_file() and "__pycache__" not in file.parts)
    return {file.relative_to(repository).as_posix(): file.read_bytes() for file in files}


def script_of(project: Project, message: str) -> Path:
    """Find the script with a message, wherever in the repository it lies."""
    name = message.replace(" ", "_")
    (script,) = (project.path / "migrations").rglob(f"*{name}*.py")
    return script


def revision_of(project: Project, message: str) -> str:
    """Read the id of the revision with a message out of its script."""
    (line,) = (
        line
        for line in script_of(project, message).read_text(encoding="utf-8").splitlines()
        if line.startswith("revision")
    )
    return line.partition("=")[2].strip(" '\"")


def say(project: Project, message: str, upgrade: str, downgrade: str) -> None:
    """Write into the empty script with a message what it does."""
    script = script_of(project, message)
    text = script.read_text(encoding="utf-8")
    up, middle, down = text.partition("def downgrade")
    script.write_text(
        up.replace("pass", f"op.execute({upgrade!r})") + middle + down.replace("pass", f"op.execute({downgrade!r})"),
        encoding="utf-8",
    )


def listed(history: Outcome) -> list[str]:
    """Read which revisions a history lists, the newest first."""
    return [line.partition(" -> ")[2].split()[0].rstrip(",") for line in history.stdout.splitlines()]
