"""The same script through Alembic's own batch: what it loses is what the rebuild from the stored text keeps."""

import warnings
from pathlib import Path

import sqlalchemy as sa
from alembic import op

from tests.sqlite.bench import Bench

TABLE = """
CREATE TABLE parent (id INTEGER PRIMARY KEY);
CREATE TABLE t (
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- given once
  name TEXT COLLATE NOCASE,
  price NUMERIC CHECK (price >= 0),
  day TEXT,
  parent_id INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX ix ON t (price DESC) WHERE price > 0;
CREATE TABLE kid (t_id INTEGER REFERENCES t (id) ON DELETE CASCADE);
CREATE TABLE log (n);
CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.id); END;
INSERT INTO t (id, name, price, day) VALUES (1, 'a', 1, '2020-01-02'), (7, 'b', 2, NULL);
DELETE FROM t WHERE id = 7;
INSERT INTO kid VALUES (1);
"""


def script() -> None:
    with op.batch_alter_table("t") as batch_op:
        batch_op.alter_column("day", existing_type=sa.Text(), type_=sa.Date())
        batch_op.create_unique_constraint("uq_day", ["day"])


def kept(bench: Bench) -> dict[str, bool]:
    text, objects = bench.text("t"), bench.objects()
    return {
        "collation": "COLLATE NOCASE" in text,
        "check": "price >= 0" in text,
        "comment": "given once" in text,
        "never twice": "AUTOINCREMENT" in text and bench.rows("SELECT seq FROM sqlite_sequence") == [(7,)],
        "deferrable": "DEFERRABLE" in text,
        "index": objects.get("ix") == "CREATE INDEX ix ON t (price DESC) WHERE price > 0",
        "trigger": "tr" in objects,
        "children": bench.rows("SELECT * FROM kid") == [(1,)],
        "values": bench.rows("SELECT day FROM t") == [("2020-01-02",)],
    }


def test_what_alembic_loses_is_kept(tmp_path: Path) -> None:
    ours = Bench(tmp_path / "ours.db", foreign_keys=True).make(TABLE)
    theirs = Bench(tmp_path / "theirs.db", foreign_keys=True).make(TABLE)
    ours.upgrade(script)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs.upgrade_with_alembic(script)
    assert "uq_day" in ours.text("t")
    assert "uq_day" in theirs.text("t")
    assert [name for name, stayed in kept(ours).items() if not stayed] == []
    lost = {name for name, stayed in kept(theirs).items() if not stayed}
    assert lost >= {"check", "comment", "never twice", "trigger", "children", "values"}
