"""The runner's lock on SQLite: a file beside the database, locked by the operating system.

It is free when its holder's process ends, however that ends. It is removed by who gives it back; a process
that waited for the removed file sees that it is another one than the path's, and opens that.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import json
import os
import socket
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from whimbrel.backends.locks import Holder

SUFFIX = ".whimbrel-lock"
# Where everybody may write, a link of the file's name may lead anywhere.
_OPEN = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)


class FileLock:
    """A lock on a database file.

    Args:
        database: The path of the database.
    """

    guard = ""

    def __init__(self, database: str) -> None:
        """Open nothing yet."""
        self._database = Path(database).resolve()
        self._file: IO[str] | None = None
        name = hashlib.blake2b(str(self._database).encode(), digest_size=8).hexdigest()
        beside = Path(f"{self._database}{SUFFIX}")
        self._paths = (beside, Path(tempfile.gettempdir()) / f"whimbrel-{name}.lock")
        self._path = beside

    def take(self) -> bool:
        """Try to take it; where no file can be made there is nothing to lock, and nothing to change either."""
        file = self._open()
        if file is None:
            return True
        if not _lock(file):
            file.close()
            return False
        if not _is_at(file, self._path):
            file.close()
            return False
        self._file = file
        _write(file)
        return True

    def holder(self) -> Holder | None:
        """Return the process that wrote its name into the file, if it has it still."""
        return next((one for path in self._paths if (one := _holder_of(path)) is not None), None)

    def is_held(self) -> bool:
        """Succeed: the operating system keeps it as long as this process lives."""
        return True

    def release(self) -> None:
        """Remove the file and give it back."""
        if self._file is None:
            return
        with contextlib.suppress(OSError):
            if sys.platform != "win32":  # there an open file cannot be removed
                self._path.unlink()
        with contextlib.suppress(OSError):
            self._file.close()
        self._file = None

    def _open(self) -> IO[str] | None:
        """Open the file: beside the database, else where temporary files go, else not at all."""
        for path in self._paths:
            with contextlib.suppress(OSError):
                opened: IO[str] = os.fdopen(os.open(path, _OPEN, 0o666), "r+", encoding="utf-8")
                self._path = path
                return opened
        return None


def _holder_of(path: Path) -> Holder | None:
    try:
        with path.open(encoding="utf-8") as file:
            if _lock(file, shared=True):
                return None
            found = json.loads(path.read_text("utf-8"))
            words = f"process {found['pid']} on {found['host']}, since {found['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Holder(words, f"kill {found['pid']}   (on {found['host']})")


def _lock(file: IO[Any], *, shared: bool = False) -> bool:
    """Lock a file; a shared lock, with which it is only seen whether it can be had, is gone when the file is closed."""
    posix, windows = _module("fcntl"), _module("msvcrt")
    try:
        if posix is not None:
            posix.flock(file, (posix.LOCK_SH if shared else posix.LOCK_EX) | posix.LOCK_NB)
        elif windows is not None:
            file.seek(_BEYOND)  # what is locked there nobody else can read
            windows.locking(file.fileno(), windows.LK_NBLCK, 1)
    except OSError:
        return False
    return True


def _module(name: str) -> Any:
    """Return a module that one system has and another has not."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        return None


_BEYOND = 4096


def _is_at(file: IO[Any], path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except OSError:
        return False


def _write(file: IO[str]) -> None:
    since = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    file.seek(0)
    file.truncate()
    file.write(json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "since": since}))
    file.flush()
