"""Statements that refuse to run in a transaction, and what the catalogue says of them after a break.

PostgreSQL documentation, "CREATE INDEX", section "Building Indexes Concurrently": a build that is broken off leaves
an index that is marked invalid, which takes writing time and serves nobody.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from whimbrel.backends.locks import row_of
from whimbrel.backends.statements import Outcome, literal

if TYPE_CHECKING:
    from sqlalchemy import Connection

_NAME = r'(?:"(?:[^"]|"")+"|[^\W\d][\w$]*)'
_QUALIFIED = rf"{_NAME}(?:\s*\.\s*{_NAME})?"
_BUILD = re.compile(
    rf"\s*CREATE\s+(?:UNIQUE\s+)?INDEX\s+CONCURRENTLY\s+(?:IF\s+NOT\s+EXISTS\s+)?({_NAME})\s+ON\s+(?:ONLY\s+)?({_QUALIFIED})",
    re.IGNORECASE,
)
_DROP = re.compile(rf"\s*DROP\s+INDEX\s+CONCURRENTLY\s+(?:IF\s+EXISTS\s+)?({_QUALIFIED})", re.IGNORECASE)
_REPEATED = re.compile(r"\s*(VACUUM|ANALYZE|REINDEX|CLUSTER|CHECKPOINT|ALTER\s+SYSTEM)\b", re.IGNORECASE)
_ALONE = re.compile(
    r"\s*(?:VACUUM|CREATE\s+(?:UNIQUE\s+)?INDEX\s+CONCURRENTLY|DROP\s+INDEX\s+CONCURRENTLY|REINDEX\s.*CONCURRENTLY"
    r"|REINDEX\s+(?:\(.*\)\s*)?(?:DATABASE|SYSTEM|SCHEMA)|ALTER\s+TABLE\s.*DETACH\s+PARTITION\s.*CONCURRENTLY|ALTER\s+SYSTEM"
    r"|(?:CREATE|DROP)\s+(?:DATABASE|TABLESPACE|SUBSCRIPTION)|ALTER\s+DATABASE\s.*SET\s+TABLESPACE|CLUSTER\s*$|CALL)\b",
    re.IGNORECASE | re.DOTALL,
)
_COMMENTS = re.compile(r"\s*(?:--[^\n]*\n|/\*.*?\*/)", re.DOTALL)


def runs_alone(statement: str) -> bool:
    """Tell whether a statement refuses to run in a transaction."""
    return _ALONE.match(bare(statement)) is not None


def outcome_of(connection: Connection, statement: str) -> Outcome:
    """Tell whether a statement that was broken off has taken effect."""
    text = bare(statement)
    if built := _BUILD.match(text):
        valid = _is_valid(connection, built)
        return Outcome.HAPPENED if valid else Outcome.DID_NOT
    if dropped := _DROP.match(text):
        there = row_of(connection, f"SELECT to_regclass({literal(dropped[1])}) IS NOT NULL")[0]
        return Outcome.DID_NOT if there else Outcome.HAPPENED
    return Outcome.DID_NOT if _REPEATED.match(text) else Outcome.UNKNOWN


def drop_invalid(connection: Connection, statement: str) -> None:
    """Drop the invalid index of the name that a concurrent build is about to make, on the same table."""
    build = _BUILD.match(bare(statement))
    if build is None or _is_valid(connection, build) is not False:
        return
    schema = row_of(
        connection,
        f"SELECT relnamespace::regnamespace::text FROM pg_class WHERE oid = to_regclass({literal(build[2])})",
    )[0]
    cursor = connection.connection.dbapi_connection.cursor()  # type: ignore[union-attr]
    try:
        cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {schema}.{build[1]}")
    finally:
        cursor.close()


def _is_valid(connection: Connection, build: re.Match[str]) -> bool | None:
    """Tell whether the index is valid; None where there is none of the name on the table."""
    name = build[1][1:-1].replace('""', '"') if build[1].startswith('"') else build[1].lower()
    row = row_of(
        connection,
        "SELECT i.indisvalid AND i.indisready FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
        f"WHERE i.indrelid = to_regclass({literal(build[2])}) AND c.relname = {literal(name)}",
    )
    return None if row is None else bool(row[0])


def bare(statement: str) -> str:
    """Return a statement without the comments before it."""
    while found := _COMMENTS.match(statement):
        statement = statement[found.end() :]
    return statement
