"""After the renames that were decided, the found side is what the server makes of them."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.compare.pictures import drop_databases, emptied, snapshot_after, told
from tests.support.databases import BACKENDS
from whimbrel.compare import Answers, ColumnRename, TableRename, ValueRename, compare
from whimbrel.compare.answers import renamed
from whimbrel.snapshot import Key


@dataclass(frozen=True)
class Rename:
    """A schema, the statements that rename something in it, and the same as answers.

    Attributes:
        left: what still differs from what the server made, because it is made again on purpose.
    """

    id: str
    schema: tuple[str, ...]
    statements: tuple[str, ...]
    answers: Answers
    left: tuple[str, ...] = ()


def table(name: str, schema: str = "") -> Key:
    return Key("table", schema, name)


P = "public"
POSTGRESQL = (
    Rename(
        "column with all that hangs on it",
        (
            "CREATE TABLE t (a int PRIMARY KEY, b int UNIQUE CHECK (b > 0 AND b::text <> 'b'))",
            "ALTER TABLE t ADD c int GENERATED ALWAYS AS (b * 2) STORED",
            "ALTER TABLE t ADD EXCLUDE USING btree (b WITH =) WHERE (b > 1)",
            "CREATE TABLE u (t_b int REFERENCES t (b))",
            "CREATE INDEX i ON t (abs(b) DESC, b) INCLUDE (b) WHERE b > 5",
            "CREATE POLICY p ON t USING (b > 0) WITH CHECK (b < 9)",
        ),
        ("ALTER TABLE t RENAME b TO bb",),
        Answers(columns=(ColumnRename(table("t", P), "b", "bb"),)),
    ),
    Rename(
        "column that needs quotes",
        ("CREATE TABLE t (b int, CHECK (b > 0), UNIQUE (b))", "CREATE INDEX i ON t (b)"),
        ('ALTER TABLE t RENAME b TO "B b"',),
        Answers(columns=(ColumnRename(table("t", P), "b", "B b"),)),
    ),
    Rename(
        "two columns swapped",
        ("CREATE TABLE t (a int, b int, CHECK (a > 1), CHECK (b > 2))",),
        ("ALTER TABLE t RENAME a TO c", "ALTER TABLE t RENAME b TO a", "ALTER TABLE t RENAME c TO b"),
        Answers(columns=(ColumnRename(table("t", P), "a", "b"), ColumnRename(table("t", P), "b", "a"))),
    ),
    Rename(
        "table with all that hangs on it",
        (
            "CREATE TABLE item (id serial PRIMARY KEY, parent int REFERENCES item, x int UNIQUE)",
            "CREATE TABLE u (item_id int REFERENCES item)",
            "CREATE FUNCTION tf() RETURNS trigger AS 'BEGIN RETURN NEW; END' LANGUAGE plpgsql",
            "CREATE TRIGGER tr BEFORE INSERT ON item FOR EACH ROW EXECUTE FUNCTION tf()",
            "CREATE TABLE kid () INHERITS (item)",
        ),
        ("ALTER TABLE item RENAME TO product",),
        Answers(tables=(TableRename(table("item", P), table("product", P)),)),
    ),
    Rename(
        "table and column at once",
        ("CREATE TABLE item (id int PRIMARY KEY, x int)", "CREATE TABLE u (item_id int REFERENCES item)"),
        ("ALTER TABLE item RENAME TO product", "ALTER TABLE product RENAME id TO number"),
        Answers(
            (TableRename(table("item", P), table("product", P)),),
            (ColumnRename(table("product", P), "id", "number"),),
        ),
    ),
    Rename(
        "table moved to another schema",
        ("CREATE SCHEMA other", "CREATE TABLE item (id int PRIMARY KEY)", "CREATE TABLE u (i int REFERENCES item)"),
        ("ALTER TABLE item SET SCHEMA other",),
        Answers(tables=(TableRename(table("item", P), table("item", "other")),)),
    ),
    Rename(
        "partitioned table",
        (
            "CREATE TABLE ev (id int, at date) PARTITION BY RANGE (at)",
            "CREATE TABLE ev_1 PARTITION OF ev FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')",
        ),
        ("ALTER TABLE ev RENAME TO happening", "ALTER TABLE happening RENAME at TO day"),
        Answers(
            (TableRename(table("ev", P), table("happening", P)),),
            (ColumnRename(table("happening", P), "at", "day"),),
        ),
    ),
    Rename(
        "view over a renamed column is made again",
        ("CREATE TABLE t (a int)", "CREATE VIEW v AS SELECT a FROM t"),
        ("ALTER TABLE t RENAME a TO b",),
        Answers(columns=(ColumnRename(table("t", P), "a", "b"),)),
        ("~ view public.v: text",),
    ),
    Rename(
        "value of an enumeration",
        (
            "CREATE TYPE color AS ENUM ('red', 'green')",
            "CREATE TABLE t (a color DEFAULT 'green', b text DEFAULT 'green', CHECK (a <> 'green' OR b = 'green'))",
            "CREATE INDEX i ON t (a) WHERE a = 'green'",
        ),
        ("ALTER TYPE color RENAME VALUE 'green' TO 'lime''s'",),
        Answers(values=(ValueRename(Key("enum", P, "color"), "green", "lime's"),)),
    ),
)
SQLITE = (
    Rename(
        "column with all that hangs on it",
        (
            "CREATE TABLE t (a INTEGER PRIMARY KEY, b INT UNIQUE CHECK (b > 0 AND b <> 'b'), c INT AS (b * 2))",
            "CREATE TABLE u (t_b INT REFERENCES t (b))",
            "CREATE INDEX i ON t (abs(b) DESC, b) WHERE b > 5",
        ),
        ("ALTER TABLE t RENAME b TO bb",),
        Answers(columns=(ColumnRename(table("t"), "b", "bb"),)),
    ),
    Rename(
        "table with all that hangs on it",
        (
            "CREATE TABLE item (id INTEGER PRIMARY KEY, parent INT REFERENCES item (id), CHECK (id > 0))",
            "CREATE TABLE u (i INT REFERENCES item (id))",
            "CREATE INDEX i ON item (parent)",
        ),
        ("ALTER TABLE item RENAME TO product",),
        Answers(tables=(TableRename(table("item"), table("product")),)),
    ),
)
MARIADB = (
    Rename(
        "column with all that hangs on it",
        (
            "CREATE TABLE t (a int PRIMARY KEY, b int, c int, UNIQUE u (b), CHECK (c > 0))",
            "CREATE TABLE u (t_b int, FOREIGN KEY (t_b) REFERENCES t (b))",
        ),
        ("ALTER TABLE t RENAME COLUMN b TO bb",),
        Answers(columns=(ColumnRename(table("t"), "b", "bb"),)),
    ),
    Rename(
        "table with all that hangs on it",
        (
            "CREATE TABLE item (id int PRIMARY KEY, parent int, FOREIGN KEY (parent) REFERENCES item (id))",
            "CREATE TABLE u (i int, CONSTRAINT f FOREIGN KEY (i) REFERENCES item (id))",
        ),
        ("ALTER TABLE item RENAME TO product",),
        Answers(tables=(TableRename(table("item"), table("product")),)),
    ),
)
EACH = [
    pytest.param(kind, rename, id=f"{kind}-{rename.id}")
    for kind, renames in (("postgresql", POSTGRESQL), ("sqlite", SQLITE), ("mariadb", MARIADB))
    for rename in renames
    if kind in BACKENDS
]


@pytest.fixture(scope="module", autouse=True)
def _databases() -> Iterator[None]:
    yield
    drop_databases()


@pytest.mark.parametrize(("kind", "rename"), EACH)
def test_the_found_side_is_foreseen_as_the_server_leaves_it(kind: str, rename: Rename) -> None:
    with emptied(kind) as engine:
        before = snapshot_after(engine, rename.schema)
        after = snapshot_after(engine, rename.statements)
    assert before != after
    foreseen = renamed(before, rename.answers)
    assert told(compare(foreseen, after, ours=before.by_key.keys()).changes) == list(rename.left)


@pytest.mark.parametrize(("kind", "rename"), EACH)
def test_decided_renames_are_the_only_changes(kind: str, rename: Rename) -> None:
    with emptied(kind) as engine:
        before = snapshot_after(engine, rename.schema)
        after = snapshot_after(engine, rename.statements)
    changes = told(compare(before, after, before.by_key.keys(), rename.answers).changes)
    decided = len(rename.answers.tables) + len(rename.answers.columns) + len(rename.answers.values)
    assert len([line for line in changes if line.startswith(">")]) == decided
    assert [line for line in changes if not line.startswith(">")] == list(rename.left)
