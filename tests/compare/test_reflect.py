"""What a snapshot holds, and what it leaves out, on each server."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from tests.compare.pictures import drop_databases, emptied, snapshot_after
from tests.support.databases import BACKENDS
from whimbrel.backends.reflect import reflect
from whimbrel.snapshot import Key, View

SERVERS = [kind for kind in ("sqlite", "postgresql", "mariadb") if kind in BACKENDS]
with_postgresql = pytest.mark.skipif("postgresql" not in BACKENDS, reason="PostgreSQL takes no part in this run.")


@pytest.fixture(scope="module", autouse=True)
def _databases() -> Iterator[None]:
    yield
    drop_databases()


@pytest.mark.parametrize("kind", SERVERS)
def test_bookkeeping_is_invisible(kind: str) -> None:
    with emptied(kind) as engine:
        before = snapshot_after(engine, ["CREATE TABLE t (a int)"])
        after = snapshot_after(
            engine,
            [
                "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)",
                "CREATE TABLE whimbrel_runs (id int)",
                "CREATE INDEX whimbrel_i ON t (a)",
                "ALTER TABLE t ADD whimbrel_old int",
                "CREATE VIEW whimbrel_v AS SELECT a FROM t",
            ],
        )
    assert after == before
    assert [key.name for key in after.by_key] == ["t"]


@with_postgresql
def test_the_archive_schema_is_invisible() -> None:
    with emptied("postgresql") as engine:
        statements = ["CREATE SCHEMA whimbrel_archive", "CREATE TABLE whimbrel_archive.t (a int PRIMARY KEY)"]
        assert snapshot_after(engine, statements).objects == ()


@with_postgresql
def test_what_an_extension_brought_is_its_own_affair() -> None:
    with emptied("postgresql") as engine:
        found = snapshot_after(engine, ["CREATE EXTENSION hstore", "CREATE EXTENSION pg_trgm"])
    assert [str(key) for key in found.by_key] == ["extension public.hstore", "extension public.pg_trgm"]


@with_postgresql
@pytest.mark.parametrize("isolation", ["AUTOCOMMIT", "READ COMMITTED"])
def test_reflecting_leaves_the_search_path_as_it_was(isolation: str) -> None:
    with emptied("postgresql") as engine, engine.connect() as raw:
        connection = raw.execution_options(isolation_level=isolation)
        connection.exec_driver_sql("CREATE SCHEMA mine")
        connection.exec_driver_sql('SET search_path = mine, "$user", public')
        assert reflect(connection).default_schema == "mine"
        path = connection.exec_driver_sql("SELECT current_setting('search_path')").scalar_one()
    assert path == 'mine, "$user", public'


@with_postgresql
def test_a_view_tells_what_it_reads() -> None:
    with emptied("postgresql") as engine:
        found = snapshot_after(
            engine, ["CREATE TABLE t (a int, b int)", "CREATE VIEW v AS SELECT a FROM t", "CREATE VIEW w AS TABLE v"]
        )
    views = {each.name: each.needs for each in found.objects if isinstance(each, View)}
    assert views == {"v": ("column public.t.a",), "w": ("view public.v",)}


@with_postgresql
def test_what_is_not_compared_is_said_by_name() -> None:
    with emptied("postgresql") as engine:
        found = snapshot_after(
            engine,
            [
                "CREATE EXTENSION file_fdw",
                "CREATE SERVER s FOREIGN DATA WRAPPER file_fdw",
                "CREATE FOREIGN TABLE ft (a int) SERVER s OPTIONS (filename '/dev/null')",
                "CREATE PUBLICATION p",
                "CREATE FUNCTION ef() RETURNS event_trigger AS 'BEGIN END' LANGUAGE plpgsql",
                "CREATE EVENT TRIGGER et ON ddl_command_end EXECUTE FUNCTION ef()",
            ],
        )
        snapshot_after(engine, ["DROP EVENT TRIGGER et", "DROP PUBLICATION p"])
    assert found.notes == (
        "event trigger et is not compared",
        "foreign table public.ft is not compared",
        "publication p is not compared",
    )


@pytest.mark.parametrize("kind", SERVERS)
def test_the_number_of_queries_does_not_depend_on_the_number_of_tables(kind: str) -> None:
    with emptied(kind) as engine:
        few = _queries(engine, 1)
        assert _queries(engine, 40) == few
    assert few <= 20


def _queries(engine: sa.Engine, tables: int) -> int:
    metadata = sa.MetaData()
    for number in range(tables):
        key = sa.Column("id", sa.Integer, primary_key=True)
        sa.Table(f"t{number}", metadata, key, sa.Column("x", sa.Integer, sa.ForeignKey("t0.id"), index=True))
    metadata.create_all(engine)
    counted: list[str] = []
    sa.event.listen(engine, "before_cursor_execute", lambda *given: counted.append(given[2]))
    with engine.connect() as connection:
        assert len(list(reflect(connection).tables())) >= tables
    return len(counted)


@pytest.mark.parametrize("kind", SERVERS)
def test_two_reflections_of_one_database_have_equal_keys_and_texts(kind: str) -> None:
    with emptied(kind) as engine:
        first = snapshot_after(engine, ["CREATE TABLE t (a int, b varchar(10))", "CREATE INDEX i ON t (a, b)"])
        second = snapshot_after(engine, [])
    assert first == second
    assert first.get(Key("table", first.default_schema, "t")) == second.table("t")
