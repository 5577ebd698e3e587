"""Scripts' bodies, run on a database and observed as the runner observes them."""

import contextlib
import sys
import textwrap
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext

from tests.support.databases import Database
from whimbrel.backends import backend_for
from whimbrel.backends.sessions import Limits
from whimbrel.hazards import Case, Hazard, Server, Size, hazards_in, text_of_script
from whimbrel.run.observing import Measured, Measuring, observed
from whimbrel.run.operations import operations_of

FILE = "script.py"
SCHEMA = {
    "postgresql": (
        "CREATE TABLE roles (id int PRIMARY KEY, name text)",
        "CREATE TABLE users (id int PRIMARY KEY, email varchar(50), name text, age int, born timestamp, role_id int)",
        "CREATE INDEX ix_users_name ON users (name)",
        "CREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES users (id), total int CHECK (total >= 0))",
    ),
    "mariadb": (
        "CREATE TABLE roles (id int PRIMARY KEY, name text)",
        """CREATE TABLE users (id int PRIMARY KEY, email varchar(50), name varchar(100), age int unsigned DEFAULT 1,
           role_id int, status enum('new', 'old'), flags set('a', 'b'), KEY ix_users_name (name))""",
        """CREATE TABLE orders (id int PRIMARY KEY, user_id int,
           CONSTRAINT fk_user FOREIGN KEY (user_id) REFERENCES users (id))""",
    ),
    "sqlite": (
        "CREATE TABLE roles (id INTEGER PRIMARY KEY, name TEXT)",
        "CREATE TABLE users (id INTEGER PRIMARY KEY, email VARCHAR(50), name TEXT, age INTEGER, role_id INTEGER)",
        "CREATE INDEX ix_users_name ON users (name)",
        "CREATE TABLE orders (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users (id))",
    ),
}


class _Enough(Exception):
    """Rolls back."""


@dataclass
class Stage:
    """A database on which script after script is observed."""

    database: Database
    is_fresh: bool = False
    _as_made: dict[str, str] = field(default_factory=dict)

    def hazards(
        self,
        body: str,
        before: str = "",
        *,
        lock_timeout: float = 2.0,
        version: str = "",
        keeps_drops: bool = True,
        sizes: Mapping[str, Size] | None = None,
    ) -> tuple[Hazard, ...]:
        """Return the hazards of a script with this body, on a schema with three tables."""
        source = source_of(body)
        seen = self.observe(body, before)
        server = Server(seen.kind, tuple(int(one) for one in version.split(".")) if version else seen.version)
        text = text_of_script(source, FILE)
        case = Case(
            "rev", FILE, text, tuple(seen.statements), seen.before, server, sizes or {}, lock_timeout, seen.session
        )
        return hazards_in(replace(case, keeps_drops=keeps_drops))

    def observe(self, body: str, before: str = "") -> Measured:
        """Run the body of a script's `upgrade` as a revision is run, and roll back what can be rolled back."""
        engine = sa.create_engine(self.database.url, poolclass=sa.NullPool)
        if not self.is_fresh:
            self._reset(engine.dialect.name)
        stays = bool(before) or "autocommit_block" in body or "COMMIT" in body
        self.is_fresh = not stays and backend_for(engine.dialect.name).transactional_ddl
        with engine.connect() as connection:
            for statement in filter(None, (one.strip() for one in before.split(";\n"))):
                connection.exec_driver_sql(statement)
            connection.commit()
            return _observed(connection, body)

    def _reset(self, kind: str) -> None:
        if kind == "postgresql":
            others = [f"DROP SCHEMA {row[0]} CASCADE" for row in self.database.rows(_SCHEMAS)]
            self.database.execute("; ".join([*others, "CREATE SCHEMA public", *SCHEMA[kind]]))  # one transaction
            return
        if kind == "sqlite":
            names = self.database.rows("SELECT type, name FROM sqlite_master WHERE type IN ('table', 'view')")
            self.database.execute(*(f"DROP {type_} {name}" for type_, name in names))
        else:
            self._reset_what_changed()
            return
        self.database.execute(*SCHEMA[self.database.kind])

    def _reset_what_changed(self) -> None:
        """Make again what is not as it was: on MariaDB each table takes its time."""
        now = {
            row[0]: self.database.rows(f"SHOW CREATE TABLE `{row[0]}`")[0][1]
            for row in self.database.rows("SHOW FULL TABLES WHERE Table_type = 'BASE TABLE'")
        }
        others = self.database.rows("SHOW FULL TABLES WHERE Table_type <> 'BASE TABLE'")
        wrong = [name for name, text in now.items() if self._as_made.get(name) != text]
        gone = {name for name in ("roles", "users", "orders") if name not in now or name in wrong}
        drop = [f"DROP TABLE {', '.join(wrong)}"] if wrong else []
        drop += [f"DROP {kind} {name}" for name, kind in others]
        make = [one for one in SCHEMA["mariadb"] if one.split()[2] in gone]
        self.database.execute("SET foreign_key_checks = 0", *drop, *make)
        for name in gone:
            self._as_made[name] = self.database.rows(f"SHOW CREATE TABLE `{name}`")[0][1]


_SCHEMAS = "SELECT quote_ident(nspname) FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'"


def source_of(body: str) -> str:
    """Return the script that a body stands for, if it is not a whole one."""
    head = "import sqlalchemy as sa\nfrom alembic import op\n\n\n"
    if "def upgrade" in body:
        return head + body
    return f"{head}def upgrade():\n{textwrap.indent(body, '    ')}\n\n\ndef downgrade():\n    op.undo()\n"


def _observed(connection: sa.Connection, body: str) -> Measured:
    found: list[Measured] = []
    module: dict[str, Any] = {"__name__": "script"}
    with _an_app():
        exec(compile(source_of(body), FILE, "exec"), module)
    session = backend_for(connection.dialect.name).prepare(connection, Limits())
    context = MigrationContext.configure(connection, opts={"transaction_per_migration": True})
    observer = Measuring(connection, lambda: ("rev", FILE, "upgrade"), found)
    with (
        contextlib.suppress(sa.exc.DBAPIError, _Enough),
        operations_of(context),
        observed(connection, observer),
        context.begin_transaction(_per_migration=True),
    ):
        session.begin_change()
        module["upgrade"]()
        raise _Enough
    return found[0]


@contextlib.contextmanager
def _an_app() -> Iterator[None]:
    """Let a script import a model from the app."""
    app = types.ModuleType("hello")
    app.User = object  # type: ignore[attr-defined]
    sys.modules["hello"] = app
    try:
        yield
    finally:
        del sys.modules["hello"]
