"""A change of the models, taken all the way on one server: found, written, run, found no more, taken back."""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.autogenerate import produce_migrations
from alembic.autogenerate.api import AutogenContext
from alembic.autogenerate.render import _render_cmd_body
from alembic.migration import MigrationContext
from alembic.operations import Operations

from tests.support import schema
from tests.support.databases import Database, create_database
from whimbrel.backends.reflect import reflect
from whimbrel.commands.autogenerate import KEY, Comparator
from whimbrel.commands.decisions import Decisions
from whimbrel.commands.ownership import Ownership
from whimbrel.commands.remembered import Wanted
from whimbrel.commands.snapshots import Kept, owned_keys
from whimbrel.operations.rendering import write_faithfully
from whimbrel.snapshot import Snapshot
from whimbrel.snapshot.text import SnapshotFile

Build = Callable[[], sa.MetaData]
Rows = Mapping[str, Sequence[Mapping[str, Any]]]


@dataclass(frozen=True)
class Change:
    """A change of the models.

    Attributes:
        rows: what the tables hold before it; `parent` and `item` hold two rows in any case.
        decisions: what a person answered.
        lost: columns, `table.column`, and tables whose values go on purpose.
        renames: where values are after it, `{"item.x": "item.y"}`.
        says: texts that stand in the script.
    """

    id: str
    before: Build
    after: Build
    rows: Rows = field(default_factory=dict)
    decisions: Decisions = field(default_factory=Decisions)
    lost: frozenset[str] = frozenset()
    renames: Mapping[str, str] = field(default_factory=dict)
    says: tuple[str, ...] = ()


@dataclass(frozen=True)
class Script:
    """A script as it would stand in a file: the two bodies."""

    upgrade: str
    downgrade: str
    imports: frozenset[str]

    @property
    def is_empty(self) -> bool:
        return "op." not in self.upgrade

    def run(self, database: Database, body: str) -> None:
        names = {"sa": sa}
        for line in self.imports:
            exec(line, names)
        with _connected(database) as connection:
            operations = Operations(MigrationContext.configure(connection))
            exec(body, names | {"op": operations})


def model(
    *parts: sa.schema.SchemaItem,
    name: str = "item",
    ident: sa.Column[Any] | None = None,
    more: Callable[[sa.MetaData], object] | None = None,
    parent: sa.Column[Any] | None = None,
    **options: Any,
) -> sa.MetaData:
    """Make two tables, `parent` and `item`, the second with more parts."""
    metadata = sa.MetaData()
    key = sa.Column("id", sa.Integer, primary_key=True) if parent is None else parent
    sa.Table("parent", metadata, key, sa.Column("code", sa.String(20)))
    key = sa.Column("id", sa.Integer, primary_key=True) if ident is None else ident
    sa.Table(name, metadata, key, sa.Column("name", sa.String(50)), *parts, **options)
    if more is not None:
        more(metadata)
    return metadata


def ddl(*texts: str) -> Callable[[sa.MetaData], None]:
    """Make statements part of `create_all()`."""

    def listen(metadata: sa.MetaData) -> None:
        for text in texts:
            sa.event.listen(metadata, "after_create", sa.DDL(text.replace("%", "%%")))

    return listen


def build(database: Database, change: Change, metadata: sa.MetaData) -> None:
    """Make the models' tables, with their rows."""
    create(database, metadata)
    with _connected(database) as connection:
        rows = {
            "parent": [{"id": 1, "code": "a"}, {"id": 2, "code": "b"}],
            "item": [{"id": 1, "name": "n1"}, {"id": 2, "name": "n2"}],
        }
        for table, own in change.rows.items():
            known = rows.get(table, [{}] * len(own))
            rows[table] = [{**old, **new} for old, new in zip(known, own, strict=False)]
        for table in metadata.sorted_tables:
            for row in rows.get(table.name, []):
                connection.execute(table.insert().values({k: v for k, v in row.items() if k in table.columns}))


def create(database: Database, metadata: sa.MetaData) -> None:
    """Make the models' tables."""
    with _connected(database) as connection:
        metadata.create_all(connection)


def migrate(database: Database, metadata: sa.MetaData, wanted: Snapshot, decisions: Decisions | None = None) -> Script:
    """Write the script that makes a database what the models want."""

    @contextlib.contextmanager
    def on_scratch(*_: Any) -> Iterator[Wanted]:
        yield Wanted(wanted, wanted)

    def files(_: str, found: Snapshot) -> Kept:
        return Kept(Path(), "", SnapshotFile(found.kind, found.version, ()), frozenset())

    def owned(_: str, found: Snapshot, kept: Kept) -> Ownership:
        return Ownership({key for whole in found.objects for key in owned_keys(whole)}, list)

    comparator = Comparator(on_scratch, files, owned, decisions or Decisions())
    with _connected(database) as connection:
        options = {"target_metadata": metadata, KEY: comparator, "compare_type": True}
        context = MigrationContext.configure(connection, opts=options)
        write_faithfully(context)
        script = produce_migrations(context, metadata)
        assert comparator.open == []
        how = {"sqlalchemy_module_prefix": "sa.", "alembic_module_prefix": "op.", "render_as_batch": False}
        writing = AutogenContext(context, opts=context.opts | how | {"user_module_prefix": None})
        bodies = [_render_cmd_body(ops, writing) for ops in (script.upgrade_ops, script.downgrade_ops)]
    return Script(*bodies, frozenset(writing.imports))


def picture(database: Database) -> Snapshot:
    """Reflect a database."""
    with _connected(database) as connection:
        return reflect(connection)


def rows_of(database: Database) -> dict[str, list[dict[str, Any]]]:
    """Read all rows of all tables, sorted by their id."""
    out = {}
    with _connected(database) as connection:
        tables = connection.exec_driver_sql("SHOW FULL TABLES WHERE Table_type = 'BASE TABLE'").all()
        for name, _ in tables:
            found = connection.exec_driver_sql(f"SELECT * FROM `{name}`").mappings().all()
            out[name] = sorted((dict(row) for row in found), key=lambda row: str(row.get("id")))
    return out


def lost_values(before: dict[str, Any], after: dict[str, Any], renames: Mapping[str, str]) -> set[str]:
    """Name the columns that had a value in some row, and have none there now."""
    lost = set()
    for table, rows in before.items():
        new = after.get(renames.get(table, table))
        if new is None or len(new) != len(rows):
            lost |= {table} if rows else set()
            continue
        for old_row, new_row in zip(rows, new, strict=True):
            for column, value in old_row.items():
                old = f"{table}.{column}"
                now = new_row.get(renames.get(old, old).rpartition(".")[2])
                is_taken = old not in renames and old in renames.values()
                if value is not None and (now is None or is_taken):
                    lost.add(old)
    return lost


def schema_of(database: Database) -> str:
    """Write the schema down as the server shows it."""
    with _connected(database) as connection:
        return schema.READERS[database.kind](lambda query: [tuple(row) for row in connection.exec_driver_sql(query)])


@contextlib.contextmanager
def lent(kind: str, where: Path) -> Iterator[Database]:
    """Lend a database, with one pool of connections for the whole test."""
    made = create_database(kind, where)
    _ENGINES[made.url] = sa.create_engine(made.url)
    yield made
    _ENGINES.pop(made.url).dispose()
    made.drop()


_ENGINES: dict[str, sa.Engine] = {}


@contextlib.contextmanager
def _connected(database: Database) -> Iterator[sa.Connection]:
    with _ENGINES[database.url].begin() as connection:
        yield connection
