"""Scripts' bodies, run on a database and observed as the runner observes them."""

import contextlib
import textwrap
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext

from whimbrel.backends import backend_for
from whimbrel.backends.sessions import Limits
from whimbrel.run.observing import Measured, Measuring, observed
from whimbrel.run.operations import operations_of

FILE = "script.py"
SCHEMA = {
    "postgresql": (
        "CREATE TABLE roles (id int PRIMARY KEY, name text)",
        "CREATE TABLE users (id int PRIMARY KEY, email varchar(50), name text, age int, score numeric(8, 2), born "
        "timestamp, role_id int, status text)",
        "CREATE INDEX ix_users_name ON users (name)",
        "CREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES users (id), total int CHECK (total >= 0))",
    ),
    "mariadb": (
        "CREATE TABLE roles (id int PRIMARY KEY, name text)",
        "CREATE TABLE users (id int PRIMARY KEY, email varchar(50), name varchar(100), age int unsigned DEFAULT 1, "
        "score decimal(8, 2), role_id int, status enum('new', 'old'), flags set('a', 'b'), KEY ix_users_name (name))",
        "CREATE TABLE orders (id int PRIMARY KEY, user_id int, total int CHECK (total >= 0), "
        "CONSTRAINT orders_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id))",
    ),
    "sqlite": (
        "CREATE TABLE roles (id INTEGER PRIMARY KEY, name TEXT)",
        "CREATE TABLE users (id INTEGER PRIMARY KEY, email VARCHAR(50), name TEXT, age INTEGER, role_id INTEGER)",
        "CREATE INDEX ix_users_name ON users (name)",
        "CREATE TABLE orders (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users (id), total INTEGER)",
    ),
}


class _Enough(Exception):
    pass


@dataclass(frozen=True, slots=True)
class Ran:
    """What a body did, and the script that it stands in."""

    seen: Measured
    source: str


def observe(connection: sa.Connection, body: str) -> Ran:
    """Run the body of a script's `upgrade` as a revision is run, and roll back what can be rolled back."""
    found: list[Measured] = []
    text = "import sqlalchemy as sa\nfrom alembic import op\n\n\ndef upgrade():\n" + textwrap.indent(body, "    ")
    text += "\n\n\ndef downgrade():\n    op.undo()\n"
    module: dict[str, Any] = {"__name__": "script"}
    exec(compile(text, FILE, "exec"), module)
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
    return Ran(found[0], text)
