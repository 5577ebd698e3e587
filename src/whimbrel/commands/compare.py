"""Compares the models with the databases, by Alembic's autogenerate, in the app's own ``env.py``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic.autogenerate import RevisionContext
from alembic.operations.ops import OpContainer
from sqlalchemy import Connection

from whimbrel.commands.autogenerate import KEY, Comparator, Seen
from whimbrel.commands.decisions import Decisions, Questioner
from whimbrel.commands.hooked import Watch
from whimbrel.commands.known_heads import require_known_heads
from whimbrel.commands.ownership import Ownership
from whimbrel.commands.remembered import Build, Remembered, always
from whimbrel.commands.snapshots import Kept, kept_file, ledger_of
from whimbrel.commands.troubles import explained
from whimbrel.errors import ModelsMissing, NotUpToDate, ScratchUnavailable
from whimbrel.run import Progress, Project, RunnerEnvironment, Work
from whimbrel.scripts.describe import describe_all
from whimbrel.snapshot import Snapshot

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from alembic.runtime.migration import MigrationContext

    from whimbrel.commands.wanted import Made


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs between models and databases.

    Attributes:
        revision_context: Alembic's own view of it, with the script that would be written.
        tables: How many tables the models describe.
        has_history: Whether a revision has been applied to a database.
        seen: What comparing gave, by bind, in our own words.
        pending: How many revisions are not applied.
        own: The operations that come from our comparison, by their ids; others are third parties'.
        unavailable: Why Alembic's own comparison had to do.
        watch: What the app's hooks were given.
    """

    revision_context: RevisionContext
    tables: int
    has_history: bool
    seen: Mapping[str, Seen]
    pending: int = 0
    own: Set[int] = frozenset()
    unavailable: ScratchUnavailable | None = None
    watch: Watch = field(default_factory=Watch)

    @property
    def operations(self) -> tuple[Any, ...]:
        """What would bring the databases to the models, one list of operations for each of them."""
        scripts = self.revision_context.generated_revisions
        return tuple(scripts[-1].upgrade_ops_list) if scripts else ()

    @property
    def taken_out(self) -> Mapping[str, frozenset[str]]:
        """The tables, by database, of which the app's hooks have taken out or changed anything; "" may be any."""
        return self.watch.taken_out(self.revision_context.generated_revisions)

    @property
    def diffs(self) -> tuple[Any, ...]:
        """The differences as Alembic's tuples."""
        return tuple(diff for one in self.operations for op in one.ops for diff in _diffs_of(op))

    @property
    def in_words(self) -> str:
        """The differences as a person would say them."""
        return describe_all(self.operations)


def _diffs_of(op: Any) -> Iterator[Any]:
    """Yield Alembic's tuples; it has none for the drop of what it could not make again."""
    if isinstance(op, OpContainer):
        for one in op.ops:
            yield from _diffs_of(one)
        return
    try:
        yield op.to_diff_tuple()
    except ValueError:
        yield "remove_constraint", op.constraint_name


@dataclass(slots=True)
class _Counted:
    tables: int = 0
    heads: int = 0
    pending: int = 0

    def add(self, pending: int, heads: int, tables: int) -> None:
        """Take note of one database."""
        self.pending += pending
        self.heads += heads
        self.tables += tables


def refuse_pending(project: Project, heads: Any) -> int:
    """Make sure that no revision is pending.

    Raises:
        NotUpToDate: Revisions are.
    """
    pending = pending_revisions(project, heads)
    if pending:
        _refuse(heads, pending)
    return 0


def count_pending(project: Project, heads: Any) -> int:
    """Return how many revisions are pending."""
    return len(pending_revisions(project, heads))


@dataclass(frozen=True, slots=True)
class How:
    """How to compare.

    Attributes:
        pending: What to make of pending revisions.
        kind: Whether operations are made of what differs.
        may_build: Tells whether a scratch database may be made, by a connection to the target.
        may_remember: Whether the snapshot files are trusted.
        passes: Tells whether a database is passed over; refuses those at revisions that no script here has.
    """

    pending: Callable[[Project, Any], int] = refuse_pending
    kind: type[Comparator] = Comparator
    may_build: Callable[[Connection], bool] = always
    may_remember: bool = True
    passes: Callable[[Project, Any, MigrationContext], bool] = require_known_heads


def compare_models(
    project: Project,
    arguments: dict[str, Any] | None = None,
    hook: Any = None,
    decisions: Decisions | None = None,
    questioner: Questioner | None = None,
    how: How = How(),
) -> Comparison:
    """Compare the models with the databases.

    Args:
        project: The app's migrations.
        arguments: The arguments of the revision to come; they end in the script.
        decisions: The answers given by flags.
        questioner: Asks a person what they leave open; None where nothing is to be asked, only shown.
        hook: A ``process_revision_directives`` function of the caller's.
        how: Which comparison it is to be.

    Raises:
        ModelsMissing: The models describe no table.
        NotUpToDate: Revisions are pending.
        BadAnswer: A flag names what is not there.
        Undecided: Something is open and nobody can be asked.
        ManyDrops: The models would drop most of a database.
    """
    comparator = _comparator(project, decisions or Decisions(), questioner, how)
    watch = Watch(hook)
    context = RevisionContext(project.config, project.scripts, arguments or blank_arguments(), watch)
    counted = _Counted()

    def each(heads: Any, migration: MigrationContext) -> Iterable[Any]:
        if how.passes(project, heads, migration):
            counted.add(0, len(heads), _table_count(migration))
            return ()
        behind = how.pending(project, heads)
        counted.add(behind, len(heads), _table_count(migration))
        migration.opts[KEY] = comparator
        if not counted.tables and migration.opts["upgrade_token"] == "upgrades":
            raise no_models()
        # Alembic itself refuses pending revisions; whether they matter was decided above.
        context.run_autogenerate(tuple(project.scripts.get_heads()) if behind else heads, migration)
        if any(ops.ops for one in context.generated_revisions for ops in one.upgrade_ops_list):
            _write_faithfully(migration)
        return ()

    options = {"template_args": context.template_args, "revision_context": context, "dont_mutate": True}
    with explained(project):
        RunnerEnvironment(project, Work(each, options=options), Progress()).run()
    return _result(context, comparator, counted, watch)


def _comparator(project: Project, decisions: Decisions, questioner: Questioner | None, how: How) -> Comparator:
    side = Remembered(_builder(project), how.may_build, how.may_remember)
    return how.kind(side, _files(project), _owned(project, decisions), decisions, questioner)


def _result(context: RevisionContext, comparator: Comparator, counted: _Counted, watch: Watch) -> Comparison:
    if not counted.tables:
        raise no_models()
    if comparator.flags or comparator.open:
        _refuse_open(comparator)
    return Comparison(
        context,
        counted.tables,
        bool(counted.heads),
        comparator.seen,
        counted.pending,
        frozenset(comparator.own),
        comparator.unavailable,
        watch,
    )


def _refuse_open(comparator: Comparator) -> None:
    from whimbrel.commands.flags import refuse_misused
    from whimbrel.commands.undecided import undecided

    refuse_misused(comparator.flags)
    if comparator.open:
        raise undecided(comparator.open)


def _builder(project: Project) -> Build:
    """Return what builds the models on scratch; most comparisons do without, and without its code."""

    def build(*arguments: Any) -> AbstractContextManager[Made]:
        from whimbrel.commands.wanted import OnScratch

        return OnScratch(project)(*arguments)

    return build


def _write_faithfully(migration: MigrationContext) -> None:
    """Prepare the writing of a script; its code is for comparisons that find something."""
    from whimbrel.operations.rendering import write_faithfully

    write_faithfully(migration)


def _files(project: Project) -> Callable[[str, Snapshot], Kept]:
    """Return what finds the snapshot file of a database."""
    return lambda bind, found: kept_file(project.scripts.dir, bind, found.kind)


def _owned(project: Project, decisions: Decisions) -> Callable[[str, Snapshot, Kept], Ownership]:
    """Return what tells which objects of a database belong to this history."""

    def texts() -> list[str]:
        return [Path(one.path).read_text("utf-8") for one in reversed(list(project.scripts.walk_revisions()))]

    def owned(bind: str, found: Snapshot, kept: Kept) -> Ownership:
        ledger = ledger_of(project.scripts.dir, bind, kept)
        return Ownership(ledger, texts, decisions.ours, bind, found.default_schema)

    return owned


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


def _table_count(migration: MigrationContext) -> int:
    metadata = migration.opts["target_metadata"]
    many = metadata if isinstance(metadata, (list, tuple)) else [metadata]
    return sum(len(one.tables) for one in many if one is not None)


def pending_revisions(project: Project, heads: Any) -> list[str]:
    """List the revisions that are not applied, in the order in which they would be."""
    scripts = project.scripts
    if set(scripts.get_revisions(heads)) == set(scripts.get_revisions("heads")):
        return []
    return [str(step.revision.revision) for step in scripts._upgrade_revs("heads", heads)]


def _refuse(heads: Any, pending: list[str]) -> None:
    names = ", ".join(pending[:5])
    at = ", ".join(sorted(heads)) or "base"
    raise NotUpToDate(
        "Target database is not up to date.",
        why=f"It is at {at}, and {len(pending)} of the revisions are pending: {names}"
        f"{', …' if len(pending) > 5 else ''}. Nothing was written, and the database was not changed.",
        do="flask db upgrade   (or, if the last script was a mistake and is applied nowhere: remove its file)",
    )
