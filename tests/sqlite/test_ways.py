"""Which way a change takes: SQLite's own ALTER, an edit of the stored text, or a rebuild; and what each keeps."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import op
from alembic.runtime.migration import MigrationContext
from sqlalchemy.ext.asyncio import create_async_engine

from tests.sqlite.bench import Bench
from whimbrel.backends import backend_for
from whimbrel.backends.sessions import Limits
from whimbrel.run.operations import operations_of

BASE = """
CREATE TABLE owner (id INTEGER PRIMARY KEY);
CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b VARCHAR(5) DEFAULT 'old', c INTEGER, d INTEGER REFERENCES owner (id));
CREATE INDEX ix_a ON t (a);
CREATE INDEX ix_ac ON t (a, c);
CREATE VIEW v AS SELECT a FROM t;
INSERT INTO owner VALUES (1);
INSERT INTO t (id, a, c, d) VALUES (1, 'one', 1, 1), (2, 'two', 2, NULL);
"""


def batch(what: Callable[..., object], table: str = "t", **options: object) -> Callable[[], None]:
    def script() -> None:
        with op.batch_alter_table(table, **options) as given:
            what(given)

    return script


def verbs(seen: list[str]) -> list[str]:
    """Name what the statements do to the table, in order."""
    signs = {
        "ADD COLUMN": "add", "DROP COLUMN": "drop", "RENAME COLUMN": "rename", "SET sql": "edit",
        "CREATE TABLE": "rebuild", "DROP INDEX": "drop index", "CREATE INDEX": "index",
    }  # fmt: skip
    found = [next((sign for text, sign in signs.items() if text in statement), "") for statement in seen]
    return [sign for at, sign in enumerate(found) if sign and "AND 0" not in seen[at]]


WAYS = {
    "add": (lambda b: b.add_column(sa.Column("z", sa.Integer)), ["add"]),
    "add, not null with a default": (
        lambda b: b.add_column(sa.Column("z", sa.Integer, nullable=False, server_default="0")),
        ["add"],
    ),
    "add with a foreign key": (
        lambda b: b.add_column(sa.Column("z", sa.Integer, sa.ForeignKey("owner.id"))),
        ["add", "edit"],
    ),
    "add last by name": (lambda b: b.add_column(sa.Column("z", sa.Integer), insert_after="d"), ["add"]),
    "drop": (lambda b: b.drop_column("b"), ["drop"]),
    "drop with its foreign key": (lambda b: b.drop_column("d"), ["edit", "drop"]),
    "drop two": (lambda b: (b.drop_column("b"), b.drop_column("d")), ["edit", "drop", "drop"]),
    "rename": (lambda b: b.alter_column("a", new_column_name="x"), ["rename"]),
    "rename and add": (
        lambda b: (b.alter_column("a", new_column_name="x"), b.add_column(sa.Column("a", sa.Text))),
        ["rename", "add"],
    ),
    "longer": (lambda b: b.alter_column("b", type_=sa.String(50)), ["edit"]),
    "text for a string": (lambda b: b.alter_column("b", type_=sa.Text()), ["edit"]),
    "not null": (lambda b: b.alter_column("a", nullable=False), ["edit"]),
    "check": (lambda b: b.create_check_constraint("ck", "c > 0"), ["edit"]),
    "default": (lambda b: b.alter_column("b", server_default="new"), ["edit"]),
    "foreign key out": (lambda b: b.drop_constraint("fk_t_d_owner", type_="foreignkey"), ["edit"]),
    "all rules at once": (
        lambda b: (
            b.alter_column("a", nullable=False, type_=sa.String(9)),
            b.create_check_constraint("ck", "c > 0"),
            b.create_foreign_key("fk", "owner", ["c"], ["id"]),
        ),
        ["edit"],
    ),
    "unique": (
        lambda b: b.create_unique_constraint("uq", ["c"]),
        ["rebuild", "drop index", "drop index", "index", "index"],
    ),
    "text to integer": (
        lambda b: b.alter_column("b", type_=sa.Integer()),
        ["rebuild", "drop index", "drop index", "index", "index"],
    ),
    "an index goes with the batch": (
        lambda b: (b.drop_index("ix_ac"), b.drop_column("c"), b.create_index("ix_b", ["b"])),
        ["drop index", "drop", "index"],
    ),
}


@pytest.mark.parametrize("name", WAYS)
def test_the_cheapest_way_is_taken(tmp_path: Path, name: str) -> None:
    what, expected = WAYS[name]
    bench = Bench(tmp_path / "a.db").make(BASE)
    if name == "all rules at once":
        bench.make("INSERT INTO owner VALUES (2)")
    assert verbs(bench.upgrade(batch(what))) == expected
    assert bench.rows("SELECT count(*) FROM t") == [(2,)]


PLAIN = {
    "add_column with a foreign key": lambda: op.add_column(
        "t", sa.Column("z", sa.Integer, sa.ForeignKey("owner.id", name="fz"))
    ),
    "alter_column": lambda: op.alter_column("t", "a", nullable=False),
    "drop_column": lambda: op.drop_column("t", "b"),
    "create_foreign_key": lambda: op.create_foreign_key("fk_c", "t", "owner", ["a"], ["id"], ondelete="SET NULL"),
    "create_unique_constraint": lambda: op.create_unique_constraint("uq_a", "t", ["a"]),
    "create_check_constraint": lambda: op.create_check_constraint("ck_c", "t", sa.column("c") > 0),
    "create_primary_key": lambda: op.create_primary_key("pk_t", "t", ["id", "c"]),
    "drop_constraint": lambda: op.drop_constraint(None, "t", type_="foreignkey"),
}
SAID = {
    "add_column with a foreign key": "CONSTRAINT fz FOREIGN KEY(z) REFERENCES owner (id)",
    "alter_column": "a TEXT NOT NULL",
    "drop_column": "a TEXT, c INTEGER",
    "create_foreign_key": "CONSTRAINT fk_c FOREIGN KEY(a) REFERENCES owner (id) ON DELETE SET NULL",
    "create_unique_constraint": "CONSTRAINT uq_a UNIQUE (a)",
    "create_check_constraint": "CONSTRAINT ck_c CHECK (c > 0)",
    "create_primary_key": "id INTEGER, a TEXT, b VARCHAR(5) DEFAULT 'old', c INTEGER, "
    "d INTEGER REFERENCES owner (id), CONSTRAINT pk_t PRIMARY KEY (id, c)",
    "drop_constraint": "d INTEGER)",
}


@pytest.mark.parametrize("name", PLAIN)
def test_an_operation_that_alembic_refuses_outside_a_batch_is_carried_out(tmp_path: Path, name: str) -> None:
    bench = Bench(tmp_path / "a.db").make(BASE)
    if name == "create_foreign_key":
        bench.make("UPDATE t SET a = 1")
    bench.upgrade(PLAIN[name])
    assert SAID[name] in bench.text("t")
    assert bench.rows("SELECT id, c FROM t") == [(1, 1), (2, 2)]


def test_a_default_edited_after_an_add_column_leaves_old_rows_their_value(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "a.db").make(BASE)
    bench.upgrade(lambda: op.add_column("t", sa.Column("z", sa.Text, server_default="first")))
    seen = bench.upgrade(lambda: op.alter_column("t", "z", server_default="second"))
    assert bench.rows("SELECT z FROM t") == [("first",), ("first",)]
    assert "rebuild" in verbs(seen)
    bench.make("INSERT INTO t (id) VALUES (3)")
    assert bench.rows("SELECT z FROM t WHERE id = 3") == [("second",)]


def test_a_default_taken_away_after_an_add_column_leaves_old_rows_their_value(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "a.db").make(BASE)
    bench.upgrade(lambda: op.add_column("t", sa.Column("z", sa.Integer, server_default="7", nullable=False)))
    bench.upgrade(batch(lambda b: b.alter_column("z", server_default=None)))
    assert bench.rows("SELECT z FROM t") == [(7,), (7,)]
    assert "z INTEGER NOT NULL" in bench.text("t")


def test_names_may_be_swapped_and_passed_on(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "a.db").make(BASE)

    def swap(b: object) -> None:
        b.alter_column("c", new_column_name="tmp")
        b.alter_column("d", new_column_name="c")
        b.alter_column("tmp", new_column_name="d")

    bench.upgrade(batch(swap))
    assert bench.rows("SELECT id, c, d FROM t") == [(1, 1, 1), (2, None, 2)]
    assert bench.text("ix_ac") == "CREATE INDEX ix_ac ON t (a, d)"


def test_a_column_may_take_the_name_of_one_that_is_dropped(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "a.db").make(BASE)
    bench.upgrade(batch(lambda b: (b.drop_column("b"), b.alter_column("a", new_column_name="b"))))
    assert bench.rows("SELECT b FROM t") == [("one",), ("two",)]
    assert bench.rows("SELECT * FROM v") == [("one",), ("two",)]


def test_values_are_converted_only_where_nothing_is_lost(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "a.db").make(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);"
        "INSERT INTO t VALUES (1, '10'), (2, '2020-01-02'), (3, 'abc'), (4, NULL)"
    )
    bench.upgrade(batch(lambda b: b.alter_column("a", type_=sa.Date())))
    assert bench.rows("SELECT a FROM t") == [(10,), ("2020-01-02",), ("abc",), (None,)]


def test_a_script_says_how_values_are_converted(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "a.db").make(BASE)
    bench.upgrade(batch(lambda b: b.alter_column("a", type_=sa.Integer(), sqlite_using="length(a) + c")))
    assert bench.rows("SELECT a FROM t") == [(4,), (5,)]


def test_a_number_that_cannot_be_counted_any_more_keeps_its_rows(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "a.db").make(
        "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT); INSERT INTO t VALUES (3, 'x')"
    )
    bench.upgrade(batch(lambda b: b.alter_column("id", type_=sa.BigInteger())))
    assert bench.text("t") == "CREATE TABLE t (id BIGINT PRIMARY KEY, a TEXT)"
    assert bench.rows("SELECT * FROM t") == [(3, "x")]
    assert bench.rows("SELECT * FROM sqlite_sequence") == []


def test_an_asynchronous_connection_changes_tables_in_the_same_way(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "a.db", foreign_keys=True).make(BASE)
    engine = create_async_engine(f"sqlite+aiosqlite:///{bench.path}", poolclass=sa.NullPool)

    def upgrade(connection: sa.Connection) -> None:
        backend_for("sqlite").prepare(connection, Limits(2))
        context = MigrationContext.configure(connection)
        with operations_of(context) as operations, connection.begin():
            batch(lambda b: (b.create_unique_constraint("uq", ["c"]), b.drop_column("b")))()
            operations.revision_ends()

    async def run() -> None:
        async with engine.connect() as connection:
            await connection.run_sync(upgrade)

    asyncio.run(run())
    bench.sound()
    assert "CONSTRAINT uq UNIQUE (c)" in bench.text("t")
    assert bench.rows("SELECT a, c FROM t") == [("one", 1), ("two", 2)]


def test_hidden_row_numbers_stay(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "a.db").make(
        "CREATE TABLE t (a TEXT); INSERT INTO t (rowid, a) VALUES (7, 'x'), (1000, 'y')"
    )
    bench.upgrade(batch(lambda b: b.create_unique_constraint("uq", ["a"])))
    assert bench.rows("SELECT rowid, a FROM t") == [(7, "x"), (1000, "y")]


@pytest.mark.parametrize("foreign_keys", [False, True])
def test_what_had_no_parent_before_stays(tmp_path: Path, foreign_keys: bool) -> None:
    bench = Bench(tmp_path / "a.db", foreign_keys=foreign_keys).make(BASE + "INSERT INTO t (id, d) VALUES (3, 99);")
    bench.upgrade(batch(lambda b: b.create_unique_constraint("uq", ["c"])))
    assert bench.rows("SELECT d FROM t WHERE id = 3") == [(99,)]


@pytest.mark.parametrize("foreign_keys", [False, True])
def test_a_scripts_own_delete_cascades_as_the_application_has_it(tmp_path: Path, foreign_keys: bool) -> None:
    bench = Bench(tmp_path / "a.db", foreign_keys=foreign_keys).make(
        BASE + "CREATE TABLE kid (t_id INTEGER REFERENCES t (id) ON DELETE CASCADE); INSERT INTO kid VALUES (1), (2);"
    )

    def script() -> None:
        with op.batch_alter_table("t") as given:
            given.create_unique_constraint("uq", ["c"])
        op.execute("DELETE FROM t WHERE id = 1")
        if not foreign_keys:
            op.execute("DELETE FROM kid WHERE t_id = 1")

    bench.upgrade(script)
    assert bench.rows("SELECT * FROM kid") == [(2,)]


def test_tables_whose_text_says_copy_from_keep_their_triggers_and_rows(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "a.db", foreign_keys=True).make(
        BASE + "CREATE TABLE kid (t_id INTEGER REFERENCES t (id) ON DELETE CASCADE); INSERT INTO kid VALUES (1), (2);"
        "CREATE TRIGGER tr AFTER INSERT ON t BEGIN DELETE FROM kid WHERE 0; END;"
    )
    copied = sa.Table(
        "t", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", sa.String(9)),
        sa.Column("b", sa.String(5)), sa.Column("c", sa.Integer), sa.Column("d", sa.Integer),
    )  # fmt: skip
    bench.upgrade(batch(lambda b: b.alter_column("c", nullable=False), copy_from=copied))
    assert bench.rows("SELECT id, a, c FROM t") == [(1, "one", 1), (2, "two", 2)]
    assert "REFERENCES" not in bench.text("t")
    assert "tr" in bench.objects()
    assert "ix_a" in bench.objects()
    assert bench.rows("SELECT * FROM kid") == [(1,), (2,)]


OPTIONS = {
    "strict": ({"table_kwargs": {"sqlite_strict": True}}, ") STRICT"),
    "counting": ({"table_kwargs": {"sqlite_autoincrement": True}}, "id INTEGER PRIMARY KEY AUTOINCREMENT"),
    "without row numbers": ({"table_kwargs": {"sqlite_with_rowid": False}}, ") WITHOUT ROWID"),
    "a check": ({"table_args": (sa.CheckConstraint("c > 0", name="ck"),)}, "CONSTRAINT ck CHECK (c > 0)"),
    "a foreign key": (
        {"table_args": (sa.ForeignKeyConstraint(["c"], ["owner.id"], name="fk"),)},
        "CONSTRAINT fk FOREIGN KEY(c) REFERENCES owner (id)",
    ),
    "a reference to itself": (
        {"reflect_args": (sa.ForeignKeyConstraint(["c"], ["t.id"], name="fk"),)},
        "CONSTRAINT fk FOREIGN KEY(c) REFERENCES t (id)",
    ),
    "a key": ({"table_args": (sa.UniqueConstraint("c", name="uq"),)}, "CONSTRAINT uq UNIQUE (c)"),
    "order": (
        {"recreate": "always", "partial_reordering": [("d", "c", "b", "a")]},
        "(id INTEGER PRIMARY KEY, d INTEGER REFERENCES owner (id), c INTEGER, b VARCHAR(5) DEFAULT 'old', a TEXT)",
    ),
}


@pytest.mark.parametrize("name", OPTIONS)
def test_options_of_a_batch_are_obeyed(tmp_path: Path, name: str) -> None:
    options, expected = OPTIONS[name]
    bench = Bench(tmp_path / "a.db").make(BASE.replace("VARCHAR(5)", "TEXT") if name == "strict" else BASE)
    if name == "a foreign key":
        bench.make("INSERT INTO owner VALUES (2)")
    bench.upgrade(batch(lambda b: None, **options))
    assert expected in bench.text("t")
    assert bench.rows("SELECT id, a, c, d FROM t") == [(1, "one", 1, 1), (2, "two", 2, None)]
