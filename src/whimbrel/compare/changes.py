"""The differences of two snapshots, as values."""

from dataclasses import dataclass
from typing import ClassVar

from whimbrel.snapshot import Key, Part, Whole

Thing = Whole | Part


@dataclass(frozen=True, slots=True)
class Added:
    """Wanted, and not there; an added table comes whole, with all its parts."""

    SIGN: ClassVar[str] = "+"
    key: Key
    wanted: Thing


@dataclass(frozen=True, slots=True)
class Removed:
    """There, and not wanted; a removed table goes whole, with all its parts."""

    SIGN: ClassVar[str] = "-"
    key: Key
    found: Thing


@dataclass(frozen=True, slots=True)
class Altered:
    """On both sides, and not the same.

    Attributes:
        found: as it is, after the renames that were decided.
        aspects: the fields that differ; of a table or view those that are its own, not its parts'.
    """

    SIGN: ClassVar[str] = "~"
    key: Key
    found: Thing
    wanted: Thing
    aspects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Renamed:
    """The same under another name.

    Tables, columns and enum values only because somebody decided so; constraints and indexes because
    nothing else differs. `part` of an enum's key is the value. `key` is the old name in the table's
    new place.
    """

    SIGN: ClassVar[str] = ">"
    key: Key
    to: Key


Change = Added | Removed | Altered | Renamed


@dataclass(frozen=True, slots=True)
class Comparison:
    """What comparing gave.

    Attributes:
        changes: in an order that depends on nothing but the changes.
        not_ours: what is there, is not wanted, and was never made by this history: information.
    """

    changes: tuple[Change, ...] = ()
    not_ours: tuple[Key, ...] = ()
