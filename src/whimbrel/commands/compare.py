"""Compares the models with the databases, by Alembic's autogenerate, in the app's own ``env.py``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic.autogenerate import RevisionContext

from whimbrel.commands.autogenerate import KEY, Comparator, made_by
from whimbrel.commands.decisions import Decisions, Nobody, Questioner
from whimbrel.commands.troubles import explained, require_known_heads
from whimbrel.commands.wanted import OnScratch
from whimbrel.errors import ModelsMissing, NotUpToDate
from whimbrel.operations.rendering import rendering
from whimbrel.run import Progress, Project, RunnerEnvironment, Work
from whimbrel.scripts.describe import describe_all

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs between models and databases.

    Attributes:
        revision_context: Alembic's own view of it, with the script that would be written.
        tables: How many tables the models describe.
        has_history: Whether a revision has been applied to a database.
    """

    revision_context: RevisionContext
    tables: int
    has_history: bool

    @property
    def operations(self) -> tuple[Any, ...]:
        """What would bring the databases to the models, one list of operations for each of them."""
        scripts = self.revision_context.generated_revisions
        return tuple(scripts[-1].upgrade_ops_list) if scripts else ()

    @property
    def diffs(self) -> tuple[Any, ...]:
        """The differences as Alembic's tuples."""
        return tuple(diff for one in self.operations for diff in one.as_diffs())

    @property
    def in_words(self) -> str:
        """The differences as a person would say them."""
        return describe_all(self.operations)


@dataclass(slots=True)
class _Seen:
    tables: int = 0
    heads: int = 0


def compare_models(
    project: Project,
    arguments: dict[str, Any] | None = None,
    hook: Any = None,
    decisions: Decisions | None = None,
    questioner: Questioner | None = None,
) -> Comparison:
    """Compare the models with the databases.

    Args:
        project: The app's migrations.
        arguments: The arguments of the revision to come; they end in the script.
        decisions: The answers given by flags.
        questioner: Asks a person what they leave open.
        hook: A ``process_revision_directives`` function of the caller's.

    Raises:
        ModelsMissing: The models describe no table.
        NotUpToDate: Revisions are pending.
    """
    comparator = Comparator(
        OnScratch(project), made_by(_texts(project)), decisions or Decisions(), questioner or Nobody()
    )
    context = RevisionContext(project.config, project.scripts, arguments or blank_arguments(), hook)
    seen = _Seen()

    def each(heads: Any, migration: MigrationContext) -> Iterable[Any]:
        require_known_heads(project, heads, False)
        _require_up_to_date(project, heads)
        seen.heads += len(heads)
        migration.opts[KEY] = comparator
        migration.opts["render_item"] = rendering(migration.opts.get("render_item"), migration.dialect)
        seen.tables += _table_count(migration)
        if not seen.tables and migration.opts["upgrade_token"] == "upgrades":
            raise no_models()
        context.run_autogenerate(heads, migration)
        return ()

    options = {"template_args": context.template_args, "revision_context": context, "dont_mutate": True}
    with explained(project):
        RunnerEnvironment(project, Work(each, options=options), Progress()).run()
    if not seen.tables:
        raise no_models()
    return Comparison(context, seen.tables, has_history=bool(seen.heads))


def blank_arguments(**given: Any) -> dict[str, Any]:
    """Return the arguments of a revision, those not given left open."""
    names = ("message", "branch_label", "version_path", "rev_id", "depends_on")
    return {
        **dict.fromkeys(names),
        "autogenerate": True,
        "sql": False,
        "head": "head",
        "splice": False,
        **given,
    }


def no_models() -> ModelsMissing:
    """Return the error for models that say nothing."""
    return ModelsMissing(
        "No models are imported: they describe no table at all.",
        why="Models count once their module is imported; comparing now would mean to drop every table. "
        "Nothing was written, and the database was not changed.",
        do="import them where the app is made:  from yourapp import models  # noqa",
    )


def _texts(project: Project) -> Iterable[str]:
    for script in project.scripts.walk_revisions():
        yield Path(script.path).read_text("utf-8")


def _table_count(migration: MigrationContext) -> int:
    metadata = migration.opts["target_metadata"]
    many = metadata if isinstance(metadata, (list, tuple)) else [metadata]
    return sum(len(one.tables) for one in many if one is not None)


def _require_up_to_date(project: Project, heads: Any) -> None:
    scripts = project.scripts
    if set(scripts.get_revisions(heads)) == set(scripts.get_revisions("heads")):
        return
    pending = scripts._upgrade_revs("heads", heads)
    names = ", ".join(str(step.revision.revision) for step in list(pending)[:5])
    at = ", ".join(sorted(heads)) or "base"
    raise NotUpToDate(
        "Target database is not up to date.",
        why=f"It is at {at}, and {len(pending)} of the revisions are pending: {names}"
        f"{', …' if len(pending) > 5 else ''}. Nothing was written, and the database was not changed.",
        do="flask db upgrade   (or, if the last script was a mistake and is applied nowhere: remove its file)",
    )
