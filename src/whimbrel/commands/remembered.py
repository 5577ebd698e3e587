"""The wanted side: from the snapshot file where that holds what the models say, else built on scratch.

Whether it holds it is told by digests of the statements that ``create_all()`` would send: one for each
table, type and sequence, and one for all that DDL events do, which every other object carries. What the
file does not hold is built alone, if it comes out as it would beside all the rest (`whimbrel.commands.partial`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from whimbrel.commands.snapshots import Kept
from whimbrel.errors import BuildFailed, Reason, ScratchUnavailable
from whimbrel.scratch import Digests, digests
from whimbrel.scratch.servers import kind_of
from whimbrel.settings import Settings
from whimbrel.snapshot import Key, Snapshot, Whole, snapshot_of
from whimbrel.snapshot.text import Entry

if TYPE_CHECKING:
    from whimbrel.commands.wanted import Made

Build = Callable[..., AbstractContextManager["Made"]]

_TYPES = ("enum", "domain", "sequence")
_USED = ("enum", "domain", "composite", "range")
_LENGTH = 16


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the models want.

    Attributes:
        snapshot: All of it, with what only scripts make and the models use.
        own: What the models make themselves: this is kept in the file.
        ddl: The digest of the statements that make each object, where it is known.
        events: The digest of what DDL events do; empty if there are none.
    """

    snapshot: Snapshot
    own: Snapshot
    ddl: Mapping[Key, str] = field(default_factory=dict)
    events: str = ""


@dataclass(frozen=True, slots=True)
class Remembered:
    """Gives the wanted side for one command.

    Attributes:
        build: Builds it.
        may_build: Tells whether something may be made for it, by a connection to the target.
        may_remember: Whether a file is trusted at all.
    """

    build: Build
    may_build: Callable[[Connection], bool]
    may_remember: bool = True

    @contextmanager
    def __call__(
        self, connection: Connection, metadatas: Sequence[Any], found: Snapshot, kept: Kept
    ) -> Iterator[Wanted]:
        """Give the wanted side.

        Raises:
            ScratchUnavailable: It has to be built, and cannot or may not be.
        """
        said = digests(metadatas, connection.dialect)
        events = _events(said)
        state = _state(kept, said, found) if self.may_remember else None
        if state is not None and not state.stale:
            remembered = state.snapshot(found)
            yield Wanted(_with_used_types(remembered, found), remembered, events=events)
            return
        if not self.may_build(connection):
            raise _not_asked_for()
        joined = self._joined(connection, metadatas, found, state) if state is not None else None
        if joined is not None:
            yield Wanted(_with_used_types(joined, found), joined, _ddl(joined, said), events)
            return
        with self.build(connection, metadatas, found) as made:
            own = _without(made.snapshot, made.seeded)
            yield Wanted(made.snapshot, own, _ddl(own, said), events)

    def _joined(
        self, connection: Connection, metadatas: Sequence[Any], found: Snapshot, state: _State
    ) -> Snapshot | None:
        """Build only what the file does not have; None if everything has to be built."""
        from whimbrel.commands.partial import part_of

        if state.events is not None:  # they may do something to any table
            return None
        part = part_of(metadatas, state.stale, list(state.expected), state.kept, found)
        if part is None:
            return None
        try:
            with self.build(connection, metadatas, found, part.only) as made:
                return part.joined(made.snapshot)
        except (BuildFailed, ScratchUnavailable):  # the server looks at more than we do; or all together will do
            return None


def always(connection: Connection) -> bool:
    """Let scratch be made wherever it can be."""
    return True


def elsewhere(settings: Settings) -> Callable[[Connection], bool]:
    """Let scratch be made only where the target's server has nothing to do with it."""
    return lambda connection: bool(settings.scratch_url) or kind_of(connection.dialect.name).in_memory


def _without(made: Snapshot, seeded: tuple[str, ...]) -> Snapshot:
    objects = tuple(one for one in made.objects if str(one.key) not in seeded)
    return replace(made, objects=objects) if seeded else made


def _with_used_types(own: Snapshot, found: Snapshot) -> Snapshot:
    """Add the types that the models use and do not make, as building would have: they are not to be dropped."""
    used = {one.type.removesuffix("[]").replace('"', "") for table in own.tables() for one in table.columns}
    more = [
        one
        for one in found.objects
        if one.key.kind in _USED and one.key not in own.by_key and used & {one.name, f"{one.schema}.{one.name}"}
    ]
    return snapshot_of(own.kind, own.version, [*own.objects, *more], own.default_schema) if more else own


def _events(said: Digests) -> str:
    """Return the digest of what DDL events do; a word that is none where that cannot be told."""
    return "unknown" if said.not_cacheable else said.events[:_LENGTH]


def _ddl(own: Snapshot, said: Digests) -> dict[Key, str]:
    """Return the digest of each object of the models."""
    if said.not_cacheable:
        return {}
    expected, events = _expected(said, own.default_schema), _events(said)
    return {one.key: expected.get(one.key, events) for one in own.objects}


def _expected(said: Digests, default_schema: str) -> dict[Key, str]:
    """Return the digests by the objects' keys, and those of the schemas that they are in."""
    found: dict[Key, str] = {}
    for name, digest in (*said.by_object.items(), *said.types.items()):
        kind, _, dotted = name.partition(" ")
        if kind == "table" or kind in _TYPES:
            schema, _, last = dotted.rpartition(".")
            found[Key(kind, schema or default_schema, last)] = digest[:_LENGTH]
            if schema and schema != default_schema:
                found[Key("schema", "", schema)] = sha256(schema.encode()).hexdigest()[:_LENGTH]
    return found


@dataclass(frozen=True, slots=True)
class _State:
    """How a file stands to the models.

    Attributes:
        expected: The digests of all that the models make, schemas included.
        kept: What the file has of it, or has from DDL events.
        stale: What of it the file does not have as it is now.
        events: What the file has from DDL events beside the models' own objects, if the models have any.
    """

    expected: Mapping[Key, str]
    kept: Mapping[Key, Whole]
    stale: frozenset[Key]
    events: tuple[Key, ...] | None

    def snapshot(self, found: Snapshot) -> Snapshot:
        """Return what the models want, as the file has it."""
        keys = [key for key in self.expected if key in self.kept] + list(self.events or ())
        return snapshot_of(found.kind, found.version, [self.kept[key] for key in keys], found.default_schema)


def _state(kept: Kept, said: Digests, found: Snapshot) -> _State | None:
    """Compare a file with the models; None if it is of no use."""
    file = kept.file
    if said.not_cacheable or kept.trouble or (file.kind, file.version) != (found.kind, found.version):
        return None
    if kept.events != _events(said):  # whatever it was that they did, to tables of the models too
        return None
    expected = _expected(said, found.default_schema)
    entries = {entry.whole.key: entry for entry in file.entries}
    stale = {key for key in expected if key.kind != "schema" and not _is_fresh(entries.get(key), expected[key])}
    events = tuple(key for key in entries if key not in expected) if said.events else None
    if any(entries[key].ddl != kept.events for key in events or ()):
        return None
    wholes = {key: entry.whole for key, entry in entries.items()}
    return _State(expected, wholes, frozenset(stale), events)


def _is_fresh(entry: Entry | None, digest: str) -> bool:
    return entry is not None and entry.ddl == digest


def _not_asked_for() -> ScratchUnavailable:
    return ScratchUnavailable(
        "The models are not as in the snapshot file, and a question makes nothing on the database's server.",
        reason=Reason.NOT_ASKED_FOR,
        why="To see all differences the models have to be built on a scratch database. Nothing was changed.",
        do="add --scratch, or set MIGRATE_SCRATCH_URL to a server for scratch databases",
    )
