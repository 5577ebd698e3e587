"""Connections that are led elsewhere: with the app's own options and listeners, to another database.

The app's pool is copied (`Pool.recreate`), and a ``do_connect`` listener on the app's dialect opens the
connections of the copy at the other place. Nothing is changed for the app's own pool, and the listener
makes its arguments anew each time: SQLAlchemy 2.0 hands out the dictionary that it will use again.
"""

from __future__ import annotations

import re
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, WeakSet

from sqlalchemy import create_engine, event

from whimbrel.errors import Reason, ScratchUnavailable
from whimbrel.targets.direct import LED, directly, is_led_directly

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Set as AbstractSet

    from sqlalchemy import URL, Connection, Dialect, Engine, Pool
    from sqlalchemy.ext.asyncio import AsyncEngine

    from whimbrel.scratch.servers import Kind

# In a connection's `info`: it leads to scratch, or is the scratch package's own.
MARK = "whimbrel.scratch"

# Arguments of drivers that shape a session and say nothing of where it is: they go along to another server.
_OF_THE_SESSION = {
    "options",
    "server_settings",
    "client_encoding",
    "application_name",
    "init_command",
    "sql_mode",
    "charset",
    "collation",
    "use_unicode",
    "conv",
    "cursorclass",
    "cursor_factory",
    "prepare_threshold",
    "prepared_statement_cache_size",
    "statement_cache_size",
}


@dataclass(slots=True)
class Lead:
    """Where the connections of a copied pool go.

    Attributes:
        home: The URL of the app's engine.
        there: The URL of the other database; the app's own if there is none.
        database: The name that the server must give when a new connection asks where it is; empty: any.
        elsewhere: Whether the other database is on another server, so that the app's account and host do not hold.
        followed: Whether the last connection was opened by way of the listener; false for `creator=` engines.
        not_to_be_named: Databases of the same server that a statement must not name, where it could reach them.
        each: Called with a cursor on each new connection, after the app's own listeners.
        astray: What was refused because it led elsewhere, in words.
    """

    home: URL
    there: URL | None = None
    database: str = ""
    elsewhere: bool = False
    followed: bool = False
    not_to_be_named: AbstractSet[str] = frozenset()
    each: Callable[[Any], None] | None = None
    astray: list[str] = field(default_factory=list)
    kind: type[Kind] | None = field(default=None, repr=False)

    def arguments(self, dialect: Dialect, cargs: Any, cparams: Any) -> tuple[list[Any], dict[str, Any]]:
        """Return the driver's arguments for the other place, from those for the app's database."""
        by_url, by_url_words = directly(dialect, cargs, dict(cparams))
        if self.there is None:
            return by_url, by_url_words
        new_cargs, new = dialect.create_connect_args(self.there)
        if self.elsewhere:
            kept = {key: value for key, value in cparams.items() if key in _OF_THE_SESSION}
            return list(new_cargs), {**kept, **new}
        _, old = dialect.create_connect_args(self.home)
        moved = {key: value for key, value in new.items() if old.get(key) != value}
        return list(new_cargs), {**by_url_words, **moved}

    def named(self, statement: str) -> str:
        """Return which database a statement names that it must not name; nothing if it names none."""
        for name in self.not_to_be_named:
            if re.search(rf"(?<![\w$.`])`?{re.escape(name)}`?\s*\.", statement, re.IGNORECASE):
                return name
        return ""

    def opened(self, dialect: Dialect, cargs: Any, cparams: Any) -> Any:
        """Open a connection at the other place, for an engine that has no copied pool."""
        self.followed = True
        new_cargs, new_cparams = self.arguments(dialect, cargs, cparams)
        connection = dialect.connect(*new_cargs, **new_cparams)
        _verify(self, connection)
        if self.each is not None:
            _with_cursor(connection, self.each)
        return connection


_leading: ContextVar[Lead | None] = ContextVar("whimbrel_leading", default=None)
_listened_to: WeakSet[Dialect] = WeakSet()
_sources: WeakKeyDictionary[Pool, Pool] = WeakKeyDictionary()


def led_engine(engine: Engine, lead: Lead, **options: Any) -> Engine:
    """Make an engine for another place, with the options and listeners of the app's engine."""
    url = lead.there or lead.home
    execution = {**engine.get_execution_options(), **options}
    return create_engine(
        url.set(drivername=drivername_of(engine)), pool=led_pool(engine, lead), execution_options=execution
    )


def led_pool(engine: Engine, lead: Lead) -> Pool:
    """Copy an engine's pool, and lead the connections of the copy elsewhere."""
    # `event.contains` goes by id(), and can take an engine for one that is no more.
    listening = engine.dialect
    if listening not in _listened_to:
        _listened_to.add(engine.dialect)
        event.listen(engine, "do_connect", _connect)
    source = _sources.get(engine.pool, engine.pool)  # an engine may have been led somewhere already
    pool = source.recreate()
    _sources[pool] = source
    opens: Any = pool._invoke_creator

    def creator(record: Any) -> Any:
        lead.followed = False
        token = _leading.set(lead)
        try:
            opened = opens(record)
        finally:
            _leading.reset(token)
        record.info[MARK] = lead  # here, and not by an event: another pool may use what opens for this one
        if is_led_directly():
            record.info[LED] = True  # `arguments` has gone the other way
        return opened

    def arrived(dbapi_connection: Any, record: Any) -> None:
        _verify(lead, dbapi_connection)

    def ready(dbapi_connection: Any, record: Any) -> None:
        if lead.each is not None:
            _with_cursor(dbapi_connection, lead.each)

    pool._creator = creator  # type: ignore[assignment]
    event.listen(pool, "connect", arrived, insert=True)
    event.listen(pool, "connect", ready)
    return pool


def without_async(engine: Engine | AsyncEngine | Connection) -> Engine:
    """Return the engine that does the work, behind an asynchronous one or a connection."""
    inner: Any = getattr(engine, "sync_engine", None) or engine.engine
    found: Engine = inner
    return found


def drivername_of(engine: Engine) -> str:
    """Return the name under which SQLAlchemy finds the dialect that an engine has."""
    name = f"{engine.dialect.name}+{engine.dialect.driver}"
    found = engine.url.set(drivername=name).get_dialect()
    # psycopg is one driver with two dialects.
    return f"{name}_async" if engine.dialect.is_async and not found.is_async else name


def mark(dbapi_connection: Any, record: Any) -> None:
    """Mark a connection as our own; a listener for a pool's "connect" event."""
    record.info[MARK] = True


def mark_of(connection: Connection) -> Lead | bool | None:
    """Return the lead of a connection to scratch, true for another one of our own, else nothing."""
    proxied: Any = connection.connection
    record = getattr(proxied, "_connection_record", None)
    found: Lead | bool | None = (proxied if record is None else record).info.get(MARK)
    return found


def led_now() -> bool:
    """Tell whether the connection that is being opened is one of ours."""
    return _leading.get() is not None


def _connect(dialect: Dialect, record: Any, cargs: Any, cparams: Any) -> Any:
    """Open a connection of a copied pool at its place; leave all others to SQLAlchemy."""
    lead = _leading.get()
    if lead is None:
        return None
    lead.followed = True
    new_cargs, new_cparams = lead.arguments(dialect, cargs, cparams)
    return dialect.connect(*new_cargs, **new_cparams)


def _verify(lead: Lead, dbapi_connection: Any) -> None:
    """Ask the server where the connection is: a pooler may send every name to one database."""
    if not lead.database or lead.kind is None:
        return
    if not lead.followed:
        dbapi_connection.close()
        raise _gone_astray(lead, own_creator())
    found: list[str] = []
    kind = lead.kind
    _with_cursor(dbapi_connection, lambda cursor: found.append(kind.database_of(cursor, lead.database)))
    if found != [lead.database]:
        dbapi_connection.close()
        error = ScratchUnavailable(
            f"A connection to the scratch database {lead.database} arrived in {found[0]}.",
            reason=Reason.NOT_REACHABLE,
            why="Something between here and the server sends all names to one database. Nothing was changed.",
            do=WAY_ROUND,
        )
        raise _gone_astray(lead, error)


def _gone_astray(lead: Lead, error: ScratchUnavailable) -> ScratchUnavailable:
    lead.astray.append(error.what)
    return error


def own_creator() -> ScratchUnavailable:
    """Return the error for an engine that connects by a function of the app's."""
    return ScratchUnavailable(
        "The app's engine connects by a function of its own (creator=), so it cannot be led to a scratch database.",
        reason=Reason.OWN_CREATOR,
        why="Where such a function connects to is its own secret. Nothing was changed.",
        do='make the engine from a URL with connect_args= or a "do_connect" listener instead of creator=',
    )


WAY_ROUND = (
    'MIGRATE_DIRECT_URL = "…" (a way round the pooler), or MIGRATE_SCRATCH_URL = "…" (another server of the same kind)'
)


def _with_cursor(dbapi_connection: Any, does: Callable[[Any], None]) -> None:
    """Run something on a new connection, and leave it without a transaction."""
    cursor = dbapi_connection.cursor()
    try:
        does(cursor)
    finally:
        cursor.close()
    dbapi_connection.rollback()
