"""Drafts for a script that its proof refutes: what is missing in it, written by what writes scripts.

What is missing comes from comparisons like that of ``migrate``: of the schema after the upgrade on scratch with the one
that the models want, and of the schema after the downgrade with the one before. What one of the app's hooks has taken
out, what an answer has put off and what the app's template leaves out is missing on purpose, and what other packages
write is theirs: none of it is put in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from alembic.autogenerate.render import _render_cmd_body
from alembic.operations.ops import OpContainer, UpgradeOps
from alembic.script import write_hooks

from whimbrel.compare import Added, Altered, Change, Comparison, Removed, Renamed, compare
from whimbrel.operations import Sides, operations_for, present_tables
from whimbrel.operations.step import NoteOp
from whimbrel.proof import Scope, Stage, Start, about, lay_ground
from whimbrel.proof.differences import Everything, name_of
from whimbrel.run import Project
from whimbrel.scripts import amending
from whimbrel.scripts.script import shown_path
from whimbrel.snapshot import Key, Snapshot
from whimbrel.visible import visible

if TYPE_CHECKING:
    from alembic.script import Script
    from sqlalchemy import Table

    from whimbrel.commands.compare import Comparison as Compared

_NAMED = 3

# Says what a schema should be, by the scope that is played in and the schemas before and after.
Should = Callable[[Scope, Snapshot, Snapshot], Snapshot]
# Puts lines into a function of a text, if it can.
Put = Callable[[str, str, Sequence[str]], str | None]


@dataclass(frozen=True, slots=True)
class Repair:
    """What was added to a script.

    Attributes:
        path: Its file, as a person here would type it.
        function: The function that it was added to.
        count: How many operations it is.
        objects: What was missing, or was there and should not be.
    """

    path: str
    function: str
    count: int
    objects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """A text for a script, and what it has more than the script."""

    text: str
    repairs: tuple[Repair, ...] = ()


@dataclass(frozen=True, slots=True)
class Side:
    """A schema on scratch, and its tables as SQLAlchemy reflects them."""

    snapshot: Snapshot
    tables: Mapping[tuple[str, str], Table]


@dataclass(frozen=True, slots=True)
class Missing:
    """What a script lacks in one direction and database.

    Attributes:
        side: What is there.
        changes: From there to what should be.
        there: The operations for that.
        back: Their way back.
    """

    side: Snapshot
    changes: tuple[Change, ...]
    there: tuple[Any, ...]
    back: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Bench:
    """Where a script is repaired.

    Attributes:
        project: The app's migrations.
        stage: The scratch databases.
        script: The script.
        starts: Where it begins, by bind.
        should: Says what the models want, by bind.
        compared: The comparison that it was written from.
        taken_out: The tables, by bind, of which the app's hooks have taken out or changed anything; "" may be any.
    """

    project: Project
    stage: Stage
    script: Script
    starts: Mapping[str, Start]
    should: Mapping[str, Should]
    compared: Compared
    taken_out: Mapping[str, frozenset[str]]

    def put(self, text: str) -> None:
        """Have the script be another text, as the app's post-write hooks leave it."""
        amending.write(self.script.path, text)
        if self.project.scripts.hooks:
            write_hooks._run_hooks(self.script.path, self.project.scripts.hooks)
        self._load(amending.read(self.script.path))

    def put_back(self, text: str) -> None:
        """Have the script be what it was."""
        if amending.read(self.script.path) != text:
            amending.write(self.script.path, text)
        self._load(text)

    def drafted(self, text: str) -> Draft:
        """Return the script with what is missing in it, as far as we know how to say that."""
        facts = about(text)
        scopes = lay_ground(self.stage, self.starts, facts)
        before = self._sides()
        after = self._after(text)
        if after is None:
            return Draft(text)
        missing = self._missing_up(text, scopes, before, after)
        draft = self._with_endings(Draft(text), "upgrade", missing)
        return draft if facts.has_no_way_back else self._with_way_back(draft, missing, before)

    # Upgrade -----------------------------------------------------------------------------------------

    def _missing_up(
        self, text: str, scopes: Mapping[str, Scope], before: Mapping[str, Side], after: Mapping[str, Side]
    ) -> dict[str, Missing]:
        should = {
            bind: self.should[bind](scopes[bind], before[bind].snapshot, one.snapshot) for bind, one in after.items()
        }
        changes = {}
        for bind, one in after.items():
            comparison = compare(one.snapshot, should[bind], self.compared.seen[bind].owned)
            kept = tuple(each for each in comparison.changes if not self._is_left_out(bind, each))
            if kept and not self._is_left_to_the_template(text, "upgrade", bind):
                changes[bind] = kept, frozenset(comparison.not_ours)
        if not changes:
            return {}
        self.stage.prepare(should)
        wanted = self._sides()
        if self.stage.refused:
            return {}
        return {
            bind: Missing(after[bind].snapshot, kept, *self._between(bind, after[bind], wanted[bind], foreign))
            for bind, (kept, foreign) in changes.items()
        }

    # Downgrade ---------------------------------------------------------------------------------------

    def _with_way_back(self, draft: Draft, added: Mapping[str, Missing], before: Mapping[str, Side]) -> Draft:
        """Add what the downgrade lacks; if need be, it first takes back what was added to the upgrade."""
        back = self._back(draft.text, before)
        if added and (back is None or self._missing_down(draft.text, back, before)):
            undoing = self._with_beginnings(draft, added)
            again = self._back(undoing.text, before)
            if again is not None:
                draft, back = undoing, again
        if back is None:
            return draft
        return self._with_endings(draft, "downgrade", self._missing_down(draft.text, back, before))

    def _missing_down(self, text: str, back: Mapping[str, Side], before: Mapping[str, Side]) -> dict[str, Missing]:
        missing = {}
        for bind, one in back.items():
            changes = compare(one.snapshot, before[bind].snapshot, Everything()).changes
            kept = tuple(each for each in changes if not self._is_left_out(bind, each))
            if kept and not self._is_left_to_the_template(text, "downgrade", bind):
                missing[bind] = Missing(one.snapshot, kept, *self._between(bind, one, before[bind]))
        return missing

    def _back(self, text: str, before: Mapping[str, Side]) -> dict[str, Side] | None:
        """Go up and down; return what that leaves, if it runs."""
        self.stage.prepare({bind: one.snapshot for bind, one in before.items()})
        self._load(text)
        if self.stage.upgrade(self.script) is not None or self.stage.downgrade(self.script) is not None:
            return None
        return self._sides()

    # Means -------------------------------------------------------------------------------------------

    def _load(self, text: str) -> None:
        """Let the stage run a text; the file may have another."""
        self.stage.load(self.script, amending.module_of(self.script.path, text))

    def _sides(self) -> dict[str, Side]:
        return {
            bind: Side(one, self.stage.on(bind, partial(present_tables, names=_tables_in(one), found=one)))
            for bind, one in self.stage.snapshots().items()
        }

    def _after(self, text: str) -> dict[str, Side] | None:
        self._load(text)
        return self._sides() if self.stage.upgrade(self.script) is None else None

    def _between(
        self, bind: str, now: Side, should: Side, foreign: frozenset[Key] = frozenset()
    ) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        """Return the operations from one schema to another, and back.

        They are made as the way back of a script is: from the schema that it has to come to, and nothing asked.
        """
        changes = tuple(
            one
            for one in compare(should.snapshot, now.snapshot, Everything()).changes
            if not self._is_left_out(bind, one) and one.key not in foreign
        )
        dialect = self.stage.on(bind, lambda connection: connection.dialect)
        sides = Sides(should.snapshot, now.snapshot, now.tables, should.tables, dialect, should.snapshot)
        back, there = operations_for(Comparison(changes), sides)
        return tuple(there), tuple(back)

    def _is_left_out(self, bind: str, change: Change) -> bool:
        """Tell what is missing on purpose."""
        seen = self.compared.seen[bind]
        if change.key in seen.put_off | seen.theirs:
            return True
        tables = self.taken_out.get(bind, frozenset())
        names = set(tables) | {one.key.name for one in seen.comparison.changes if "" in tables}
        return change.key.name in names

    def _is_left_to_the_template(self, text: str, direction: str, bind: str) -> bool:
        """Tell a function that does nothing although there were operations for it."""
        function = amending.function_for(text, direction, bind)
        return function is None or (amending.is_idle(text, function) and self.compared.watch.gave(direction, bind))

    def _with_endings(self, draft: Draft, direction: str, missing: Mapping[str, Missing]) -> Draft:
        """Add what is missing to the ends of the functions."""
        for bind, one in missing.items():
            why = f"without it the {direction} {_in_words(one.changes, one.side)}"
            draft = self._with_more(draft, amending.with_ending, (direction, bind), one, (why, one.there))
        return draft

    def _with_beginnings(self, draft: Draft, missing: Mapping[str, Missing]) -> Draft:
        """Take back at the beginnings of the downgrades what was added to the ends of the upgrades."""
        for bind, one in missing.items():
            why = "takes back what it has added to the upgrade"
            draft = self._with_more(draft, amending.with_beginning, ("downgrade", bind), one, (why, one.back))
        return draft

    def _with_more(
        self, draft: Draft, put: Put, where: tuple[str, str], missing: Missing, what: tuple[str, Sequence[Any]]
    ) -> Draft:
        function = amending.function_for(draft.text, *where)
        why, operations = what
        count = _count(operations)
        if function is None or not count:
            return draft
        context = self.compared.revision_context._last_autogen_context
        context.imports = set()
        code = _render_cmd_body(UpgradeOps(list(operations)), context).rstrip().split("\n")
        lines = [visible(f"# added by the proof: {why}"), *(one for one in code if not one.startswith("# ###"))]
        text = put(draft.text, function, lines)
        if text is None:
            return draft
        objects = tuple(name_of(one.key, missing.side) for one in missing.changes)
        repair = Repair(shown_path(self.script.path), function, count, objects)
        return Draft(amending.with_imports(text, context.imports), (*draft.repairs, repair))


def _tables_in(side: Snapshot) -> set[tuple[str, str]]:
    return {(one.schema, one.name) for one in side.tables()}


def _count(operations: Iterable[Any]) -> int:
    """Count operations, those in a batch one by one."""
    return sum(_count(one.ops) if isinstance(one, OpContainer) else not isinstance(one, NoteOp) for one in operations)


def _in_words(changes: Sequence[Change], side: Snapshot) -> str:
    """Say in what a schema is not what it should be, in a few words."""
    kinds = {"ended without": Added, "left": Removed, "ended with another": Altered, "did not rename": Renamed}
    words = []
    for verb, kind in kinds.items():
        names = [name_of(one.key, side) for one in changes if isinstance(one, kind)]
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        words += [f"{verb} {', '.join(names[:_NAMED])}{more}"] if names else []
    return "; ".join(words)
