"""PostgreSQL: its error codes, lock timeout and sessions.

Error codes: PostgreSQL documentation, appendix A, "PostgreSQL Error Codes".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import event, text

from whimbrel.backends.generic import Backend, Trouble, TroubleKind, first_line

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.exc import DBAPIError

_KINDS = {
    "28000": TroubleKind.ACCESS_DENIED,
    "28P01": TroubleKind.ACCESS_DENIED,
    "3D000": TroubleKind.DATABASE_MISSING,
    "42P07": TroubleKind.TABLE_EXISTS,
    "55P03": TroubleKind.LOCKED,
    "23502": TroubleKind.NULL_VALUES,
    "23505": TroubleKind.DUPLICATE_VALUES,
}

# Before there is a session, libpq gives a sentence and no code.
_SENTENCES = (
    ("password authentication failed", TroubleKind.ACCESS_DENIED),
    ("no password supplied", TroubleKind.ACCESS_DENIED),
    ("no pg_hba.conf entry", TroubleKind.ACCESS_DENIED),
    ('FATAL:  role "', TroubleKind.ACCESS_DENIED),
    ('" does not exist', TroubleKind.DATABASE_MISSING),
)

_SESSIONS = text(
    """
    SELECT pid, usename, application_name, state, left(regexp_replace(query, '\\s+', ' ', 'g'), 80) AS query,
           extract(epoch FROM clock_timestamp() - xact_start)::int AS seconds
    FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
    ORDER BY xact_start LIMIT 5
    """
)


class PostgreSQL(Backend):
    """PostgreSQL 13 and later."""

    name = "PostgreSQL"
    transactional_ddl = True

    def trouble(self, error: DBAPIError) -> Trouble:
        """Return what an error of psycopg, psycopg2 or asyncpg means."""
        words = _without_decoration(first_line(error.orig))
        code = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None)
        kind = _KINDS.get(code or "") or _kind_from_sentence(str(error.orig), unconnected=code is None)
        return Trouble(kind, words, _advice(kind))

    def prepare(self, connection: Connection, lock_timeout: float) -> None:
        """Limit the wait for locks in each transaction, unless the account has a limit of its own.

        A setting for the transaction only: behind a pooler, one for the session would stay with
        whoever gets the server's connection next.
        """
        if not lock_timeout:
            return
        setting = (
            f"SELECT set_config('lock_timeout', '{int(lock_timeout * 1000)}ms', true) "
            "WHERE current_setting('lock_timeout') = '0'"
        )

        def limit(begun: Connection) -> None:
            _run_raw(begun, setting)

        event.listen(connection, "begin", limit)
        if connection.in_transaction():
            limit(connection)

    def sessions_in_the_way(self, connection: Connection) -> tuple[str, ...]:
        """Return a line for each other session of this database with an open transaction."""
        return tuple(
            f"pid {row.pid} ({row.usename}, {row.application_name or 'no application name'}): "
            f"{row.state} for {row.seconds} s: {row.query}"
            for row in connection.execute(_SESSIONS)
        )


def _run_raw(connection: Connection, statement: str) -> None:
    cursor: Any = connection.connection.cursor()
    try:
        cursor.execute(statement)
    finally:
        cursor.close()


def _kind_from_sentence(sentence: str, *, unconnected: bool) -> TroubleKind:
    for part, kind in _SENTENCES if unconnected else ():
        if part in sentence:
            return kind
    return TroubleKind.UNREACHABLE if unconnected else TroubleKind.OTHER


def _without_decoration(line: str) -> str:
    for mark in ("FATAL:  ", "ERROR:  "):
        _, found, rest = line.rpartition(mark)
        if found:
            return rest
    return line.removeprefix("<class 'asyncpg.exceptions.").strip()


def _advice(kind: TroubleKind) -> str:
    return {
        TroubleKind.UNREACHABLE: "start the server, or correct host and port in the database URL",
        TroubleKind.ACCESS_DENIED: "correct user and password in the database URL",
        TroubleKind.DATABASE_MISSING: "create it (createdb NAME), or correct its name in the database URL",
        TroubleKind.LOCKED: "end the session that holds the lock: SELECT pg_terminate_backend(PID)",
    }.get(kind, "")
