"""Comparators, operations and rewriters of others do their part, before and after ours."""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import comparators, renderers
from alembic.autogenerate.rewriter import Rewriter
from alembic.operations import MigrateOperation, Operations, ops
from alembic.util import PriorityDispatchResult

from tests.asking.stage import Stage, all_of, table

ON_SQLITE = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
ITEM = table("item", sa.Column("a", sa.Integer))
MORE = table("item", sa.Column("a", sa.Integer), sa.Column("b", sa.Integer))


@Operations.register_operation("note_table")
class NoteTableOp(MigrateOperation):
    """Write a table's name into another table."""

    def __init__(self, table: str) -> None:
        self.table = table

    @classmethod
    def note_table(cls, operations: Any, table: str) -> Any:
        return operations.invoke(cls(table))

    def reverse(self) -> MigrateOperation:
        return NoteTableOp(f"not {self.table}")

    def to_diff_tuple(self) -> tuple[str, str]:
        return "note_table", self.table


@Operations.implementation_for(NoteTableOp)
def _note(operations: Any, operation: NoteTableOp) -> None:
    operations.execute(f"INSERT INTO noted (name) VALUES ('{operation.table}')")


@renderers.dispatch_for(NoteTableOp)
def _render(context: Any, operation: NoteTableOp) -> str:
    return f"op.note_table({operation.table!r})"


@pytest.fixture
def comparing() -> Iterator[Any]:
    """Lend Alembic's registry of comparators, and put it back as it was."""
    before = {key: list(functions) for key, functions in comparators._registry.items()}
    yield comparators
    comparators._registry.clear()
    comparators._registry.update(before)


def text(stage: Stage) -> str:
    return stage.scripts[-1].read_text()


@ON_SQLITE
def test_an_operation_of_a_schema_comparator_is_written_and_run(stage: Stage, comparing: Any) -> None:
    stage.begin(ITEM)
    stage.database.execute("CREATE TABLE noted (name TEXT)")

    @comparing.dispatch_for("schema")
    def compare(context: Any, upgrade: Any, schemas: Any) -> None:
        upgrade.ops.insert(0, NoteTableOp("first"))
        upgrade.ops.append(NoteTableOp("last"))

    stage.migrate(MORE)
    stage.upgrade(MORE)

    assert stage.database.rows("SELECT name FROM noted") == [("first",), ("last",)]
    back = text(stage).partition("def downgrade")[2]
    assert back.index("not last") < back.index("drop_column") < back.index("not first")


@ON_SQLITE
def test_comparators_of_tables_and_columns_get_both_sides(stage: Stage, comparing: Any) -> None:
    gone = table("gone", sa.Column("x", sa.Integer))
    new = table("new", sa.Column("y", sa.String(9)))
    stage.begin(all_of(ITEM, gone))
    stage.database.execute("CREATE TABLE noted (name TEXT)")
    columns: list[tuple[Any, ...]] = []

    @comparing.dispatch_for("table")
    def compare_table(context: Any, modify: Any, schema: Any, name: str, there: Any, model: Any) -> None:
        modify.ops.append(NoteTableOp(f"{name} {there is not None and set(there.c.keys())} {model is not None}"))

    @comparing.dispatch_for("column")
    def compare_column(context: Any, alter: Any, schema: Any, table: str, name: str, there: Any, model: Any) -> Any:
        columns.append((table, name, type(there.type), type(model.type)))
        if name == "a":
            alter.modify_comment = "mine"
        return PriorityDispatchResult.CONTINUE

    both = all_of(MORE, new)
    stage.migrate(both, renames="never")

    script = text(stage).partition("def downgrade")[0]
    places = [script.index(one) for one in ('op.note_table("gone {', "drop_table('gone')")]
    assert places == sorted(places)
    places = [script.index(one) for one in ("create_table('new'", "op.note_table('new False True')")]
    assert places == sorted(places)
    assert 'op.note_table("item {' in script
    assert "comment='mine'" in script
    assert ("item", "a", sa.INTEGER, sa.Integer) in columns
    assert not [one for one in columns if one[:2] == ("item", "b")]


@ON_SQLITE
def test_rewriters_are_chained_over_ours(stage: Stage) -> None:
    first, second = Rewriter(), Rewriter()

    @first.rewrites(ops.AddColumnOp)
    def with_index(context: Any, revision: Any, op: ops.AddColumnOp) -> Any:
        return [op, ops.CreateIndexOp(f"ix_{op.column.name}", op.table_name, [op.column.name])]

    @second.rewrites(ops.CreateTableOp)
    def with_stamp(context: Any, revision: Any, op: ops.CreateTableOp) -> Any:
        op.columns.insert(1, sa.Column("stamp", sa.Integer))
        return op

    stage.begin(ITEM)
    stage.options["process_revision_directives"] = first.chain(second)
    both = all_of(MORE, table("new", sa.Column("y", sa.Integer)))
    stage.migrate(both)
    stage.upgrade(both)

    engine = sa.create_engine(stage.database.url, poolclass=sa.NullPool)
    assert [one["name"] for one in sa.inspect(engine).get_indexes("item")] == ["ix_b"]
    assert [one["name"] for one in sa.inspect(engine).get_columns("new")] == ["id", "stamp", "y"]


@ON_SQLITE
def test_a_rewriter_sees_types_of_what_goes(stage: Stage) -> None:
    seen: list[Any] = []
    rewriter = Rewriter()

    @rewriter.rewrites(ops.DropColumnOp)
    def note(context: Any, revision: Any, op: ops.DropColumnOp) -> Any:
        seen.append(op.to_column().type)
        return op

    stage.begin(MORE)
    stage.options["process_revision_directives"] = rewriter
    stage.migrate(ITEM)

    assert isinstance(seen[0], sa.Integer)


@ON_SQLITE
def test_directives_can_be_emptied(stage: Stage) -> None:
    stage.begin(ITEM)

    def none(context: Any, revision: Any, directives: list[Any]) -> None:
        directives[:] = []

    stage.options["process_revision_directives"] = none
    assert not stage.migrate(MORE).scripts


@ON_SQLITE
def test_an_apps_own_hook_makes_no_script_of_nothing(stage: Stage) -> None:
    stage.begin(ITEM)
    calls: list[Any] = []
    stage.options["process_revision_directives"] = lambda *given: calls.append(given)

    assert not stage.migrate(ITEM).scripts
    assert len(calls) == 1
