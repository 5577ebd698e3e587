r"""What is kept, written into files: one in CSV for each column or table, and an index of them.

Values stand in quotes, which are doubled inside them. A field without quotes is NULL where it is empty, else bytes:
``\x`` and their digits in base 16. PostgreSQL's ``COPY … (FORMAT csv)`` reads NULL and an empty text as what they are.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from whimbrel.archive.records import Form

if TYPE_CHECKING:
    from whimbrel.archive.by_hand import Item
    from whimbrel.backends.keeping import Held, Keeping, Place, Standing

INDEX = "index.csv"
_HEADINGS = ("file", "database", "name", "form", "rows", "revision", "direction", "dropped", "columns")
_LONGEST = 120  # letters of a file's name, of the 255 that file systems take


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written of one column or table.

    Attributes:
        file: The file.
        name: What it was called.
        rows: How many rows.
    """

    file: Path
    name: str
    rows: int


def export(keeping: Keeping, item: Item, folder: Path, bind: str) -> Exported:
    """Write a thing of the archive into a file of its own, and say so in the index.

    No file that is there is overwritten, and both are on the disk when this returns.

    Args:
        keeping: What the server can do.
        item: The thing.
        folder: Where to; it is made if need be.
        bind: The name of the database.
    """
    folder.mkdir(parents=True, exist_ok=True)
    columns, rows = _content(keeping, item)
    path = _free(folder, ".".join(one for one in (bind, item.name, _number(item)) if one))
    part = path.with_suffix(".part")
    with part.open("w", encoding="utf-8", newline="\n") as file:
        file.write(_line(name for name, _ in columns))
        count = _write(file, rows)
        _settle(file)
    part.replace(path)
    exported = Exported(path, item.name, count)
    _note(folder / INDEX, exported, item, bind, dict(columns))
    return exported


def _content(keeping: Keeping, item: Item) -> tuple[list[tuple[str, str]], Iterator[Sequence[Any]]]:
    """Return the columns with their types, and the rows."""
    entry, place = item.entry, item.place
    in_place = entry is not None and entry.form is Form.IN_PLACE
    table = keeping.standing(entry.table, entry.schema, 0) if in_place and entry else None
    table = table or keeping.standing(place.name, place.schema, 0)
    assert table is not None
    columns = list(table.columns)
    if in_place:
        columns = _with_key(table, place)
    names = [one.name for one in columns]
    if entry is not None and entry.column:
        names[-1] = entry.column
    query = f"SELECT {', '.join(keeping.as_text(one) for one in columns)} FROM {keeping.named(table)}"
    return [(name, one.type) for name, one in zip(names, columns, strict=True)], keeping.streamed(query)


def _with_key(table: Standing, place: Place) -> list[Held]:
    """Return a column that was set aside, behind what tells the rows apart; all others where there is no key."""
    key = table.key_without([place.name]) or [one.name for one in table.columns if one.name != place.name]
    found = [table.column(name) for name in (*key, place.name)]
    return [one for one in found if one is not None]


def _write(file: IO[str], rows: Iterable[Sequence[Any]]) -> int:
    count = 0
    for count, row in enumerate(rows, start=1):  # noqa: B007 (it is the last number that counts)
        file.write(_line(row))
    return count


def _note(index: Path, exported: Exported, item: Item, bind: str, columns: dict[str, str]) -> None:
    entry = item.entry
    known = (
        (entry.form.value, exported.rows, entry.revision, entry.direction, entry.since.isoformat())
        if entry is not None
        else (Form.TABLE.value, exported.rows, None, None, None)
    )
    is_new = not index.exists()
    with index.open("a", encoding="utf-8", newline="\n") as file:
        if is_new:
            file.write(_line(_HEADINGS))
        types = json.dumps(columns, ensure_ascii=False)
        file.write(_line((exported.file.name, bind, item.name, *known, types)))
        _settle(file)


def _line(values: Iterable[Any]) -> str:
    return ",".join(_said(one) for one in values) + "\n"


def _said(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, (bytes, bytearray, memoryview)):
        return "\\x" + bytes(value).hex()
    return '"' + str(value).replace('"', '""') + '"'


def _settle(file: IO[str]) -> None:
    file.flush()
    os.fsync(file.fileno())


def _number(item: Item) -> str:
    return str(item.entry.number) if item.entry is not None else ""


def _free(folder: Path, name: str) -> Path:
    stem = re.sub(r"[^\w.-]", "_", name)[:_LONGEST]
    names = (stem if at == 1 else f"{stem}-{at}" for at in range(1, 10_000))
    return next(path for one in names if not (path := folder / f"{one}.csv").exists())
