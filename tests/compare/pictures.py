"""What the servers make of a case: its models built twice, altered, and as they should be."""

import functools
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa

from tests.compare.cases import Case
from tests.support.databases import server_url
from whimbrel.backends.reflect import reflect
from whimbrel.compare import Change, Renamed
from whimbrel.snapshot import Snapshot


@dataclass(frozen=True)
class Pictures:
    """The snapshots of a case on one kind of server."""

    before: Snapshot
    before_again: Snapshot
    altered: Snapshot | None
    after: Snapshot


@functools.cache
def pictures(case: Case, kind: str) -> Pictures:
    """Build both sides of a case, the first one twice, and once more to alter it."""
    if kind == "postgresql" and case.since > _postgresql_version():
        pytest.skip(f"PostgreSQL {case.since} can do it.")
    alter = case.alter.get(kind)
    with emptied(kind) as engine:
        before = built(engine, case.before(kind), case.prepare)
    with emptied(kind) as engine:
        before_again = built(engine, case.before(kind), case.prepare)
        altered = snapshot_after(engine, alter) if alter else None
    with emptied(kind) as engine:
        after = built(engine, case.after(kind), case.prepare)
    return Pictures(before, before_again, altered, after)


@functools.cache
def _postgresql_version() -> int:
    (version,) = _execute(server_url("postgresql"), "SELECT current_setting('server_version_num')::int / 10000")
    return int(version)


def built(engine: sa.Engine, metadata: sa.MetaData, prepare: Iterable[str] = ()) -> Snapshot:
    """Run `create_all()` on an empty database, and reflect it."""
    snapshot_after(engine, prepare)
    with engine.begin() as connection:
        metadata.create_all(connection)
    return snapshot_after(engine, ())


def snapshot_after(engine: sa.Engine, statements: Iterable[str]) -> Snapshot:
    """Run statements, each by itself, and reflect."""
    for statement in statements:
        with engine.begin() as connection:
            connection.exec_driver_sql(statement.replace("%", "%%"))
    with engine.connect() as connection:
        return reflect(connection)


@contextmanager
def emptied(kind: str) -> Iterator[sa.Engine]:
    """Lend an empty database; one for each process and kind, emptied each time, because making one is slow."""
    if kind == "sqlite":
        engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    else:
        url = server_url(kind)
        name = f"test_compare_{os.getpid()}"
        _empty_database(url, kind, name)
        engine = sa.create_engine(url.set(database=name))
    try:
        yield engine
    finally:
        engine.dispose()


def drop_databases() -> None:
    """Drop what `emptied()` made in this process."""
    for url in _USED.values():
        _execute(url, f"DROP DATABASE IF EXISTS test_compare_{os.getpid()}")
    _USED.clear()


_USED: dict[str, sa.URL] = {}


def _empty_database(url: sa.URL, kind: str, name: str) -> None:
    is_new = kind not in _USED
    _USED[kind] = url
    if kind != "postgresql" or is_new:
        options = "ENCODING 'UTF8' TEMPLATE template0" if kind == "postgresql" else "CHARACTER SET utf8mb4"
        _execute(url, f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name} {options}")
        return
    target = url.set(database=name)
    schemas = _execute(
        target, "SELECT quote_ident(nspname) FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema)'"
    )
    extensions = _execute(target, "SELECT quote_ident(extname) FROM pg_extension WHERE extname <> 'plpgsql'")
    _execute(
        target,
        *(f"DROP EXTENSION {extension} CASCADE" for extension in extensions),
        *(f"DROP SCHEMA {schema} CASCADE" for schema in schemas),
        "CREATE SCHEMA public",
    )


def _execute(url: sa.URL, *statements: str) -> list[Any]:
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        results = [connection.exec_driver_sql(statement) for statement in statements]
        return list(results[-1].scalars()) if results[-1].returns_rows else []


def told(changes: Iterable[Change], default_schema: str = "") -> list[str]:
    """Write changes as the cases do: `~ column item.x: type`."""
    lines = []
    for change in changes:
        line = f"{change.SIGN} {change.key}"
        if isinstance(change, Renamed):
            line += f" -> {str(change.to).partition(' ')[2]}"
        aspects = getattr(change, "aspects", None)
        if aspects:
            line += f": {' '.join(aspects)}"
        lines.append(line.replace(f" {default_schema}.", " ") if default_schema else line)
    return sorted(lines)
