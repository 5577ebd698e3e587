"""Rows: some for every table, what is in them before and after, and what of it is gone."""

import datetime
import decimal
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from tests.operations.grounds import Ground
from whimbrel.snapshot import Snapshot, Table

Rows = Mapping[str, Sequence[Mapping[str, Any]]]
Held = dict[str, list[dict[str, Any]]]

_VALUES: dict[type[Any], Any] = {
    int: lambda at: at,
    str: str,
    bool: lambda at: at % 2 == 1,
    float: lambda at: at + 0.5,
    decimal.Decimal: lambda at: decimal.Decimal(at) / 2,
    bytes: lambda at: bytes([at]),
    datetime.date: lambda at: datetime.date(2020, 1, at),
    datetime.datetime: lambda at: datetime.datetime(2020, 1, at, 12, 30, tzinfo=datetime.UTC),
    datetime.time: lambda at: datetime.time(at, 30),
    datetime.timedelta: lambda at: datetime.timedelta(days=at),
    uuid.UUID: lambda at: uuid.UUID(int=at),
    dict: lambda at: {"at": at},
    list: lambda at: [],
}


def fill(ground: Ground, metadata: sa.MetaData, rows: Rows) -> None:
    """Put two rows into each table: those told, with a value for every column that they leave out."""
    with ground.engine.begin() as connection:
        for table in metadata.sorted_tables:
            own = rows.get(table.name, [{}, {}])
            for at, row in enumerate(own, 1):
                connection.execute(table.insert().values(_row(table, at, row)))


def _row(table: sa.Table, at: int, told: Mapping[str, Any]) -> dict[str, Any]:
    row = dict(told)
    for column in table.columns:
        if column.name in row or column.computed is not None or column.identity is not None:
            continue
        row[column.name] = value_of(column.type, at)
    return {name: value for name, value in row.items() if name in table.columns}


def value_of(kind: sa.types.TypeEngine[Any], at: int) -> Any:
    """Return a value of a type, another one for each number from 1 on."""
    if isinstance(kind, sa.Enum):
        return kind.enums[at % len(kind.enums)]
    if isinstance(kind, sa.types.ARRAY):
        return [value_of(kind.item_type, at)]
    if isinstance(kind, sa.types.UserDefinedType):
        return None
    value = _VALUES[_python_type(kind)](at)
    if isinstance(value, datetime.datetime | datetime.time) and not getattr(kind, "timezone", False):
        return value.replace(tzinfo=None)
    return value


def _python_type(kind: sa.types.TypeEngine[Any]) -> type[Any]:
    if isinstance(kind, sa.JSON):
        return dict
    if isinstance(kind, pg.DOMAIN):
        return _python_type(kind.data_type)
    try:
        return kind.python_type
    except NotImplementedError:
        return str


def held(ground: Ground, snapshot: Snapshot) -> Held:
    """Read all rows of all tables, sorted."""
    out: Held = {}
    with ground.engine.connect() as connection:
        quote = connection.dialect.identifier_preparer.quote
        for table in snapshot.tables():
            name = f"{quote(table.schema)}.{quote(table.name)}" if table.schema else quote(table.name)
            found = connection.exec_driver_sql(f"SELECT * FROM {name}").mappings().all()
            out[_place(table, snapshot)] = sorted((dict(row) for row in found), key=_order)
    return out


def _order(row: dict[str, Any]) -> tuple[str, str]:
    return str(row.get("id", "")), repr(row)


def _place(table: Table, snapshot: Snapshot) -> str:
    return table.name if table.schema in ("", snapshot.default_schema) else f"{table.schema}.{table.name}"


def lost(before: Held, after: Held, renames: Mapping[str, str], *, changed: frozenset[str] = frozenset()) -> set[str]:
    """Name the columns and tables of which a value is not there any more, or is another one.

    Args:
        before: what was there.
        after: what is there now.
        renames: where it should be, `{"item.x": "item.y", "item": "product"}`.
        changed: columns whose values are cast; they only must not turn to NULL.
    """
    gone = set()
    for table, rows in before.items():
        place = renames.get(table, table)
        new = after.get(place)
        if new is None or len(new) != len(rows):
            gone.add(table)
            continue
        for old_row, new_row in zip(rows, new, strict=True):
            for column, value in old_row.items():
                name = f"{table}.{column}"
                now = new_row.get(renames.get(name, name).rpartition(".")[2])
                if value is not None and (now is None or (name not in changed and now != value)):
                    gone.add(name)
    return gone
