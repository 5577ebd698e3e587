"""The snapshot files: what the models wanted of each database, kept beside the scripts and committed with them.

One file for each bind and kind of server, ``snapshot/<bind>.<kind>.txt``, in the form of
`whimbrel.snapshot.text`. Behind the objects it may have marks, comments that name what was once wanted and
is still in the database: it is ours, although a script that drops it is written already. Where DDL events took part,
a comment has the digest of what they do: any object may be as it is by one of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from whimbrel.snapshot import Key, Snapshot, Whole
from whimbrel.snapshot.keys import KINDS
from whimbrel.snapshot.text import Entry, SnapshotFile, read, write

_FOLDER = "snapshot"
_BEGINNING = "# whimbrel snapshot "
_MARK = "# unwanted "
_EVENTS = "# events "
# The parts of an object that are dropped only if they are ours.
_OWNED_PARTS = ("triggers", "policies")


@dataclass(frozen=True, slots=True)
class Kept:
    """A snapshot file as it is.

    Attributes:
        path: Where it is, or would be.
        text: What is in it; empty if there is none.
        file: What could be read of it.
        marks: What is ours although it is not wanted any more.
        trouble: What could not be read, in words; empty if nothing.
        events: The digest of what DDL events did; empty if there were none.
    """

    path: Path
    text: str
    file: SnapshotFile
    marks: frozenset[Key]
    trouble: str = ""
    events: str = ""

    @property
    def keys(self) -> frozenset[Key]:
        """All that this file says to be ours."""
        return self.marks | {key for entry in self.file.entries for key in owned_keys(entry.whole)}


def kept_file(repository: str | Path, bind: str, kind: str) -> Kept:
    """Read the snapshot file of a database.

    Args:
        repository: The migrations folder.
        bind: The database's name; empty for the default one.
        kind: The kind of its server.
    """
    return _kept(_folder(repository) / f"{_stem(bind)}.{kind}.txt")


def ledger_of(repository: str | Path, bind: str, kept: Kept) -> frozenset[Key]:
    """Return what the files of a database say to be ours, those of every kind of server.

    Args:
        repository: The migrations folder.
        bind: The database's name; empty for the default one.
        kept: The one of them that is read already.
    """
    others = sorted(set(_folder(repository).glob(f"{_stem(bind)}.*.txt")) - {kept.path})
    return kept.keys.union(*(_kept(path).keys for path in others))


def snapshot_files(repository: str | Path) -> tuple[Path, ...]:
    """Return the snapshot files of all databases, of every version; what else lies in their folder is not ours."""
    return tuple(path for path in sorted(_folder(repository).glob("*.*.txt")) if _is_ours(path))


def owned_keys(whole: Whole) -> Iterator[Key]:
    """Return the keys of an object that ownership is about: its own, and those of triggers and policies."""
    yield whole.key
    for held in _OWNED_PARTS:
        for part in getattr(whole, held, ()):
            yield whole.part_key(part)


def write_file(
    kept: Kept,
    wanted: Snapshot,
    ledger: Iterable[Key],
    found: Snapshot,
    ddl: Mapping[Key, str] | None = None,
    events: str = "",
) -> bool:
    """Write a snapshot file, if it is to be another than it is; an object that is as it was keeps its lines.

    Args:
        kept: The file as it is.
        wanted: What the models want.
        ledger: What was ours before.
        found: What is in the database.
        ddl: The digest of the statements that make each object, where it is known.
        events: The digest of what DDL events do.

    Returns:
        Whether it was written.
    """
    before = {entry.whole.key: entry for entry in kept.file.entries}
    digests = {one.key: (ddl or {}).get(one.key) or _ddl(one, before.get(one.key)) for one in wanted.objects}
    marks = (set(ledger) - _owned(wanted)) & _owned(found)
    comments = [*(_marked(key) for key in sorted(marks, key=Key.order)), *([f"{_EVENTS}{events}"] if events else [])]
    text = write(wanted, digests, before) + "".join(f"{line}\n" for line in comments)
    if text == kept.text:
        return False
    kept.path.parent.mkdir(parents=True, exist_ok=True)
    kept.path.write_text(text, encoding="utf-8", newline="\n")
    return True


def _kept(path: Path) -> Kept:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Kept(path, "", SnapshotFile("", "", ()), frozenset())
    except (OSError, UnicodeDecodeError) as error:
        return Kept(path, "", SnapshotFile("", "", ()), frozenset(), f"{path.name} cannot be read: {error}.")
    file = read(text)
    events = " ".join(line.removeprefix(_EVENTS) for line in text.split("\n") if line.startswith(_EVENTS))
    return Kept(path, text, file, frozenset(_marks(text)), _trouble(path, file, text), events)


def _is_ours(path: Path) -> bool:
    with path.open(encoding="utf-8", errors="replace") as file:
        return file.readline().startswith(_BEGINNING)


def _trouble(path: Path, file: SnapshotFile, text: str) -> str:
    if not file.kind:
        return f"{path.name} is not used: its first line is not that of a snapshot file of this version."
    words = []
    if file.broken:
        words.append(_count(file.broken, "object that was", "objects that were") + " edited or merged by hand")
    foreign = [line for line in text.split("\n") if line and line[0] != "#" and _first_word(line) not in KINDS]
    if foreign:
        words.append(_count(len(foreign), "line", "lines") + " of something else")
    return f"{path.name} has {' and '.join(words)}, not used." if words else ""


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _first_word(line: str) -> str:
    return line.partition(" ")[0]


def _owned(side: Snapshot) -> set[Key]:
    return {key for one in side.objects for key in owned_keys(one)}


def _ddl(whole: Whole, before: Entry | None) -> str:
    """Return the digest that the file has for an object, if it is still the same object."""
    return before.ddl if before is not None and before.whole == whole else ""


def _marked(key: Key) -> str:
    return _MARK + json.dumps([key.kind, key.schema, key.name, key.part], ensure_ascii=False)


def _marks(text: str) -> Iterator[Key]:
    for line in text.split("\n"):
        if line.startswith(_MARK):
            try:
                kind, schema, name, part = json.loads(line.removeprefix(_MARK))
            except ValueError:
                continue
            yield Key(str(kind), str(schema), str(name), str(part))


def _folder(repository: str | Path) -> Path:
    return Path(repository) / _FOLDER


def _stem(bind: str) -> str:
    """Return a name that any file system takes."""
    return re.sub(r"[^\w-]", "_", bind) or "default"
