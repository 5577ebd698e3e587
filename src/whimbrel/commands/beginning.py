"""Where scripts begin: at the schema of the app's own databases, if these are at the revisions before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from whimbrel.backends import backend_for
from whimbrel.backends.reflect import reflect
from whimbrel.commands.troubles import explained
from whimbrel.run import Progress, Project, RunnerEnvironment, Work, bind_of
from whimbrel.scratch.leading import without_async
from whimbrel.snapshot import Snapshot

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext


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
    places: dict[str, Place] = {}

    def each(heads: Any, context: MigrationContext) -> Iterable[Any]:
        assert context.connection is not None
        places[bind_of(context)] = Place(frozenset(heads or ()), reflect(context.connection))
        return ()

    with explained(project):
        RunnerEnvironment(project, Work(each, options={"dont_mutate": True}), Progress()).run()
    return places


def are_there(project: Project) -> bool:
    """Tell whether there is a database to be read at all: who connects to a file that is not there, makes it."""
    engines = [without_async(one.engine) for one in project.targets()]
    return all(backend_for(one.dialect.name).is_there(one.url) for one in engines)


def is_next(script: Any, places: Mapping[str, Place]) -> bool:
    """Tell whether a script is what comes next in all databases."""
    above = frozenset((*script._versioned_down_revisions, *script._resolved_dependencies))
    return bool(places) and all(one.heads == above for one in places.values())
