"""The snapshot as text: one line an object, sorted, so that two branches merge and a reviewer can read it.

The first line tells format, kind of server and its major version. Every other line begins with the
object that it belongs to, so that a file that Git merged is still readable in any order:

    # whimbrel snapshot 1 postgresql 15
    table public.item ddl=5f15cbadc7118f21 text=09c3b7e4ad2f5a60 comment="what we sell"
    table public.item column id type="integer" nullable=false
    table public.item primary_key item_pkey columns=["id"]

`ddl` is the digest of the statements that made the object, as whoever wrote the file gave it;
`text` is that of the object's own lines. An object whose lines do not have its digest is not read.
Names that are not plain words, and all values, are JSON; what is as usual is not written.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields
from functools import lru_cache
from hashlib import sha256
from typing import Any

from whimbrel.snapshot.database import Snapshot, snapshot_of
from whimbrel.snapshot.keys import KINDS, Key
from whimbrel.snapshot.objects import (
    Definition,
    Domain,
    Enum,
    Extension,
    Function,
    MaterializedView,
    Procedure,
    Schema,
    Sequence,
    View,
    Whole,
)
from whimbrel.snapshot.tables import (
    Check,
    Column,
    Exclusion,
    ForeignKey,
    Index,
    Numbering,
    Part,
    Policy,
    PrimaryKey,
    Table,
    Trigger,
    Unique,
    in_order,
)

FORMAT = 1
_HEADER = re.compile(r"# whimbrel snapshot (\d+) (\w+) (\S+)")
_NAME = re.compile(r"[\w$]+")
_DIGESTS = re.compile(r"(?:ddl=(?P<ddl>\w+) )?text=(?P<text>\w+)(?= |\Z)")
_DECODER = json.JSONDecoder()

_WHOLE: dict[str, type[Any]] = {
    kind.KIND: kind
    for kind in (
        Table,
        Schema,
        Extension,
        Enum,
        Domain,
        Sequence,
        View,
        MaterializedView,
        Function,
        Procedure,
    )
}
# Each kind of part, and the field that holds it.
_PARTS: dict[str, tuple[type[Any], str]] = {
    "column": (Column, "columns"),
    "primary_key": (PrimaryKey, "primary_key"),
    "unique": (Unique, "uniques"),
    "foreign_key": (ForeignKey, "foreign_keys"),
    "check": (Check, "checks"),
    "exclusion": (Exclusion, "exclusions"),
    "index": (Index, "indexes"),
    "trigger": (Trigger, "triggers"),
    "policy": (Policy, "policies"),
}
_HELD = {held for _, held in _PARTS.values()}
_FIELDS: dict[type[Any], tuple[tuple[str, Any], ...]] = {}
# Kind, schema and name of an object; a line, and how long its beginning is that says them.
_Owner = tuple[str, str, str]
_Line = tuple[str, int]
_PART_TYPES = {kind for kind, _ in _PARTS.values()} | {Numbering}


@dataclass(frozen=True, slots=True)
class Entry:
    """An object of a snapshot file.

    Attributes:
        ddl: the digest of the statements that made it; empty where it is not known.
        lines: how the file has it.
    """

    whole: Whole
    ddl: str = ""
    lines: tuple[str, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class SnapshotFile:
    """What could be read from a snapshot file.

    Attributes:
        kind: of the server; empty where the first line cannot be read.
        broken: how many objects were left out, because their lines do not have their digest.
    """

    kind: str
    version: str
    entries: tuple[Entry, ...]
    broken: int = 0

    def snapshot(self, default_schema: str = "") -> Snapshot:
        """Make the snapshot of all that was read."""
        return snapshot_of(self.kind, self.version, (entry.whole for entry in self.entries), default_schema)


def write(snapshot: Snapshot, ddl: Mapping[Key, str] | None = None, before: Mapping[Key, Entry] | None = None) -> str:
    """Write a snapshot as text.

    Args:
        snapshot: what to write.
        ddl: the digest of the statements that made each object, where it is known.
        before: what a file has; an object that is as it was keeps its lines.
    """
    made, known = ddl or {}, before or {}
    lines = [f"# whimbrel snapshot {FORMAT} {snapshot.kind} {snapshot.version}"]
    for whole in snapshot.objects:
        key = whole.key
        entry, digest_ = known.get(key), made.get(key, "")
        lines += entry.lines if entry and entry == Entry(whole, digest_) else _lines(whole, digest_)
    return "\n".join(lines) + "\n"


def read(text: str) -> SnapshotFile:
    """Read a snapshot file; what cannot be read, or was changed by hand, is left out."""
    first, *lines = text.split("\n")
    header = _HEADER.match(first)
    if header is None or int(header[1]) != FORMAT:
        return SnapshotFile("", "", ())
    found: dict[_Owner, list[_Line]] = defaultdict(list)
    owner, beginning = None, ""
    for line in lines:
        if owner is None or not line.startswith(beginning):
            address = _address(line)
            if address is None:
                continue
            owner, beginning = address[0], line[: address[1]] + " "
        found[owner].append((line, len(beginning)))
    entries = [_entry(owner, owned) for owner, owned in found.items()]
    whole = tuple(sorted((entry for entry in entries if entry), key=lambda entry: entry.whole.key.order()))
    return SnapshotFile(header[2], header[3], whole, len(entries) - len(whole))


def digest(whole: Whole) -> str:
    """Return the digest of an object's own text; equal objects have equal digests."""
    return _digest(_line(_prefix(whole), whole), (_part_line(whole, part) for part in whole.parts()))


def _digest(head: str, parts: Iterable[str]) -> str:
    return sha256("\n".join([head, *sorted(parts)]).encode()).hexdigest()[:16]


def _lines(whole: Whole, ddl: str) -> list[str]:
    made = f" ddl={ddl}" if ddl else ""
    head = f"{_prefix(whole)}{made} text={digest(whole)}"
    return [_line(head, whole), *(_part_line(whole, part) for part in whole.parts())]


def _prefix(whole: Whole) -> str:
    dotted = f"{_word(whole.schema)}.{_word(whole.name)}" if whole.schema else _word(whole.name)
    return f"{whole.key.kind} {dotted}"


def _part_line(whole: Whole, part: Part) -> str:
    return _line(f"{_prefix(whole)} {part.KIND} {_word(part.name)}", part)


def _line(head: str, value: Any) -> str:
    return " ".join([head, *(f"{name}={_json(content)}" for name, content in _values(value))])


def _values(value: Any) -> Iterator[tuple[str, Any]]:
    for name, usual in _written(type(value)):
        content = getattr(value, name)
        if content != usual:
            yield name, content


def _written(kind: type[Any]) -> tuple[tuple[str, Any], ...]:
    """List the fields that go into a line, with their usual values."""
    if kind not in _FIELDS:
        _FIELDS[kind] = tuple(_choose_fields(kind))
    return _FIELDS[kind]


def _choose_fields(kind: type[Any]) -> Iterator[tuple[str, Any]]:
    elsewhere = {"name"} if kind in _PART_TYPES else {"schema", "name", "kind"} | _HELD
    for each in fields(kind):
        if each.compare and each.name not in elsewhere:
            yield each.name, object() if each.default is MISSING else each.default


def _word(name: str) -> str:
    return name if _NAME.fullmatch(name) else json.dumps(name, ensure_ascii=False)


def _json(content: Any) -> str:
    if isinstance(content, Numbering):
        content = dict(_values(content))
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def _address(line: str) -> tuple[tuple[str, str, str], int] | None:
    """Read kind, schema and name at a line's beginning, and how far they go."""
    kind, _, _ = line.partition(" ")
    if kind not in KINDS:
        return None
    try:
        name, at = _read_word(line, len(kind) + 1)
        schema = ""
        if line[at : at + 1] == ".":
            schema = name
            name, at = _read_word(line, at + 1)
    except ValueError:
        return None
    return (kind, schema, name), at


def _read_word(line: str, at: int) -> tuple[str, int]:
    if line[at : at + 1] == '"':
        name, end = _DECODER.raw_decode(line, at)
        return str(name), end
    match = _NAME.match(line, at)
    if match is None:
        raise ValueError(line)
    return match.group(), match.end()


def _entry(owner: _Owner, lines: list[_Line]) -> Entry | None:
    """Read an object from its lines, if they are whole and unchanged."""
    try:
        return _read_entry(owner, lines)
    except (ValueError, TypeError, KeyError):
        return None


def _read_entry(owner: _Owner, lines: list[_Line]) -> Entry | None:
    held: dict[str, list[Any]] = defaultdict(list)
    heads, parts = [], []
    for line, at in lines:
        rest = line[at:]
        kind, _, named = rest.partition(" ")
        if kind in _PARTS:
            parts.append(line)
            _read_part(kind, named, held)
        else:
            heads.append((line, rest))
    if len(heads) != 1:
        return None
    line, rest = heads[0]
    match = _DIGESTS.match(rest)
    if match is None:
        return None
    values = rest[match.end() :]
    if _digest(line[: len(line) - len(rest) - 1] + values, parts) != match["text"]:
        return None
    own = dict(_read_values(values))
    return Entry(_make(owner, own, held), match["ddl"] or "", tuple(line for line, _ in lines))


def _read_part(kind: str, named: str, held: dict[str, list[Any]]) -> None:
    name, at = _read_word(named, 0)
    type_, field = _PARTS[kind]
    values = dict(_read_values(named[at:]))
    if type_ is Column:
        values["position"] = len(held[field]) + 1
    held[field].append(type_(name=name, **values))


def _make(owner: tuple[str, str, str], own: dict[str, Any], held: dict[str, list[Any]]) -> Whole:
    kind, schema, name = owner
    for name_of_field, parts in held.items():
        own[name_of_field] = parts[0] if name_of_field == "primary_key" else in_order(parts)
    if kind in _WHOLE:
        made: Whole = _WHOLE[kind](schema=schema, name=name, **own)
        return made
    return Definition(schema, name, kind, **own)


@lru_cache(maxsize=10_000)
def _read_values(text: str) -> tuple[tuple[str, Any], ...]:
    """Read ` name=value` as often as it comes; the same few texts come again and again."""
    out: list[tuple[str, Any]] = []
    at = 0
    while at < len(text):
        equals = text.index("=", at)
        if text[at] != " ":
            raise ValueError(text)
        name = text[at + 1 : equals]
        value, at = _DECODER.raw_decode(text, equals + 1)
        out.append((name, _from_json(value)))
    return tuple(out)


def _from_json(value: Any) -> Any:
    if isinstance(value, dict):
        return Numbering(**value)
    return tuple(value) if isinstance(value, list) else value
