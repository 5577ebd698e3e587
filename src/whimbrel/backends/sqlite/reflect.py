"""A whole SQLite database as a snapshot, from the texts that it stores, in one query."""

from collections import defaultdict
from dataclasses import replace
from typing import Any

from sqlalchemy.engine import Connection

from whimbrel.backends.sqlite.parse import parse_index, parse_table
from whimbrel.snapshot import (
    Definition,
    ForeignKey,
    Snapshot,
    Table,
    Trigger,
    View,
    Whole,
    is_bookkeeping,
    snapshot_of,
)
from whimbrel.snapshot.tables import in_order
from whimbrel.tokens import scan

_TEXTS = "SELECT type, name, tbl_name, sql FROM main.sqlite_master WHERE sql IS NOT NULL"
SHADOWS = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'shadow'"
_VERSION = "SELECT sqlite_version()"


def reflect(connection: Connection) -> Snapshot:
    """Take the snapshot of the database that a connection is on; attached databases are left alone."""
    version = str(connection.exec_driver_sql(_VERSION).scalar_one())
    texts: dict[str, list[Any]] = defaultdict(list)
    for kind, name, table, text in connection.exec_driver_sql(_TEXTS).all():
        if not is_bookkeeping(name) and not is_bookkeeping(table) and not name.startswith("sqlite_"):
            texts[kind].append((name, table, text))
    shadows = _shadows(connection, version) if any(is_virtual(row[2]) for row in texts["table"]) else set()
    triggers = _by_table((table, Trigger(name, _one_line(text))) for name, table, text in texts["trigger"])
    indexes = _by_table(parse_index(text) for _, _, text in texts["index"])
    objects: list[Whole] = []
    for name, _, text in texts["table"]:
        if name in shadows:
            continue
        if is_virtual(text):
            objects.append(Definition("", name, "virtual_table", _one_line(text)))
        else:
            objects.append(_with_parts(parse_table(text), name, indexes[name], triggers[name]))
    for name, _, text in texts["view"]:
        objects.append(View("", name, _one_line(text), triggers=in_order(triggers[name])))
    objects = _with_targets(objects)
    return snapshot_of("sqlite", version.split(".", maxsplit=1)[0], objects)


def _with_parts(table: Table, name: str, indexes: list[Any], triggers: list[Any]) -> Table:
    if not indexes and not triggers and table.name == name:
        return table
    return replace(table, name=name, indexes=in_order(indexes), triggers=in_order(triggers))


def _with_targets(objects: list[Whole]) -> list[Whole]:
    """Fill in what `REFERENCES parent` without columns means: the parent's primary key."""
    keys = {found.name.lower(): found.primary_key for found in objects if isinstance(found, Table)}

    def filled(fk: ForeignKey) -> ForeignKey:
        key = keys.get(fk.table.lower())
        return fk if fk.target or key is None else replace(fk, target=key.columns)

    return [
        replace(found, foreign_keys=in_order(filled(fk) for fk in found.foreign_keys))
        if isinstance(found, Table) and not all(fk.target for fk in found.foreign_keys)
        else found
        for found in objects
    ]


def _by_table(pairs: Any) -> dict[str, list[Any]]:
    out: dict[str, list[Any]] = defaultdict(list)
    for table, part in pairs:
        out[table].append(part)
    return out


def is_virtual(text: str) -> bool:
    """Tell the stored text of a virtual table."""
    return text[:40].upper().split()[1:2] == ["VIRTUAL"]


def _shadows(connection: Connection, version: str) -> set[str]:
    """Find the tables behind virtual tables; SQLite tells them apart since 3.37."""
    if tuple(int(number) for number in version.split(".")[:2]) < (3, 37):
        return set()
    return set(connection.exec_driver_sql(SHADOWS).scalars())


def _one_line(text: str) -> str:
    """Drop comments and needless space, so that only what matters is compared."""
    words = scan(text, "sqlite")
    return words.slice(0, len(words.words))
