"""Whether tables that exist without a history are what the models describe, object by object: what `stamp` shows first.

Nothing is made for it, neither in the database nor on its server.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import inspect

from whimbrel.bookkeeping import is_bookkeeping
from whimbrel.commands.troubles import explained
from whimbrel.run import Progress, Project, RunnerEnvironment, Work, quietly

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

    from whimbrel.commands.differences import Line


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
    with quietly(project.logs):
        if not _is_to_be_adopted(project):
            return None
        from whimbrel.commands.agreed import compared  # the comparison is most of the code; mostly there is a history

        return compared(project)


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
