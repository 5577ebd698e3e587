"""What ``env.py`` files made for Flask-SQLAlchemy 2 expect, on top of Flask-SQLAlchemy 3.

Version 3 dropped the app from ``get_engine(app, bind)`` and keeps a metadata for each bind, where
version 2 noted the bind in each table's ``info``. Under Flask-Migrate the first ends in a TypeError;
the second is worse: such an ``env.py`` sees no table and writes a script that drops them all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from whimbrel.targets.target import targets_of

if TYPE_CHECKING:
    from sqlalchemy import Connection


@contextmanager
def old_calls_answered(db: Any) -> Iterator[None]:
    """Let ``db.get_engine(app, bind)`` work while an ``env.py`` runs."""
    if not (hasattr(type(db), "engines") and hasattr(db, "metadatas") and hasattr(db, "__dict__")):
        yield
        return

    def get_engine(app: Any = None, bind: str | None = None, bind_key: str | None = None, **options: Any) -> Any:
        name = app if isinstance(app, str) else bind or bind_key
        return db.engines[name or None]

    db.__dict__["get_engine"] = get_engine
    try:
        yield
    finally:
        db.__dict__.pop("get_engine", None)


def metadata_seen(db: Any, connection: Connection, metadata: Any, bind: str) -> Any:
    """Return the metadata to compare with: what ``env.py`` gives, or the bind's own where that is empty.

    Args:
        db: What ``app.extensions["migrate"].db`` holds.
        connection: To the database that is compared.
        metadata: What ``env.py`` gives.
        bind: The name that ``env.py`` has for the database; empty for the default one.
    """
    many: Iterable[Any] = metadata if isinstance(metadata, (list, tuple)) else [metadata]
    if metadata is None or any(one.tables for one in many) or not hasattr(db, "metadatas"):
        return metadata
    for target in targets_of(db):
        engine = getattr(target.engine, "sync_engine", target.engine)
        is_this_one = target.name == bind if bind else engine.pool is connection.engine.pool
        if is_this_one and target.table_count:
            return target.metadata
    return metadata
