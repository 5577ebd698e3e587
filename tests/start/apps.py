"""Apps that look at their databases before the first request."""

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask

from tests.support.project import Project
from whimbrel import Migrate

SERVE = "from hello import app; answer = app.test_client().get('/'); print(answer.status_code, answer.text)"


def noted(file: Path) -> str:
    """Return a line of a script that leaves a letter in a file each time it runs."""
    return f"with open({str(file)!r}, 'a') as note: note.write('x')"


def write_hello(project: Project, wish: str) -> None:
    """Give the project's app a page, and something to do before it is shown."""
    text = project.read("hello.py").replace("Migrate(app, db)", f"Migrate(app, db, on_start={wish!r})")
    project.write("hello.py", f'{text}\n\n@app.get("/")\ndef page():\n    return "page"\n')


def shop(project: Project, wish: str | None, **given: Any) -> Flask:
    """Make an app in this process, with a page, that keeps no connection open."""
    app = Flask("shop")
    app.add_url_rule("/", view_func=lambda: "page")
    engine = sa.create_engine(project.database.url, poolclass=sa.NullPool)
    arguments: dict[str, Any] = {"metadata": sa.MetaData(), "engine": engine, "directory": project.path / "migrations"}
    Migrate(app, **arguments | {"on_start": wish} | given)
    return app


def get(app: Flask) -> tuple[int, str]:
    """Ask for the page."""
    answer = app.test_client().get("/")
    return answer.status_code, answer.text
