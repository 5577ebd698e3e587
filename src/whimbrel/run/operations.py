"""``RunnerOperations``: Alembic's ``op``, seeing each operation of a script as a value.

Where a server's own ALTER TABLE does, Alembic carries the operation out; where it does not, the server's
``Tables`` do. What other packages register with Alembic runs as ever.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from alembic.operations import BatchOperations, Operations, ops
from alembic.operations.batch import BatchOperationsImpl
from alembic.util.langhelpers import ModuleClsProxy
from sqlalchemy.util import immutabledict

from whimbrel.backends import backend_for

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

    from whimbrel.backends.generic import Reshaping, Tables

# What changes one table that exists; on SQLite Alembic does these in a batch only.
_CHANGES = (ops.AddColumnOp, ops.DropColumnOp, ops.AlterColumnOp, ops.AddConstraintOp, ops.DropConstraintOp)


class RunnerOperations(Operations):
    """The operations of the revisions that are run in one database.

    Attributes:
        watch: Is told of each change of a whole table; None where nobody asks.
        drops: How many columns and tables the written SQL drops.
    """

    watch: Reshaping | None = None
    drops = 0

    @cached_property
    def _tables(self) -> Tables | None:
        """The server's own way to change tables, where it has one; asked for by the first operation, never for SQL."""
        connection = self.migration_context.connection
        if connection is None or self.migration_context.as_sql:
            return None
        tables = backend_for(self.migration_context.dialect.name).tables(connection)
        if tables is not None:
            tables.watch = self.watch
        return tables

    def invoke(self, operation: ops.MigrateOperation) -> Any:
        """Carry out one operation."""
        self.drops += self.migration_context.as_sql and isinstance(operation, ops.DropColumnOp | ops.DropTableOp)
        if self._tables is None:
            return super().invoke(operation)
        if isinstance(operation, _CHANGES) and self._tables.alters(*_table_of(operation)):
            table, schema = _table_of(operation)
            with self.batch_alter_table(table, schema) as batch:
                return batch.invoke(operation)
        result = super().invoke(operation)
        if isinstance(operation, ops.RenameTableOp):
            self._tables.renamed(operation.table_name, operation.new_table_name)
        return result

    @contextmanager
    def batch_alter_table(
        self,
        table_name: str,
        schema: str | None = None,
        recreate: Any = "auto",
        partial_reordering: Any = None,
        copy_from: Any = None,
        table_args: tuple[Any, ...] = (),
        table_kwargs: Mapping[str, Any] = immutabledict(),
        reflect_args: tuple[Any, ...] = (),
        reflect_kwargs: Mapping[str, Any] = immutabledict(),
        naming_convention: dict[str, str] | None = None,
    ) -> Iterator[BatchOperations]:
        """Collect what a script asks of one table, and carry it out at the end."""
        options = {
            "recreate": recreate,
            "copy_from": copy_from,
            "table_args": table_args,
            "table_kwargs": table_kwargs,
            "reflect_args": reflect_args,
            "reflect_kwargs": reflect_kwargs,
            "naming_convention": naming_convention,
            "partial_reordering": partial_reordering,
        }
        if self._tables is not None:
            impl = self._tables.batch(self, table_name, schema, **options)
        else:
            impl = BatchOperationsImpl(self, table_name, schema, **options)  # type: ignore[no-untyped-call]
        batch = RunnerBatch(self.migration_context, impl=impl)
        yield batch
        impl.flush()
        dropped = [one for one in batch.operations if isinstance(one, ops.DropColumnOp)]
        self.drops += len(dropped) if self.migration_context.as_sql else 0

    def revision_ends(self, **_: Any) -> None:
        """Look that nothing is left broken, before the revision is committed."""
        asked: Tables | None = self.__dict__.get("_tables")  # who was never asked has changed nothing
        if asked is not None:
            asked.settle()


class RunnerBatch(BatchOperations):
    """The operations of one ``with op.batch_alter_table(...)``.

    Attributes:
        operations: what the script has asked so far, as values.
    """

    def __init__(self, migration_context: MigrationContext, impl: Any = None) -> None:
        """Begin with nothing asked."""
        super().__init__(migration_context, impl)
        self.operations: list[ops.MigrateOperation] = []

    def invoke(self, operation: ops.MigrateOperation) -> Any:
        """Note the operation, and let Alembic's implementation tell the batch what it consists of."""
        self.operations.append(operation)
        if isinstance(operation, ops.DropConstraintOp) and operation.constraint_name is None:
            drop = getattr(self.impl, "drop_unnamed", None)
            if drop is not None:
                return drop(operation.constraint_type)
        return super().invoke(operation)


@contextmanager
def operations_of(context: MigrationContext, watch: Reshaping | None = None) -> Iterator[RunnerOperations]:
    """Be what scripts reach as ``alembic.op``.

    Args:
        context: Alembic's context.
        watch: Is told of each change of a whole table.
    """
    operations = RunnerOperations(context)
    operations.watch = watch
    callbacks = context.on_version_apply_callbacks
    context.on_version_apply_callbacks = (operations.revision_ends, *callbacks)
    operations._install_proxy()
    try:
        yield operations
    finally:
        operations._remove_proxy()
        context.on_version_apply_callbacks = callbacks


def _table_of(operation: Any) -> tuple[str, str | None]:
    if isinstance(operation, ops.CreateForeignKeyOp):
        return operation.source_table, operation.kw.get("source_schema")
    return operation.table_name, operation.schema


# Alembic finds the module proxies (`alembic.op`) of operations by their exact class.
ModuleClsProxy._setups[RunnerOperations] = ModuleClsProxy._setups[Operations]
ModuleClsProxy._setups[RunnerBatch] = ModuleClsProxy._setups[BatchOperations]
