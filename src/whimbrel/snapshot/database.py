"""The snapshot itself: everything in one database that a model or a script can make."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from whimbrel.snapshot.keys import Key
from whimbrel.snapshot.objects import Domain, Whole
from whimbrel.snapshot.tables import Table


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a database looks like. Equal snapshots are the same schema, name for name.

    The reverse does not hold: two texts can mean the same (see `whimbrel.compare`).

    Attributes:
        kind: `postgresql`, `mariadb`, `mysql` or `sqlite`.
        version: the server's major version.
        default_schema: where an object without a schema's name is made; no part of equality.
        notes: what this server or this user's rights kept us from seeing, in words.
    """

    kind: str
    version: str = field(compare=False)
    objects: tuple[Whole, ...]
    default_schema: str = field(default="", compare=False)
    notes: tuple[str, ...] = field(default=(), compare=False)
    by_key: Mapping[Key, Whole] = field(init=False, compare=False, repr=False, hash=False)

    def __post_init__(self) -> None:
        """Index the objects by their keys."""
        object.__setattr__(self, "by_key", MappingProxyType({found.key: found for found in self.objects}))

    def get(self, key: Key) -> Whole | None:
        """Find a whole object."""
        return self.by_key.get(key)

    def tables(self) -> Iterator[Table]:
        """Go over the tables."""
        return (found for found in self.objects if isinstance(found, Table))

    def domains(self) -> Iterator[Domain]:
        """Go over the domains."""
        return (found for found in self.objects if isinstance(found, Domain))

    def table(self, name: str, schema: str | None = None) -> Table | None:
        """Find a table; without a schema, in the default one."""
        found = self.get(Key("table", self.default_schema if schema is None else schema, name))
        return found if isinstance(found, Table) else None


def snapshot_of(
    kind: str,
    version: str,
    objects: Iterable[Whole],
    default_schema: str = "",
    notes: Iterable[str] = (),
) -> Snapshot:
    """Make a snapshot, its objects in the one order that equality needs."""
    ordered = sorted(objects, key=lambda found: found.key.order())
    return Snapshot(kind, version, tuple(ordered), default_schema, tuple(notes))
