"""Whether tables that exist without a history are what the models describe, object by object: what `stamp` shows first.

Nothing is made for it, neither in the database nor on its server.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import inspect

from whimbrel.bookkeeping import is_bookkeeping
from whimbrel.commands.autogenerate import Onlooker, Seen
from whimbrel.commands.compare import Comparison, How, compare_models, count_pending
from whimbrel.commands.differences import Line, line_of, others_in
from whimbrel.commands.keeping import remarks_on
from whimbrel.commands.names import Names
from whimbrel.commands.remembered import elsewhere
from whimbrel.commands.troubles import explained
from whimbrel.errors import WhimbrelError
from whimbrel.run import Progress, Project, RunnerEnvironment, Work

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext


@dataclass(frozen=True, slots=True)
class DatabaseAgreement:
    """One database.

    Attributes:
        name: The bind; empty for the default one.
        same: The objects in which models and database agree.
        changes: What would bring it to the models.
    """

    name: str
    same: tuple[str, ...]
    changes: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How models and tables without a history agree.

    Attributes:
        databases: One by one; all together where Alembic's comparison had to do.
        others: What Alembic, or comparators of other packages, would do, in words; empty if nothing.
        remarks: What else a person should know.
        trouble: Why nothing could be compared; empty if it was.
    """

    databases: tuple[DatabaseAgreement, ...] = ()
    others: str = ""
    remarks: tuple[str, ...] = ()
    trouble: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether nothing differs."""
        return not (self.trouble or self.others or any(one.changes for one in self.databases))


def agreement(project: Project) -> Agreement | None:
    """Compare models and databases; None where there is nothing to adopt: each has a history, or no tables."""
    if not _is_to_be_adopted(project):
        return None
    try:
        comparison = compare_models(project, how=How(count_pending, Onlooker, elsewhere(project.settings)))
    except WhimbrelError as error:
        return Agreement(trouble=f"{error.what} {error.why}")
    databases = tuple(_agreement(bind, one) for bind, one in comparison.seen.items()) or _by_alembic(
        project, comparison
    )
    return Agreement(databases, others_in(comparison), remarks_on(comparison))


def _is_to_be_adopted(project: Project) -> bool:
    found: list[bool] = []

    def each(heads: Any, context: MigrationContext) -> Iterable[Any]:
        assert context.connection is not None
        if not heads:
            names = inspect(context.connection).get_table_names()
            found.append(any(name != context.version_table and not is_bookkeeping(name) for name in names))
        return ()

    with explained(project):
        RunnerEnvironment(project, Work(each, options={"dont_mutate": True}), Progress()).run()
    return any(found)


def _agreement(bind: str, seen: Seen) -> DatabaseAgreement:
    names = Names(seen.found)
    changed = {(change.key.schema, change.key.name) for change in seen.comparison.changes}
    same = sorted(
        names.of(one.key.schema, one.key.name) if one.key.kind == "table" else f"{one.key.kind} {names.of_key(one.key)}"
        for one in seen.wanted.snapshot.objects
        if (one.key.schema, one.key.name) not in changed
    )
    return DatabaseAgreement(bind, tuple(same), tuple(line_of(one, names) for one in seen.comparison.changes))


def _by_alembic(project: Project, comparison: Comparison) -> tuple[DatabaseAgreement, ...]:
    """Return the tables of which Alembic's comparison says nothing."""
    operations = [op for one in comparison.operations for op in one.ops]
    changed = {getattr(op, "table_name", None) or getattr(op, "source_table", None) for op in operations}
    tables = {name for target in project.targets() for one in target.metadatas for name in one.tables}
    return (DatabaseAgreement("", tuple(sorted(tables - changed)), ()),)
