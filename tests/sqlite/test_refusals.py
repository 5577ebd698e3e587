"""What is refused rather than guessed or lost, and that a refusal leaves everything as it was."""

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import op
from sqlalchemy.exc import DBAPIError

from tests.sqlite.bench import Bench
from tests.sqlite.test_ways import batch
from whimbrel.errors import ChangeRefused

BASE = """
CREATE TABLE owner (id INTEGER PRIMARY KEY, name TEXT UNIQUE);
CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT, c INTEGER, d INTEGER, e TEXT, f TEXT,
  UNIQUE (a, b), CHECK (c > d), FOREIGN KEY (d) REFERENCES owner (id), FOREIGN KEY (c) REFERENCES owner (id));
CREATE INDEX ix_be ON t (b, e);
CREATE INDEX ix_e ON t (e);
CREATE VIEW seen AS SELECT e FROM t;
CREATE TABLE log (what TEXT);
CREATE TRIGGER told AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.f); END;
CREATE TRIGGER waits AFTER UPDATE OF id ON t BEGIN DELETE FROM log; END;
INSERT INTO owner VALUES (1, 'x'), (2, 'y');
INSERT INTO t VALUES (1, 'a', 'b', 2, 1, NULL, 'f');
"""
REFUSED = {
    "a column of a view": (lambda b: (b.drop_index("ix_be"), b.drop_column("e")), "view seen"),
    "a column of a trigger": (lambda b: b.drop_column("f"), "trigger told"),
    "a column of a shared unique": (lambda b: b.drop_column("a"), r"UNIQUE \(a, b\)"),
    "a column of a shared check": (lambda b: b.drop_column("c"), "c > d"),
    "a column of a shared index": (lambda b: b.drop_column("e"), "ix_be"),
    "a constraint that nothing fits": (lambda b: b.drop_constraint("fk_other", type_="foreignkey"), "no foreign key"),
    "one of two without a name": (lambda b: b.drop_constraint(None, type_="foreignkey"), "no foreign key"),
    "a column that is not there": (lambda b: b.drop_column("zz"), "has no column zz"),
    "a second column of a name": (lambda b: b.add_column(sa.Column("A", sa.Text)), "has a column A"),
    "a second primary key": (lambda b: b.add_column(sa.Column("k", sa.Integer, primary_key=True)), "a primary key"),
    "not null over nulls": (lambda b: b.alter_column("e", nullable=False), "1 of 1 rows have no value"),
    "a check that rows break": (lambda b: b.create_check_constraint("ck", "c > 5"), "1 of 1 rows break it"),
    "a foreign key without parents": (lambda b: b.create_foreign_key("f", "owner", ["f"], ["name"]), "1 row"),
    "the key that others refer to": (lambda b: b.drop_constraint("uq_owner_name", type_="unique"), "mismatch"),
}  # fmt: skip


@pytest.mark.parametrize("foreign_keys", [False, True], ids=["fk off", "fk on"])
@pytest.mark.parametrize("recreate", ["auto", "always"])
@pytest.mark.parametrize("name", REFUSED)
def test_what_would_be_lost_is_refused_by_name(tmp_path: Path, name: str, recreate: str, foreign_keys: bool) -> None:
    what, words = REFUSED[name]
    bench = Bench(tmp_path / "a.db", foreign_keys=foreign_keys).make(BASE)
    table = "t"
    if name == "the key that others refer to":
        bench.make("CREATE TABLE kid (n TEXT REFERENCES owner (name));")
        table = "owner"
    before = bench.objects()
    if recreate == "always" and name in ("not null over nulls", "a check that rows break"):
        words = r"(NOT NULL constraint failed: t\.e|CHECK constraint failed: ck)\."
    with pytest.raises(ChangeRefused, match=words):
        bench.upgrade(batch(what, table, recreate=recreate))
    bench.sound()
    assert bench.objects() == before
    assert bench.rows("SELECT * FROM t") == [(1, "a", "b", 2, 1, None, "f")]


def test_a_script_may_drop_the_view_itself(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "a.db").make(BASE)

    def script() -> None:
        op.execute("DROP VIEW seen")
        with op.batch_alter_table("t") as given:
            given.drop_column("e")
            given.drop_index("ix_be")
        op.execute("CREATE VIEW seen AS SELECT f FROM t")

    bench.upgrade(script)
    assert bench.rows("SELECT * FROM seen") == [("f",)]
    assert "ix_e" not in bench.objects()


def test_rows_may_be_repaired_later_in_the_same_revision(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "a.db").make(BASE)

    def script() -> None:
        with op.batch_alter_table("t") as given:
            given.add_column(sa.Column("o", sa.Integer, server_default="0", nullable=False))
            given.create_foreign_key("fk_o", "owner", ["o"], ["id"])
        op.execute("UPDATE t SET o = 1")

    bench.upgrade(script)
    assert "CONSTRAINT fk_o" in bench.text("t")


def test_a_failure_after_a_rebuild_leaves_the_old_table(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "a.db", foreign_keys=True).make(BASE)
    before = bench.objects()

    def script() -> None:
        with op.batch_alter_table("t") as given:
            given.create_unique_constraint("uq", ["c"])
        op.execute("INSERT INTO nowhere VALUES (1)")

    with pytest.raises(DBAPIError):
        bench.upgrade(script)
    bench.sound()
    assert bench.objects() == before


def test_a_failed_change_that_a_script_catches_leaves_no_half(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "a.db").make(BASE)

    def script() -> None:
        try:
            with op.batch_alter_table("t") as given:
                given.drop_index("ix_e")
                given.create_unique_constraint("uq", ["c"])
                given.drop_column("f")
        except ChangeRefused:
            op.execute("INSERT INTO log VALUES ('went on')")

    before = bench.objects()
    bench.upgrade(script)
    assert bench.objects() == before
    assert bench.rows("SELECT * FROM log WHERE what <> 'f'") == [("went on",)]


@pytest.mark.parametrize("recreate", ["auto", "always"])
def test_a_view_that_was_broken_before_hinders_nothing(tmp_path: Path, recreate: str) -> None:
    bench = Bench(tmp_path / "a.db").make(
        "CREATE TABLE t (id INTEGER, a TEXT, b TEXT); CREATE VIEW v AS SELECT * FROM gone;"
    )
    bench.make("INSERT INTO t VALUES (1, 'a', 'b')")
    bench.upgrade(batch(lambda b: b.drop_column("a"), recreate=recreate))
    assert bench.rows("SELECT * FROM t") == [(1, "b")]
    assert bench.text("v") == "CREATE VIEW v AS SELECT * FROM gone"


def test_a_trigger_that_waits_for_a_dropped_column_is_named(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "a.db").make(
        "CREATE TABLE t (i INTEGER, a TEXT); CREATE TRIGGER tr AFTER UPDATE OF a ON t BEGIN DELETE FROM t WHERE 0; END;"
    )
    with pytest.raises(ChangeRefused, match="trigger tr"):
        bench.upgrade(batch(lambda b: b.drop_column("a")))


def test_rows_that_a_constraint_would_swallow_are_kept(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "a.db").make(
        "CREATE TABLE t (id INTEGER, a TEXT); INSERT INTO t VALUES (1, 'x'), (2, 'x');"
    )

    def script(b: Callable[..., None]) -> None:
        b.create_unique_constraint("uq", ["a"], sqlite_on_conflict="IGNORE")

    with pytest.raises(ChangeRefused, match="2 rows, and 1"):
        bench.upgrade(batch(script))
    assert bench.rows("SELECT count(*) FROM t") == [(2,)]
