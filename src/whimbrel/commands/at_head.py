"""Whether the databases are at head, told by one query each and without Alembic.

The rule: yes is said only where the thorough way (``commands/starting.py``) would say it too; all else is left to it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import sqlalchemy as sa

from whimbrel.scripts.glance import heads_at_a_glance
from whimbrel.targets import engines_of
from whimbrel.targets.connecting import with_connection

if TYPE_CHECKING:
    from sqlalchemy import Connection


class State(Protocol):
    """The part of ``app.extensions["migrate"]`` that is looked at."""

    migrate: Any
    db: Any
    directory: str
    configure_args: dict[str, Any]


def surely_at_head(state: State) -> bool:
    """Tell whether all databases surely have all revisions, and none besides.

    Args:
        state: What the extension left in the app; the app's context is there.
    """
    folder = Path(state.directory)
    heads = heads_at_a_glance(folder)
    if heads is None or state.migrate.configure_callbacks:
        return False
    try:
        engines = _engines(state.db, (folder / "env.py").read_text("utf-8"))
        return bool(engines) and all(_versions(one, state.configure_args) == heads for one in engines)
    except Exception:  # whatever hinders this look, the thorough one finds and says it in words
        return False


# In every env.py that migrates the binds too, and what tells that a version table is not the one we would read.
_BINDS = re.compile(r"engine_name|bind_names|bind_key|BINDS|\b(?:binds|engines)\b")
_OTHER_VERSION_TABLE = re.compile(r"version_table|search_path|schema_translate_map")


def _engines(db: Any, env: str) -> list[Any]:
    """Return the engines of the databases that an ``env.py`` migrates; none where that cannot be told."""
    if _OTHER_VERSION_TABLE.search(env):
        return []
    engines = engines_of(db)
    if _BINDS.search(env):
        return list(engines.values())
    return [engines[None]] if None in engines else []


def _versions(engine: Any, options: Mapping[str, Any]) -> set[str]:
    name, schema = options.get("version_table", "alembic_version"), options.get("version_table_schema")
    table = sa.table(name, sa.column("version_num"), schema=schema)

    def ask(connection: Connection) -> set[str]:
        return set(connection.scalars(sa.select(table.c.version_num)))

    return with_connection(engine, ask)
