"""PostgreSQL: its error codes, lock timeout and sessions.

Error codes: PostgreSQL documentation, appendix A, "PostgreSQL Error Codes".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from whimbrel.backends.generic import Backend, Trouble, TroubleKind, first_line
from whimbrel.backends.locks import TableLock, row_of, rows_of
from whimbrel.backends.postgresql.alone import drop_invalid, outcome_of, runs_alone
from whimbrel.backends.postgresql.locks import AdvisoryLocks, TransactionLocks
from whimbrel.backends.postgresql.pooler import session_is_ours
from whimbrel.backends.postgresql.session import PostgreSQLSession
from whimbrel.backends.sessions import Blocker, Limits, run_beside
from whimbrel.backends.statements import Outcome, StatementKind, literal, names_in

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.exc import DBAPIError

    from whimbrel.backends.keeping import Keeping
    from whimbrel.backends.observing import Watch

_KINDS = {
    "28000": TroubleKind.ACCESS_DENIED,
    "28P01": TroubleKind.ACCESS_DENIED,
    "3D000": TroubleKind.DATABASE_MISSING,
    "42P07": TroubleKind.TABLE_EXISTS,
    "55P03": TroubleKind.LOCKED,
    "40P01": TroubleKind.LOCKED,
    "25006": TroubleKind.READ_ONLY,
    "42501": TroubleKind.FORBIDDEN,
    "23502": TroubleKind.NULL_VALUES,
    "23505": TroubleKind.DUPLICATE_VALUES,
    "42P05": TroubleKind.PREPARED_ELSEWHERE,
    "26000": TroubleKind.PREPARED_ELSEWHERE,
}

# Before there is a session, libpq gives a sentence and no code.
_SENTENCES = (
    ("password authentication failed", TroubleKind.ACCESS_DENIED),
    ("no password supplied", TroubleKind.ACCESS_DENIED),
    ("no pg_hba.conf entry", TroubleKind.ACCESS_DENIED),
    ('FATAL:  role "', TroubleKind.ACCESS_DENIED),
    ('" does not exist', TroubleKind.DATABASE_MISSING),
)

# Who holds a lock on a table that the statement names; a lock that only keeps others from VACUUM or the like
# is not told apart: who reads this can.
_BLOCKERS = """
SELECT a.pid, a.usename, a.application_name, a.state, left(regexp_replace(a.query, '\\s+', ' ', 'g'), 120),
       extract(epoch FROM clock_timestamp() - a.xact_start)::int,
       string_agg(DISTINCT format('%s on %s', l.mode, c.relname), ', ')
FROM pg_locks l JOIN pg_class c ON c.oid = l.relation JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.granted AND l.pid <> pg_backend_pid() AND l.locktype = 'relation' AND c.relkind NOT IN ('i', 'I', 't')
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND c.relname IN ({names})
GROUP BY a.pid, a.usename, a.application_name, a.state, a.query, a.xact_start
ORDER BY a.xact_start LIMIT 5
"""

_SIZES = """
SELECT CASE WHEN n.nspname = current_schema() THEN c.relname ELSE n.nspname || '.' || c.relname END,
       CASE WHEN sum(p.rows) IS NULL AND sum(p.bytes) > 0 THEN NULL ELSE coalesce(sum(p.rows), 0) END::bigint,
       coalesce(sum(p.bytes), 0)::bigint
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN LATERAL (
    SELECT coalesce(nullif(greatest(l.reltuples, 0), 0), nullif(pg_stat_get_live_tuples(l.oid), 0)) AS rows,
           pg_relation_size(l.oid) + coalesce(pg_relation_size(nullif(l.reltoastrelid, 0)), 0) AS bytes
    FROM pg_class l
    WHERE l.oid = c.oid OR (c.relkind = 'p' AND l.oid IN (SELECT relid FROM pg_partition_tree(c.oid) WHERE isleaf))
) p ON true
WHERE c.relkind IN ('r', 'p', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
GROUP BY c.oid, n.nspname, c.relname
"""


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

    def prepare(self, connection: Connection, limits: Limits, guard: str = "") -> PostgreSQLSession:
        """Limit what statements may wait and run, in each transaction."""
        return PostgreSQLSession(connection, limits, guard)

    def lock(self, connection: Connection, history: str) -> AdvisoryLocks:
        """Return advisory locks: the session's, or those of transactions where no session is ours."""
        locks = AdvisoryLocks if session_is_ours(connection) else TransactionLocks
        return locks(connection, history)

    def take_locks(self, connection: Connection, locks: Sequence[TableLock], *, waits: bool) -> None:
        """Lock tables, by a statement for each mode; what this account may not lock, the script's own statements do.

        PostgreSQL documentation, "LOCK": the lock is held until the transaction ends, and a table's partitions are
        left out by ONLY; those that the script locks are named by themselves.
        """
        by_mode: dict[str, list[str]] = {}
        for one in locks:
            by_mode.setdefault(one.mode, []).append(f"ONLY {_quoted(one.table)}")
        for mode, tables in by_mode.items():
            try:
                with self.sheltered(connection):
                    run_beside(connection, f"LOCK TABLE {', '.join(tables)} IN {mode} MODE{'' if waits else ' NOWAIT'}")
            except DBAPIError as error:
                if self.trouble(error).kind is TroubleKind.LOCKED:
                    raise

    def home(self, connection: Connection) -> str:
        """Return the schema where names without one lead; tenants are told apart by it."""
        return str(row_of(connection, "SELECT current_schema()")[0] or "")

    def kind_of(self, statement: str) -> StatementKind:
        """Return what kind of statement a text is; what refuses to run in a transaction is told by its words."""
        return StatementKind.ALONE if runs_alone(statement) else super().kind_of(statement)

    def outcome(self, connection: Connection, statement: str, fingerprint: str) -> Outcome:
        """Ask the catalogue for the index that was built or dropped; what may be repeated is repeated."""
        return outcome_of(connection, statement)

    def clear_for(self, connection: Connection, statement: str) -> None:
        """Drop the invalid index that a broken build of the same name has left."""
        drop_invalid(connection, statement)

    def sizes(self, connection: Connection) -> tuple[tuple[str, int | None, int | None], ...]:
        """Return what the statistics say; a table that was never analyzed says only how large it is."""
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")
        return tuple((name, rows, size) for name, rows, size in connection.exec_driver_sql(_SIZES))

    def watch(self, connection: Connection) -> Watch:
        """Return what looks at locks, files and counters."""
        from whimbrel.backends.postgresql.observe import PostgreSQLWatch  # only what runs on scratch is observed

        return PostgreSQLWatch(connection)

    def keeping(self, connection: Connection) -> Keeping:
        """Keep what scripts drop."""
        from whimbrel.backends.postgresql.keeping import PostgreSQLKeeping

        return PostgreSQLKeeping(connection)

    def blockers(self, connection: Connection, statement: str) -> tuple[Blocker, ...]:
        """Return the sessions that hold a lock on a table whose name is a word of the statement."""
        names = ", ".join(literal(name) for name in names_in(statement))
        return tuple(_blocker(*row) for row in rows_of(connection, _BLOCKERS.format(names=names))) if names else ()


def _quoted(table: str) -> str:
    """Quote a table's name, with its schema if that is there."""
    return ".".join('"{}"'.format(part.replace('"', '""')) for part in table.split(".", 1))


def _blocker(
    pid: int, user: str, application: str, state: str | None, query: str, seconds: int | None, locks: str
) -> Blocker:
    if state is None:  # an account sees no more than this of another's sessions
        return Blocker(f"pid {pid} (user {user}), {locks}", f"SELECT pg_terminate_backend({pid})")
    name = application or "no application name"
    words = f"pid {pid} (user {user}, {name}), {state}, its transaction open for {seconds} s, {locks}: {query}"
    return Blocker(words, f"SELECT pg_terminate_backend({pid})")


def _kind_from_sentence(sentence: str, *, unconnected: bool) -> TroubleKind:
    if "query_wait_timeout" in sentence:  # PgBouncer's own word; it gives the code of a protocol violation
        return TroubleKind.POOL_EXHAUSTED
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
        TroubleKind.READ_ONLY: "name the primary server in the database URL, or an account that may write",
        TroubleKind.FORBIDDEN: "name an account in the database URL that owns the tables, or give this one the right: "
        "GRANT …",
        TroubleKind.PREPARED_ELSEWHERE: "tell the driver to prepare nothing, since a pooler gives each transaction "
        'another session: connect_args={"prepare_threshold": None} (psycopg), {"statement_cache_size": 0, '
        '"prepared_statement_cache_size": 0} (asyncpg); or name a way round the pooler in MIGRATE_DIRECT_URL',
        TroubleKind.POOL_EXHAUSTED: "give the pooler more sessions (a run needs two sessions at a time; PgBouncer: "
        "default_pool_size), or name a way round it in MIGRATE_DIRECT_URL",
        TroubleKind.LOCKED: "end the session that holds the lock: SELECT pg_terminate_backend(PID)",
    }.get(kind, "")
