"""A table with everything that reflection loses, and every operation on it."""

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import op

from tests.sqlite.bench import Bench, recorded

TORTURE = """
CREATE TABLE place (id INTEGER PRIMARY KEY, name TEXT UNIQUE);
CREATE TABLE item ( -- all in one (really, all)
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- the number, never given twice
  "odd ""name" TEXT COLLATE NOCASE DEFAULT 'it''s, (so)',
  -- about the price
  price DECIMAL(10, 2) NOT NULL DEFAULT 0 CHECK (price >= 0),
  code VARCHAR(8) NOT NULL ON CONFLICT IGNORE,
  note VARCHAR(20) DEFAULT (lower('NONE')),
  place_id INTEGER REFERENCES place (id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
  parent INTEGER REFERENCES item (id),
  total DECIMAL AS (price * 2) STORED, twice INT GENERATED ALWAYS AS (id * 2) VIRTUAL, /* computed */
  spare TEXT,
  a INTEGER, b INTEGER,
  CONSTRAINT uq_code UNIQUE (code, place_id) ON CONFLICT REPLACE,
  CHECK (a < b OR b IS NULL), -- no name
  FOREIGN KEY (note) REFERENCES place (name)
);
CREATE TABLE child (id INTEGER PRIMARY KEY, item_id INTEGER NOT NULL REFERENCES item (id) ON DELETE CASCADE);
CREATE INDEX ix_partial ON item (price DESC, note COLLATE nocase) WHERE price > 0;
CREATE UNIQUE INDEX ix_expression ON item (lower(code), "odd ""name");
CREATE VIEW dear AS SELECT id, price AS cost FROM item WHERE price > 1;
CREATE TABLE log (what TEXT);
CREATE TRIGGER tr_log AFTER UPDATE OF price ON item WHEN new.price > 1 BEGIN INSERT INTO log VALUES (new.code); END;
CREATE TRIGGER tr_other AFTER INSERT ON log BEGIN DELETE FROM item WHERE id = -1; END;
INSERT INTO place VALUES (1, 'here'), (2, 'there'), (5, 'five'), (6, 'six');
INSERT INTO item (id, "odd ""name", price, code, note, place_id, parent, spare, a, b) VALUES
  (1, 'x', 1.5, 'c1', 'here', 1, NULL, 's1', 1, 2), (2, NULL, 2.5, 'c2', 'there', 2, 1, 's2', NULL, NULL),
  (3, 'z', 0, 'c3', NULL, NULL, 2, NULL, 5, 6), (9, 'gone', 1, 'c9', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO child VALUES (1, 1), (2, 1), (3, 3);
DELETE FROM item WHERE id = 9;
"""
OTHERS = ("place", "child", "ix_partial", "ix_expression", "dear", "log", "tr_log", "tr_other")
ROWS = 'SELECT id, "odd ""name", price, code, note, place_id, parent, total, twice, a, b FROM item ORDER BY id'


def with_batch(what: Callable[..., None], **options: object) -> Callable[[], None]:
    def script() -> None:
        with op.batch_alter_table("item", **options) as batch:
            what(batch)

    return script


CASES = {
    "add column": lambda b: b.add_column(sa.Column("extra", sa.String(5), server_default="e")),
    "add column with a foreign key": lambda b: b.add_column(sa.Column("p2", sa.Integer, sa.ForeignKey("place.id"))),
    "add column in the middle": lambda b: b.add_column(sa.Column("mid", sa.Integer), insert_after="price"),
    "add a unique column": lambda b: b.add_column(sa.Column("u", sa.Integer, unique=True)),
    "add a column with a computed default": lambda b: b.add_column(
        sa.Column("at", sa.DateTime, server_default=sa.func.now(), nullable=False)
    ),
    "add a stored column": lambda b: b.add_column(sa.Column("st", sa.Integer, sa.Computed("a + 1", persisted=True))),
    "add a column with a check": lambda b: b.add_column(sa.Column("k", sa.Integer, sa.CheckConstraint("k > 0"))),
    "drop column": lambda b: b.drop_column("spare"),
    "longer type": lambda b: b.alter_column("note", type_=sa.String(99)),
    "other type": lambda b: b.alter_column("spare", type_=sa.Integer()),
    "not null": lambda b: b.alter_column("price", nullable=True),
    "default": lambda b: b.alter_column("spare", server_default="new"),
    "no default": lambda b: b.alter_column("note", server_default=None),
    "check": lambda b: b.create_check_constraint("ck_spare", "spare <> 'x'"),
    "unique": lambda b: b.create_unique_constraint("uq_spare", ["spare", "a"]),
    "foreign key": lambda b: b.create_foreign_key("fk_a", "place", ["a"], ["id"], ondelete="CASCADE"),
    "foreign key without a name": lambda b: b.create_foreign_key(None, "place", ["b"], ["id"]),
    "drop an unnamed foreign key": lambda b: b.drop_constraint("fk_item_note_place", type_="foreignkey"),
    "drop a named unique": lambda b: b.drop_constraint("uq_code", type_="unique"),
    "computed otherwise": lambda b: b.alter_column("twice", server_default=sa.Computed("id * 3")),
    "new index": lambda b: b.create_index("ix_new", ["a", "b"], unique=False),
    "built again as it is": lambda b: b.alter_column("spare", existing_type=sa.Text()),
}


@pytest.mark.parametrize("foreign_keys", [False, True], ids=["fk off", "fk on"])
@pytest.mark.parametrize("always", [False, True], ids=["auto", "always"])
@pytest.mark.parametrize("name", CASES)
def test_a_batch_changes_what_it_says_and_nothing_else(
    tmp_path: Path, name: str, always: bool, foreign_keys: bool
) -> None:
    bench = Bench(tmp_path / "a.db", foreign_keys=foreign_keys).make(TORTURE)
    before = bench.text("item")
    rows, children = bench.rows(ROWS), bench.rows("SELECT * FROM child")
    with recorded(bench, *OTHERS):
        bench.upgrade(with_batch(CASES[name], **({"recreate": "always"} if always else {})))
    after = bench.rows(ROWS)
    if name == "computed otherwise":
        rows, after = [row[:8] + row[9:] for row in rows], [row[:8] + row[9:] for row in after]
    assert after == rows
    assert bench.rows("SELECT * FROM child") == children
    assert bench.rows("SELECT seq FROM sqlite_sequence") == [(9,)]
    text = bench.text("item")
    gone = [line for line in before.splitlines() if line not in text.splitlines()]
    assert len(gone) <= 2, text
    if not name.startswith(("new index", "built again")):
        assert text != before
