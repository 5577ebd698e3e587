"""What the app's own hooks take out of a script: ``process_revision_directives`` says what it wants.

A hook may change operations as well as lists of them, so each operation is looked at before the hooks and after. What
one of them has taken out, or made otherwise, is missing on purpose.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from alembic.operations import MigrateOperation
from alembic.operations.ops import OpContainer
from sqlalchemy import Column

from whimbrel.commands.autogenerate import bind_of

# The table that an operation is about, in which some of its kind have it.
_TABLE = ("table_name", "source_table", "old_table_name")


@dataclass(frozen=True, slots=True)
class Leaf:
    """One operation.

    Attributes:
        bind: The database.
        direction: ``upgrade`` or ``downgrade``.
        table: The table that it is about; empty if nobody knows.
        looks: What it says.
        op: The operation.
    """

    bind: str
    direction: str
    table: str
    looks: tuple[Any, ...]
    op: Any


@dataclass(slots=True)
class Watch:
    """A hook that comes before those of the app, and remembers what they are given.

    Attributes:
        hook: The caller's own, which is called next.
        given: The operations of each database, by its name.
    """

    hook: Any = None
    given: dict[str, tuple[Leaf, ...]] = field(default_factory=dict)

    def __call__(self, migration: Any, revision: Any, directives: Any) -> None:
        """Remember the operations of the database that was just compared."""
        bind = bind_of(migration.opts)
        self.given[bind] = tuple(one for one in _leaves_of(directives) if one.bind == bind)
        if self.hook is not None:
            self.hook(migration, revision, directives)

    def gave(self, direction: str, bind: str) -> bool:
        """Tell whether there were operations for a database in one direction."""
        return any(one.direction == direction for one in self.given.get(bind, ()))

    def taken_out(self, directives: Iterable[Any]) -> Mapping[str, frozenset[str]]:
        """Name the tables, by database, of which the hooks have taken out or changed anything; "" may be any.

        Args:
            directives: What the hooks have left.
        """
        left = {(one.bind, one.direction, one.looks) for one in _leaves_of(directives)}
        taken: dict[str, set[str]] = {}
        for bind, given in self.given.items():
            taken[bind] = {one.table for one in given if (bind, one.direction, one.looks) not in left}
        return {bind: frozenset(tables) for bind, tables in taken.items() if tables}


def _leaves_of(directives: Iterable[Any]) -> Iterator[Leaf]:
    for one in directives:
        ups, downs = getattr(one, "upgrade_ops_list", ()), getattr(one, "downgrade_ops_list", ())
        for up, down in zip(ups, downs, strict=False):
            bind = bind_of({"upgrade_token": up.upgrade_token})
            yield from _leaves(up, bind, "upgrade")
            yield from _leaves(down, bind, "downgrade")


def _leaves(container: Any, bind: str, direction: str, table: str = "") -> Iterator[Leaf]:
    for op in container.ops:
        about = next((str(name) for one in _TABLE if (name := getattr(op, one, None))), table)
        if isinstance(op, OpContainer):
            yield from _leaves(op, bind, direction, about)
        else:
            yield Leaf(bind, direction, about, _looks(op), op)


def _looks(op: Any) -> tuple[Any, ...]:
    said = sorted((name, _look(value)) for name, value in vars(op).items() if not name.startswith("_"))
    return type(op).__name__, *said


def _look(value: Any) -> str:
    """Return something that differs if a value does; what is no plain value is known by which one it is."""
    if isinstance(value, str | int | float | bool | None):
        return repr(value)
    if isinstance(value, list | tuple):
        return repr([_look(one) for one in value])
    if isinstance(value, Mapping):
        return repr([(str(name), _look(one)) for name, one in value.items()])
    if isinstance(value, Column):
        return repr((value.name, id(value), id(value.type), value.nullable, id(value.server_default), value.comment))
    if isinstance(value, MigrateOperation):
        return repr(_looks(value))
    return repr((type(value).__name__, id(value)))
