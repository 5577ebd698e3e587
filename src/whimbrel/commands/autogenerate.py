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
from whimbrel.bookkeeping import is_of_the_schema
from whimbrel.commands.column_hooks import ColumnHooks
from whimbrel.commands.decisions import Decisions, Nobody, Questioner
from whimbrel.commands.models import have_hints, metadatas_of, tables_by_name
from whimbrel.commands.ownership import Ownership
from whimbrel.commands.remembered import Wanted
from whimbrel.commands.snapshots import Kept
from whimbrel.commands.third_parties import goes_first, is_compared_by_others
from whimbrel.compare.changes import Comparison
from whimbrel.errors import ScratchUnavailable
from whimbrel.snapshot import Key, Snapshot

if TYPE_CHECKING:
    from whimbrel.commands.asked import Told
    from whimbrel.commands.hooks import Hooks
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
        theirs: What other packages write in our place.
        put_off: What differs and is to stay so for now, by an answer.
    """

    found: Snapshot
    wanted: Wanted
    comparison: Comparison
    candidates: tuple[Candidate, ...]
    owned: Ownership
    kept: Kept
    moved: Snapshot
    theirs: frozenset[Key] = frozenset()
    put_off: frozenset[Key] = frozenset()


@dataclass(frozen=True, slots=True)
class Script:
    """What is to be written for one database.

    Attributes:
        context: Alembic's autogenerate context.
        upgrade: The operations of the upgrade.
        hooks: The app's own say.
        present: What the database is, less what others drop.
        told: What it left of the wanted side.
    """

    context: Any
    upgrade: Any
    hooks: Hooks
    present: Snapshot
    told: Told

    def fill(self, forward: list[Any], back: list[Any], others: tuple[list[Any], list[Any]]) -> None:
        """Put operations into it; the way back of ours is ours, that of others' Alembic's.

        Args:
            forward: Our own operations.
            back: Their way back.
            others: Others' operations, those before ours and those after.
        """
        upgrade, mine = self.upgrade, set(map(id, forward))
        early, late = others
        upgrade.ops.extend([*early, *forward, *late])

        def reverse_into(downgrade: Any) -> Any:
            # Others put theirs before and after ours: a type before the table that uses it, say.
            upgrade.ops.sort(key=lambda one: not goes_first(one))
            first = next((place for place, one in enumerate(upgrade.ops) if id(one) in mine), 0)
            before = [one.reverse() for one in reversed(upgrade.ops[:first])]
            after = [one.reverse() for one in reversed(upgrade.ops[first:]) if id(one) not in mine]
            downgrade.ops[:] = [*after, *back, *before]
            return downgrade

        upgrade.reverse_into = reverse_into


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
        comparison = comparing.compare(found, wanted, owned)
        self.seen[bind] = Seen(found, side, comparison, (), owned, kept, found)
        if comparison != Comparison() or self.decisions != Decisions() or _see_more(context, metadatas):
            self._decide(context, bind, metadatas, upgrade)

    def _decide(self, context: Any, bind: str, metadatas: Sequence[Any], upgrade: Any) -> None:
        """Decide what the differences are, and what becomes of the rows; then write."""
        from whimbrel.commands.counterparts import Counterparts
        from whimbrel.commands.flags import merge, misused
        from whimbrel.commands.hooks import Hooks
        from whimbrel.commands.renaming import Sought, decide
        from whimbrel.commands.rows import rows_at_stake
        from whimbrel.commands.undecided import OpenRename

        connection, first = context.connection, self.seen[bind]
        found, wanted, owned = first.found, first.wanted.snapshot, first.owned
        models = tables_by_name(metadatas, found.default_schema)
        hooks = Hooks(context, Counterparts(connection, found, models))
        told = hooks.told(found, wanted)
        present = told.present
        sought = Sought(present, told.wanted, models, owned, scripts=owned.scripts)

        def counted(one: Candidate) -> int | None:
            return rows_at_stake(connection, one, sought.old)

        decided = decide(sought, self.decisions, self.questioner, counted)
        merge(self.flags, {**decided.flags, **misused(self.decisions, sought.old, sought.new)})
        moved = comparing.renamed(present, decided.answers)
        if decided.answers != comparing.Answers():
            told = hooks.told(moved, wanted, decided.answers)
        comparison = told.all_of(comparing.compare(present, told.wanted, owned, decided.answers))
        self.open += [OpenRename(one, counted(one)) for one in decided.open]
        side = replace(first.wanted, snapshot=told.wanted)
        self.seen[bind] = seen = Seen(found, side, comparison, decided.candidates, owned, first.kept, moved)
        settled = self._settled(connection, seen, models, told)
        self.seen[bind] = replace(seen, theirs=told.theirs, put_off=settled.put_off)
        if self.open:
            _without_hook(context)
        else:
            self._write(Script(context, upgrade, hooks, present, told), seen, settled, metadatas)

    def _write(self, script: Script, seen: Seen, settled: Settled, metadatas: Sequence[Any]) -> None:
        """Add the operations to a script."""
        from whimbrel.commands.detected import report
        from whimbrel.commands.names import Names
        from whimbrel.commands.putting_off import put_off_note
        from whimbrel.operations import operations_for, sides_of

        sides = sides_of(
            script.context.connection, script.present, seen.wanted.snapshot, metadatas, settled.comparison, seen.moved,
            fills=settled.fills, casts=settled.casts, defaulted=settled.defaulted, left_out=script.told.left_out,
        )  # fmt: skip
        forward, back = operations_for(settled.comparison, sides)
        if forward:
            names = Names(seen.wanted.snapshot)
            forward += [put_off_note(names.of_key(key)) for key in sorted(settled.put_off, key=Key.order)]
        report(settled.comparison, script.context, sides)
        self.own.update(map(id, forward))
        script.fill(forward, back, script.hooks.of_others(seen.moved, settled.comparison, script.told))

    def _settled(self, connection: Connection, seen: Seen, models: Any, told: Told) -> Settled:
        """Settle what becomes of the rows, once the renames are settled."""
        from whimbrel.commands.partitions import refuse_rows_without_partition
        from whimbrel.commands.questions import Rows, Settled, settle
        from whimbrel.commands.safety import refuse_many_drops

        if self.open or self.questioner is None:
            return Settled(seen.comparison)
        if not self.decisions.many_drops:
            refuse_many_drops(seen.comparison, seen.found)
        rows = Rows(connection, seen.found, seen.comparison, seen.wanted.snapshot, told.elsewhere)
        refuse_rows_without_partition(rows)
        settled = settle(rows, models, self.decisions, self.questioner)
        self.open += settled.open
        return settled


class Onlooker(Comparator):
    """A comparator that only finds out what differs."""

    def compare(self, context: Any, upgrade: Any) -> None:
        """Compare one database with the models."""
        Comparator.compare(self, context, upgrade)
        _without_hook(context)

    def _write(self, script: Script, seen: Seen, settled: Settled, metadatas: Sequence[Any]) -> None:
        """Write nothing of our own."""
        script.fill([], [], script.hooks.of_others(seen.moved, settled.comparison, script.told))


def _see_more(context: Any, metadatas: Sequence[Any]) -> bool:
    """Tell whether the app or another package may see a difference where we see none."""
    return have_hints(metadatas) or ColumnHooks(context).must_see_all or is_compared_by_others(context)


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
    # Others, and Alembic where it has to compare, would take our own tables for some that the models dropped.
    context._name_filters = [*context._name_filters, is_of_the_schema]
    try:
        comparator.compare(context, upgrade)
    except ScratchUnavailable as reason:
        comparator.unavailable = reason
        return PriorityDispatchResult.CONTINUE
    return PriorityDispatchResult.STOP


comparators.dispatch_for("schema", priority=DispatchPriority.FIRST, subgroup="tables")(_compare)
