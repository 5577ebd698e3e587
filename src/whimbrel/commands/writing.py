"""The verbs that write scripts: revision, migrate, merge."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alembic import util
from alembic.autogenerate import RevisionContext

from whimbrel.commands.compare import blank_arguments, compare_models
from whimbrel.commands.decisions import Decisions, Nobody, Questioner
from whimbrel.commands.keeping import keep, remarks_on
from whimbrel.commands.troubles import explained
from whimbrel.errors import Refused, RevisionTooLong
from whimbrel.run import Logs, Progress, Project, RunnerEnvironment, Work
from whimbrel.run.version_table import DEFAULT_WIDTH, version_column_width
from whimbrel.scripts.describe import message_for
from whimbrel.scripts.script import shown_path

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from alembic.script import Script

    from whimbrel.commands.compare import Comparison
    from whimbrel.commands.proving import Proved


@dataclass(frozen=True, slots=True)
class Written:
    """What was written.

    Attributes:
        scripts: The new scripts; none if there was nothing to write.
        tables: How many tables the models describe, where they were compared.
        has_history: Whether a revision has been applied to the database.
        snapshots: The snapshot files that were written.
        remarks: What else a person should know.
        proved: What the proof of the script has shown; None if it was not asked for.
    """

    scripts: tuple[Script, ...]
    tables: int = 0
    has_history: bool = True
    snapshots: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    proved: Proved | None = None

    @property
    def paths(self) -> tuple[str, ...]:
        """The new files, as a person here would type them."""
        return tuple(shown_path(script.path) for script in self.scripts)


def migrate(
    project: Project,
    message: str | None = None,
    *,
    decisions: Decisions | None = None,
    questioner: Questioner | None = None,
    process_revision_directives: Any = None,
    sql: bool = False,
    **arguments: Any,
) -> Written:
    """Write a script that brings the database to the models, and the snapshot files.

    Args:
        project: The app's migrations.
        message: What the script does; made from its operations if not given.
        decisions: The answers given by flags.
        questioner: Asks a person what they leave open; nobody is asked if not given.
        process_revision_directives: A hook of Alembic's, for callers from Python.
        sql: Refused: there is a database to compare with.
        **arguments: ``head``, ``splice``, ``branch_label``, ``version_path``, ``rev_id``, ``depends_on``.

    Raises:
        ModelsMissing: The models describe no table.
        NotUpToDate: Revisions are pending.
        MultipleHeads: The history has several heads and none was chosen.
        RevisionTooLong: The version table cannot hold ``rev_id``.
        Undecided: Something is open and nobody can be asked.
        BadAnswer: A flag names what is not there.
        ManyDrops: The models would drop most of a database.
    """
    if sql:
        raise Refused(
            "Using --sql with --autogenerate does not make any sense",
            why="The script comes from a comparison with the database. Nothing was written.",
            do="flask db migrate, then: flask db upgrade --sql",
        )
    given = blank_arguments(message=message, **arguments)
    _check_arguments(project, given)
    comparison = compare_models(project, given, process_revision_directives, decisions, questioner or Nobody())
    _forget_empty(comparison.revision_context)
    for script in comparison.revision_context.generated_revisions:
        script.message = script.message or message_for(script.upgrade_ops_list)
    scripts = _generate(project, comparison.revision_context)
    files: tuple[str, ...] = ()
    if scripts or not any(one.comparison.changes for one in comparison.seen.values()):
        with explained(project):
            files = keep(comparison.seen)
    told = remarks_on(comparison), _proved(project, scripts, comparison)
    return Written(scripts, comparison.tables, comparison.has_history, files, *told)


def revision(
    project: Project,
    message: str | None = None,
    *,
    sql: bool = False,
    process_revision_directives: Any = None,
    **arguments: Any,
) -> Written:
    """Write an empty script.

    Args:
        project: The app's migrations.
        message: What the script does.
        sql: Run ``env.py`` in offline mode (with ``revision_environment``).
        process_revision_directives: A hook of Alembic's, for callers from Python.
        **arguments: ``head``, ``splice``, ``branch_label``, ``version_path``, ``rev_id``, ``depends_on``.

    Raises:
        MultipleHeads: The history has several heads and none was chosen.
        RevisionTooLong: The version table cannot hold ``rev_id``.
    """
    given = blank_arguments(message=message, sql=sql, **{**arguments, "autogenerate": False})
    _check_arguments(project, given)
    context = RevisionContext(project.config, project.scripts, given, process_revision_directives)
    if _runs_environment(project):
        options = {"template_args": context.template_args, "revision_context": context}

        def each(heads: Any, migration: MigrationContext) -> Iterable[Any]:
            context.run_no_autogenerate(heads, migration)
            return ()

        with explained(project):
            RunnerEnvironment(project, Work(each, sql=sql, options=options), Progress()).run()
    elif sql:
        raise Refused(
            "Using --sql with the revision command when revision_environment is not configured does not make any sense",
            why="Nothing would be written as SQL. Nothing was changed.",
            do="flask db revision   (without --sql)",
        )
    return Written(_generate(project, context))


def merge(
    project: Project,
    revisions: Sequence[str] | str = "heads",
    message: str | None = None,
    *,
    branch_label: str | None = None,
    rev_id: str | None = None,
    splice: bool = False,
) -> Written:
    """Write a script that joins branches.

    Args:
        project: The app's migrations.
        revisions: The revisions to join.
        message: What is joined; made from the ids if not given.
        branch_label: A label for the new revision.
        rev_id: Its id; a random one if not given.
        splice: Whether revisions may be joined that are no heads.

    Raises:
        RevisionTooLong: The version table cannot hold ``rev_id``.
    """
    arguments: dict[str, Any] = {"config": project.config}
    _require_fit(project, rev_id)
    with explained(project):
        if _runs_environment(project):
            RunnerEnvironment(
                project, Work(lambda heads, context: (), options={"template_args": arguments}), Progress()
            ).run()
        joined = project.scripts.get_revisions(revisions or "heads")
        if len(joined) < 2:
            raise Refused(
                "There is nothing to merge.",
                why=f"The history has one head, {joined[0].revision}. Nothing was written."
                if joined
                else "The history is empty. Nothing was written.",
                do="flask db heads",
            )
        script = project.scripts.generate_revision(
            rev_id or util.rev_id(),
            message or "merge " + " and ".join(one.revision for one in joined),
            refresh=True,
            head=util.to_tuple(revisions, default=None) or "heads",
            branch_labels=branch_label,
            splice=splice,
            **arguments,
        )
    return Written((script,) if script else ())


def _proved(project: Project, scripts: Sequence[Script], comparison: Comparison) -> Proved | None:
    """Prove the new script, in a process of our own: a serving one's engines cannot be led to scratch."""
    if not project.settings.proof or len(scripts) != 1 or comparison.unavailable is not None:
        return None
    if project.logs is Logs.THEIRS:
        return None
    from whimbrel.commands.proving import prove_new

    return prove_new(project, scripts[0], comparison)


def _forget_empty(context: RevisionContext) -> None:
    """Write no script that does nothing; an app's own hook seldom says so, where it takes the template's place."""
    kept = [one for one in context.generated_revisions if not all(each.is_empty() for each in one.upgrade_ops_list)]
    context.generated_revisions[:] = kept


def _generate(project: Project, context: RevisionContext) -> tuple[Script, ...]:
    with explained(project):
        return tuple(script for script in context.generate_scripts() if script is not None)


def _runs_environment(project: Project) -> bool:
    return bool(util.asbool(project.config.get_alembic_option("revision_environment")))


def _check_arguments(project: Project, arguments: dict[str, Any]) -> None:
    with explained(project):
        project.scripts.get_revisions(arguments["head"])
    _require_fit(project, arguments["rev_id"])


def _require_fit(project: Project, rev_id: str | None) -> None:
    """Refuse an id that the version table cannot hold; only a long one is worth a connection."""
    if rev_id is None or len(rev_id) <= DEFAULT_WIDTH:
        return
    widths: list[int] = []

    def each(heads: Any, context: MigrationContext) -> Iterable[Any]:
        width = version_column_width(context)
        widths.append(DEFAULT_WIDTH if width is None else width)
        return ()

    with explained(project):
        RunnerEnvironment(project, Work(each, options={"dont_mutate": True}), Progress()).run()
    if len(rev_id) > min(widths, default=DEFAULT_WIDTH):
        raise RevisionTooLong(
            f"The revision id {rev_id!r} has {len(rev_id)} characters.",
            why=f"The version table holds {min(widths, default=DEFAULT_WIDTH)}; PostgreSQL, MariaDB and MySQL "
            "refuse a longer one, but only when it is applied. Nothing was written.",
            do=f"choose a shorter one: --rev-id {rev_id[:DEFAULT_WIDTH]}",
        )
