"""The wanted side: what ``create_all()`` makes of the models on a scratch database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, MetaData
from sqlalchemy import Enum as ModelEnum
from sqlalchemy.dialects.postgresql import DOMAIN

from whimbrel.backends.ddl import ddl_for
from whimbrel.backends.reflect import reflect
from whimbrel.run import Logs, Project
from whimbrel.scratch import Missing, Only, Scratch, Seed, build, fits_inside, lease, redirected
from whimbrel.snapshot import Snapshot, Whole
from whimbrel.targets import sessions_of

# What models use and only scripts make, in the order of making.
_SEEDED = ("schema", "extension", "collation", "enum", "composite", "range", "domain", "function", "sequence")


@dataclass(frozen=True, slots=True)
class Made:
    """What the models make.

    Attributes:
        snapshot: All that was on scratch then.
        seeded: The keys, as text, of what was copied there because the models use it and do not make it.
    """

    snapshot: Snapshot
    seeded: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OnScratch:
    """Builds the models of a project on scratch.

    Attributes:
        project: The app's migrations.
    """

    project: Project

    @contextmanager
    def __call__(
        self, connection: Connection, metadatas: Sequence[MetaData], found: Snapshot, only: Only | None = None
    ) -> Iterator[Made]:
        """Give the snapshot of what the models, or only a part of them, make, while the scratch database is there.

        Raises:
            ScratchUnavailable: There is no scratch database, and why.
            BuildFailed: The models cannot be built.
        """
        # What stands beside a part names its schema, so it needs a database of its own.
        inside = fits_inside(metadatas) if only is None else None
        with lease(connection, self.project.settings, tables_inside=inside) as scratch:
            with self._redirected(connection, scratch):
                built = build(metadatas, scratch, Seeding(found, metadatas), only)
            with scratch.engine.connect() as there:
                yield Made(reflect(there, scratch.schema, found.default_schema), built.seeded)

    def _redirected(self, connection: Connection, scratch: Scratch) -> Any:
        """In a command's own process the app's engines lead to scratch; in a serving one `build` refuses them."""
        if self.project.logs is Logs.THEIRS:
            return nullcontext()
        ways: dict[Any, Scratch | None] = {target.engine: None for target in self.project.targets()}
        for engine in ways:
            if getattr(engine, "sync_engine", engine).pool is connection.engine.pool:
                ways[engine] = scratch
        return redirected(ways, sessions_of(self.project.database))


@dataclass(frozen=True, slots=True)
class Seeding:
    """Knows the objects of the database that the models may use, and that they do not make themselves."""

    found: Snapshot
    metadatas: Sequence[MetaData]

    def __call__(self, missing: Missing) -> Iterable[Seed]:
        """Return everything of the kind, since what one needs is not told."""
        ddl = ddl_for(self.found.kind, self.found.default_schema)
        own = _made_by_models(self.metadatas)
        for kind in _SEEDED:
            for one in self.found.objects:
                if one.key.kind == kind and one.name not in own and not _is_standard(one, self.found):
                    prefix = ["SET check_function_bodies = off"] if kind == "function" else []
                    yield Seed(str(one.key), (*prefix, *ddl.create(one)))


def _made_by_models(metadatas: Iterable[MetaData]) -> set[str]:
    names: set[str] = set()
    for metadata in metadatas:
        names |= {str(one.name) for one in metadata._sequences.values()}
        for table in metadata.tables.values():
            for column in table.columns:
                kind = column.type
                if isinstance(kind, ModelEnum | DOMAIN) and getattr(kind, "create_type", True):
                    names.add(str(kind.name))
    return names


def _is_standard(one: Whole, found: Snapshot) -> bool:
    return one.key.kind == "schema" and one.name == found.default_schema
