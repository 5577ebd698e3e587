"""``check``: whether models and databases agree. Writes nothing."""

from __future__ import annotations

from dataclasses import dataclass

from whimbrel.commands.compare import How, compare_models
from whimbrel.commands.keeping import remarks_on
from whimbrel.commands.remembered import always, elsewhere
from whimbrel.errors import DifferencesFound
from whimbrel.run import Project


@dataclass(frozen=True, slots=True)
class Agreed:
    """Models and databases agree.

    Attributes:
        lines: What Alembic prints then.
        remarks: What is there without being wanted, and is no difference.
    """

    lines: tuple[str, ...]
    remarks: tuple[str, ...]


def check(project: Project, *, scratch: bool = False) -> Agreed:
    """Say that models and database agree.

    Args:
        project: The app's migrations.
        scratch: Whether a scratch database may be made on the target's server.

    Raises:
        DifferencesFound: They differ.
    """
    comparison = compare_models(project, how=How(may_build=always if scratch else elsewhere(project.settings)))
    if not comparison.diffs:
        return Agreed(("No new upgrade operations detected.",), remarks_on(comparison))
    raise DifferencesFound(
        f"New upgrade operations detected: {list(comparison.diffs)}",
        why=f"The models and the database differ: {comparison.in_words}. Nothing was changed.",
        do='flask db migrate -m "what changed"',
        revision_context=comparison.revision_context,
        diffs=list(comparison.diffs),
    )
