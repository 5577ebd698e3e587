"""``Backend``: what is asked of a server, with the answers that hold for any of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol

from whimbrel.backends.locks import Lock, NoLock, TableLock
from whimbrel.backends.observing import Watch
from whimbrel.backends.sessions import Blocker, Limits, Session, run_beside
from whimbrel.backends.statements import Outcome, StatementKind, usual_kind

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Dialect
    from sqlalchemy.exc import DBAPIError

    from whimbrel.backends.keeping import Keeping


class TroubleKind(Enum):
    """What a server's error means to the person who reads it."""

    UNREACHABLE = "unreachable"
    ACCESS_DENIED = "access denied"
    DATABASE_MISSING = "database missing"
    TABLE_EXISTS = "table exists"
    LOCKED = "locked"
    READ_ONLY = "read-only"
    FORBIDDEN = "forbidden"
    NULL_VALUES = "null values"
    DUPLICATE_VALUES = "duplicate values"
    PREPARED_ELSEWHERE = "prepared elsewhere"
    POOL_EXHAUSTED = "pool exhausted"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Trouble:
    """A server's error in plain terms.

    Attributes:
        kind: What it means.
        words: The server's own sentence, without the driver's decoration.
        advice: What usually helps, as a command or a line to edit; empty if nothing is known.
    """

    kind: TroubleKind
    words: str
    advice: str = ""


class Reshaping(Protocol):
    """Is told of each change of a whole table."""

    def reshaping(
        self, table: str, leaving: list[str], arriving: Mapping[str, Arriving]
    ) -> AbstractContextManager[Returning]:
        """Be one such change.

        Args:
            table: The table.
            leaving: The columns that go.
            arriving: The columns that come.
        """
        ...


@dataclass(frozen=True, slots=True)
class Arriving:
    """A column that comes.

    Attributes:
        default: What rows get that are told nothing else, as SQL.
        not_null: Whether it is NOT NULL.
    """

    default: str = "NULL"
    not_null: bool = False


@dataclass(frozen=True, slots=True)
class Returning:
    """What columns get that come again.

    Attributes:
        values: The expressions for their values.
        nullable: Those of them that cannot be NOT NULL yet.
        back: Those that are in the table all the time, and the names that they have there.
        aside: The columns that go and stay in the table, and the names that they get.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    nullable: tuple[str, ...] = ()
    back: Mapping[str, str] = field(default_factory=dict)
    aside: Mapping[str, str] = field(default_factory=dict)


class Tables(Protocol):
    """Changes tables on a server whose ALTER TABLE does little.

    Attributes:
        watch: Is told of each change.
    """

    watch: Reshaping | None

    def alters(self, table: str, schema: str | None) -> bool:
        """Tell whether it can change this table."""
        ...

    def batch(self, operations: Any, table: str, schema: str | None, **options: Any) -> Any:
        """Return what takes the place of Alembic's ``BatchOperationsImpl``."""
        ...

    def renamed(self, old: str, new: str) -> None:
        """Hear that a table was renamed."""

    def settle(self) -> None:
        """Look, at the end of a revision, that its changes have left nothing broken; raises if they have."""


class Backend:
    """One kind of server. The answers here are those for a server that nothing is known of.

    Attributes:
        keeps_locks: Whether a transaction that has read a table keeps a lock on it until it ends.
    """

    name = "database"
    transactional_ddl = False
    limits_text_length = True
    keeps_locks = True

    def trouble(self, error: DBAPIError) -> Trouble:
        """Return what an error of the driver means."""
        return Trouble(TroubleKind.OTHER, first_line(error.orig))

    def commits_by_itself(self, statement: str) -> bool:
        """Tell whether the server commits the transaction before or after this statement."""
        return not self.transactional_ddl and first_word(statement) not in _STAYS_IN_TRANSACTION

    def changes_something(self, statement: str) -> bool:
        """Tell whether a statement can change the database."""
        return first_word(statement) not in _READS

    def product(self, dialect: Dialect) -> str:
        """Return the server's name and version, as its users say it."""
        version = ".".join(str(part) for part in dialect.server_version_info or ())
        return f"{self.name_of(dialect)} {version}".strip()

    def name_of(self, dialect: Dialect) -> str:
        """Return the server's name."""
        return self.name

    def prepare(self, connection: Connection, limits: Limits, guard: str = "") -> Session:
        """Make a connection ready to run revisions.

        Args:
            connection: The migration's connection.
            limits: How long its statements may take.
            guard: What the runner's lock asks of each transaction.
        """
        return Session(connection)

    def lock(self, connection: Connection, history: str) -> Lock:
        """Return what keeps other runners away from a connection's database.

        Args:
            connection: The migration's connection.
            history: The name of the version table.
        """
        return NoLock()

    def home(self, connection: Connection) -> str:
        """Return the schema where names without one lead; empty where there are no schemas."""
        return ""

    def kind_of(self, statement: str) -> StatementKind:
        """Return what kind of statement a text is."""
        return usual_kind(statement, first_word(statement))

    def autocommits(self, driver_connection: Any) -> bool:
        """Tell whether the driver's connection is in autocommit mode."""
        return getattr(driver_connection, "autocommit", False) is True  # sqlite3 has -1 where it says nothing of it

    @contextmanager
    def sheltered(self, connection: Connection) -> Iterator[None]:
        """Be a context in which a statement may be refused without harm to the transaction around it.

        Who listens to the app's statements hears nothing of it.
        """
        if not self.transactional_ddl or self.autocommits(connection.connection.dbapi_connection):
            yield
            return
        if not connection.in_transaction():
            connection.begin()
        run_beside(connection, "SAVEPOINT whimbrel")
        try:
            yield
        except BaseException:
            run_beside(connection, "ROLLBACK TO SAVEPOINT whimbrel")
            raise
        run_beside(connection, "RELEASE SAVEPOINT whimbrel")

    def take_locks(self, connection: Connection, locks: Sequence[TableLock], *, waits: bool) -> None:
        """Take locks at the beginning of a transaction; a server that cannot, takes none.

        Args:
            connection: The migration's connection, in its transaction.
            locks: Which.
            waits: Whether to wait for those that others have, for as long as the session's limit says.

        Raises:
            DBAPIError: Others have one of them.
        """

    def fingerprint(self, connection: Connection, statement: str) -> str:
        """Return a digest of what the catalogue says of the objects that a statement names."""
        return ""

    def outcome(self, connection: Connection, statement: str, fingerprint: str) -> Outcome:
        """Tell whether a statement took effect that was begun when the catalogue had a fingerprint."""
        return Outcome.UNKNOWN

    def clear_for(self, connection: Connection, statement: str) -> None:
        """Remove what an earlier try of the statement has left broken."""

    def tables(self, connection: Connection) -> Tables | None:
        """Return what changes tables where the server's ALTER TABLE does not do; nothing where it does."""
        return None

    def is_there(self, url: URL) -> bool:
        """Tell whether a database may be there; to connect to one that is not would make it."""
        return True

    def sizes(self, connection: Connection) -> tuple[tuple[str, int | None, int | None], ...]:
        """Return each table with its rows and bytes, as far as they can be told; its transaction may not write."""
        return ()

    def watch(self, connection: Connection) -> Watch:
        """Return what looks at a connection to scratch while revisions run."""
        return Watch(connection)

    def keeping(self, connection: Connection) -> Keeping:
        """Return how it keeps what a script drops."""
        from whimbrel.backends.keeping import Keeping

        return Keeping(connection)

    def blockers(self, connection: Connection, statement: str) -> tuple[Blocker, ...]:
        """Return the sessions that may be in the way of a statement, the oldest first.

        It asks beside SQLAlchemy's notion of transactions, in none.
        """
        return ()


_READS = {"SELECT", "VALUES", "SHOW", "EXPLAIN", "DESCRIBE", "PRAGMA", "SET", "SAVEPOINT", "RELEASE"}
_STAYS_IN_TRANSACTION = _READS | {"INSERT", "UPDATE", "DELETE", "REPLACE", "WITH", "DO", "CALL"}


def first_word(statement: str) -> str:
    """Return the first word of a statement in capitals, after comments and blanks."""
    text = statement.lstrip()
    while text.startswith(("--", "/*", "#")):
        end = "*/" if text.startswith("/*") else "\n"
        _, _, text = text.partition(end)
        text = text.lstrip()
    return text.split(None, 1)[0].upper() if text else ""


def first_line(error: BaseException | None) -> str:
    """Return the first line of an error's text."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
