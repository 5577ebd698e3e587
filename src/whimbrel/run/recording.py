"""What is written down of a finished revision beside its statements: its script, and who ran it with what."""

from __future__ import annotations

import datetime
import getpass
import hashlib
import importlib.metadata
import os
import platform
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from whimbrel.errors import BadSetting
from whimbrel.journal import Record
from whimbrel.scripts.header import content_of
from whimbrel.scripts.script import shown_path
from whimbrel.settings import Settings


@dataclass(frozen=True, slots=True)
class Script:
    """A step's script, as it is when it runs.

    Attributes:
        revision: Its id; for a stamp, those that were stamped.
        direction: ``upgrade``, ``downgrade`` or ``stamp``.
        message: Its first line.
        text: Its text; None where there is none to read.
        checksum: The SHA-256 of the text, in hexadecimal; empty without a text.
    """

    revision: str
    direction: str
    message: str = ""
    text: str | None = None
    checksum: str = ""


def script_of(step: Any) -> Script:
    """Return the script behind one of Alembic's steps."""
    revision = getattr(step, "revision", None)
    if revision is None:
        return Script(", ".join(step.info.up_revision_ids or step.info.destination_revision_ids), "stamp")
    text, direction = text_of(revision.path), "upgrade" if step.is_upgrade else "downgrade"
    return Script(revision.revision, direction, revision.doc or "", text, checksum_of(text))


def drops_of(step: Any, settings: Settings) -> str:
    """Return what becomes of what a step's script drops: what the script says, else the setting.

    Raises:
        BadSetting: The script says something else than ``"archive"`` or ``"drop"``.
    """
    revision: Any = getattr(step, "revision", None)
    said = getattr(getattr(revision, "module", None), "drops", None)
    if said is None:
        return settings.drops
    if said not in ("archive", "drop"):
        raise BadSetting(
            f"Revision {revision.revision} cannot say drops = {said!r}.",
            why='It is "archive" or "drop". The revision was not run.',
            do=f'edit {shown_path(revision.path)}: drops = "drop"',
        )
    return str(said)


def checksum_of(text: str | None) -> str:
    """Return the SHA-256 of a script's text, in hexadecimal; empty without a text."""
    return "" if text is None else hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def checksum_in(path: str) -> str:
    """Return the checksum of a script's text, read as ``text_of`` reads it; empty where there is none to read."""
    try:
        content = content_of(path)
    except OSError:
        return ""
    if b"\r" in content:
        content = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return hashlib.sha256(content).hexdigest()


def text_of(path: str) -> str | None:
    """Return a script's text; None where there is none to read."""
    try:
        return Path(path).read_text("utf-8", errors="surrogateescape")
    except OSError:
        return None


def _account() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # an account without a name, as in some containers
        return str(getattr(os, "getuid", lambda: "unknown")())


def _versions() -> dict[str, str]:
    tools = {name: importlib.metadata.version(name) for name in ("whimbrel", "alembic", "sqlalchemy")}
    return {**tools, "python": platform.python_version()}


@dataclass(frozen=True, slots=True)
class Recorder:
    """Knows who runs, where and with what.

    Args:
        driver: The name of the database driver.
        keep_text: Whether scripts are kept.
    """

    driver: str
    keep_text: bool
    account: str = field(default_factory=_account)
    versions: dict[str, str] = field(default_factory=_versions)

    def record(
        self, script: Script, heads: Any, statements: tuple[dict[str, Any], ...], began: datetime.datetime
    ) -> Record:
        """Return the record of a script that has just been run."""
        text = script.text if self.keep_text else None
        return Record(
            revision=script.revision,
            direction=script.direction,
            heads=tuple(sorted(heads)),
            message=script.message,
            checksum=script.checksum,
            text=None if text is None else text.encode("utf-8", "replace").decode(),
            statements=statements,
            started=began,
            seconds=(datetime.datetime.now(datetime.UTC) - began).total_seconds(),
            account=self.account,
            host=socket.gethostname(),
            pid=os.getpid(),
            versions={**self.versions, "driver": self.driver},
        )
