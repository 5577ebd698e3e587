"""Tables that exist without a history: whether they are what the models describe."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy.exc import SQLAlchemyError

from whimbrel.bookkeeping import is_of_the_schema
from whimbrel.run import Project


@dataclass(frozen=True, slots=True)
class Advice:
    """What to say of the tables, and what to do about them."""

    why: str
    do: str


def advice_for_existing_tables(project: Project) -> Advice:
    """Compare the models with tables that no revision has made, and say how to adopt them."""
    differences = _differences(project)
    if differences is None:
        return Advice("The tables exist without a history.", "flask db stamp REVISION   (the one the tables are at)")
    if not differences:
        return Advice(
            "The tables exist without a history (db.create_all() makes such tables), and they match the models.",
            "flask db stamp head   (says that they are at the newest revision; the rows stay as they are)",
        )
    shown = "; ".join(differences[:5]) + ("; …" if len(differences) > 5 else "")
    return Advice(
        "The tables exist without a history (db.create_all() makes such tables), and the models differ from them: "
        + shown
        + ".",
        "flask db stamp REVISION with the revision that they are at, then flask db upgrade",
    )


def _differences(project: Project) -> list[str] | None:
    target = project.targets(())[0]
    engine: Any = target.engine
    if hasattr(engine, "sync_engine"):
        return None
    try:
        with engine.connect() as connection, _silently():
            options = {"compare_type": True, "include_name": is_of_the_schema}
            context = MigrationContext.configure(connection, opts=options)
            found = compare_metadata(context, target.metadata)  # type: ignore[arg-type]
    except SQLAlchemyError:
        return None
    return [_in_words(one) for one in found]


@contextmanager
def _silently() -> Iterator[None]:
    """This comparison only serves an error's text; Alembic's log lines about it would confuse."""
    log = logging.getLogger("alembic")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(level)


def _in_words(diff: object) -> str:
    one = diff[0] if isinstance(diff, list) else diff
    parts = one if isinstance(one, tuple) else (one,)
    names = [str(getattr(part, "name", part)) for part in parts[1:] if isinstance(part, str) or hasattr(part, "name")]
    return " ".join([str(parts[0]).replace("_", " "), *dict.fromkeys(names)])
