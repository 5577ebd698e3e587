"""What ``env.py`` may do to logging.

On the command line an ``env.py`` sets up logging from ``alembic.ini``, as it always did, but loggers
that exist already are not disabled. In the app's own process nothing is set up: the application's
loggers and the root logger's handlers stay as they are.

``env.py`` files of all ages call ``logging.config.fileConfig`` by themselves, so that name and its like
stand for functions of ours while a command runs. What they do depends on a context variable: other
threads and tasks of the same process get the original behaviour.
"""

from __future__ import annotations

import io
import logging
import logging.config
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from contextvars import ContextVar
from enum import Enum
from typing import Any


class Logs(Enum):
    """Whose logging it is."""

    OURS = "the process is a command's own: logging is set up from alembic.ini"
    THEIRS = "the process is the application's: its logging is left alone"


_rule: ContextVar[Logs | None] = ContextVar("whimbrel_logs", default=None)
_lock = threading.Lock()
_originals: dict[str, Callable[..., Any]] = {}
_users = 0


@contextmanager
def logs_obey(rule: Logs) -> Iterator[None]:
    """Make logging set-up by ``env.py`` obey a rule, in this context only."""
    token = _rule.set(rule)
    _replace()
    before = _Before() if rule is Logs.THEIRS else None
    try:
        yield
    finally:
        if before is not None:
            before.restore()
        _put_back()
        _rule.reset(token)


@contextmanager
def quietly(rule: Logs) -> Iterator[None]:
    """Let only warnings through while a command looks around before it begins; in an app's own process, all."""
    before = logging.root.manager.disable
    if rule is Logs.OURS:
        logging.disable(max(before, logging.INFO))
    try:
        yield
    finally:
        logging.disable(before)


@contextmanager
def muted() -> Iterator[None]:
    """Say nothing of what happens on scratch: it would be taken for what happens to the app's database."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with redirect_stdout(io.StringIO()):
            yield
    finally:
        logging.disable(before)


def set_up_logging(config_file: str | None, rule: Logs) -> None:
    """Set logging up for the command line: from the ini file, or, where it says nothing, plainly."""
    if rule is Logs.THEIRS:
        return
    if config_file is not None and _has_loggers(config_file):
        logging.config.fileConfig(config_file, disable_existing_loggers=False, encoding="utf-8")
        return
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(levelname)-5.5s [%(name)s] %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    for name in ("alembic", "flask_migrate"):
        logging.getLogger(name).setLevel(logging.INFO)


def _has_loggers(config_file: str) -> bool:
    try:
        with open(config_file, encoding="utf-8") as file:  # noqa: PTH123
            return "[loggers]" in file.read()
    except OSError:
        return False


def _replace() -> None:
    global _users  # noqa: PLW0603
    with _lock:
        _users += 1
        if _users == 1:
            for (home, name), ours in _SET_UPS.items():
                _originals[name] = getattr(home, name)
                setattr(home, name, ours)


def _put_back() -> None:
    global _users  # noqa: PLW0603
    with _lock:
        _users -= 1
        if _users == 0:
            for home, name in _SET_UPS:
                setattr(home, name, _originals[name])


def _file_config(fname: Any, defaults: Any = None, disable_existing_loggers: bool = True, encoding: Any = None) -> None:
    rule = _rule.get()
    if rule is Logs.THEIRS:
        return
    disable = disable_existing_loggers and rule is None
    _originals["fileConfig"](fname, defaults, disable, encoding)


def _dict_config(config: Any) -> None:
    if _rule.get() is not Logs.THEIRS:
        _originals["dictConfig"](config)


def _basic_config(**options: Any) -> None:
    if _rule.get() is not Logs.THEIRS:
        _originals["basicConfig"](**options)


_SET_UPS: dict[tuple[Any, str], Callable[..., None]] = {
    (logging.config, "fileConfig"): _file_config,
    (logging.config, "dictConfig"): _dict_config,
    (logging, "basicConfig"): _basic_config,
}


class _Before:
    """How logging was, to mend what an ``env.py`` does to it by other ways than these functions."""

    def __init__(self) -> None:
        root = logging.getLogger()
        self.handlers = list(root.handlers)
        self.level = root.level
        self.enabled = [logger for logger in _loggers() if not logger.disabled]

    def restore(self) -> None:
        root = logging.getLogger()
        if root.handlers != self.handlers:
            root.handlers[:] = self.handlers
        if root.level != self.level:
            root.setLevel(self.level)
        for logger in self.enabled:
            logger.disabled = False


def _loggers() -> list[logging.Logger]:
    known = list(logging.Logger.manager.loggerDict.values())
    return [logger for logger in known if isinstance(logger, logging.Logger)]
