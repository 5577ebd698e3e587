"""The app's own say in what counts, asked as Alembic asks it.

``include_name`` and ``include_object`` leave things out, ``compare_type`` and ``compare_server_default`` say
whether a column's type or default has changed. What they leave out is then wanted as it was found: neither
renames nor questions nor operations hear of it. So is what a comparator of Alembic's is for that is left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from whimbrel.commands.asked import Round, Told
from whimbrel.commands.column_hooks import ColumnHooks
from whimbrel.commands.counterparts import Before, Counterparts
from whimbrel.commands.left_out import left_out, without_aspects
from whimbrel.commands.third_parties import Pair, Standing, ask_others, is_compared_by_others, standing_of
from whimbrel.compare import Answers, Comparison, Removed
from whimbrel.snapshot import Snapshot, Table


@dataclass(slots=True)
class Hooks:
    """Asks the app's functions, of one database.

    Attributes:
        context: Alembic's autogenerate context.
        objects: Finds the objects that the functions are called with.
        columns: Asks about columns that are on both sides.
        standing: What other packages look after.
        compared_by_others: Whether others compare tables or columns one by one.
        left_out: Alembic's comparators that the app leaves out.
    """

    context: Any
    objects: Counterparts
    columns: ColumnHooks = field(init=False)
    standing: Standing = field(init=False)
    compared_by_others: bool = field(init=False)
    left_out: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        """Find out who has a say."""
        self.columns = ColumnHooks(self.context)
        self.standing = standing_of(self.context)
        self.compared_by_others = is_compared_by_others(self.context)
        self.left_out = left_out(self.context)

    @property
    def is_silent(self) -> bool:
        """Whether nobody has a say."""
        filters = self.context.opts.get("include_object") or self.context.opts.get("include_name")
        return not (filters or self.columns.have_a_say or self.standing.is_taken)

    def told(self, found: Snapshot, wanted: Snapshot, answers: Answers | None = None) -> Told:
        """Return the wanted side as the hooks leave it.

        Args:
            found: What the database is, after the renames that were decided.
            wanted: What the models want.
            answers: Those renames.
        """
        before = Before(answers or Answers())
        if self.left_out:
            wanted = without_aspects(found, wanted, self.left_out)
        if self.is_silent:
            return Told(found, wanted, before=before)
        must_see_all = self.columns.must_see_all or self.compared_by_others
        asked = (self.context, self.objects, self.columns, self.standing, must_see_all, found, wanted, before)
        return Round(*asked).told()

    def of_others(self, found: Snapshot, comparison: Comparison, told: Told) -> tuple[list[Any], list[Any]]:
        """Have others compare the tables that count, and return what they add before our operations, and after."""
        if not self.compared_by_others:
            return [], []
        gone = [one.found for one in comparison.changes if isinstance(one, Removed) and isinstance(one.found, Table)]
        kept = [
            one for one in told.wanted.tables() if (one.schema, one.name) in self.objects.models.keys() - told.apart
        ]
        tables = [*gone, *kept]
        self.objects.reflect(told.before.owner((one.schema, one.name)) for one in tables)
        return ask_others(self.context, [self._pair(one, found, told) for one in tables])

    def _pair(self, table: Table, found: Snapshot, told: Told) -> Pair:
        key, owner = table.key, (table.schema, table.name)
        old = self.objects.reflected(table, told.before.owner(owner)) if key in found.by_key else None
        new = self.objects.models.get(owner) if key in told.wanted.by_key else None
        return Pair(None if table.schema in ("", found.default_schema) else table.schema, table.name, old, new)
