"""Where scripts begin: at the schema of the app's own databases, if these are at the revisions before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from whimbrel.backends import backend_for
from whimbrel.backends.reflect import reflect
from whimbrel.commands.troubles import explained
from whimbrel.run import Progress, Project, RunnerEnvironment, Work, bind_of
from whimbrel.scratch.leading import without_async
from whimbrel.snapshot import Snapshot

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Place:
    """A database as it is.

    Attributes:
        heads: The revisions that it is at.
        found: Its schema.
    """

    heads: frozenset[str]
    found: Snapshot


def read_places(project: Project) -> dict[str, Place]:
    """Read the app's databases, by bind; nothing of them is changed."""
    return ask_each(project, place_of)


def place_of(heads: Any, context: MigrationContext) -> Place:
    """Read one database."""
    assert context.connection is not None
    return Place(frozenset(heads or ()), reflect(context.connection))


def ask_each(project: Project, ask: Callable[[Any, MigrationContext], T]) -> dict[str, T]:
    """Return what something learns of each of the app's databases, by bind; nothing of them is changed.

    Args:
        project: The app's migrations.
        ask: Is given the heads of a database, and Alembic's context for it.
    """
    learned: dict[str, T] = {}

    def each(heads: Any, context: MigrationContext) -> Iterable[Any]:
        learned[bind_of(context)] = ask(heads, context)
        return ()

    with explained(project):
        RunnerEnvironment(project, Work(each, options={"dont_mutate": True}), Progress()).run()
    return learned


def are_there(project: Project) -> bool:
    """Tell whether there is a database to be read at all: who connects to a file that is not there, makes it."""
    engines = [without_async(one.engine) for one in project.targets()]
    return all(backend_for(one.dialect.name).is_there(one.url) for one in engines)


def is_next(script: Any, places: Mapping[str, Place]) -> bool:
    """Tell whether a script is what comes next in all databases."""
    above = frozenset((*script._versioned_down_revisions, *script._resolved_dependencies))
    return bool(places) and all(one.heads == above for one in places.values())
