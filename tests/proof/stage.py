"""Proofs in this process, of scripts that a test writes."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from flask import Flask, current_app

from tests.support.project import Project
from whimbrel import Migrate, commands
from whimbrel.commands import Proved, open_project
from whimbrel.run import Logs

SEED = 4711


@contextmanager
def app_of(project: Project, scripts: Mapping[str, str], models: str | None = None) -> Iterator[Flask]:
    """Write scripts, and enter the context of an app with some models.

    Args:
        project: Where the scripts and the database are.
        scripts: Their texts, by their ids.
        models: A text that makes tables by calls of T; without it nothing is known of the models.
    """
    commands.init(str(project.path / "migrations"))
    for revision, text in scripts.items():
        project.write(f"migrations/versions/{revision}.py", text)
    metadata = sa.MetaData()
    if models is not None:
        exec(models, {"sa": sa, "T": lambda name, *parts, **more: sa.Table(name, metadata, *parts, **more)})
    engine = sa.create_engine(project.database.url, poolclass=sa.NullPool)
    app = Flask("shop")
    Migrate(app, metadata=metadata, engine=engine, directory=project.path / "migrations")
    with app.app_context():
        yield app
    engine.dispose()


def prove(revisions: str = "head", **how: Any) -> Proved:
    """Prove scripts of the app whose context this is, as `flask db prove` does."""
    opened = open_project(current_app.extensions, current_app.config, logs=Logs.OURS)
    return commands.prove(opened, revisions, **{"seed": SEED, **how})
