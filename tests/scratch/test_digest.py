"""Digests say which objects `create_all()` would make otherwise than before, without asking a database."""

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.scratch.support import NO_SETTINGS, engine_of, tables
from tests.support.databases import Database
from whimbrel.scratch import REST, digests, lease, redirected

DIALECTS = {
    "postgresql": ["postgresql+psycopg", "postgresql+psycopg2", "postgresql+asyncpg"],
    "mariadb": ["mysql+pymysql", "mysql+mysqldb", "mysql+aiomysql"],
    "sqlite": ["sqlite+pysqlite", "sqlite+aiosqlite"],
}


def models(edit: Callable[[sa.MetaData], None] | None = None, kind: str = "b", size: int = 40) -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table(
        "author",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(size), comment="who"),
        sa.Column("kind", sa.Enum("a", kind, name="author_kind")),
        sa.Column("best", sa.ForeignKey("book.id", name="best_fk", use_alter=True)),
        sa.CheckConstraint("name <> '100%'", name="not_all"),
    )
    book = sa.Table(
        "book",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        *[sa.Column(f"c{i}", sa.Integer, index=True) for i in range(5)],
        sa.Column("author_id", sa.ForeignKey("author.id")),
    )
    sa.Index("ix_two", book.c.c1, book.c.c2)
    sa.Sequence("numbers", metadata=metadata)
    if edit is not None:
        edit(metadata)
    return metadata


def _dialect(database: Database) -> sa.Dialect:
    engine = engine_of(database)
    with engine.connect() as connection:
        dialect = connection.dialect
    engine.dispose()
    return dialect


def _changed(database: Database, edit: Callable[[sa.MetaData], None] | None = None, **how: Any) -> set[str]:
    dialect = _dialect(database)
    before, after = digests([models()], dialect).by_object, digests([models(edit, **how)], dialect).by_object
    assert before
    return {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}


def test_equal_models_have_equal_digests(backend: str, database: Database) -> None:
    assert _changed(database) == set()
    assert set(digests([models()], _dialect(database)).by_object) == {"table author", "table book", REST}


def _later(change: Callable[[sa.MetaData], Any]) -> Callable[[sa.MetaData], None]:
    return lambda metadata: (change(metadata), None)[1]


CHANGES: dict[str, tuple[Callable[[sa.MetaData], Any], set[str]]] = {
    "column": (lambda m: m.tables["book"].append_column(sa.Column("x", sa.Integer)), {"table book"}),
    "index": (lambda m: sa.Index("ix_new", m.tables["book"].c.c3, m.tables["book"].c.c1), {"table book"}),
    "table": (lambda m: sa.Table("new", m, sa.Column("id", sa.Integer), schema="app"), {"table app.new"}),
    "text event of a table": (
        lambda m: sa.event.listen(m.tables["book"], "after_create", sa.DDL("SELECT 1")),
        {"table book"},
    ),
    "text event": (lambda m: sa.event.listen(m, "after_create", sa.DDL("CREATE VIEW v AS SELECT 1")), {REST}),
    "listener that executes": (
        lambda m: sa.event.listen(m, "after_create", lambda t, c, **k: c.execute(sa.text("SELECT 2"))),
        {REST},
    ),
    "listener that inserts": (
        lambda m: sa.event.listen(
            m.tables["book"], "after_create", lambda t, c, **k: c.execute(sa.insert(t).values(c1=7))
        ),
        {REST},
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_in_the_digest_of_its_object_only(backend: str, database: Database, change: str) -> None:
    edit, expected = CHANGES[change]
    assert _changed(database, _later(edit)) == expected


def test_values_of_an_insert_count(backend: str, database: Database) -> None:
    def inserting(value: int) -> sa.MetaData:
        return models(
            lambda m: sa.event.listen(
                m.tables["book"], "after_create", lambda t, c, **k: c.execute(sa.insert(t), [{"c1": value}])
            )
        )

    dialect = _dialect(database)
    assert digests([inserting(1)], dialect) == digests([inserting(1)], dialect)
    assert digests([inserting(1)], dialect) != digests([inserting(2)], dialect)


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_labels_of_an_enum_are_no_part_of_a_table(backend: str, database: Database) -> None:
    assert _changed(database, kind="c") == {REST}
    assert _changed(database, size=41) == {"table author"}


def test_every_driver_and_every_process_gives_the_same(backend: str, database: Database) -> None:
    code = (
        "import sqlalchemy as sa; from tests.scratch.test_digest import models; from whimbrel.scratch import digests; "
        "d = sa.make_url('{}://').get_dialect()(); d.server_version_info = (15, 1); "
        "print(sorted(digests([models()], d).by_object.items()))"
    )
    found = set()
    for seed, driver in enumerate([*DIALECTS[backend], DIALECTS[backend][0]]):
        environment = {**os.environ, "PYTHONHASHSEED": str(seed)}
        run = subprocess.run(
            [sys.executable, "-c", code.format(driver)], capture_output=True, text=True, env=environment, check=True
        )
        found.add(run.stdout)
    assert len(found) == 1


READERS: dict[str, Callable[[Any], Any]] = {
    "scalar": lambda c: c.execute(sa.text("SELECT 1")).scalar(),
    "truth": lambda c: bool(c.execute(sa.text("SELECT 1"))),
    "iteration": lambda c: list(c.execute(sa.text("SELECT 1"))),
    "comparison": lambda c: c.execute(sa.text("SELECT 1")) == 1,
    "driver's SQL": lambda c: c.exec_driver_sql("SELECT 1"),
    "inspection": lambda c: sa.inspect(c).get_table_names(),
    "session": lambda c: Session(c).execute(sa.text("SELECT 1")),
}


@pytest.mark.parametrize("reader", READERS)
def test_a_listener_that_wants_a_result_makes_it_not_cacheable(backend: str, database: Database, reader: str) -> None:
    metadata = models(
        lambda m: sa.event.listen(m, "after_create", lambda target, connection, **k: READERS[reader](connection))
    )
    found = digests([metadata], _dialect(database))
    assert found.not_cacheable
    assert found.by_object == {}


def test_a_listener_that_writes_by_an_engine_of_its_own_writes_nothing(backend: str, database: Database) -> None:
    engine = engine_of(database)
    models().create_all(engine)

    def write(*arguments: Any, **options: Any) -> None:
        try:
            with engine.begin() as connection:
                connection.exec_driver_sql("INSERT INTO book (c1) VALUES (1)")
        except Exception:
            pass

    found = digests([models(lambda m: sa.event.listen(m, "after_create", write))], _dialect(database))
    assert "a listener wanted" in found.not_cacheable
    assert database.rows("SELECT * FROM book") == []
    engine.dispose()


def test_a_digest_while_engines_are_led_to_scratch_leaves_scratch_empty(backend: str, database: Database) -> None:
    engine = engine_of(database)

    def write(*arguments: Any, **options: Any) -> None:
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE traces (id INTEGER)")

    metadata = models(lambda m: sa.event.listen(m, "after_create", write))
    with lease(engine, NO_SETTINGS) as scratch:
        with redirected({engine: scratch}):
            assert "Withheld" in digests([metadata], engine.dialect).not_cacheable
            with engine.connect():  # itself it can go there
                pass
            assert "Withheld" in digests([metadata], engine.dialect).not_cacheable
        assert tables(scratch.engine) == []
    engine.dispose()
