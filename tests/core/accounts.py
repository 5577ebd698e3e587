"""Accounts on the test servers: ordinary ones, with a password that must be quoted in a URL."""

import sqlalchemy as sa

from tests.support.databases import Database, server_url

# `%` and `@` have a meaning in URLs and ini files; the end tells it apart from any other text of a run.
PASSWORD = "S%cr@t9f3x"
TELLTALE = "t9f3x"


def make_account(database: Database) -> Database:
    """Return the database as seen by an account that owns it and nothing else."""
    url = sa.make_url(database.url)
    if url.host is None:
        return database
    name = str(url.database)
    statements = {
        "postgresql": (
            f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}'",
            f"ALTER DATABASE {name} OWNER TO {name}",
        ),
        "mysql": (
            f"CREATE USER {name}@'%' IDENTIFIED BY '{PASSWORD}'",
            f"GRANT ALL ON {name}.* TO {name}@'%'",
        ),
    }
    try:
        _on_server(database.kind, *statements[url.get_backend_name()])
    except sa.exc.OperationalError:  # a server of somebody's own, whose account may not pass rights on
        drop_account(database)
        return database
    own = url.set(username=name, password=PASSWORD)
    return Database(database.kind, own.render_as_string(hide_password=False))


def drop_account(database: Database) -> None:
    """Remove the account; its database is gone by now."""
    url = sa.make_url(database.url)
    if url.host is not None:
        account = {"postgresql": "ROLE IF EXISTS {}", "mysql": "USER IF EXISTS {}@'%'"}[url.get_backend_name()]
        _on_server(database.kind, f"DROP {account.format(url.database)}")


def _on_server(kind: str, *statements: str) -> None:
    engine = sa.create_engine(
        server_url(kind),
        poolclass=sa.NullPool,
        isolation_level="AUTOCOMMIT",
        execution_options={"no_parameters": True},
    )
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
