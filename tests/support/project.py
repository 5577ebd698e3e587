"""A throw-away Flask project, used as a person uses one: files in a folder, `flask db` in a process."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.databases import Database
from tests.support.forks import run_python

TUTORIAL = """\
import os

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from {import_name} import Migrate

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["DATABASE_URL"]

db = SQLAlchemy(app)
migrate = Migrate(app, db)


class Role(db.Model):
    __tablename__ = "roles"
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(64), unique=True)
    users = db.relationship("User", backref="role")


class User(db.Model):
    __tablename__ = "users"
    id = db.Column(db.Integer, primary_key=True)
    username = db.Column(db.String(64), unique=True, index=True)
    role_id = db.Column(db.Integer, db.ForeignKey("roles.id"))
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a process ended."""

    rc: int
    stdout: str
    stderr: str


@dataclass(frozen=True, slots=True)
class Project:
    """A folder with a Flask application, and the database that it is for."""

    path: Path
    database: Database

    def write(self, name: str, text: str) -> Path:
        """Write a file of the project, as UTF-8; its folder is made if need be."""
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def read(self, name: str) -> str:
        """Read a file of the project."""
        return (self.path / name).read_text(encoding="utf-8")

    def scripts(self, directory: str = "migrations") -> list[Path]:
        """List the migration scripts, sorted by name."""
        return sorted((self.path / directory / "versions").glob("*.py"))

    def flask(self, *args: str, **how: Any) -> Outcome:
        """Run `flask db ARGS` in the project's folder; what else can be said is `run()`'s."""
        return self.run("-m", "flask", "db", *args, **how)

    def run(
        self,
        *args: str,
        env: Mapping[str, str] | None = None,
        check: bool = True,
        input: str | None = None,  # noqa: A002 (subprocess calls it so)
        timeout: float = 120,
    ) -> Outcome:
        """Run this Python with any arguments in the project's folder.

        Args:
            args: what stands behind `python` on the command line.
            env: variables on top of the project's.
            check: whether an end with anything but 0 is an error.
            input: what the process reads; without it, its input is empty, so that a question never waits.
            timeout: seconds.

        Raises:
            AssertionError: it failed, with `check`; both streams are in the text.
        """
        environment = self.environment() | dict(env or {})
        outcome = Outcome(*run_python(args, self.path, environment, written=input or "", timeout=timeout))
        if check and outcome.rc != 0:
            raise AssertionError(
                f"python {' '.join(args)} ended with {outcome.rc}\n"
                f"--- stdout\n{outcome.stdout}\n--- stderr\n{outcome.stderr}"
            )
        return outcome

    def environment(self) -> dict[str, str]:
        """Return the environment of the project's processes: ours, less what would steer Flask.

        What `migrate` writes is proved where a test asks for it, not hundreds of times more.
        """
        ours = {key: value for key, value in os.environ.items() if not key.startswith("FLASK_") and key != "CI"}
        return ours | {"FLASK_APP": "hello", "DATABASE_URL": self.database.url, "FLASK_DB_MIGRATE_PROOF": "0"}


def tutorial(project: Project, import_name: str = "whimbrel") -> None:
    """Write the tutorial's `hello.py`: roles, and users with an index on their name.

    `import_name` is the module that `Migrate` is imported from: `whimbrel` or `flask_migrate`.
    """
    project.write("hello.py", TUTORIAL.format(import_name=import_name))
