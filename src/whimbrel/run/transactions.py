"""Transactions: one for each revision, whoever began the one that is open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

    from whimbrel.backends.sessions import Session


class Transactions(Protocol):
    """How the revisions of one run are committed.

    Attributes:
        together: Whether they are one transaction, so that a failure undoes all of them.
    """

    together: bool

    def read(self) -> None:
        """End the transaction in which nothing but questions was asked."""
        ...

    def revision(self) -> AbstractContextManager[Any]:
        """Be one revision's transaction; an error rolls it back."""
        ...


def transactions_of(context: MigrationContext, session: Session) -> Transactions:
    """Return how the revisions are committed: as Alembic does it, where that gives each its own."""
    if not context._transaction_per_migration:
        return Together(context, session)
    if not context._in_external_transaction:
        return OfAlembic(context, session)
    transaction: Any = context.connection.get_transaction() if context.connection is not None else None
    if hasattr(transaction, "xid"):  # two-phase commit over several databases: theirs to end
        return Together(context, session)
    return Inside(context, session)


class _ByAlembic:
    """Alembic's own transactions."""

    def __init__(self, context: MigrationContext, session: Session) -> None:
        """Know the context."""
        self._context, self._session = context, session

    def read(self) -> None:
        """Let go what SQLAlchemy has begun by itself: neither Alembic nor ``env.py`` would commit it."""
        context = self._context
        if context._transaction is None and not context._in_external_transaction and context.connection is not None:
            context.connection.commit()


class OfAlembic(_ByAlembic):
    """Alembic begins and commits one for each revision."""

    together = False

    @contextmanager
    def revision(self) -> Iterator[None]:
        """Begin and commit."""
        with self._context.begin_transaction(_per_migration=True):
            self._session.begin_change()
            yield


class Together(_ByAlembic):
    """``env.py`` or Alembic has begun one for all, and ends it."""

    together = True
    _begun = False

    @contextmanager
    def revision(self) -> Iterator[None]:
        """Leave it open."""
        with self._context.begin_transaction(_per_migration=True):
            if not self._begun:
                self._session.begin_change()
            self._begun = True
            yield


class Inside:
    """``env.py`` has begun one for all, and each revision is committed inside it, below SQLAlchemy.

    SQLAlchemy's own commit would make its transaction inactive, which ``env.py`` uses further. So the driver's
    connection commits, and the commit in ``env.py`` finds nothing left to do.
    """

    together = False

    def __init__(self, context: MigrationContext, session: Session) -> None:
        """Commit at the blocks without a transaction, too, which Alembic refuses there."""
        self._context, self._session = context, session
        connection = context.connection
        assert connection is not None
        self._connection = connection
        context.autocommit_block = self._autocommit_block  # type: ignore[method-assign]
        self._kept = session.transaction_settings()

    def read(self) -> None:
        """Let the reading transaction go."""
        self._commit()

    @contextmanager
    def revision(self) -> Iterator[None]:
        """Commit at the end, or roll back."""
        self._session.begin_change()
        try:
            yield
        except BaseException:
            self._connection.dialect.do_rollback(self._fairy)
            self._begin()
            raise
        self._commit()

    @property
    def _fairy(self) -> Any:
        return self._connection.connection

    def _commit(self) -> None:
        self._connection.dialect.do_commit(self._fairy)
        self._begin()

    def _begin(self) -> None:
        self._session.begin()
        for statement in self._kept:
            self._session.run(statement)

    @contextmanager
    def _autocommit_block(self) -> Iterator[None]:
        dialect, driver = self._connection.dialect, self._fairy.dbapi_connection
        level = self._connection.get_isolation_level()
        dialect.do_commit(self._fairy)
        dialect.set_isolation_level(driver, "AUTOCOMMIT")
        try:
            yield
        finally:
            dialect.set_isolation_level(driver, level)
            self._begin()
            self._session.begin_change()
