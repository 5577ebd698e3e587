"""The settings, read from ``app.config`` at the start of each command.

Each one is a ``MIGRATE_`` key; its default and the reason for it stand beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, cast

OnStart = Literal["off", "check", "upgrade"]
IfAhead = Literal["ok", "fail"]
Drops = Literal["archive", "drop"]


@dataclass(frozen=True, slots=True)
class Settings:
    """What a command obeys beside its own arguments.

    Attributes:
        atomic: ``MIGRATE_ATOMIC``: one transaction around all revisions of an upgrade. Off: each
            revision has its own, so that a late failure does not undo the revisions before it, and
            no lock is held from the first revision to the last.
        lock_timeout: ``MIGRATE_LOCK_TIMEOUT``: how long a statement waits for a lock on PostgreSQL, MariaDB and
            MySQL, in seconds; SQLite keeps its own limit. 0 waits for ever, as the servers do by themselves.
            Two seconds: while an ALTER waits, every later query of that table waits behind it, so a
            forgotten transaction would stop the site.
        lock_retry: ``MIGRATE_LOCK_RETRY``: for how long a revision that missed a lock is tried again, in seconds;
            0 gives up at once. Ten minutes: nearly all transactions have ended by then, and the pauses hinder nobody.
        lock_wait: ``MIGRATE_LOCK_WAIT``: how long a run waits for another one that has the database, in seconds.
            Ten minutes: what starts the replicas of a site would give up on them sooner or later, too.
        journal_text: ``MIGRATE_JOURNAL_TEXT``: whether the record of a finished revision holds its script's text.
            On: a script that is lost or was edited later can be compared with what was run.
        statement_timeout: ``MIGRATE_STATEMENT_TIMEOUT``: how long one statement may run, in seconds. 0 has no
            limit: a migration that was ended before its time has to be run again from the start. SQLite has
            none at all, and MySQL ends only what reads.
        scratch_url: ``MIGRATE_SCRATCH_URL``: another server to make scratch databases on, of the target's
            kind and major version; a list has one URL for each kind. None: they are made beside the
            target, where kind, version, extensions and locales are the same without further ado.
        on_start: ``MIGRATE_ON_START``: what happens before the app answers its first request: ``"off"``, ``"check"``
            (it answers none while revisions are pending) or ``"upgrade"`` (they are applied). ``Migrate(on_start=…)``
            wins. Off: not everybody wants a web process to touch the schema.
        if_ahead: ``MIGRATE_IF_AHEAD``: what becomes of a command where newer code has migrated the database: ``"ok"``
            (`upgrade`, `check`, `wait` and `current --check-heads` say so, change nothing and end with 0, if the
            journal shows that its revision follows all that are here) or ``"fail"`` (they refuse, and an app with
            ``on_start`` does not serve). None: they refuse, and an app with ``on_start`` serves with a warning, since
            during each deploy the old code meets the newer schema for a while.
        direct_url: ``MIGRATE_DIRECT_URL``: another way to the database, round a pooler such as PgBouncer in
            transaction mode: what ``flask db`` does goes by this URL, and the app by its own one. A mapping has the
            URLs by the names of the binds. None: what must hold for a session is done otherwise, as far as it can be.
        proof: ``MIGRATE_PROOF``: whether ``flask db migrate`` proves the script that it writes, on a scratch database,
            as ``flask db prove`` does. On: it takes some tenths of a second, and what is found out now is not found
            out by the users of the database.
        lint_target: ``MIGRATE_LINT_TARGET``: the server that ``flask db lint`` judges for, such as ``"postgresql 15"``
            or ``"mariadb 10.11"``. Empty: the one that it measures on, which may be another than production's.
        accept: ``MIGRATE_ACCEPT``: the names of hazards that ``flask db lint`` accepts in all scripts, as a list or
            with commas between. Empty: each is to be accepted where it stands, with a reason.
        drops: ``MIGRATE_DROPS``: what becomes of columns and tables that scripts drop: ``"archive"`` keeps their
            values, and the opposite direction puts them back; ``"drop"`` lets them go. ``Migrate(drops=…)`` wins, and
            ``drops = "drop"`` at the top of a script wins over both. Archive: what a script drops by mistake nobody
            else has any more. While ``app.testing`` is set, nothing is kept.
        archive_copy: ``MIGRATE_ARCHIVE_COPY``: up to how many rows a column is copied when it is dropped; in a larger
            table it is only renamed. 100,000: copying so many takes some tenths of a second, for which the table
            is locked.
        archive_keep: ``MIGRATE_ARCHIVE_KEEP``: how long what was dropped is kept, as ``"30d"``; an upgrade lets go of
            what is older. None: until somebody says ``flask db purge``.
        confirm_loss: ``MIGRATE_CONFIRM_LOSS``: refuse, before the first statement, scripts that remove rows for good
            (DELETE, TRUNCATE) unless they say ``drops = "drop"``. Off: what goes is counted and reported.
    """

    atomic: bool = False
    lock_timeout: float = 2.0
    lock_retry: float = 600.0
    lock_wait: float = 600.0
    journal_text: bool = True
    statement_timeout: float = 0.0
    scratch_url: tuple[str, ...] = ()
    on_start: OnStart = "off"
    if_ahead: IfAhead | None = None
    direct_url: tuple[tuple[str, str], ...] = ()
    proof: bool = True
    lint_target: str = ""
    accept: tuple[str, ...] = ()
    drops: Drops = "archive"
    archive_copy: int = 100_000
    archive_keep: str | None = None
    confirm_loss: bool = False


def settings_from(config: Mapping[str, Any], drops: Any = None) -> Settings:
    """Read the settings from a Flask configuration.

    Args:
        config: The Flask configuration.
        drops: What ``Migrate`` was given as ``drops``; it wins.

    Raises:
        BadSetting: A value cannot be used.
    """
    given: dict[str, Any] = {
        field.name: _READERS[field.name](f"MIGRATE_{field.name.upper()}", config[key])
        for field in fields(Settings)
        if (key := f"MIGRATE_{field.name.upper()}") in config
    }
    if drops is not None:
        given["drops"] = _drops("drops", drops)
    if config.get("TESTING") and drops is None and "MIGRATE_DROPS" not in config:
        given["drops"] = "drop"
    return Settings(**given)


def on_start_of(config: Mapping[str, Any], given: Any = None) -> OnStart:
    """Return what happens before the first request.

    Args:
        config: The Flask configuration.
        given: What ``Migrate`` was given; it wins.

    Raises:
        BadSetting: It is none of the three words.
    """
    if given is not None:
        return _on_start("on_start", given)
    return _on_start("MIGRATE_ON_START", config.get("MIGRATE_ON_START", False))


_WORDS = {
    "1": True,
    "true": True,
    "yes": True,
    "on": True,
    "0": False,
    "false": False,
    "no": False,
    "off": False,
}


def _flag(name: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word not in _WORDS:
        _refuse(name, value, "It is either true or false.", f"app.config[{name!r}] = True")
    return _WORDS[word]


def _seconds(name: str, value: Any) -> float:
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        _refuse(name, value, "It is a number of seconds, not negative.", f"app.config[{name!r}] = 10")
    return seconds


def _on_start(name: str, value: Any) -> OnStart:
    word = str(value).strip().lower() if value else "off"
    if word not in ("off", "check", "upgrade"):
        _refuse(name, value, 'It is "off", "check" or "upgrade".', 'app.config["MIGRATE_ON_START"] = "check"')
    return cast(OnStart, word)


def _if_ahead(name: str, value: Any) -> IfAhead | None:
    word = str(value).strip().lower() if value else ""
    if word not in ("", "ok", "fail"):
        _refuse(name, value, 'It is "ok" or "fail".', f'app.config[{name!r}] = "ok"')
    return cast(IfAhead, word) if word else None


def _drops(name: str, value: Any) -> Drops:
    word = str(value).strip().lower()
    if word not in ("archive", "drop"):
        _refuse(name, value, 'It is "archive" or "drop".', 'app.config["MIGRATE_DROPS"] = "drop"')
    return cast(Drops, word)


def _rows(name: str, value: Any) -> int:
    try:
        rows = int(value)
    except (TypeError, ValueError):
        rows = -1
    if rows < 0:
        _refuse(name, value, "It is a number of rows, not negative.", f"app.config[{name!r}] = 100_000")
    return rows


def _age(name: str, value: Any) -> str | None:
    return str(value) if value else None


def _urls(name: str, value: Any) -> tuple[str, ...]:
    urls = (value,) if isinstance(value, str) else tuple(value or ())
    if not all(isinstance(url, str) and "://" in url for url in urls if url):
        _refuse(name, "***", "It is a database URL, or a list of them.", f'app.config[{name!r}] = "postgresql://…"')
    return tuple(url for url in urls if url)


def _urls_by_bind(name: str, value: Any) -> tuple[tuple[str, str], ...]:
    given = value.items() if isinstance(value, Mapping) else [("", value)]
    urls = tuple((bind or "", url) for bind, url in given if url)
    if not all(isinstance(bind, str) and isinstance(url, str) and "://" in url for bind, url in urls):
        _refuse(
            name,
            "***",
            "It is a database URL, or a mapping from the names of binds to URLs.",
            f'app.config[{name!r}] = "postgresql://…"',
        )
    return urls


_SERVERS = ("postgresql", "mariadb", "mysql", "sqlite")


def _server(name: str, value: Any) -> str:
    words = str(value or "").strip().lower().split()
    numbers = words[1].split(".") if len(words) == 2 else []
    if words and (words[0] not in _SERVERS or len(words) > 2 or not all(one.isdigit() for one in numbers)):
        _refuse(
            name,
            value,
            f"It is a kind of server ({', '.join(_SERVERS)}) and its version.",
            f'app.config[{name!r}] = "postgresql 15"',
        )
    return " ".join(words)


def _words(name: str, value: Any) -> tuple[str, ...]:
    words = value.split(",") if isinstance(value, str) else tuple(value or ())
    if not all(isinstance(one, str) for one in words):
        _refuse(name, value, "It is a list of names.", f'app.config[{name!r}] = ["scans-table"]')
    return tuple(one.strip().lower() for one in words if one.strip())


def _refuse(name: str, value: Any, why: str, do: str) -> None:
    from whimbrel.errors import BadSetting

    raise BadSetting(f"{name} cannot be {value!r}.", why=f"{why} Nothing was changed.", do=do)


_READERS = {
    "atomic": _flag,
    "lock_timeout": _seconds,
    "lock_retry": _seconds,
    "lock_wait": _seconds,
    "journal_text": _flag,
    "statement_timeout": _seconds,
    "scratch_url": _urls,
    "on_start": _on_start,
    "if_ahead": _if_ahead,
    "direct_url": _urls_by_bind,
    "proof": _flag,
    "lint_target": _server,
    "accept": _words,
    "drops": _drops,
    "archive_copy": _rows,
    "archive_keep": _age,
    "confirm_loss": _flag,
}
