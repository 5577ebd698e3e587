"""Whether the scripts have the revisions that a database is at; mostly they do, and then nothing more is loaded."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from whimbrel.run import Project, texts_in

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

log = logging.getLogger("whimbrel.commands")


def require_known_heads(project: Project, heads: Any, context: MigrationContext, *, sql: bool = False) -> bool:
    """Make sure that the scripts have the revisions that the database is at; False, for no further ado.

    Raises:
        DatabaseAhead: They do not.
    """
    if not sql and _some_are_unknown(project, heads):
        from whimbrel.commands.whereabouts import error_of, whereabouts

        raise error_of(project, whereabouts(project, heads, texts_in(context)))
    return False


def ahead_is_fine(project: Project, heads: Any, context: MigrationContext) -> bool:
    """Tell whether newer code has migrated the database, and ``MIGRATE_IF_AHEAD`` takes that for good.

    Raises:
        DatabaseAhead: The scripts do not have its revisions, and it is not taken for good.
    """
    if not _some_are_unknown(project, heads):
        return False
    from whimbrel.commands.whereabouts import error_of, whereabouts
    from whimbrel.scripts.lineage import Standing

    found = whereabouts(project, heads, texts_in(context))
    if project.settings.if_ahead != "ok" or found.standing is not Standing.AHEAD:
        raise error_of(project, found)
    log.warning(
        "The database is ahead of this code: it is at %s, which follows %s, the newest revision here. "
        "MIGRATE_IF_AHEAD takes that for good. Nothing was changed.",
        ", ".join(found.heads),
        ", ".join(found.wanted),
    )
    return True


def _some_are_unknown(project: Project, heads: Any) -> bool:
    known = project.scripts.revision_map._revision_map
    return any(head not in known for head in heads or ())
