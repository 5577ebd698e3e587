"""Accounts that may use their database and make no other, and what was granted to them."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from tests.support.databases import Database, server_url


@contextmanager
def plain_account(database: Database) -> Iterator[Database]:
    """Lend the database under an account that owns it and has no other right."""
    url = sa.make_url(database.url)
    name = f"{url.database}_plain"[-30:]
    host = "localhost" if database.kind == "postgresql" else "%"
    make = {
        "postgresql": (f"CREATE ROLE {name} LOGIN PASSWORD 'plain'", f"ALTER DATABASE {url.database} OWNER TO {name}"),
        "mariadb": (
            f"CREATE USER '{name}'@'{host}' IDENTIFIED BY 'plain'",
            f"GRANT ALL ON `{url.database}`.* TO '{name}'@'{host}'",
        ),
    }[database.kind]
    drop = {
        "postgresql": (f"DROP ROLE {name}",),
        "mariadb": (f"DROP USER '{name}'@'{host}'",),
    }[database.kind]
    try:
        as_root(database.kind, *make)
    except sa.exc.OperationalError as error:
        if error.orig is None or error.orig.args[0] != 1044:
            raise
        as_root(database.kind, *drop)
        pytest.skip("the account of this server may not grant")
    try:
        yield Database(database.kind, url.set(username=name, password="plain").render_as_string(hide_password=False))
    finally:
        if database.kind == "postgresql":
            database.execute(f"REASSIGN OWNED BY {name} TO CURRENT_USER", f"DROP OWNED BY {name}")
        as_root(database.kind, *drop)


def as_root(kind: str, *statements: str) -> None:
    """Run statements as the account that may do everything."""
    engine = sa.create_engine(
        server_url(kind), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool, execution_options={"no_parameters": True}
    )
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
