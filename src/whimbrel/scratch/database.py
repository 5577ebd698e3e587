"""Scratch databases on a server: made like the target, and dropped whatever happens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import create_engine, event, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from whimbrel.errors import Reason, ScratchUnavailable
from whimbrel.scratch.gate import lifted
from whimbrel.scratch.leading import WAY_ROUND, Lead, drivername_of, led_engine, mark, own_creator
from whimbrel.scratch.leftovers import drop, reap
from whimbrel.scratch.scratch import Scratch, new_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import URL, Connection, Engine

    from whimbrel.scratch.servers import Likeness


class Control:
    """A connection of our own to a server, on which databases are made and dropped."""

    def __init__(self, engine: Engine, lead: Lead | None = None) -> None:
        """Connect, with each statement committed by itself."""
        self.engine = engine
        self._lead = lead
        with lifted():
            self.connection: Connection = engine.connect()

    @property
    def followed(self) -> bool:
        """Whether connections of this engine can be led elsewhere."""
        return self._lead is None or self._lead.followed

    def again(self) -> Connection:
        """Connect anew, after a statement that was broken off."""
        self.connection.invalidate()
        self.connection.close()
        with lifted():
            self.connection = self.engine.connect()
        return self.connection

    def close(self) -> None:
        """Close the connection and the pool that is ours alone."""
        self.connection.close()
        self.engine.dispose()


@contextmanager
def leased_on_server(engine: Engine, kind: type[Likeness], url: URL | None) -> Iterator[Scratch]:
    """Lend a database that is like the target; on another server if a URL names one."""
    with ExitStack() as cleanup:
        control = _control(engine)
        cleanup.callback(control.close)
        like = kind.read(control.connection)
        if url is not None:
            home, target = Control(_plain_engine(url, kind)), like.product
            cleanup.callback(home.close)
            there = kind.read(home.connection)
            _must_be_same(target, there.product)
            clock, account, may_create = there.clock, there, there.may_create
        else:
            if not control.followed:
                raise own_creator()
            home, clock, account, may_create = control, like.clock, like, like.may_create
        if not may_create:
            raise _no_right(account)
        reap(home.connection)
        scratch = DatabaseScratch(engine if control.followed else None, like, home, new_name(clock), url)
        cleanup.callback(scratch.close)
        scratch.open(account)
        yield scratch


class DatabaseScratch(Scratch):
    """A database on a server."""

    def __init__(self, engine: Engine | None, like: Likeness, control: Control, name: str, url: URL | None) -> None:
        """Keep what it will be like.

        Args:
            engine: The app's; none if it connects by a function of its own, and cannot be led.
            like: The traits of the target.
            control: Where the database is made.
            name: What it is called.
            url: The other server that it is made on, if it is.
        """
        super().__init__(name, type(like))
        self._app = engine
        self._like = like
        self._control = control
        self._url = url
        self._made: set[str] = set()
        self._beside: dict[str, str] = {}
        # Shared with every lead, and filled as schemas become known.
        self._out_of_reach = {like.database} - {""} if self.kind.schemas_are_databases else set()

    def open(self, account: Likeness) -> None:
        """Make it, and connect to it once.

        Args:
            account: Who makes it, to say which right is missing.
        """
        try:
            self._create(self.name)
        except DBAPIError as error:
            if self._like.is_right_missing(error):
                raise _no_right(account) from error
            raise _refused(error) from error
        self.engine = self._plain() if self._app is None else self.lead(self._app)
        self._arrive()

    def lead_for(self, engine: Engine) -> Lead:
        """Return the way from an engine of the app's to this database."""
        home = engine.url if self._url is None else self._url
        drivername = drivername_of(engine)
        return Lead(
            home=engine.url.set(drivername=drivername),
            there=self._like.place(home, self.name).set(drivername=drivername),
            database=self.name,
            elsewhere=self._url is not None,
            not_to_be_named=self._out_of_reach,
            each=self._session,
            kind=self.kind,
        )

    def renew(self) -> None:
        """Drop it and make it again."""
        self.close()
        self._create(self.name)
        for name in self._beside.values():
            self._create(name)

    def schema_map(self, schemas: set[str]) -> Mapping[str | None, str | None]:
        """Make a scratch database for each schema that is a database of its own on this kind of server."""
        if self.kind.schemas_are_databases:
            for schema in sorted(schemas - self._beside.keys() - {self._like.database}):
                self._beside[schema] = f"{self.name}_{len(self._beside) + 1}"
                self._out_of_reach.add(schema)
                self._create(self._beside[schema])
            return cast("Mapping[str | None, str | None]", {**self._beside, self._like.database: self.name})
        return {}

    def close(self) -> None:
        """Drop it, whoever is connected."""
        self.let_go()
        for name in sorted(self._made):
            drop(self._control, self._like, name)
        self._made.clear()

    def _create(self, name: str) -> None:
        self._made.add(name)  # beforehand: who is interrupted while waiting does not know
        try:
            self._like.create(self._control.connection, name)
        except DBAPIError as error:
            if not error.connection_invalidated:
                self._made.discard(name)
            raise
        self.notes = self._like.carry(self._control.connection, name, elsewhere=self._url is not None)

    def _plain(self) -> Engine:
        """Connect without the app's options: they lie in a function of the app's."""
        engine = create_engine(self._control.engine.url.set(database=self.name))
        event.listen(engine, "connect", self._greet)
        self.follow(engine.pool)
        self.notes += ("It is connected to without the app's own function (creator=) and its options.",)
        return engine

    def _greet(self, dbapi_connection: Any, record: Any) -> None:
        mark(dbapi_connection, record)
        cursor = dbapi_connection.cursor()
        self._session(cursor)
        cursor.close()

    def _session(self, cursor: Any) -> None:
        for statement in self._like.session():
            cursor.execute(statement)

    def _arrive(self) -> None:
        """Connect once, so that a pooler that does not know the name is found out here."""
        try:
            self.engine.connect().close()
        except DBAPIError as error:
            raise ScratchUnavailable(
                f"The scratch database was made, but it cannot be connected to: {_words(error)}",
                reason=Reason.NOT_REACHABLE,
                why="A pooler or proxy before the server knows only the databases of its own list. "
                "The scratch database was dropped again; nothing else was changed.",
                do=WAY_ROUND,
            ) from error


def _control(engine: Engine) -> Control:
    lead = Lead(engine.url)
    return Control(led_engine(engine, lead, isolation_level="AUTOCOMMIT", schema_translate_map=None), lead)


def _plain_engine(url: URL, kind: type[Likeness]) -> Engine:
    if not url.database and kind.maintenance_database:
        url = url.set(database=kind.maintenance_database)
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    event.listen(engine, "connect", mark)
    return engine


def scratch_url(urls: tuple[str, ...], dialect_name: str) -> URL | None:
    """Return which URL of ``MIGRATE_SCRATCH_URL`` is for this kind of database; none if the setting is empty.

    Raises:
        ScratchUnavailable: There are URLs, but none for this kind.
    """
    if not urls:
        return None
    parsed = [make_url(url) for url in urls]
    found = next((url for url in parsed if _family(url.get_backend_name()) == _family(dialect_name)), None)
    if found is None:
        raise ScratchUnavailable(
            f"MIGRATE_SCRATCH_URL names {parsed[0].get_backend_name()}, and the target is {dialect_name}.",
            reason=Reason.WRONG_SERVER,
            why="What one kind of server makes of the models says nothing about another. Nothing was changed.",
            do=f'MIGRATE_SCRATCH_URL = ["…", "{dialect_name}://…"] (one for each kind)',
        )
    return found


def _family(name: str) -> str:
    return "mysql" if name == "mariadb" else name


def _must_be_same(target: str, scratch: str) -> None:
    if target != scratch:
        raise ScratchUnavailable(
            f"MIGRATE_SCRATCH_URL names a server with {scratch}, and the target's has {target}.",
            reason=Reason.WRONG_SERVER,
            why="What another version makes of the models can differ from what the target has. Nothing was changed.",
            do=f"start a {target} for MIGRATE_SCRATCH_URL",
        )


def _no_right(account: Likeness) -> ScratchUnavailable:
    right = account.missing_right()
    return ScratchUnavailable(
        f"The account {account.account} may not make a scratch database.",
        reason=Reason.NO_RIGHT,
        why="The server refuses CREATE DATABASE. Nothing was changed.",
        do=f'{right};  (or MIGRATE_SCRATCH_URL = "…", a server of the same kind and version)',
        missing_right=right,
    )


def _refused(error: DBAPIError) -> ScratchUnavailable:
    return ScratchUnavailable(
        f"The server makes no scratch database: {_words(error)}",
        reason=Reason.SERVER_REFUSES,
        why="Nothing was changed.",
        do=WAY_ROUND,
    )


def _words(error: DBAPIError) -> str:
    return str(error.orig).strip().partition("\n")[0]
