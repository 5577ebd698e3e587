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
        self._path = Path(f"{self._database}{SUFFIX}")

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
        try:
            with self._path.open("r+", encoding="utf-8") as file:
                if self._file is None and _lock(file):
                    return None
            found = json.loads(self._path.read_text("utf-8"))
            words = f"process {found['pid']} on {found['host']}, since {found['since']}"
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return Holder(words, f"kill {found['pid']}   (on {found['host']})")

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
        name = hashlib.blake2b(str(self._database).encode(), digest_size=8).hexdigest()
        for path in (Path(f"{self._database}{SUFFIX}"), Path(tempfile.gettempdir()) / f"whimbrel-{name}.lock"):
            with contextlib.suppress(OSError):
                opened: IO[str] = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o666), "r+", encoding="utf-8")
                self._path = path
                return opened
        return None


def _lock(file: IO[Any]) -> bool:
    posix, windows = _module("fcntl"), _module("msvcrt")
    try:
        if posix is not None:
            posix.flock(file, posix.LOCK_EX | posix.LOCK_NB)
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
