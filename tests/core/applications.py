"""Applications in this process, for what a test asks of the Python functions."""

import runpy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from tests.support.project import Project
from whimbrel import Migrate


@contextmanager
def application(project: Project, *, migrate: dict[str, Any] | None = None, **config: Any) -> Iterator[Flask]:
    """Make an app for the project's database and scripts, and enter its context.

    Args:
        project: Where the scripts and the database are.
        migrate: Arguments of `Migrate`.
        config: Settings of the app.
    """
    app = Flask("shop")
    app.config |= {
        "SQLALCHEMY_DATABASE_URI": project.database.url,
        # No connection is left behind that would hold a dropped database or warn of its end.
        "SQLALCHEMY_ENGINE_OPTIONS": {"poolclass": sa.NullPool},
        **config,
    }
    db = SQLAlchemy(app)
    sa.Table("made_by_a", db.metadata, sa.Column("id", sa.Integer, primary_key=True))
    Migrate(app, db, directory=project.path / "migrations", **(migrate or {}))
    with app.app_context():
        yield app


@contextmanager
def written_application(project: Project) -> Iterator[SQLAlchemy]:
    """Load the project's `hello.py` into this process, enter its context, and lend its `db`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", project.database.url)
        hello = runpy.run_path(str(project.path / "hello.py"))
    with hello["app"].app_context():
        yield hello["db"]
        hello["db"].engine.dispose()
