"""Reflection, whatever the server: which code reads it, and what counts as the same on it."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from sqlalchemy.engine import Connection

from whimbrel.snapshot import Part, Snapshot

_FOLDERS = {"postgresql": "postgresql", "mysql": "mysql", "mariadb": "mysql", "sqlite": "sqlite"}


@dataclass(frozen=True, slots=True)
class Likeness:
    """What means the same on a kind of server, although it is written in two ways.

    Attributes:
        expression: the canonical form of a default, a CHECK or an index expression.
        query: that of a view, trigger or rule.
        type: that of a column's type.
        is_server_name: tells a name that the server chose, because the model gave none; it gets the
            table's name, the part and the name in question.
        quoted: writes a name as the server does in its texts, in quotes where it needs them.
        follow: what becomes of a constraint's name when its table is renamed, from the old name to the new.
        writes_keys: whether a primary key lists its columns as texts, in quotes where they need them, as an index does.
    """

    expression: Callable[[str], str]
    query: Callable[[str], str]
    type: Callable[[str], str]
    is_server_name: Callable[[str, Part, str], bool]
    quoted: Callable[[str], str]
    follow: Callable[[str, str, str], str] = lambda name, old, new: name
    writes_keys: bool = False


def reflect(connection: Connection, inside: str = "", default: str = "") -> Snapshot:
    """Take the snapshot of the database that a connection is on.

    Args:
        connection: It.
        inside: A schema; only what is in it is read, as if it were in another.
        default: That other one.

    Raises:
        KeyError: for a server that we cannot reflect.
    """
    module = import_module(f"whimbrel.backends.{_FOLDERS[connection.dialect.name]}.reflect")
    found: Snapshot = module.reflect_inside(connection, inside, default) if inside else module.reflect(connection)
    return found


def likeness_of(kind: str) -> Likeness:
    """Return what counts as the same on a kind of server, as a snapshot names it."""
    module = import_module(f"whimbrel.backends.{_FOLDERS[kind]}.reflect_likeness")
    found: Likeness = module.LIKENESS
    return found
