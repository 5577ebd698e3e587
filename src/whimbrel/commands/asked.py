"""One round of questions to the app's hooks, and the wanted side as it is afterwards."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Index, UniqueConstraint

from whimbrel import compare as comparing
from whimbrel.commands.column_hooks import ColumnHooks
from whimbrel.commands.counterparts import Before, Counterparts, counterpart
from whimbrel.commands.third_parties import Standing
from whimbrel.compare import Added, Altered, Change, Comparison, Removed, Renamed
from whimbrel.compare.without import replaced, without
from whimbrel.snapshot import Domain, Enum, Key, Schema, Snapshot, Table, Whole

_KINDS = {
    "table": "table",
    "virtual_table": "table",
    "column": "column",
    "index": "index",
    "unique": "unique_constraint",
    "foreign_key": "foreign_key_constraint",
    "check": "check_constraint",
}


@dataclass(frozen=True, slots=True)
class Told:
    """What the hooks leave of both sides.

    Attributes:
        present: The found side, less what others drop.
        wanted: It, with all that is left out as it was found.
        insisted: Changes that the hooks see where we see none.
        left_out: The models' indexes, by their ids, that are not to be made with their new table.
        apart: The tables that are left out, by schema and name.
        elsewhere: What others make.
        theirs: What others make, change or drop.
        before: The names in the database of what is renamed.
    """

    present: Snapshot
    wanted: Snapshot
    insisted: tuple[Altered, ...] = ()
    left_out: frozenset[int] = frozenset()
    apart: frozenset[tuple[str, str]] = frozenset()
    elsewhere: frozenset[Key] = frozenset()
    theirs: frozenset[Key] = frozenset()
    before: Before = field(default_factory=Before)

    def all_of(self, comparison: Comparison) -> Comparison:
        """Add what the hooks insist on to what differs."""
        if not self.insisted:
            return comparison
        changes: list[Change] = list(comparison.changes)
        for one in self.insisted:
            same = next((i for i, other in enumerate(changes) if (other.key, other.SIGN) == (one.key, one.SIGN)), None)
            if same is None:
                changes.append(one)
            else:
                changes[same] = _both(changes[same], one)
        return replace(comparison, changes=tuple(changes))


def _both(one: Any, other: Altered) -> Altered:
    aspects = tuple(dict.fromkeys((*one.aspects, *other.aspects)))
    return Altered(one.key, one.found, one.wanted, aspects)


class _Everything:
    def __contains__(self, key: object) -> bool:
        return True


@dataclass(slots=True)
class Round:
    """One round of questions, and what is settled in it so far.

    Attributes:
        context: Alembic's autogenerate context.
        objects: Finds the objects that the functions are called with.
        columns: Asks about columns that are on both sides.
        standing: What other packages look after.
        must_see_all: Whether tables are to be asked about that do not differ.
        found: What the database is, after the renames that were decided.
        wanted: What the models want.
        before: The names in the database of what is renamed.
    """

    context: Any
    objects: Counterparts
    columns: ColumnHooks
    standing: Standing
    must_see_all: bool
    found: Snapshot
    wanted: Snapshot
    before: Before
    wholes: dict[Key, Whole | None] = field(default_factory=dict)
    apart: set[tuple[str, str]] = field(default_factory=set)
    insisted: list[Altered] = field(default_factory=list)
    left_out: set[int] = field(default_factory=set)
    elsewhere: set[Key] = field(default_factory=set)
    theirs: set[Key] = field(default_factory=set)

    def told(self) -> Told:
        """Ask, and return what is left."""
        self.found = self.standing.less_what_goes(self.found, self.wanted)
        changes = comparing.compare(self.found, self.wanted, _Everything()).changes
        by_owner: dict[Key, list[Any]] = defaultdict(list)
        for one in changes:
            by_owner[self._table_of(one)].append(one)
        tables = {key: some for key, some in by_owner.items() if key.kind in ("table", "virtual_table")}
        looked_at = self._looked_at(tables)
        for key in looked_at:
            self._ask_table(key, tables.get(key, []))
        self._leave_to_others(changes)
        self._leave_what_is_theirs([one for one in changes if not one.key.part])
        return Told(
            self.found,
            replaced(self.wanted, self.wholes),
            tuple(self.insisted),
            frozenset(self.left_out),
            frozenset(self.apart),
            frozenset(self.elsewhere),
            frozenset(self.theirs),
            self.before,
        )

    def _table_of(self, change: Any) -> Key:
        """Return the key of the object that a change is of."""
        if not change.key.part:
            return change.key  # type: ignore[no-any-return]
        owner = change.key.owner
        keys = (Key(kind, *owner) for kind in ("table", "virtual_table"))
        return next((key for key in keys if key in self.found.by_key or key in self.wanted.by_key), change.key)

    def _looked_at(self, changed: Iterable[Key]) -> list[Key]:
        """List the tables to ask about, and have them reflected together."""
        keys = list(changed)
        if self.must_see_all:
            both = self.found.by_key.keys() & self.wanted.by_key.keys()
            keys += sorted({key for key in both if key.kind == "table"} - set(keys), key=Key.order)
        if self.context.opts.get("include_object") or self.columns.have_a_say:
            named = [key for key in keys if key not in self.found.by_key or self._is_name_included(key)]
            self.objects.reflect(self.before.owner(key.owner) for key in named)
        return keys

    # tables

    def _ask_table(self, key: Key, changes: list[Any]) -> None:
        found, wanted = self.found.by_key.get(key), self.wanted.by_key.get(key)
        if not self._is_table_included(key, found, wanted):
            self.wholes[key] = found
            self.apart.add(key.owner)
        elif isinstance(found, Table) and isinstance(wanted, Table):
            self._ask_parts(key, found, wanted, changes)
        elif isinstance(wanted, Table) and found is None:
            self._ask_new_indexes(key, wanted)

    def _is_table_included(self, key: Key, found: Any, wanted: Any) -> bool:
        if found is not None and not self._is_name_included(key):
            return False
        if not self.context.opts.get("include_object"):
            return True
        reflected = self._reflected(found) if isinstance(found, Table) else None
        if wanted is None:
            return reflected is None or self._is_object_included(reflected, key.name, "table", True, None)
        if not isinstance(wanted, Table) or key.owner not in self.objects.models:
            return True  # made by a DDL event: Alembic has no object for it
        model = self.objects.model(wanted)
        return self._is_object_included(model, key.name, "table", False, reflected)

    def _ask_new_indexes(self, key: Key, wanted: Table) -> None:
        """Ask about the indexes of a new table: Alembic makes them apart."""
        if not self.context.opts.get("include_object"):
            return
        model = self.objects.model(wanted)
        for part in wanted.indexes:
            index = self._counterpart(model, part, wanted)
            if not self._is_object_included(index, part.name, "index", False, None):
                self.left_out.add(id(index))
                kept = self.wholes.get(key, wanted)
                self.wholes[key] = without(kept, kept, [Added(kept.part_key(part), part)])  # type: ignore[arg-type, union-attr]

    def _ask_parts(self, key: Key, found: Table, wanted: Table, changes: list[Any]) -> None:
        left = [one for one in changes if one.key.kind in _KINDS and one.key.part and not self._is_part_included(one)]
        told = without(wanted, found, left)
        if self.columns.have_a_say:
            model, reflected = self.objects.model(wanted), self._reflected(found)
            for old, new in _on_both(found, told):
                before = self.before.column(found.key.owner, old.name)
                pair = reflected.columns.get(before), model.columns.get(self._attribute(model, new.name))
                told, insisted = self.columns.asked(told, old, new, *pair)
                self.insisted += insisted
        if told != wanted:
            self.wholes[key] = told

    @staticmethod
    def _attribute(model: Any, name: str) -> str:
        """Return the key of a column, which a model may choose freely."""
        return next((one.key for one in model.columns if one.name == name), name)

    # parts

    def _is_part_included(self, change: Any) -> bool:
        kind = _KINDS[change.key.kind]
        if isinstance(change, Renamed):
            return all(self._is_part_included(one) for one in self._as_two(change))
        name = change.key.part
        if not isinstance(change, Added):
            own = change.found.name or None
            if not self.context.run_name_filters(own, kind, self._parents(change.key)):
                return False
        if not self.context.opts.get("include_object"):
            return True
        found = None if isinstance(change, Added) else self._found_part(change)
        if isinstance(change, Removed):
            return self._is_object_included(found, change.found.name or name, kind, True, None)
        wanted = self._wanted_part(change)
        return self._is_object_included(wanted, change.wanted.name or name, kind, False, found)

    def _as_two(self, change: Renamed) -> Iterator[Change]:
        """Take a renamed index or constraint for one that goes and one that comes, as Alembic does."""
        for table, key, make in ((self.found, change.key, Removed), (self.wanted, change.to, Added)):
            owner = table.table(key.name, key.schema)
            part = next((one for one in owner.parts() if (one.KIND, one.name) == (key.kind, key.part)), None)  # type: ignore[union-attr]
            if part is not None:
                yield make(key, part)

    def _found_part(self, change: Any) -> Any:
        table = self.found.table(change.key.name, change.key.schema)
        assert table is not None
        name = change.found.name
        if change.key.kind == "column":
            name = self.before.column(change.key.owner, name)
        return self._counterpart(self._reflected(table), change.found, table, name)

    def _wanted_part(self, change: Any) -> Any:
        table = self.wanted.table(change.key.name, change.key.schema)
        assert table is not None
        return self._counterpart(self.objects.model(table), change.wanted, table)

    def _counterpart(self, owner: Any, part: Any, fact: Table, name: str = "") -> Any:
        return counterpart(owner, part, fact, self.found.default_schema, name)

    def _reflected(self, table: Table) -> Any:
        return self.objects.reflected(table, self.before.owner((table.schema, table.name)))

    # what is asked

    def _is_name_included(self, key: Key) -> bool:
        old = self.before.owner(key.owner)[1]
        schema = self._schema(key.schema)
        ask = self.context.run_name_filters
        return bool(ask(schema, "schema", {}) and ask(old, "table", {"schema_name": schema}))

    def _is_object_included(self, thing: Any, name: str, kind: str, reflected: bool, compare_to: Any) -> bool:
        if isinstance(thing, UniqueConstraint | Index):  # where the server knows one of them only, the model decides
            kind = "index" if isinstance(thing, Index) else "unique_constraint"
        return bool(self.context.run_object_filters(thing, name, kind, reflected, compare_to))

    def _parents(self, key: Key) -> dict[str, Any]:
        return {"schema_name": self._schema(key.schema), "table_name": self.before.owner(key.owner)[1]}

    def _schema(self, name: str) -> str | None:
        return None if name in ("", self.found.default_schema) else name

    # what goes with it

    def _leave_to_others(self, changes: Iterable[Change]) -> None:
        """Leave what other packages look after as it is."""
        for one in changes:
            if self.standing.looks_after(one):
                self.theirs.add(one.key)
                self.elsewhere |= {one.key} if isinstance(one, Added) else set()
                key = one.key if not one.key.part else self._table_of(one)
                found, wanted = self.found.by_key.get(key), self.wholes.get(key, self.wanted.by_key.get(key))
                if one.key.part and isinstance(found, Table) and isinstance(wanted, Table):
                    self.wholes[key] = without(wanted, found, [one])
                elif not one.key.part:
                    self.wholes[key] = found

    def _leave_what_is_theirs(self, changes: Iterable[Any]) -> None:
        """Leave types and schemas that nothing but what is left out makes use of."""
        for one in changes:
            users = _users(one, self.found) | _users(one, self.wanted)
            is_theirs = bool(users) and users <= self.apart
            if not isinstance(one, Renamed) and (is_theirs or not self._is_schema_included(one)):
                self.wholes[one.key] = self.found.by_key.get(one.key)

    def _is_schema_included(self, change: Any) -> bool:
        if isinstance(change, Added) or change.key.kind in ("table", "virtual_table", "extension"):
            return True
        name = change.key.name if change.key.kind == "schema" else change.key.schema
        return bool(self.context.run_name_filters(self._schema(name), "schema", {}))


def _on_both(found: Table, wanted: Table) -> Iterator[tuple[Any, Any]]:
    for new in wanted.columns:
        old = found.column(new.name)
        if old is not None:
            yield old, new


def _users(change: Any, side: Snapshot) -> set[tuple[str, str]]:
    """Name the tables that use a type, or lie in a schema."""
    thing = getattr(change, "wanted", None) or getattr(change, "found", None)
    if isinstance(thing, Schema):
        return {one.key.owner for one in side.objects if one.schema == thing.name}
    if not isinstance(thing, Enum | Domain):
        return set()
    names = {thing.name, f"{thing.schema}.{thing.name}", f'"{thing.name}"', f'{thing.schema}."{thing.name}"'}
    return {
        (table.schema, table.name)
        for table in side.tables()
        for column in table.columns
        if column.type.removesuffix("[]") in names
    }
