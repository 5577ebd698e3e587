"""``MIGRATE_DIRECT_URL``: while a command runs, what connects to a database of the app goes by another URL.

Whoever connects does not know of it: the app's engines, and those that an ``env.py`` makes from the same URL. Only
the code of the command's own context is led; the other threads of a serving process go on as they did. Like
`whimbrel.scratch.gate` it stands on SQLAlchemy's events for all engines and pools, which do nothing otherwise.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, Pool, event, make_url
from sqlalchemy.exc import ArgumentError, DisconnectionError
from sqlalchemy.pool import SingletonThreadPool, StaticPool

from whimbrel.backends import backend_for
from whimbrel.errors import BadSetting
from whimbrel.targets.database import DEFAULT_NAMES
from whimbrel.targets.target import targets_of

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Dialect

SETTING = "MIGRATE_DIRECT_URL"

# In a connection's `info`: it was led.
LED = "whimbrel.direct"
_REOPENED = "whimbrel.reopened"


@dataclass(frozen=True, slots=True)
class _Way:
    """From one of the app's engines to the same database by another URL."""

    home: URL
    there: URL
    pool: Pool
    opener: Dialect

    def is_for(self, opener: Dialect, cargs: Sequence[Any], cparams: dict[str, Any]) -> bool:
        """Tell whether a connection that is about to be opened would be one to the app's database."""
        if opener is self.opener:
            return True
        if not _are_alike(opener.name, self.opener.name):
            return False
        home_cargs, home = opener.create_connect_args(self.home)
        return list(home_cargs) == list(cargs) and home.items() <= cparams.items()

    def arguments(self, dialect: Dialect, cparams: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        """Return the driver's arguments for the other URL, with what the app says beside its own one."""
        _, home = dialect.create_connect_args(self.home)
        beside = {key: value for key, value in cparams.items() if key not in home or home[key] != value}
        new_cargs, new = dialect.create_connect_args(self.there)
        return list(new_cargs), {**beside, **new}


_ways: ContextVar[tuple[_Way, ...]] = ContextVar("whimbrel_ways", default=())
_installing = threading.Lock()


@contextmanager
def led_directly(db: Any, urls: Sequence[tuple[str, str]]) -> Iterator[None]:
    """Lead connections to the app's databases by other URLs, in this context.

    Args:
        db: What ``app.extensions["migrate"].db`` holds.
        urls: The bind's name (the default one has the empty name) and URL of each database that has another way.

    Raises:
        BadSetting: A URL cannot be used, or there is no such bind.
    """
    if not urls:
        yield
        return
    _install()
    token = _ways.set(tuple(_ways_of(db, urls)))
    try:
        yield
    finally:
        _ways.reset(token)


def directly(dialect: Dialect, cargs: Sequence[Any], cparams: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """Return the driver's arguments for the other way, if there is one; else those that were given."""
    way = _way_for(dialect, cargs, cparams)
    return way.arguments(dialect, cparams) if way else (list(cargs), dict(cparams))


def is_led_directly() -> bool:
    """Tell whether there is another way for code here and now."""
    return bool(_ways.get())


def url_of(connection: Connection) -> URL:
    """Return the URL that a connection was opened with.

    Raises:
        BadSetting: It leads to a database with another way, and could not be led there.
    """
    url = connection.engine.url
    way = next((one for one in _ways.get() if _place(one.home) == _place(url)), None)
    if way is None:
        return url
    if LED not in connection.info:
        raise BadSetting(
            f"{SETTING} cannot be followed: the engine connects by a function of its own.",
            why="Where creator= or such a listener connects to is its own secret. Nothing was changed.",
            do='make the engine from a URL with connect_args= or a "do_connect" listener that returns nothing; '
            f"or remove {SETTING}",
        )
    return way.there


def connect_directly(dialect: Dialect, record: Any, cargs: list[Any], cparams: dict[str, Any]) -> Any:
    """Open a connection of the app's by the other way; a listener for "do_connect"."""
    way = _way_for(dialect, cargs, cparams)
    if way is None:
        return None
    # What other listeners change is the app's arguments, as ever; where one opens the connection, it is to be had.
    new_cargs, new_cparams = list(cargs), dict(cparams)
    for listener in dialect.dispatch.do_connect:
        if listener is connect_directly:
            continue
        connection = listener(dialect, record, new_cargs, new_cparams)
        if connection is not None:
            return connection
    new_cargs, new_cparams = way.arguments(dialect, new_cparams)
    connection = dialect.connect(*new_cargs, **new_cparams)
    if record is not None:
        record.info[LED] = True
    return connection


def _way_for(dialect: Dialect, cargs: Sequence[Any], cparams: dict[str, Any]) -> _Way | None:
    return next((way for way in _ways.get() if way.is_for(dialect, cargs, cparams)), None)


def _checkout(dbapi_connection: Any, record: Any, proxy: Any) -> None:
    """Have a connection of the app's pool opened anew where it went the other way; once."""
    pool, is_led = proxy._pool, LED in record.info
    if is_led == any(is_led or way.pool is pool for way in _ways.get()):
        return
    if isinstance(pool, (StaticPool, SingletonThreadPool)) or record.record_info.pop(_REOPENED, False):
        return
    record.record_info[_REOPENED] = True
    raise DisconnectionError(f"What a command does goes by {SETTING}, and nothing else.")


def _install() -> None:
    with _installing:
        if not event.contains(Pool, "checkout", _checkout):
            event.listen(Engine, "do_connect", connect_directly)
            event.listen(Pool, "checkout", _checkout)


def _ways_of(db: Any, urls: Iterable[tuple[str, str]]) -> Iterator[_Way]:
    engines: dict[str, Any] = {
        target.name: getattr(target.engine, "sync_engine", target.engine) for target in targets_of(db)
    }
    for name, text in urls:
        engine, there = engines.get("" if name in DEFAULT_NAMES else name), _parsed(text)
        if engine is None:
            known = ", ".join(sorted(filter(None, engines)))
            raise _refused(
                f"{SETTING} names the database {name or 'of no bind'!r}, and the app has none of that name.",
                f"It has {known or 'no binds'}.",
            )
        if not _are_alike(engine.dialect.name, there.get_backend_name()):
            raise _refused(
                f"{SETTING} names {there.get_backend_name()}, and the app's database is {engine.dialect.name}.",
                "It is another way to the same database.",
            )
        yield _Way(engine.url, there, engine.pool, engine.dialect)


def _are_alike(kind: str, other: str) -> bool:
    return backend_for(kind).name == backend_for(other).name


def _parsed(text: str) -> URL:
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):  # both quote it, password and all
        url = None
    if url is None or "@" in (url.host or ""):
        raise _refused(f"{SETTING} is no database URL.", "In user and password, @ is written %40, : %3A and / %2F.")
    return url


def _refused(what: str, why: str) -> BadSetting:
    do = f'app.config["{SETTING}"] = "postgresql://…"   (or, with binds: {{"reports": "postgresql://…"}})'
    return BadSetting(what, why=f"{why} Nothing was changed.", do=do)


def _place(url: URL) -> tuple[str | None, int | None, str | None]:
    return url.host, url.port, url.database
