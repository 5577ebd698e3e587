"""``check``: whether models and databases agree. Writes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from whimbrel.commands.compare import How, compare_models
from whimbrel.commands.edited import edited_scripts, remarks_on_edits
from whimbrel.commands.keeping import remarks_on
from whimbrel.commands.known_heads import ahead_is_fine
from whimbrel.commands.remembered import always, elsewhere
from whimbrel.errors import DifferencesFound
from whimbrel.run import Project, outline_in, texts_in

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext


@dataclass(frozen=True, slots=True)
class Agreed:
    """Models and databases agree.

    Attributes:
        lines: What Alembic prints then; nothing if all databases are ahead, and nothing was compared.
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
        DatabaseAhead: A database is at a revision that no script here has.
    """
    ahead: list[bool] = []
    remarks: list[str] = []

    def passes(project: Project, heads: Any, context: MigrationContext) -> bool:
        ahead.append(ahead_is_fine(project, heads, context))
        if not ahead[-1]:
            found = edited_scripts(project, tuple(heads), outline_in(context), lambda: texts_in(context))
            remarks.extend(remarks_on_edits(found))
        return ahead[-1]

    may_build = always if scratch else elsewhere(project.settings)
    comparison = compare_models(project, how=How(may_build=may_build, passes=passes))
    if not comparison.diffs:
        lines = () if all(ahead) else ("No new upgrade operations detected.",)
        return Agreed(lines, (*remarks, *remarks_on(comparison)))
    raise DifferencesFound(
        f"New upgrade operations detected: {list(comparison.diffs)}",
        why=f"The models and the database differ: {comparison.in_words}. Nothing was changed.",
        do='flask db migrate -m "what changed"',
        revision_context=comparison.revision_context,
        diffs=list(comparison.diffs),
    )
