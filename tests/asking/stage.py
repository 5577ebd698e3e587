"""A migrations folder and a database, used in this process, with models that change from call to call."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask, current_app

from tests.support.databases import Database
from whimbrel import Migrate, commands
from whimbrel.commands import Decisions, Questioner, decisions_from
from whimbrel.commands.decisions import CastQuestion, FillQuestion, Leave, RenameQuestion, Reply
from whimbrel.run import Project

Models = Callable[[sa.MetaData], Any]


@dataclass(frozen=True, slots=True)
class Stage:
    """What a test plays on."""

    path: Path
    database: Database
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """The migrations folder."""
        return self.path / "migrations"

    @property
    def scripts(self) -> list[Path]:
        """The migration scripts, in the order in which they were written."""
        return sorted(self.folder.glob("versions/*.py"), key=lambda path: path.stat().st_mtime_ns)

    @property
    def snapshot(self) -> Path:
        """The snapshot file."""
        return self.folder / "snapshot" / f"default.{self.database.kind}.txt"

    def begin(self, models: Models) -> None:
        """Make the folder, and bring the database to some models."""
        commands.init(str(self.folder))
        self.migrate(models)
        self.upgrade(models)

    def migrate(self, models: Models, questioner: Questioner | None = None, **flags: Any) -> commands.Written:
        """Compare and write a script; the flags are named as on the command line."""
        with self.project(models) as project:
            return commands.migrate(project, "change", decisions=decisions_from(**flags), questioner=questioner)

    def upgrade(self, models: Models) -> None:
        """Apply all scripts."""
        with self.project(models) as project:
            commands.upgrade(project)

    def downgrade(self, models: Models) -> None:
        """Take the last script back."""
        with self.project(models) as project:
            commands.downgrade(project)

    def diff(self, models: Models, **flags: Any) -> commands.Difference:
        """Compare, on scratch if need be."""
        with self.project(models) as project:
            return commands.diff(project, decisions_from(**flags), scratch=True)

    def check(self, models: Models, *, scratch: bool = True) -> commands.Agreed:
        """Check."""
        with self.project(models) as project:
            return commands.check(project, scratch=scratch)

    @contextmanager
    def project(self, models: Models) -> Iterator[Project]:
        """Make an app with these models."""
        metadata = sa.MetaData()
        models(metadata)
        app = Flask("stage")
        engine = sa.create_engine(self.database.url, poolclass=sa.NullPool)
        Migrate(app, metadata=metadata, engine=engine, directory=str(self.folder), **self.options)
        with app.app_context():
            yield commands.open_project(current_app.extensions, current_app.config, opts=["autogenerate"])


def table(name: str, *columns: Any, **options: Any) -> Models:
    """Return models of one table, with a primary key."""

    def models(metadata: sa.MetaData) -> None:
        fresh = [one() if callable(one) else one._copy() for one in columns]
        sa.Table(name, metadata, sa.Column("id", sa.Integer, primary_key=True), *fresh, **options)

    return models


def all_of(*models: Models) -> Models:
    """Return the models of several."""

    def together(metadata: sa.MetaData) -> None:
        for one in models:
            one(metadata)

    return together


@dataclass(slots=True)
class Person:
    """Answers from a list, and notes what was asked."""

    answers: list[Any]
    asked: list[Any] = field(default_factory=list)

    def rename(self, question: RenameQuestion) -> Reply | None:
        """Answer whether a pair is a rename."""
        pairs = [one.pair for one in question.candidates]
        self.asked.append(([f"{one.old.name} → {one.new.name}" for one in pairs], question.rows()))
        return self.answers.pop(0)

    def fill(self, question: FillQuestion) -> str | Leave | None:
        """Answer what rows without a value get."""
        self.asked.append((question.column, question.rows, question.offer))
        return self.answers.pop(0)

    def cast(self, question: CastQuestion) -> str | None:
        """Answer how values become ones of another type."""
        self.asked.append((question.column, question.failing))
        return self.answers.pop(0)


__all__ = ["Decisions", "Models", "Person", "Stage", "all_of", "table"]
