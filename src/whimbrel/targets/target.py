"""``Target``: one database, with the metadata that describes it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from whimbrel.targets.database import engines_of

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine, MetaData
    from sqlalchemy.ext.asyncio import AsyncEngine


@dataclass(frozen=True, slots=True)
class Target:
    """A database to migrate.

    Attributes:
        name: The bind; the default one has the empty name.
        engine: How to connect.
        metadata: What the models say of it; several are taken together.
    """

    name: str
    engine: Engine | AsyncEngine
    metadata: MetaData | tuple[MetaData, ...]

    @property
    def table_count(self) -> int:
        """How many tables the models describe."""
        return sum(len(one.tables) for one in self.metadatas)

    @property
    def metadatas(self) -> tuple[MetaData, ...]:
        """The metadata as a sequence, however many there are."""
        return self.metadata if isinstance(self.metadata, tuple) else (self.metadata,)


def targets_of(db: Any, binds: Iterable[str] | None = None) -> tuple[Target, ...]:
    """Return the targets behind a ``db`` object, the default bind first.

    Args:
        db: What ``app.extensions["migrate"].db`` holds.
        binds: The names wanted beside the default one; all that ``db`` has if not given.
    """
    engines = engines_of(db)
    metadata = metadata_of(db)
    wanted = [name for name in engines if name is not None] if binds is None else list(binds)
    names: list[str | None] = [*([None] if None in engines else []), *wanted]
    return tuple(Target(name or "", engines[name], _as_value(metadata(name))) for name in names)


def shown_url(url: URL) -> str:
    """Return a database URL without secrets; drivers also take a password in the query part."""
    hidden = {key: "***" for key in url.query if _SECRET.search(key)}
    if "@" in (url.host or ""):  # a bare "@" in the password: what follows it is no host
        url = url.set(host="***@" + str(url.host).rpartition("@")[2])
    return url.update_query_dict(hidden).render_as_string(hide_password=True)


_SECRET = re.compile("pass|secret|token|key$", re.IGNORECASE)


def metadata_of(db: Any) -> Any:
    """Return a function from a bind's name to its metadata."""
    by_bind: Mapping[str | None, Any] | None = getattr(db, "metadatas", None)
    if by_bind is not None:
        return lambda name: by_bind[name] if name in by_bind else _empty()
    return lambda name: _tables_with_bind(db.metadata, name)


def _as_value(metadata: Any) -> Any:
    return tuple(metadata) if isinstance(metadata, list) else metadata


def _tables_with_bind(metadata: MetaData, name: str | None) -> MetaData:
    """Flask-SQLAlchemy 2 and Alchemical keep one metadata, and the bind in each table's ``info``."""
    if name is None and not any(table.info.get("bind_key") for table in metadata.tables.values()):
        return metadata
    chosen = _empty()
    for table in metadata.tables.values():
        if table.info.get("bind_key") == name:
            table.to_metadata(chosen)
    return chosen


def _empty() -> MetaData:
    from sqlalchemy import MetaData

    return MetaData()
