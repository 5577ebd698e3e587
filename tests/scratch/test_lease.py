"""A lease gives an empty database like the target, and always takes it back."""

import gc
import re
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from tests.scratch.support import (
    ASYNC_DRIVERS,
    DRIVERS,
    NO_SETTINGS,
    engine_of,
    exists,
    fill,
    in_async,
    is_gone,
    tables,
)
from tests.support.databases import BACKENDS, Database, create_database, server_url
from whimbrel.errors import Reason, ScratchUnavailable
from whimbrel.scratch import lease
from whimbrel.settings import Settings


@pytest.mark.parametrize(("backend", "driver"), DRIVERS, indirect=["backend"])
def test_each_driver_is_led_to_a_database_of_its_own_that_is_gone_afterwards(
    backend: str, database: Database, driver: str
) -> None:
    engine = engine_of(database, driver)
    with lease(engine, NO_SETTINGS) as scratch:
        assert tables(scratch.engine) == []
        fill(scratch.engine)
        assert tables(scratch.engine) == ["thing"]
    assert is_gone(backend, scratch)
    assert tables(engine) == []
    engine.dispose()


@pytest.mark.parametrize(("backend", "driver"), ASYNC_DRIVERS, indirect=["backend"])
def test_each_asynchronous_driver_is_led_inside_run_sync(backend: str, database: Database, driver: str) -> None:
    def work(connection: sa.Connection) -> tuple[str, list[str], list[str]]:
        with lease(connection, NO_SETTINGS) as scratch:
            fill(scratch.engine)
            found = tables(scratch.engine)
        return scratch.name, found, sa.inspect(connection).get_table_names()

    name, there, here = in_async(database, driver, work)
    assert (there, here) == (["thing"], [])
    assert backend == "sqlite" or not exists(backend, name)


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_it_is_dropped_after_any_exception(backend: str, database: Database, error: type[BaseException]) -> None:
    engine = engine_of(database)
    lent: list[Any] = []

    def fail() -> None:
        with lease(engine, NO_SETTINGS) as scratch:
            lent.append(scratch)
            fill(scratch.engine)
            scratch.engine.connect().exec_driver_sql("SELECT * FROM thing")  # is left in a transaction
            raise error

    with pytest.raises(error):
        fail()
    if backend != "sqlite":  # in memory it lives until the forgotten connection is collected
        assert is_gone(backend, lent[0])
    engine.dispose()


@pytest.mark.parametrize(("when", "word"), [("before", "DROP"), ("after", "CREATE")])
@pytest.mark.parametrize("backend", [kind for kind in BACKENDS if kind != "sqlite"], indirect=True)
def test_ctrl_c_while_it_is_made_or_dropped_does_not_keep_it(
    backend: str, database: Database, when: str, word: str
) -> None:
    engine = engine_of(database)
    pressed: list[str] = []

    def press(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if statement.startswith(f"{word} DATABASE") and not pressed:
            pressed.append(statement)
            raise KeyboardInterrupt

    with (
        listening(sa.Engine, f"{when}_cursor_execute", press),
        pytest.raises(KeyboardInterrupt),
        lease(engine, NO_SETTINGS),
    ):
        pass
    [name] = re.findall("whimbrel_scratch_[0-9]+_[0-9a-f]+", pressed[0])
    assert not exists(backend, name)
    engine.dispose()


@contextmanager
def listening(target: Any, name: str, function: Any) -> Iterator[None]:
    sa.event.listen(target, name, function)
    try:
        yield
    finally:
        sa.event.remove(target, name, function)


# A shell starts what runs in the background with Ctrl-C ignored; the holder is as at a terminal.
HOLDER = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
import sqlalchemy as sa
from whimbrel.scratch import lease
from whimbrel.settings import Settings
with lease(sa.create_engine(sys.argv[1]), Settings()) as scratch, scratch.engine.connect() as connection:
    print(scratch.name, flush=True)
    while True:
        connection.exec_driver_sql(sys.argv[2])
"""


@pytest.mark.parametrize("backend", [kind for kind in BACKENDS if kind != "sqlite"], indirect=True)
def test_a_real_ctrl_c_in_a_process_drops_it(backend: str, database: Database) -> None:
    sleep = {"postgresql": "SELECT pg_sleep(0.2)", "mariadb": "SELECT sleep(0.2)"}[backend]
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, database.url, sleep], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    name = holder.stdout.readline().strip()
    assert exists(backend, name)
    holder.send_signal(signal.SIGINT)
    _, errors = holder.communicate(timeout=60)
    assert "KeyboardInterrupt" in errors
    assert not exists(backend, name)


def test_two_leases_at_once_do_not_see_each_other(backend: str, database: Database) -> None:
    engine = engine_of(database)
    with lease(engine, NO_SETTINGS) as one, lease(engine, NO_SETTINGS) as other:
        assert one.name != other.name
        fill(one.engine)
        assert tables(other.engine) == []
    engine.dispose()


def test_a_renewed_one_is_empty(backend: str, database: Database) -> None:
    engine = engine_of(database)
    with lease(engine, NO_SETTINGS) as scratch:
        fill(scratch.engine)
        scratch.renew()
        assert tables(scratch.engine) == []
        fill(scratch.engine)
    engine.dispose()


def test_other_threads_reach_the_target_as_ever(backend: str, database: Database) -> None:
    engine = engine_of(database, poolclass=sa.NullPool)
    fill(engine)
    seen: list[list[str]] = []
    with lease(engine, NO_SETTINGS) as scratch:
        thread = threading.Thread(target=lambda: seen.append(tables(engine)))
        thread.start()
        thread.join()
        assert tables(engine) == ["thing"]
        assert tables(scratch.engine) == []
    assert seen == [["thing"]]


@pytest.mark.parametrize(
    "pool", [{"pool_size": 1, "max_overflow": 0, "pool_timeout": 3}, {"poolclass": sa.NullPool}], ids=["one", "none"]
)
def test_the_smallest_pools_are_enough(backend: str, database: Database, pool: dict[str, Any]) -> None:
    engine = engine_of(database, **pool)
    with engine.connect() as connection, lease(connection, NO_SETTINGS) as scratch:
        fill(scratch.engine)
        assert tables(scratch.engine) == ["thing"]
    engine.dispose()


def test_listeners_to_connections_and_execution_options_go_along(backend: str, database: Database) -> None:
    engine = engine_of(database, execution_options={"mine": 1})
    statement = {
        "postgresql": "SET application_name = 'mine'",
        "mariadb": "SET @mine = 'mine'",
        "sqlite": "PRAGMA cache_size = 77",
    }[backend]
    question = {
        "postgresql": "SHOW application_name",
        "mariadb": "SELECT @mine",
        "sqlite": "PRAGMA cache_size",
    }[backend]

    @sa.event.listens_for(engine, "connect")
    def greet(dbapi_connection: Any, record: Any) -> None:
        cursor = dbapi_connection.cursor()
        cursor.execute(statement)
        cursor.close()
        dbapi_connection.commit()

    with lease(engine, NO_SETTINGS) as scratch, scratch.engine.connect() as connection:
        assert connection.exec_driver_sql(question).scalar() == (77 if backend == "sqlite" else "mine")
        assert connection.get_execution_options()["mine"] == 1
    engine.dispose()


def test_arguments_that_a_listener_of_the_app_adds_are_obeyed(backend: str, database: Database) -> None:
    url = sa.make_url(database.url)
    engine = sa.create_engine(url.set(password="wrong") if url.password else url)
    asked: list[str] = []

    @sa.event.listens_for(engine, "do_connect")
    def give(dialect: Any, record: Any, cargs: Any, cparams: Any) -> None:
        asked.append(dialect.name)
        if url.password:
            cparams["password"] = url.password

    with lease(engine, NO_SETTINGS) as scratch:
        before = len(asked)
        fill(scratch.engine)
        assert tables(scratch.engine) == ["thing"]
    assert before
    assert tables(engine) == []
    engine.dispose()


def test_an_engine_that_connects_by_its_own_function_is_refused_with_the_reason(
    backend: str, database: Database
) -> None:
    url = sa.make_url(database.url)
    driver = sa.create_engine(url).dialect
    cargs, cparams = driver.create_connect_args(url)
    engine = sa.create_engine(url, creator=lambda: driver.connect(*cargs, **cparams))
    with pytest.raises(ScratchUnavailable, match="creator=") as caught, lease(engine, NO_SETTINGS):
        pass
    assert caught.value.reason is Reason.OWN_CREATOR
    if backend != "sqlite":
        elsewhere = server_url(backend).render_as_string(hide_password=False)
        with lease(engine, Settings(scratch_url=(elsewhere,))) as scratch:
            fill(scratch.engine)
            assert tables(scratch.engine) == ["thing"]
            assert "creator=" in scratch.notes[-1]
            scratch.renew()
            assert tables(scratch.engine) == []
        assert is_gone(backend, scratch)
        assert tables(engine) == []
    engine.dispose()


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_functions_and_collations_of_sqlite_are_there(backend: str, database: Database) -> None:
    engine = engine_of(database)

    @sa.event.listens_for(engine, "connect")
    def extend(connection: sqlite3.Connection, record: Any) -> None:
        connection.create_function("twice", 1, lambda value: value * 2, deterministic=True)
        connection.create_collation("german", lambda a, b: (a > b) - (a < b))

    with lease(engine, NO_SETTINGS) as scratch, scratch.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (a TEXT COLLATE german, b INTEGER CHECK (twice(b) > 2))")
        connection.exec_driver_sql("CREATE INDEX i ON t (twice(b))")
    engine.dispose()


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_files_that_the_app_attaches_are_replaced_by_memory(backend: str, database: Database, tmp_path: Path) -> None:
    engine = engine_of(database)
    sa.event.listen(
        engine, "connect", lambda connection, record: connection.execute(f"ATTACH '{tmp_path / 'other.db'}' AS other")
    )
    with lease(engine, NO_SETTINGS) as scratch:
        with scratch.engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE other.t (a)")
        with scratch.engine.connect() as one, scratch.engine.connect() as two:
            assert sa.inspect(one).get_table_names("other") == sa.inspect(two).get_table_names("other") == ["t"]
    with engine.connect() as connection:
        assert sa.inspect(connection).get_table_names("other") == []
    engine.dispose()


@pytest.mark.parametrize("pool", [None, StaticPool])
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_target_in_memory_keeps_its_tables(backend: str, pool: Any) -> None:
    engine = sa.create_engine("sqlite://", poolclass=pool)
    fill(engine)
    with lease(engine, NO_SETTINGS) as scratch:
        assert tables(scratch.engine) == []
        fill(scratch.engine)
    assert tables(engine) == ["thing"]
    engine.dispose()


@pytest.fixture
def second(backend: str, tmp_path: Path) -> Iterator[Database]:
    made = create_database(backend, tmp_path)
    yield made
    made.drop()


@pytest.mark.parametrize("backend", [kind for kind in BACKENDS if kind != "sqlite"], indirect=True)
def test_a_scratch_url_leads_to_its_server_with_the_traits_of_the_target(backend: str, database: Database) -> None:
    if backend == "postgresql":
        database.execute(
            f"ALTER DATABASE {sa.make_url(database.url).database} SET search_path = app, public",
            f"ALTER DATABASE {sa.make_url(database.url).database} SET default_transaction_read_only = on",
            "ALTER ROLE CURRENT_USER IN DATABASE "
            f"{sa.make_url(database.url).database} SET default_transaction_isolation = 'serializable'",
        )
    engine = engine_of(database)
    url = server_url(backend).render_as_string(hide_password=False)
    with lease(engine, Settings(scratch_url=(url,))) as scratch, scratch.engine.connect() as connection:
        assert scratch.engine.url.username == sa.make_url(url).username
        if backend == "postgresql":
            assert connection.exec_driver_sql("SHOW search_path").scalar() == "app, public"
            assert connection.exec_driver_sql("SHOW default_transaction_isolation").scalar() == "serializable"
            connection.exec_driver_sql("CREATE TABLE public.t (id integer)")  # read-only is no trait of a schema
    assert is_gone(backend, scratch)
    engine.dispose()


def test_a_scratch_url_of_another_kind_is_refused(backend: str, database: Database) -> None:
    other = {"postgresql": "mysql+pymysql://x@y/z", "mariadb": "postgresql+psycopg://x@y/z"}.get(backend)
    if other is None:
        with lease(engine_of(database), Settings(scratch_url=("postgresql+psycopg://x@y/z",))) as scratch:
            assert tables(scratch.engine) == []  # needs no server, so the setting says nothing of it
        return
    with pytest.raises(ScratchUnavailable) as caught, lease(engine_of(database), Settings(scratch_url=(other,))):
        pass
    assert caught.value.reason is Reason.WRONG_SERVER


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_an_engine_in_the_place_of_one_that_is_no_more_is_led_as_well(backend: str, database: Database) -> None:
    """SQLAlchemy knows listeners by id(), and Python gives the same id again."""
    kept = []
    for _ in range(20):
        engine = engine_of(database)
        with lease(engine, NO_SETTINGS) as scratch:
            assert tables(scratch.engine) == []
        kept.append(engine.dialect.dispatch.do_connect)  # outlives its engine, as cycles can
        engine.dispose()
        del engine, scratch
        gc.collect()
