"""How fast a server works on rows, measured on scratch: what an estimate of seconds is made from."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection

_TABLE = "whimbrel_rates"
_FIRST, _DOUBLINGS = 500, 6  # 32,000 rows: enough to be measured, and made in some tenths of a second
WIDTH = 120  # bytes of one of these rows, about


@dataclass(frozen=True, slots=True)
class Rates:
    """How many bytes of rows a server works on in a second.

    Attributes:
        scan: Reading them.
        index: Building an index from them.
        write: Changing them one by one.
        rewrite: Writing them into another file.
    """

    scan: float
    index: float
    write: float
    rewrite: float


def measure_rates(connection: Connection) -> Rates:
    """Measure them on a table of our own, which is gone afterwards; by SQL that all servers have in common.

    Args:
        connection: To scratch, in autocommit.
    """

    def run(statement: str) -> None:
        connection.exec_driver_sql(statement, execution_options={"no_parameters": True})

    run(f"CREATE TABLE {_TABLE} (id integer PRIMARY KEY, words varchar(100), amount integer)")
    try:
        rows = ", ".join(f"({number}, '{number * 7919 % _FIRST:0100d}', {number})" for number in range(_FIRST))
        run(f"INSERT INTO {_TABLE} VALUES {rows}")
        for step in range(_DOUBLINGS):
            run(f"INSERT INTO {_TABLE} SELECT id + {_FIRST * 2**step}, words, amount FROM {_TABLE}")
        size = _FIRST * 2**_DOUBLINGS * WIDTH

        def rate(statement: str) -> float:
            return float(size) / max(_seconds(lambda: run(statement)), 1e-6)

        return Rates(
            scan=rate(f"SELECT count(*) FROM {_TABLE} WHERE words LIKE '%x%'"),
            index=rate(f"CREATE INDEX {_TABLE}_words ON {_TABLE} (words)"),
            write=rate(f"UPDATE {_TABLE} SET amount = amount + 1"),
            rewrite=rate(f"CREATE TABLE {_TABLE}_copy AS SELECT * FROM {_TABLE}"),
        )
    finally:
        run(f"DROP TABLE IF EXISTS {_TABLE}_copy")
        run(f"DROP TABLE {_TABLE}")


def _seconds(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
