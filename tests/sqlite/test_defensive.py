"""Connections that let nobody write into the catalogue (macOS builds SQLite so) rebuild instead of editing."""

import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.sqlite.bench import Bench, recorded
from tests.sqlite.test_torture import CASES, OTHERS, ROWS, TORTURE, with_batch
from whimbrel.errors import ChangeRefused

pytestmark = pytest.mark.skipif(
    not hasattr(sqlite3.Connection, "setconfig"), reason="Python can set the mode from 3.12 on."
)


def _defensive(raw: sqlite3.Connection, _: object) -> None:
    raw.setconfig(sqlite3.SQLITE_DBCONFIG_DEFENSIVE, True)


@pytest.mark.parametrize("name", CASES)
def test_every_change_is_made_without_writing_the_catalogue(tmp_path: Path, name: str) -> None:
    bench = Bench(tmp_path / "a.db").make(TORTURE)
    sa.event.listen(bench.engine, "connect", _defensive)
    rows, children = bench.rows(ROWS), bench.rows("SELECT * FROM child")
    with recorded(bench, *OTHERS):
        bench.upgrade(with_batch(CASES[name]))
    if name != "computed otherwise":
        assert bench.rows(ROWS) == rows
    assert bench.rows("SELECT * FROM child") == children
    assert bench.rows("SELECT seq FROM sqlite_sequence") == [(9,)]


def test_a_rebuild_that_would_delete_children_is_refused(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "a.db", foreign_keys=True).make(TORTURE)
    sa.event.listen(bench.engine, "connect", _defensive)
    with pytest.raises(ChangeRefused, match="defensive mode"):
        bench.upgrade(with_batch(CASES["unique"]))
    assert bench.rows("SELECT count(*) FROM child") == [(3,)]
