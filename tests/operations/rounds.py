"""A change of the models, taken all the way: found, written, run, found no more, taken back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from alembic.autogenerate.api import AutogenContext
from alembic.autogenerate.render import _render_cmd_body
from alembic.operations import ops
from alembic.runtime.migration import MigrationContext

from tests.compare.pictures import told
from tests.operations.grounds import Ground, ground
from tests.operations.rows import Held, Rows, fill, held, lost
from whimbrel.backends.reflect import reflect
from whimbrel.compare import Altered, Comparison, compare, renamed
from whimbrel.compare.answers import Answers, ColumnRename, TableRename, ValueRename
from whimbrel.operations import operations_for, sides_of
from whimbrel.operations.rendering import write_faithfully
from whimbrel.run.operations import RunnerOperations
from whimbrel.snapshot import Column, Key, Snapshot

Build = Callable[[str], sa.MetaData]
_OPTIONS = {
    "sqlalchemy_module_prefix": "sa.",
    "alembic_module_prefix": "op.",
    "user_module_prefix": None,
    "render_as_batch": True,
}


@dataclass(frozen=True)
class Change:
    """A change of the models.

    Attributes:
        on: the kinds of server that it is for.
        before: makes the models before the change; it is given the kind of server.
        rows: what tables hold before it, where two rows made up for each are not right.
        renames: what has been decided to be one, `{"item": "product", "item.x": "product.y", "color:red": "rot"}`.
        fills: the SQL expression for rows without a value, by `table.column`.
        casts: the SQL expression of the new value, by `table.column`.
        lost: columns, and tables, whose values go on purpose.
        says: texts that stand in the script for the way up.
        never: texts that do not.
        prepare: statements run on the empty database first.
    """

    id: str
    on: tuple[str, ...]
    before: Build
    after: Build
    rows: Rows = field(default_factory=dict)
    renames: Mapping[str, str] = field(default_factory=dict)
    fills: Mapping[str, str] = field(default_factory=dict)
    casts: Mapping[str, str] = field(default_factory=dict)
    lost: frozenset[str] = frozenset()
    says: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    prepare: tuple[str, ...] = ()


@dataclass(frozen=True)
class Script:
    """A script as it would stand in a file."""

    comparison: Comparison
    upgrade: str
    downgrade: str
    imports: frozenset[str]

    def run(self, target: Ground, body: str, metadata: sa.MetaData | None = None) -> None:
        """Run one of the two bodies as a revision, with nothing imported but what the file would import.

        Args:
            target: where.
            body: the upgrade or the downgrade.
            metadata: what `env.py` hands over; its naming convention counts.
        """
        names: dict[str, Any] = {"sa": sa}
        for line in self.imports:
            exec(line, names)
        with target.migrating() as connection:
            options = {"transaction_per_migration": True, "target_metadata": metadata}
            context = MigrationContext.configure(connection, opts=options)
            with context.begin_transaction(_per_migration=True):
                operations = RunnerOperations(context)
                exec(body, names | {"op": operations})
                operations.revision_ends()


class _Everything:
    """Whatever is there is ours."""

    def __contains__(self, key: object) -> bool:
        return True


def migrate(target: Ground, metadata: sa.MetaData, wanted: Snapshot, change: Change | None = None) -> Script:
    """Write the script that makes a database what the models want."""
    with target.engine.connect() as connection:
        found = reflect(connection)
        answers = _answers(change, found, wanted) if change else Answers()
        comparison = compare(found, wanted, _Everything(), answers)
        said = {} if change is None else {"fills": change.fills, "casts": change.casts}
        places = {name: _places(answers_, wanted) for name, answers_ in said.items()}
        sides = sides_of(connection, found, wanted, [metadata], comparison, renamed(found, answers), **places)
        forward, back = operations_for(comparison, sides)
        context = MigrationContext.configure(connection, opts={"target_metadata": metadata})
        write_faithfully(context)
        writing = AutogenContext(context, opts=context.opts | _OPTIONS)
        upgrade = _render_cmd_body(ops.UpgradeOps(forward), writing)
        downgrade = _render_cmd_body(ops.DowngradeOps(back), writing)
    return Script(comparison, upgrade, downgrade, frozenset(writing.imports))


def _places(told_: Mapping[str, str], wanted: Snapshot) -> dict[tuple[str, str, str], str]:
    return {(wanted.default_schema, *place.split(".")): text for place, text in told_.items()}  # type: ignore[misc]


def _answers(change: Change, found: Snapshot, wanted: Snapshot) -> Answers:
    answers = Answers()
    for old, new in change.renames.items():
        if ":" in old:
            owner, value = old.split(":")
            value_ = ValueRename(Key("enum", found.default_schema, owner), value, new)
            answers = replace(answers, values=(*answers.values, value_))
        elif old in _tables(found):
            pair = TableRename(_tables(found)[old], _tables(wanted)[new])
            answers = replace(answers, tables=(*answers.tables, pair))
        else:
            table, column = new.rsplit(".", 1)
            pair_ = ColumnRename(_tables(wanted)[table], old.rsplit(".", 1)[1], column)
            answers = replace(answers, columns=(*answers.columns, pair_))
    return answers


def _tables(side: Snapshot) -> dict[str, Key]:
    return {
        one.name if one.schema in ("", side.default_schema) else f"{one.schema}.{one.name}": one.key
        for one in side.tables()
    }


class Round:
    """One change on one kind of server, step by step."""

    def __init__(self, change: Change, kind: str) -> None:
        self.change = change
        self.target, self.ideal = ground(kind, "target"), ground(kind, "ideal")
        self.before, self.after = change.before(kind), change.after(kind)
        self.scripts: list[Script] = []

    def begins(self) -> None:
        """Make the models of before by a script of ours, on an empty database."""
        wanted = self._wanted(self.before)
        self.target.emptied().database.execute(*self.change.prepare)
        first = self._written(self.before, wanted)
        first.run(self.target, first.upgrade, self.before)
        assert self.target.schema() == self.ideal.schema(), first.upgrade
        fill(self.target, self.before, self.change.rows)
        self.schema_before, self.rows_before = self.target.schema(), self.held()
        assert told(self._written(self.before, wanted).comparison.changes) == []

    def goes(self) -> Script:
        """Write the change, and run it; it must end where `create_all()` would, and leave nothing to find."""
        wanted = self._wanted(self.after)
        script = self._written(self.after, wanted, self.change)
        assert script.comparison.changes
        for text in self.change.says:
            assert text in script.upgrade
        for text in self.change.never:
            assert text not in script.upgrade
        script.run(self.target, script.upgrade, self.after)
        assert self.target.schema() == self.ideal.schema()
        again = self._written(self.after, wanted)
        assert told(again.comparison.changes) == [], again.upgrade
        cast = _cast(script.comparison)
        gone = lost(self.rows_before, self.held(), self.change.renames, changed=cast)
        assert gone == self.change.lost
        return script

    def comes_back(self, script: Script) -> None:
        """Take it back: exactly the schema and, but for what was dropped, the rows of before; then do it again."""
        script.run(self.target, script.downgrade, self.after)
        assert self.target.schema() == self.schema_before
        gone = lost(self.rows_before, self.held(), {}, changed=_cast(script.comparison))
        assert gone <= self.change.lost
        script.run(self.target, script.upgrade, self.after)
        assert self.target.schema() == self.ideal.schema()

    def held(self) -> Held:
        """Read the rows of the target."""
        return held(self.target, self.target.picture())

    def _wanted(self, metadata: sa.MetaData) -> Snapshot:
        return self.ideal.emptied().build(metadata, self.change.prepare).picture()

    def _written(self, metadata: sa.MetaData, wanted: Snapshot, change: Change | None = None) -> Script:
        script = migrate(self.target, metadata, wanted, change)
        self.scripts.append(script)
        return script

    def __str__(self) -> str:
        return "\n".join(f"{one.upgrade}\n---- back\n{one.downgrade}\n====" for one in self.scripts)


def _cast(comparison: Comparison) -> frozenset[str]:
    """Name the columns whose values a change turns into others, under their old names and their new ones."""
    renames = {f"{one.to.name}.{one.to.part}": one.key for one in comparison.changes if hasattr(one, "to")}
    out = set()
    for one in comparison.changes:
        if isinstance(one, Altered) and isinstance(one.wanted, Column) and {"type", "generated"} & set(one.aspects):
            out.add(f"{one.key.name}.{one.key.part}")
            old = renames.get(f"{one.key.name}.{one.key.part}")
            out |= {f"{old.name}.{old.part}"} if old is not None else set()
    return frozenset(out)
