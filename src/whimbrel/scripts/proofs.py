"""The proofs, kept beside the scripts and committed with them: ``snapshot/proofs.txt``.

A line for each script and kind of server holds the revision, the server, the outcome, the checksum of the script's text
and the locks that its upgrade takes first. The lines are sorted, so that branches merge unless they prove the same
script. Who writes is alone with the file, and puts a whole one in its place.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote, unquote

from whimbrel.backends.locks import TableLock

_FILE = Path("snapshot") / "proofs.txt"
_HEAD = "# whimbrel proofs 1: revision, server, outcome, checksum of the script, locks that its upgrade takes first"
_LENGTH = 16
_PATIENCE, _PAUSE = 10.0, 0.02  # seconds; writing a file takes a few milliseconds


class Outcome(Enum):
    """What a proof came to."""

    SHOWN = "shown"
    REFUTED = "refuted"
    NOT_SHOWN = "not shown"


@dataclass(frozen=True, slots=True)
class Record:
    """What a proof came to.

    Attributes:
        kind: The kind of server.
        checksum: Of the text that was proved.
        locks: What its upgrade locks first.
    """

    revision: str
    kind: str
    outcome: Outcome
    checksum: str
    locks: tuple[TableLock, ...] = ()


def checksum_of(path: str | Path) -> str:
    """Return the checksum of a script; how its lines end does not count."""
    return sha256(Path(path).read_bytes().replace(b"\r\n", b"\n")).hexdigest()[:_LENGTH]


def file_of(repository: str | Path) -> Path:
    """Return where the proofs of a migrations folder are kept."""
    return Path(repository) / _FILE


def proof_files(repository: str | Path) -> tuple[Path, ...]:
    """Return the file, if it is there."""
    file = file_of(repository)
    return (file,) if file.exists() else ()


def read(repository: str | Path) -> tuple[Record, ...]:
    """Read the records; a line that is none, such as a merge leaves it, is passed over."""
    try:
        lines = file_of(repository).read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return ()
    return tuple(found for line in lines if (found := _record(line)) is not None)


def write(repository: str | Path, records: Iterable[Record]) -> Path:
    """Note proofs, each in the place of an earlier one of its script on the same kind of server.

    Args:
        repository: The migrations folder.
        records: What was found out.
    """
    file = file_of(repository)
    file.parent.mkdir(parents=True, exist_ok=True)
    with _alone(file):
        known = {(one.revision, one.kind): one for one in (*read(repository), *records)}
        _put(file, (one for _, one in sorted(known.items())))
    return file


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Wait until no other process writes the file; who cannot lock it goes on all the same after a while."""
    from whimbrel.backends.sqlite.locks import FileLock  # who only reads has no use for it

    lock = FileLock(str(file))
    late = time.monotonic() + _PATIENCE
    while not lock.take() and time.monotonic() < late:
        time.sleep(_PAUSE)
    try:
        yield
    finally:
        lock.release()


def _put(file: Path, records: Iterable[Record]) -> None:
    """Write a new file and let it take the place of the old one: nobody ever reads half of it."""
    lines = [_line(one) for one in records]
    part = file.with_name(f".{file.name}.part")  # always the same: what a killed one leaves is written over
    part.write_text("\n".join([_HEAD, *lines, ""]), encoding="utf-8", newline="\n")
    part.replace(file)


def _line(record: Record) -> str:
    words = [record.revision, record.kind, record.outcome.name.lower(), record.checksum]
    locks = ",".join(f"{quote(one.table, safe='')}={one.mode.replace(' ', '_')}" for one in record.locks)
    return " ".join([*words, *([locks] if locks else [])])


def _record(line: str) -> Record | None:
    words = line.split()
    outcomes = {one.name.lower(): one for one in Outcome}
    if line.startswith("#") or len(words) not in (4, 5) or words[2] not in outcomes:
        return None
    locks = [one.partition("=") for one in words[4].split(",")] if len(words) == 5 else []
    taken = tuple(TableLock(unquote(table), mode.replace("_", " ")) for table, _, mode in locks)
    return Record(words[0], words[1], outcomes[words[2]], words[3], taken)
