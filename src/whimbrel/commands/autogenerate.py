"""Our comparison, as one of Alembic's autogenerate comparators.

It stands on the target "schema" in the subgroup of Alembic's own comparison of tables, runs before it
and stops it; comparators of third parties have subgroups of their own and run as ever. It does nothing
unless one of our commands has put a `Comparator` into the context, so plain Alembic in the same process
is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from alembic.autogenerate import comparators
from alembic.util import DispatchPriority, PriorityDispatchResult
from sqlalchemy import Connection, text

from whimbrel import compare as comparing
from whimbrel.backends.reflect import reflect
from whimbrel.commands.decisions import Decisions, Nobody, Questioner
from whimbrel.commands.detected import report
from whimbrel.commands.questions import casts_for, fills_for
from whimbrel.commands.renaming import Sought, decide
from whimbrel.compare.changes import Added, Comparison, Removed
from whimbrel.compare.renames import Candidate
from whimbrel.operations import operations_for, sides_of
from whimbrel.scratch import ScratchUnavailable
from whimbrel.snapshot import Key, Snapshot

KEY = "whimbrel"

Wanted = Callable[[Connection, Sequence[Any], Snapshot], AbstractContextManager[Snapshot]]


@dataclass(slots=True)
class Comparator:
    """A thing with a life: compares each database of a command in turn, and keeps what it found.

    Attributes:
        wanted: Builds the models on scratch and gives the snapshot of it.
        ours: Tells whether this history has ever had an object.
        decisions: The answers given by flags.
        questioner: Asks a person what they leave open.
        comparisons: What was found, by bind.
        unavailable: Why there was no scratch database, where Alembic's own comparison had to do.
    """

    wanted: Wanted
    ours: Callable[[Key], bool]
    decisions: Decisions = field(default_factory=Decisions)
    questioner: Questioner = field(default_factory=Nobody)
    comparisons: dict[str, Comparison] = field(default_factory=dict)
    unavailable: ScratchUnavailable | None = None

    def compare(self, context: Any, upgrade: Any) -> None:
        """Compare one database with the models and add the operations to a script."""
        connection: Connection = context.connection
        metadatas = _metadatas(context)
        found = reflect(connection)
        with self.wanted(connection, metadatas, found) as wanted:
            models = _models(metadatas, found.default_schema)
            candidates = Sought(found, wanted, models)
            answers = decide(candidates, self.decisions, self.questioner, lambda one: _rows(connection, one, found))
            comparison = comparing.compare(found, wanted, _Ours(self.ours, models, self.decisions.ours), answers)
            comparison = _filtered(comparison, context)
            sides = sides_of(
                connection, found, wanted, metadatas, comparison, comparing.renamed(found, answers),
                fills=fills_for(connection, found, comparison, models, self.decisions, self.questioner),
                casts=casts_for(connection, found, comparison, self.decisions, self.questioner),
            )  # fmt: skip
            forward, back = operations_for(comparison, sides)
        self.comparisons[str(context.opts.get("upgrade_token", ""))] = comparison
        report(comparison, context, sides)
        _fill(upgrade, forward, back)


def _compare(context: Any, upgrade: Any, schemas: Any) -> PriorityDispatchResult:
    comparator = context.opts.get(KEY)
    if not isinstance(comparator, Comparator):
        return PriorityDispatchResult.CONTINUE
    try:
        comparator.compare(context, upgrade)
    except ScratchUnavailable as reason:
        comparator.unavailable = reason
        return PriorityDispatchResult.CONTINUE
    return PriorityDispatchResult.STOP


comparators.dispatch_for("schema", priority=DispatchPriority.FIRST, subgroup="tables")(_compare)


@dataclass(frozen=True, slots=True)
class _Ours:
    """Which objects belong to this history: those that scripts made, and those of the models' tables."""

    made: Callable[[Key], bool]
    models: Any
    named: frozenset[str]

    def __contains__(self, key: object) -> bool:
        if not isinstance(key, Key):
            return False
        return key.name in self.named or f"{key.schema}.{key.name}" in self.named or self.made(key)


def _metadatas(context: Any) -> list[Any]:
    metadata = context.opts["target_metadata"]
    return list(metadata) if isinstance(metadata, list | tuple) else [metadata]


def _models(metadatas: Sequence[Any], default: str) -> dict[tuple[str, str], Any]:
    return {(table.schema or default, table.name): table for one in metadatas for table in one.tables.values()}


def _rows(connection: Connection, candidate: Candidate, found: Snapshot) -> int | None:
    """Count the rows that a rename would keep, and a drop would lose."""
    pair = candidate.pair
    name = pair.old.name if pair.kind == "table" else pair.old.owner
    schema, _, table = name.rpartition(".")
    if pair.kind == "value" or found.table(table, schema or None) is None:
        return None
    quote = connection.dialect.identifier_preparer.quote
    target = f"{quote(schema)}.{quote(table)}" if schema else quote(table)
    return int(connection.execute(text(f"SELECT count(*) FROM {target}")).scalar_one())


def _filtered(comparison: Comparison, context: Any) -> Comparison:
    """Ask the app's own ``include_name`` and ``include_object``."""
    kept = tuple(one for one in comparison.changes if _is_included(one, context))
    return Comparison(kept, comparison.not_ours)


_ALEMBIC_KINDS = {
    "table": "table",
    "column": "column",
    "index": "index",
    "unique": "unique_constraint",
    "foreign_key": "foreign_key_constraint",
    "check": "check_constraint",
}


def _is_included(change: Any, context: Any) -> bool:
    key: Key = change.key
    kind = _ALEMBIC_KINDS.get(key.kind)
    if kind is None:
        return True
    schema = None if key.schema in ("", context.connection.dialect.default_schema_name) else key.schema
    name = key.part or key.name
    reflected = isinstance(change, Removed)
    parents = {"schema_name": schema}
    if key.part:
        parents["table_name"] = key.name
        parents["schema_qualified_table_name"] = f"{schema}.{key.name}" if schema else key.name
        if not context.run_name_filters(key.name, "table", {"schema_name": schema}):
            return False
    if not isinstance(change, Added) and not context.run_name_filters(name, kind, parents):
        return False
    table = context.table_key_to_table.get(f"{schema}.{key.name}" if schema else key.name)
    thing = _thing(table, key, change)
    if key.part and not context.run_object_filters(
        table if table is not None else _stand_in(key, schema), key.name, "table", table is None, None
    ):
        return False
    return bool(context.run_object_filters(thing, name, kind, reflected, None if reflected else thing))


def _thing(table: Any, key: Key, change: Any) -> Any:
    """Return SQLAlchemy's object for a change, or one that has its name."""
    schema = key.schema or None
    if table is None or not key.part:
        return table if table is not None else _stand_in(key, schema)
    if key.kind == "column":
        return next((one for one in table.columns if one.name == key.part), _column(key))
    pool = [*table.indexes, *table.constraints]
    return next((one for one in pool if one.name == key.part), _stand_in(key, schema))


def _stand_in(key: Key, schema: str | None) -> Any:
    from sqlalchemy import MetaData
    from sqlalchemy import Table as ModelTable

    return ModelTable(key.name, MetaData(), schema=schema)


def _column(key: Key) -> Any:
    from sqlalchemy import Column

    return Column(key.part)


def _fill(upgrade: Any, forward: list[Any], back: list[Any]) -> None:
    """Put the operations into a script; the way back is ours, for others' operations it is Alembic's."""
    upgrade.ops.extend(forward)
    mine = set(map(id, forward))

    def reverse_into(downgrade: Any) -> Any:
        others = [one.reverse() for one in reversed(upgrade.ops) if id(one) not in mine]
        downgrade.ops[:] = [*others, *back]
        return downgrade

    upgrade.reverse_into = reverse_into


def made_by(scripts: Iterable[str]) -> Callable[[Key], bool]:
    """Return a function that tells whether one of some scripts makes an object.

    Args:
        scripts: The texts of the scripts.
    """
    whole = "\n".join(scripts)

    def made(key: Key) -> bool:
        name = re.escape(key.part or key.name.partition("(")[0])
        pattern = (
            rf"(?:create_table|rename_table)\([^)]*?['\"]{name}['\"]|\bCREATE\b[^;]*?\b{name}\b|name=['\"]{name}['\"]"
        )
        return re.search(pattern, whole) is not None

    return made
