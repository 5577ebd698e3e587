"""The same session played twice: by ours and by Flask-Migrate, each in a folder and a database of its own."""

import difflib
import functools
import re
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tests.dropin.repository import add_column
from tests.support.databases import Database, create_database
from tests.support.peers import Peer
from tests.support.project import Outcome, Project, tutorial

LOG_LINE = re.compile(r"(DEBUG|INFO|WARN|WARNI|WARNING|ERROR|CRITI|CRITICAL) +\[[\w.]+\] ")


@dataclass(frozen=True, slots=True)
class Column:
    """A step of a session that is no command: the model gets a column."""

    name: str


# Alembic sets its plugins up in the order of a set; and `edit` must not wait for a person.
ENVIRONMENT = {"PYTHONHASHSEED": "0", "EDITOR": "true", "VISUAL": "true"}

Step = tuple[str, ...] | Column


@dataclass(frozen=True, slots=True)
class Side:
    """A project and the tool that works in it."""

    project: Project
    run: Callable[..., Outcome]

    def flask(self, *args: str, **how: Any) -> Outcome:
        """Run `flask db ARGS` with this side's tool."""
        return self.run("-m", "flask", "db", *args, **how)

    def play(self, steps: Iterable[Step]) -> dict[str, Outcome]:
        """Go through a session, and keep how each command ended, in order; a failing one ends nothing."""
        played = {}
        for number, step in enumerate(steps, start=1):
            if isinstance(step, Column):
                add_column(self.project, step.name)
            else:
                played[f"{number}. flask db {' '.join(step)}"] = self.flask(*step, env=ENVIRONMENT, check=False)
        return played

    def neutral(self, text: str) -> str:
        """Name the folder and the database in an output alike for both sides."""
        database = str(sa.make_url(self.project.database.url).database)
        return text.replace(database, "DATABASE").replace(str(self.project.path), "PROJECT")


@dataclass(frozen=True, slots=True)
class Sides:
    """Both of them."""

    ours: Side
    theirs: Side

    def __iter__(self) -> Iterable[Side]:
        return iter((self.ours, self.theirs))

    def share_repository(self) -> None:
        """Give ours a copy of the repository that theirs has."""
        target = self.ours.project.path / "migrations"
        shutil.copytree(self.theirs.project.path / "migrations", target, dirs_exist_ok=True)

    def log_lines(self, steps: Iterable[Step]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
        """Play a session on both sides and return the log lines of each command."""
        ours, theirs = (
            {name: log_lines(side.neutral(outcome.stderr)) for name, outcome in side.play(steps).items()}
            for side in self
        )
        return ours, theirs

    def outputs(self, steps: Iterable[Step]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
        """Play a session on both sides and return the stdout of each command by lines, then its exit code."""
        ours, theirs = (
            {
                name: [*side.neutral(outcome.stdout).split("\n"), f"[exit {outcome.rc}]"]
                for name, outcome in side.play(steps).items()
            }
            for side in self
        )
        return ours, theirs

    def drop(self) -> None:
        """Drop both databases."""
        for side in self:
            side.project.database.drop()


def make_sides(kind: str, where: Path, peer: Peer) -> Sides:
    """Make two tutorial projects that differ in nothing but who runs `flask db`."""
    ours = _project(where / "ours", create_database(kind, where))
    theirs = _project(where / "theirs", create_database(kind, where))
    return Sides(
        Side(ours, ours.run),
        Side(theirs, functools.partial(peer.run, theirs)),
    )


def log_lines(stderr: str) -> list[str]:
    """Pick the log lines out of what went to stderr, but those of reading a database table by table: ours does not."""
    lines = [line for line in stderr.splitlines() if LOG_LINE.match(line)]
    return [line for line in lines if not line.endswith("assuming SERIAL and omitting")]


def agree(ours: dict[str, list[str]], theirs: dict[str, list[str]]) -> None:
    """Compare command by command.

    Raises:
        AssertionError: with the lines of ours (`+`) that are not theirs (`-`).
    """
    found = []
    for command, lines in theirs.items():
        different = list(difflib.unified_diff(lines, ours[command], "theirs", "ours", n=1, lineterm=""))
        if different:
            found += [f"== {command}", *different]
    if found:
        raise AssertionError("\n".join(found))


def _project(path: Path, database: Database) -> Project:
    path.mkdir()
    project = Project(path, database)
    tutorial(project, "flask_migrate")
    return project
