"""A wanted text in, the table in that shape out; or a refusal, and the table as it was."""

import tempfile
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sqlite.bench import Bench
from tests.sqlite.test_random import ROWS, Model, _setting, q, tables
from whimbrel.backends.sqlite.alter import reshape
from whimbrel.backends.sqlite.alter_stored import stored
from whimbrel.backends.sqlite.parse import parse_table
from whimbrel.errors import ChangeRefused

BY_HAND = "create table IF NOT EXISTS main . t(id INTEGER PRIMARY KEY,a TEXT,\n b INTEGER DEFAULT 5, c text);"
TURNED = "CREATE TABLE t (c TEXT COLLATE NOCASE, b INTEGER DEFAULT 5, a TEXT, id INTEGER PRIMARY KEY)"
Z_FOR_A = {"kept": {"id": "id", "z": "a", "b": "b", "c": "c"}}
TABLE = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b INTEGER DEFAULT 5, c TEXT COLLATE NOCASE)"
ROWS_OF_T = "INSERT INTO t VALUES (1, 'one', 1, 'x'), (2, 'two', NULL, 'y')"


def _reshape(bench: Bench, wanted: str, **how: object) -> str:
    with bench.engine.connect() as connection:
        connection.connection.dbapi_connection.isolation_level = None
        sa.event.listen(connection, "begin", lambda begun: begun.connection.cursor().execute("BEGIN"))
        with connection.begin():
            found = stored(connection, "t")
            assert found is not None
            return reshape(connection, found, wanted, **how)


SHAPES = {
    "the same": (TABLE, {}, "nothing to do"),
    "as written by hand": (BY_HAND, {}, "built again"),
    "a comment": (TABLE.replace("a TEXT", "/* why */ a TEXT NOT NULL"), {}, "edited"),
    "a column more": (TABLE.replace(")", ", d REAL DEFAULT -1.5)"), {}, "ADD COLUMN"),
    "a column less": (TABLE.replace("a TEXT, ", ""), {}, "DROP COLUMN"),
    "a rename": (TABLE.replace("a TEXT", "z TEXT"), Z_FOR_A, "RENAME COLUMN"),
    "a rename and more": (
        TABLE.replace("a TEXT", "z TEXT UNIQUE"), Z_FOR_A, "built again",
    ),
    "a value": (TABLE, {"values": {"a": "a || b", "b": "coalesce(b, 0)"}}, "built again"),
    "an option": (f"{TABLE} WITHOUT ROWID", {}, "built again"),
    "another order": (TURNED, {}, "built again"),
}  # fmt: skip


@pytest.mark.parametrize("name", SHAPES)
def test_a_table_takes_the_shape_that_is_wanted(tmp_path: Path, name: str) -> None:
    wanted, how, said = SHAPES[name]
    bench = Bench(tmp_path / "a.db").make(
        f"{TABLE};{ROWS_OF_T};CREATE TABLE other (x); CREATE VIEW v AS SELECT id FROM t;"
    )
    assert _reshape(bench, wanted, **how).startswith(said)
    bench.sound()
    assert parse_table(bench.text("t")) == parse_table(wanted)
    assert bench.rows("SELECT id FROM v") == [(1,), (2,)]
    if name == "a value":
        assert bench.rows("SELECT a, b FROM t") == [("one1", 1), (None, 0)]
    elif "rename" in name:
        assert bench.rows("SELECT z FROM t") == [("one",), ("two",)]


def test_a_new_column_that_rows_have_no_value_for_is_refused_in_words(tmp_path: Path) -> None:
    wanted = TABLE.replace(")", ", d REAL NOT NULL)")
    bench = Bench(tmp_path / "a.db").make(TABLE)
    assert _reshape(bench, wanted) == "ADD COLUMN"
    bench = Bench(tmp_path / "b.db").make(f"{TABLE};{ROWS_OF_T};")
    with pytest.raises(ChangeRefused, match=r"t.d cannot be added NOT NULL: 2 of 2 rows have no value for it."):
        _reshape(bench, wanted)
    assert bench.text("t") == TABLE


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(tables(), tables(), st.booleans())
def test_any_table_takes_any_other_shape_or_stays_as_it_is(before: Model, after: Model, foreign_keys: bool) -> None:
    shared = [c for c in before.columns if c.name in {other.name for other in after.columns}]
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder) / "a.db", foreign_keys=foreign_keys).make(_setting(before))
        objects = bench.objects()
        everything = bench.rows("SELECT * FROM t ORDER BY id")
        try:
            _reshape(bench, after.create())
        except ChangeRefused:
            assert bench.objects() == objects
            assert bench.rows("SELECT * FROM t ORDER BY id") == everything
        else:
            assert parse_table(bench.text("t")) == parse_table(after.create())
            listed = ", ".join(["id", *(f"CAST({q(column.name)} AS TEXT)" for column in shared)])
            kept = [
                (row + 1, *(None if c.values[row] is None else str(c.values[row]) for c in shared))
                for row in range(ROWS)
            ]
            assert bench.rows(f"SELECT {listed} FROM t ORDER BY id") == kept
        bench.sound()
        assert bench.rows("SELECT * FROM kid") == [(1,), (2,)]
