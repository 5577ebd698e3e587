"""Operations that other packages register with Alembic run as ever, in and out of batches."""

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations, MigrateOperation, Operations

from tests.sqlite.bench import Bench
from whimbrel.run.operations import RunnerOperations

BASE = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT COLLATE NOCASE CHECK (a <> '')); INSERT INTO t VALUES (1, 'x');"


@Operations.register_operation("mark_table")
@BatchOperations.register_operation("mark", "batch_mark")
class MarkTableOp(MigrateOperation):
    """Give a table a column `mark`."""

    def __init__(self, table: str) -> None:
        self.table = table

    @classmethod
    def mark_table(cls, operations: Any, table: str) -> Any:
        return operations.invoke(cls(table))

    @classmethod
    def batch_mark(cls, operations: Any) -> Any:
        return operations.invoke(cls(operations.impl.table_name))


@Operations.implementation_for(MarkTableOp)
def _mark(operations: Any, operation: MarkTableOp) -> str:
    column = sa.Column("mark", sa.Integer, server_default="1")
    operations.schema_obj.table(operation.table, column)
    operations.impl.add_column(operation.table, column)
    return "marked"


def test_an_operation_of_another_package_runs_outside_a_batch(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "a.db").make(BASE)
    said = []
    bench.upgrade(lambda: said.append(op.mark_table("t")))
    assert said == ["marked"]
    assert bench.rows("SELECT mark FROM t") == [(1,)]


def test_an_operation_of_another_package_joins_a_batch(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "a.db").make(BASE)
    said: list[Any] = []

    def script() -> None:
        with op.batch_alter_table("t") as batch_op:
            said.append(batch_op.mark())
            batch_op.create_unique_constraint("uq_mark", ["mark", "a"])
        said.append([type(operation).__name__ for operation in batch_op.operations])

    bench.upgrade(script)
    assert said == ["marked", ["MarkTableOp", "CreateUniqueConstraintOp"]]
    assert "CONSTRAINT uq_mark UNIQUE (mark, a)" in bench.text("t")
    assert "COLLATE NOCASE CHECK (a <> '')" in bench.text("t")


def test_an_operation_registered_late_reaches_scripts_too(tmp_path: Path) -> None:
    @Operations.register_operation("late_operation")
    class LateOp(MigrateOperation):
        """Do nothing."""

        @classmethod
        def late_operation(cls, operations: Any) -> Any:
            return operations.invoke(cls())

    @Operations.implementation_for(LateOp)
    def _(operations: Any, operation: LateOp) -> str:
        return type(operations).__name__

    said = []
    Bench(tmp_path / "a.db").make(BASE).upgrade(lambda: said.append(op.late_operation()))
    assert said == [RunnerOperations.__name__]


def test_plain_statements_in_a_batch_run_where_they_stand(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "a.db").make(BASE)

    def script() -> None:
        with op.batch_alter_table("t") as batch_op:
            batch_op.alter_column("a", nullable=False)
            batch_op.execute("UPDATE t SET a = 'y' WHERE a = 'x'")

    bench.upgrade(script)
    assert bench.rows("SELECT a FROM t") == [("y",)]
    assert "a TEXT COLLATE NOCASE NOT NULL CHECK (a <> '')" in bench.text("t")


def test_a_virtual_table_and_an_unknown_one_are_left_to_alembic(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "a.db").make("CREATE VIRTUAL TABLE words USING fts5(a);")
    bench.upgrade(lambda: op.rename_table("words", "letters"))
    assert "letters" in bench.objects()


def test_never_asks_for_plain_alter_statements(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "a.db").make(BASE)

    def script() -> None:
        with op.batch_alter_table("t", recreate="never") as batch_op:
            batch_op.add_column(sa.Column("z", sa.Integer))
            batch_op.drop_column("a")

    seen = [statement for statement in bench.upgrade(script) if statement.startswith("ALTER")]
    assert seen == ["ALTER TABLE t ADD COLUMN z INTEGER", "ALTER TABLE t DROP COLUMN a"]
