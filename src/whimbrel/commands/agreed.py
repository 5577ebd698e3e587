"""The comparison behind `whimbrel.commands.agreeing`, which is loaded where there is something to compare."""

from __future__ import annotations

from whimbrel.commands.agreeing import Agreement, DatabaseAgreement
from whimbrel.commands.autogenerate import Onlooker, Seen
from whimbrel.commands.compare import Comparison, How, compare_models, count_pending
from whimbrel.commands.differences import line_of, others_in
from whimbrel.commands.keeping import remarks_on
from whimbrel.commands.names import Names
from whimbrel.commands.remembered import elsewhere
from whimbrel.errors import WhimbrelError
from whimbrel.run import Project


def compared(project: Project) -> Agreement:
    """Compare models and databases, as `diff` does it."""
    try:
        comparison = compare_models(project, how=How(count_pending, Onlooker, elsewhere(project.settings)))
    except WhimbrelError as error:
        return Agreement(trouble=f"{error.what} {error.why}")
    seen = tuple(_agreement(bind, one) for bind, one in comparison.seen.items())
    return Agreement(seen or _by_alembic(project, comparison), others_in(comparison), remarks_on(comparison))


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
