"""``PlainDatabase``: metadata and engines in the form that ``env.py`` files expect of ``db``.

Old ``env.py`` files ask ``db`` for ``get_engine()``, ``engine``, ``engines``, ``metadata`` and
``metadatas``. Where an app gives ``Migrate`` its metadata or engines by themselves, this object
answers for them, so that those files work there as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine, MetaData
    from sqlalchemy.ext.asyncio import AsyncEngine

    OneEngine = Engine | AsyncEngine | URL | str
    EngineLike = OneEngine | Mapping[str | None, OneEngine]
    # A declarative base counts through its `metadata` attribute.
    OneMetadata = MetaData | type[Any] | Iterable[MetaData | type[Any]]
    MetadataLike = OneMetadata | Mapping[str | None, OneMetadata]
else:
    EngineLike = MetadataLike = Any

DEFAULT_NAMES = (None, "", "default")


def database_of(db: Any, metadata: MetadataLike | None, engine: EngineLike | None) -> Any:
    """Return ``db`` itself, or what stands in for it where metadata or engines are given."""
    if metadata is None and engine is None:
        return db
    return PlainDatabase(db, metadata, engine)


class PlainDatabase:
    """Stands in for ``db`` where ``Migrate`` was given metadata or an engine; the rest is ``db``'s."""

    def __init__(self, db: Any, metadata: MetadataLike | None, engine: EngineLike | None) -> None:
        """Keep what was given; engines named by a URL are made at their first use."""
        self._db = db
        self._metadata = None if metadata is None else _by_bind(metadata)
        self._engines = None if engine is None else _by_bind(engine)

    def __getattr__(self, name: str) -> Any:
        """Everything else is the wrapped ``db``'s."""
        if self._db is None:
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
        return getattr(self._db, name)

    @property
    def metadatas(self) -> dict[str | None, Any]:
        """Metadata by bind; ``None`` is the default bind."""
        if self._metadata is None:
            return dict(self._db.metadatas)
        return {name: _metadata(value) for name, value in self._metadata.items()}

    @property
    def metadata(self) -> Any:
        """The default bind's metadata."""
        return self.metadatas[None]

    @property
    def engines(self) -> dict[str | None, Any]:
        """Engines by bind; ``None`` is the default bind."""
        if self._engines is None:
            return engines_of(self._db)
        for name, value in self._engines.items():
            self._engines[name] = _engine(value)
        return dict(self._engines)

    @property
    def engine(self) -> Any:
        """The default bind's engine."""
        return self.engines[None]

    def get_engine(self, bind: str | None = None) -> Any:
        """Return the engine of a bind."""
        return self.engines[None if bind in DEFAULT_NAMES else bind]

    def bind_names(self) -> list[str]:
        """Return the names of the binds beside the default one."""
        return [name for name in self.engines if name is not None]


def engines_of(db: Any) -> dict[str | None, Any]:
    """Return the engines of a ``db`` object by bind; ``None`` is the default bind.

    Flask-SQLAlchemy has ``engines``; Flask-SQLAlchemy-Lite has ``engines`` and ``async_engines``;
    Alchemical and Flask-SQLAlchemy 2 have ``get_engine()``.
    """
    found: Mapping[str | None, Any] = getattr(db, "engines", None) or getattr(db, "async_engines", None) or {}
    if found:
        return {None if name in DEFAULT_NAMES else name: engine for name, engine in found.items()}
    names = list(db.bind_names()) if hasattr(db, "bind_names") else []
    if hasattr(db, "get_engine"):
        return {None: db.get_engine(), **{name: db.get_engine(name) for name in names}}
    return {None: db.engine}


def sessions_of(db: Any) -> list[Any]:
    """Return the scoped sessions of a ``db``; what else is called a session there is none that could be put aside."""
    session = getattr(db, "session", None)
    return [session] if hasattr(session, "registry") else []


def _by_bind(value: Any) -> dict[str | None, Any]:
    if not isinstance(value, Mapping):
        return {None: value}
    return {None if name in DEFAULT_NAMES else name: one for name, one in value.items()}


def _metadata(value: Any) -> Any:
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_metadata(one) for one in value]
    own = getattr(value, "metadata", None)
    return value if own is None else own


def _engine(value: Any) -> Any:
    if hasattr(value, "dialect"):
        return value
    from sqlalchemy import create_engine, make_url

    url = make_url(value)
    if not url.get_dialect().is_async:
        return create_engine(url)
    from sqlalchemy.ext.asyncio import create_async_engine  # needs greenlet, which not everybody has

    return create_async_engine(url)
