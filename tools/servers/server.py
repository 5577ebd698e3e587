"""A server's life, from an empty folder to its end, under an account without rights."""

import contextlib
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tools import debian
from tools.servers import mariadb, postgresql
from tools.servers.recipe import Programs

SECONDS_TO_START = 60


class Server:
    """One server in a folder of its own; every step is begun here and waited for by the caller."""

    def __init__(self, kind: str, programs: Programs, place: Path) -> None:
        makers = {"postgresql": postgresql.recipe, "mariadb": mariadb.recipe}
        self.kind = kind
        self.place = place
        self.recipe = makers[kind](programs, place, _free_port())
        self._process: subprocess.Popen[bytes] | None = None
        self._lay_out()

    def initialise(self) -> None:
        """Begin to write the system's own tables; `finish()` waits for it."""
        self._process = self._spawn(self.recipe.initialise)

    def finish(self) -> bool:
        """Wait for the end of what was begun; tell whether it went well."""
        assert self._process is not None
        self._process.communicate(self.recipe.stdin)
        return self._process.returncode == 0

    def serve(self) -> None:
        """Begin to serve; `becomes_ready()` waits for it."""
        self._process = self._spawn(self.recipe.serve)

    def becomes_ready(self) -> bool:
        """Wait until it answers; tell whether it ever does."""
        deadline = time.monotonic() + SECONDS_TO_START
        while self._runs() and time.monotonic() < deadline:
            if self.recipe.is_ready():
                return True
            time.sleep(0.05)
        return False

    def stop(self) -> None:
        """End it at once: what it holds is thrown away."""
        for send in (signal.SIGQUIT, signal.SIGKILL):
            deadline = time.monotonic() + 5
            while self._runs() and time.monotonic() < deadline:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self._process.pid if self._process else 0, send)
                time.sleep(0.05)

    def last_words(self) -> str:
        """Return the end of what it wrote into its log, on one line."""
        lines = (self.place / "log").read_text(encoding="utf-8", errors="replace").splitlines()
        return " / ".join(line.strip() for line in lines if line.strip())[-600:] or "it says nothing."

    def _runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _lay_out(self) -> None:
        for name, text in self.recipe.files.items():
            file = self.place / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        self.place.chmod(0o700)
        if debian.is_root():
            for path in (self.place, *self.place.rglob("*")):
                shutil.chown(path, **_account(self.recipe.accounts))

    def _spawn(self, command: Sequence[str]) -> subprocess.Popen[bytes]:
        rights = _account(self.recipe.accounts) | {"extra_groups": []} if debian.is_root() else {}
        with (self.place / "log").open("ab") as log:
            return subprocess.Popen(
                command,
                cwd=self.place,
                env=dict(os.environ, HOME=str(self.place)) | dict(self.recipe.environ),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
                # The keeper has one thread; and the parent's death is that of the thread that forked.
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509
                **rights,
            )


def folder_open_to_all() -> Path:
    """Choose a folder for temporary files in which another account can reach its own."""
    usual = Path(os.environ.get("TMPDIR") or "/tmp")
    for folder in (usual, Path("/tmp"), Path("/var/tmp")):
        if all(parent.stat().st_mode & 0o001 for parent in (folder, *folder.parents)):
            return folder
    return usual


def _account(names: Sequence[str]) -> dict[str, Any]:
    """Choose the first account that this system has; PostgreSQL and MariaDB refuse to serve as root."""
    import pwd

    accounts = {entry.pw_name: entry for entry in pwd.getpwall()}
    chosen = next(accounts[name] for name in names if name in accounts)
    return {"user": chosen.pw_uid, "group": chosen.pw_gid}


def _die_with_parent() -> None:
    """Have the system end this process should even the keeper be killed: prctl(2), PR_SET_PDEATHSIG."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
