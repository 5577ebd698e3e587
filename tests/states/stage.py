"""An app with one table, whose columns come and go with its scripts; its git repository; and the printed way out."""

import json
import re
import shlex
import shutil
import subprocess
from typing import Any

import pytest

from tests.core.repository import add_script
from tests.support.project import Outcome, Project
from whimbrel import commands

APP = """\
import os

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from whimbrel import Migrate

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["DATABASE_URL"]
{settings}
db = SQLAlchemy(app)
Migrate(app, db)


class Item(db.Model):
    id = db.Column(db.Integer, primary_key=True)
"""
CREATE = 'op.create_table("item", sa.Column("id", sa.Integer, primary_key=True))'
NEEDS_GIT = pytest.mark.skipif(shutil.which("git") is None, reason="There is no git here.")
# A command ends where its explanation begins, or the next way.
COMMAND = re.compile(r"(?:flask db|git (?!log)) ?[^;,()\n]*?(?=   \(|; |, then| && |\)|$)", re.M)


def write_app(project: Project, *columns: str, settings: str = "") -> None:
    """Write the app: its table has the columns beside its key."""
    lines = [f"    {one} = db.Column(db.String(20))\n" for one in columns]
    project.write("hello.py", APP.format(settings=settings) + "".join(lines))


def write_script(project: Project, revision: str, after: str | None = None, column: str = "") -> None:
    """Write a script: the first one makes the table, each other adds the column of its own name."""
    if after is None:
        add_script(project, revision, None, CREATE, 'op.drop_table("item")')
        return
    name = column or revision
    add_column = f'op.add_column("item", sa.Column("{name}", sa.String(20)))'
    add_script(project, revision, after, add_column, f'op.drop_column("item", "{name}")')


def begin(project: Project, *revisions: str) -> None:
    """Lay out a project with a chain of scripts and the models that they make, and apply them."""
    commands.init(str(project.path / "migrations"))
    for after, revision in zip((None, *revisions), revisions, strict=False):
        write_script(project, revision, after)
    write_app(project, *revisions[1:])
    project.flask("upgrade")


def git(project: Project, *arguments: str) -> str:
    """Run git in the project's folder."""
    who = ["-c", "user.name=ann", "-c", "user.email=ann@example.org", "-c", "init.defaultBranch=main"]
    command = ["git", *who, *arguments]
    return subprocess.run(command, cwd=project.path, check=True, capture_output=True, encoding="utf-8").stdout


def commit(project: Project, message: str) -> None:
    """Commit all files."""
    if not (project.path / ".git").exists():
        git(project, "init", "-q")
        project.write(".gitignore", "__pycache__\n*.db*\n")
    git(project, "add", "-A")
    git(project, "commit", "-qm", message)


def remove(project: Project, *revisions: str) -> None:
    """Delete scripts."""
    for one in revisions:
        (project.path / f"migrations/versions/{one}.py").unlink()


def findings(project: Project) -> dict[str, Any]:
    """Return what the status finds, by name, as the JSON has it."""
    said = json.loads(project.flask("status", "--json").stdout)
    return {one["name"]: one for one in said["findings"]}


def ways(text: str) -> list[str]:
    """Return the commands that the ways out of a text begin with, in order."""
    advice = [line.partition("  Do:   ")[2] for line in text.splitlines() if line.startswith("  Do:   ")]
    assert advice, text
    return [found.strip() for line in advice for found in COMMAND.findall(line)]


def follow(project: Project, command: str) -> Outcome:
    """Do what was printed. Where it asks for a yes, and nobody is there to say it, say it as it is printed."""
    words = shlex.split(command)
    if words[0] == "git":
        git(project, *words[1:])
        return Outcome(0, "", "")
    outcome = project.flask(*words[2:], check=False)
    if outcome.rc == 1 and "--checksum" in outcome.stderr:
        (agreed,) = ways(outcome.stderr)
        assert agreed.startswith(command)
        return project.flask(*shlex.split(agreed)[2:])
    assert outcome.rc == 0, outcome.stderr
    return outcome


def assert_healthy(project: Project, at: str) -> None:
    """Make sure that there is nothing to do, and that models and database agree."""
    outcome = project.flask("status", "--exit-code", check=False)
    assert (outcome.rc, outcome.stdout.splitlines()[-1]) == (0, f"Up to date at {at}."), outcome.stdout
    assert project.flask("check").stdout == "No new upgrade operations detected.\n"
