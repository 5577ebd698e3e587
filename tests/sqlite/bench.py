"""A SQLite file on which scripts run as `flask db upgrade` runs them, and as plain Alembic does."""

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

from whimbrel.backends import backend_for
from whimbrel.backends.sessions import Limits
from whimbrel.run.operations import operations_of

Script = Callable[[], None]


class Bench:
    """One file."""

    def __init__(self, path: Path, *, foreign_keys: bool = False, naming: dict[str, str] | None = None) -> None:
        self.path = path
        self.foreign_keys = foreign_keys
        self.naming = naming
        self.engine = sa.create_engine(f"sqlite:///{path}", poolclass=sa.NullPool)
        if foreign_keys:
            sa.event.listen(self.engine, "connect", lambda raw, _: raw.execute("PRAGMA foreign_keys = ON"))

    def make(self, script: str) -> "Bench":
        """Run statements, as they stand."""
        with contextlib.closing(sqlite3.connect(self.path)) as raw:
            raw.executescript(script)
        return self

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with contextlib.closing(sqlite3.connect(self.path)) as raw:
            return raw.execute(query).fetchall()

    def objects(self) -> dict[str, str]:
        """Give back the stored text of everything, by name."""
        return dict(self.rows("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))

    def text(self, table: str) -> str:
        return self.objects()[table]

    def upgrade(self, *scripts: Script) -> list[str]:
        """Run each as a revision of its own, in one transaction; give back the statements that it took."""
        seen: list[str] = []
        with self.engine.connect() as connection:
            backend_for("sqlite").prepare(connection, Limits(2))
            sa.event.listen(connection, "before_cursor_execute", lambda *args: seen.append(args[2]))
            context = MigrationContext.configure(connection, opts=self._options())
            with operations_of(context) as operations:
                for script in scripts:
                    with connection.begin():
                        script()
                        operations.revision_ends()
        self.sound()
        return seen

    def upgrade_with_alembic(self, script: Script) -> None:
        with self.engine.connect() as connection:
            context = MigrationContext.configure(connection, opts=self._options())
            with Operations.context(context), connection.begin():
                script()

    def sound(self) -> None:
        """Assert that SQLite finds nothing wrong with the file, and that nothing of ours is left in it."""
        assert self.rows("PRAGMA integrity_check") == [("ok",)]
        assert not [name for name in self.objects() if "whimbrel" in name]

    def _options(self) -> dict[str, Any]:
        metadata = sa.MetaData(naming_convention=self.naming) if self.naming else sa.MetaData()
        return {"target_metadata": metadata}


@contextlib.contextmanager
def recorded(bench: Bench, *untouched: str) -> Iterator[None]:
    """Assert that the stored texts of other objects are the same afterwards, byte for byte."""
    before = bench.objects()
    yield
    after = bench.objects()
    assert {name: after.get(name) for name in untouched} == {name: before[name] for name in untouched}
