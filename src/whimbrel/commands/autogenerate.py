"""Our comparison, as one of Alembic's autogenerate comparators.

It stands on the target "schema" in the subgroup of Alembic's own comparison of tables, runs before it
and stops it; comparators of third parties have subgroups of their own and run as ever. It does nothing
unless one of our commands has put a `Comparator` into the context, so plain Alembic in the same process
is left alone.

Where nothing differs, nothing has to be asked or written, so what asks and writes is imported where it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from alembic.autogenerate import comparators
from alembic.util import DispatchPriority, PriorityDispatchResult
from sqlalchemy import Connection

from whimbrel import compare as comparing
from whimbrel.backends.reflect import reflect
from whimbrel.commands.decisions import Decisions, Nobody, Questioner
from whimbrel.commands.models import metadatas_of, tables_by_name
from whimbrel.commands.ownership import Ownership
from whimbrel.commands.remembered import Wanted
from whimbrel.commands.snapshots import Kept
from whimbrel.compare.changes import Added, Comparison, Removed
from whimbrel.scratch import ScratchUnavailable
from whimbrel.snapshot import Key, Snapshot

if TYPE_CHECKING:
    from whimbrel.commands.questions import Settled
    from whimbrel.commands.undecided import Open
    from whimbrel.compare.renames import Candidate

KEY = "whimbrel"

WantedSide = Callable[[Connection, Sequence[Any], Snapshot, Kept], AbstractContextManager[Wanted]]


@dataclass(frozen=True, slots=True)
class Seen:
    """What comparing one database gave.

    Attributes:
        found: What it is.
        wanted: What the models want of it.
        comparison: The differences that count.
        candidates: What may be a rename.
        owned: What belongs to this history.
        kept: Its snapshot file.
        moved: What it is, after the renames that were decided.
    """

    found: Snapshot
    wanted: Wanted
    comparison: Comparison
    candidates: tuple[Candidate, ...]
    owned: Ownership
    kept: Kept
    moved: Snapshot


@dataclass(slots=True)
class Comparator:
    """A thing with a life: compares each database of a command in turn, and keeps what it found.

    Attributes:
        wanted: Gives what the models want.
        files: Finds the snapshot file, by the bind and what it is.
        owned: Tells what belongs to this history, by the bind, what it is and its snapshot file.
        decisions: The answers given by flags.
        questioner: Asks a person what they leave open; None where nothing is to be asked, only shown.
        seen: What was found, by bind.
        open: What nobody could be asked about.
        flags: For each flag why it cannot be used; empty where it can.
        own: The operations that are ours, by their ids.
        unavailable: Why there was no scratch database, where Alembic's own comparison had to do.
    """

    wanted: WantedSide
    files: Callable[[str, Snapshot], Kept]
    owned: Callable[[str, Snapshot, Kept], Ownership]
    decisions: Decisions = field(default_factory=Decisions)
    questioner: Questioner | None = field(default_factory=Nobody)
    seen: dict[str, Seen] = field(default_factory=dict)
    open: list[Open] = field(default_factory=list)
    flags: dict[str, str] = field(default_factory=dict)
    own: set[int] = field(default_factory=set)
    unavailable: ScratchUnavailable | None = None

    def compare(self, context: Any, upgrade: Any) -> None:
        """Compare one database with the models and add the operations to a script."""
        connection: Connection = context.connection
        metadatas = metadatas_of(context)
        found = reflect(connection)
        bind = bind_of(context.opts)
        kept = self.files(bind, found)
        owned = self.owned(bind, found, kept)
        with self.wanted(connection, metadatas, found, kept) as side:
            wanted = side.snapshot  # nobody thinks about an answer while scratch waits
        comparison = _filtered(comparing.compare(found, wanted, owned), context)
        self.seen[bind] = Seen(found, side, comparison, (), owned, kept, found)
        if comparison.changes or self.decisions != Decisions():
            self._decide(context, bind, metadatas, upgrade)

    def _decide(self, context: Any, bind: str, metadatas: Sequence[Any], upgrade: Any) -> None:
        """Decide what the differences are, and what becomes of the rows; then write."""
        from whimbrel.commands.flags import merge, misused
        from whimbrel.commands.renaming import Sought, decide
        from whimbrel.commands.rows import rows_at_stake
        from whimbrel.commands.undecided import OpenRename

        connection, first = context.connection, self.seen[bind]
        found, wanted, owned = first.found, first.wanted.snapshot, first.owned
        models = tables_by_name(metadatas, found.default_schema)
        sought = Sought(found, wanted, models, _Candidates(owned, found, context))

        def counted(one: Candidate) -> int | None:
            return rows_at_stake(connection, one, sought.old)

        decided = decide(sought, self.decisions, self.questioner, counted)
        merge(self.flags, {**decided.flags, **misused(self.decisions, sought.old, sought.new)})
        moved = comparing.renamed(found, decided.answers)
        comparison = _filtered(comparing.compare(found, wanted, owned, decided.answers), context)
        self.open += [OpenRename(one, counted(one)) for one in decided.open]
        self.seen[bind] = replace(first, comparison=comparison, candidates=decided.candidates, moved=moved)
        settled = self._settled(connection, self.seen[bind], models)
        if self.open:
            _without_hook(context)
        else:
            self._write(context, self.seen[bind], settled, metadatas, upgrade)

    def _write(self, context: Any, seen: Seen, settled: Settled, metadatas: Sequence[Any], upgrade: Any) -> None:
        """Add the operations to a script."""
        from whimbrel.commands.detected import report
        from whimbrel.operations import operations_for, sides_of

        sides = sides_of(
            context.connection, seen.found, seen.wanted.snapshot, metadatas, settled.comparison, seen.moved,
            fills=settled.fills, casts=settled.casts,
        )  # fmt: skip
        forward, back = operations_for(settled.comparison, sides)
        report(settled.comparison, context, sides)
        self.own.update(map(id, forward))
        _fill(upgrade, forward, back)

    def _settled(self, connection: Connection, seen: Seen, models: Any) -> Settled:
        """Settle what becomes of the rows, once the renames are settled."""
        from whimbrel.commands.questions import Rows, Settled, settle
        from whimbrel.commands.safety import refuse_many_drops

        if self.open or self.questioner is None:
            return Settled(seen.comparison)
        if not self.decisions.many_drops:
            refuse_many_drops(seen.comparison, seen.found)
        settled = settle(Rows(connection, seen.found, seen.comparison), models, self.decisions, self.questioner)
        self.open += settled.open
        return settled


class Onlooker(Comparator):
    """A comparator that only finds out what differs."""

    def compare(self, context: Any, upgrade: Any) -> None:
        """Compare one database with the models."""
        Comparator.compare(self, context, upgrade)
        _without_hook(context)

    def _write(self, context: Any, seen: Seen, settled: Settled, metadatas: Sequence[Any], upgrade: Any) -> None:
        """Write nothing."""


def _without_hook(context: Any) -> None:
    """Nothing will be written: the app's hook is not to say that nothing has changed."""
    context.migration_context.opts["process_revision_directives"] = None


def bind_of(opts: Any) -> str:
    """Return the name of the database that a context is for; empty for the default one."""
    return str(opts.get("upgrade_token") or "").removesuffix("upgrades").rstrip("_")


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
class _Candidates:
    """The tables that may have been renamed: ours, and not left out by the app's own hooks."""

    owned: Ownership
    found: Snapshot
    context: Any

    def __contains__(self, key: object) -> bool:
        if not isinstance(key, Key) or key not in self.owned:
            return False
        return _is_included(Removed(key, self.found.by_key[key]), self.context)


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
