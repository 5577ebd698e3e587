"""Whatever runs for scratch does not reach the target: not by the app's engines, nor by others from the same URL."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import Session, scoped_session, sessionmaker
from sqlalchemy.pool import StaticPool

from tests.scratch.support import NO_SETTINGS, tables
from tests.support.databases import BACKENDS, Database, server_url
from whimbrel.errors import Withheld
from whimbrel.scratch import Scratch, build, lease, lifted, redirected, refused
from whimbrel.settings import Settings


class App:
    """A Flask app with one model, whose table gets rows from a listener as it is created."""

    def __init__(self, database: Database) -> None:
        self.flask = Flask("shop")
        self.flask.config["SQLALCHEMY_DATABASE_URI"] = database.url
        self.db = db = SQLAlchemy()
        db.init_app(self.flask)

        class Role(db.Model):  # type: ignore[name-defined]
            id = db.Column(db.Integer, primary_key=True)
            name = db.Column(db.String(20))

        self.role = Role
        self.database = database
        self.second = sa.create_engine(database.url)
        with self.flask.app_context():
            db.create_all()
            self.engine = db.engine
            db.session.commit()
            db.session.remove()

    def write_by_session(self, *arguments: Any, **options: Any) -> None:
        self.db.session.add(self.role(name="by session"))
        self.db.session.commit()

    def write_by_second_engine(self, *arguments: Any, **options: Any) -> None:
        with self.second.begin() as connection:
            connection.execute(sa.insert(self.role.__table__).values(name="by a second engine"))

    def write_by_new_engine(self, *arguments: Any, **options: Any) -> None:
        engine = sa.create_engine(self.database.url)
        with engine.begin() as connection:
            connection.execute(sa.insert(self.role.__table__).values(name="by a new engine"))
        engine.dispose()

    def write_by_raw_connection(self, *arguments: Any, **options: Any) -> None:
        connection = self.engine.raw_connection()
        connection.cursor().execute("INSERT INTO role (name) VALUES ('raw')")
        connection.commit()
        connection.close()

    def rows(self) -> list[Any]:
        """Ask the target, by a connection that is not the app's."""
        return self.database.rows("SELECT name FROM role ORDER BY id")

    def close(self) -> None:
        with self.flask.app_context():
            self.db.session.remove()
            self.db.engine.dispose()
        self.second.dispose()


@pytest.fixture
def app(database: Database) -> Iterator[App]:
    made = App(database)
    with made.flask.app_context():
        yield made
    made.close()


WAYS = ["write_by_session", "write_by_second_engine", "write_by_new_engine", "write_by_raw_connection"]


@pytest.mark.parametrize("used_before", [False, True], ids=["fresh", "used"])
@pytest.mark.parametrize("way", WAYS)
def test_a_listener_writes_into_scratch_and_not_into_the_target(
    backend: str, app: App, way: str, used_before: bool
) -> None:
    if used_before:
        with app.second.connect() as connection:
            connection.exec_driver_sql("SELECT 1")
    sa.event.listen(app.role.__table__, "after_create", getattr(app, way))
    with lease(app.engine, NO_SETTINGS) as scratch:
        with redirected({app.engine: scratch}, sessions=[app.db.session]) as held:
            build([app.db.metadata], scratch)
        with scratch.engine.connect() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM role").scalar() == 1
    assert held.back == []
    assert app.rows() == []


@pytest.mark.parametrize("way", WAYS)
def test_afterwards_everything_reaches_the_target_again(backend: str, app: App, way: str) -> None:
    with lease(app.engine, NO_SETTINGS) as scratch, redirected({app.engine: scratch}, sessions=[app.db.session]):
        build([app.db.metadata], scratch)
        getattr(app, way)()
    assert app.rows() == []
    assert tables(app.engine) == tables(app.second) == ["role"]
    getattr(app, way)()
    assert len(app.rows()) == 1


@pytest.mark.parametrize("way", WAYS)
def test_without_a_way_to_scratch_a_listener_is_refused(backend: str, app: App, way: str) -> None:
    sa.event.listen(app.role.__table__, "after_create", getattr(app, way))
    with lease(app.engine, NO_SETTINGS) as scratch, pytest.raises(Withheld):
        build([app.db.metadata], scratch)
    assert app.rows() == []


def test_a_session_that_was_open_before_is_put_aside_and_comes_back(backend: str, app: App) -> None:
    if backend == "sqlite":
        app.write_by_session()
    session = app.db.session()
    assert app.db.session.query(app.role).count() == (backend == "sqlite")
    with lease(app.engine, NO_SETTINGS) as scratch, redirected({app.engine: scratch}, sessions=[app.db.session]):
        build([app.db.metadata], scratch)
        assert app.db.session() is not session
        app.write_by_session()
    assert app.db.session() is session
    app.db.session.rollback()
    assert app.rows() == ([("by session",)] if backend == "sqlite" else [])


def test_a_connection_that_was_open_before_is_refused_to_write_and_to_commit(backend: str, app: App) -> None:
    connection = app.second.connect()
    connection.execute(sa.insert(app.role.__table__).values(name="before"))
    session = Session(app.engine)
    if backend != "sqlite":  # where only one can write at a time
        session.execute(sa.insert(app.role.__table__).values(name="before"))
    with lease(app.engine, NO_SETTINGS) as scratch, redirected({app.engine: scratch}) as held:
        with pytest.raises(Withheld, match="in use before"):
            connection.execute(sa.insert(app.role.__table__).values(name="inside"))
        with pytest.raises(Withheld, match="COMMIT"):
            connection.commit()
        if backend != "sqlite":
            with pytest.raises(Withheld, match="COMMIT"):
                session.commit()
    assert held.back
    connection.close()
    session.close()
    assert app.rows() == []


def test_what_was_held_back_is_known_even_if_the_code_swallows_the_error(backend: str, app: App) -> None:
    def swallow(*arguments: Any, **options: Any) -> None:
        with suppress(Exception):
            app.write_by_session()

    with lease(app.engine, NO_SETTINGS), redirected({app.engine: None}, sessions=[app.db.session]) as held:
        swallow()
    assert len(held.back) == 1
    assert app.rows() == []


def test_an_engine_to_another_database_is_refused(backend: str, app: App, tmp_path: Any) -> None:
    elsewhere = sa.create_engine(f"sqlite:///{tmp_path / 'elsewhere.db'}")
    with (
        lease(app.engine, NO_SETTINGS) as scratch,
        redirected({app.engine: scratch}),
        pytest.raises(Withheld, match="not known"),
        elsewhere.connect(),
    ):
        pass
    assert not (tmp_path / "elsewhere.db").exists()


def test_an_engine_that_connects_by_its_own_function_is_refused(backend: str, app: App) -> None:
    url = sa.make_url(app.database.url)
    cargs, cparams = app.engine.dialect.create_connect_args(url)
    own = sa.create_engine(url, creator=lambda: app.engine.dialect.connect(*cargs, **cparams))
    table = app.role.__table__
    with lease(app.engine, NO_SETTINGS) as scratch:
        for ways in ({app.engine: scratch, own: scratch}, {app.engine: scratch}):
            with redirected(ways) as held:
                build([app.db.metadata], scratch)
                with pytest.raises(Exception, match=r"creator=|in use before|open already"), own.begin() as connection:
                    connection.execute(sa.insert(table).values(name="own"))
            assert held.back
            scratch.renew()
    own.dispose()
    assert app.rows() == []


def test_a_renewed_scratch_takes_the_engines_along(backend: str, app: App) -> None:
    with lease(app.engine, NO_SETTINGS) as scratch, redirected({app.engine: scratch}, sessions=[app.db.session]):
        for _ in range(3):
            build([app.db.metadata], scratch)
            app.write_by_session()
            app.write_by_second_engine()
            app.db.session.remove()
            with scratch.engine.connect() as connection:
                assert connection.exec_driver_sql("SELECT count(*) FROM role").scalar() == 2
            scratch.renew()
    assert app.rows() == []


def test_reading_the_target_is_possible_for_our_own_code(backend: str, app: App) -> None:
    app.write_by_session()
    connection = app.second.connect()
    with lease(app.engine, NO_SETTINGS) as scratch, redirected({app.engine: scratch}):
        with lifted():
            assert connection.exec_driver_sql("SELECT count(*) FROM role").scalar() == 1
        with pytest.raises(Withheld):
            connection.exec_driver_sql("SELECT count(*) FROM role")
    connection.close()


def test_create_all_inside_looks_at_scratch_and_not_at_the_target(backend: str, app: App) -> None:
    """MariaDB's dialect remembers the name of its database, and looks for tables there."""
    with lease(app.engine, NO_SETTINGS) as scratch:
        with redirected({app.engine: scratch}):
            app.db.create_all()
            fresh = sa.create_engine(app.database.url)
            assert tables(fresh) == tables(app.engine) == ["role"]
        assert tables(scratch.engine) == ["role"]
    app.write_by_session()
    assert tables(fresh) == ["role"]
    with fresh.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM role").scalar() == 1
        assert not str(connection.dialect.default_schema_name).startswith("whimbrel")
    fresh.dispose()


def test_in_a_serving_process_only_this_context_is_refused(backend: str, app: App) -> None:
    counted: list[Any] = []

    def serve() -> None:
        with app.second.connect() as connection:
            counted.append(connection.exec_driver_sql("SELECT count(*) FROM role").scalar())

    with refused() as held:
        thread = threading.Thread(target=serve)
        thread.start()
        thread.join()
        for way in WAYS:
            with pytest.raises(Withheld):
                getattr(app, way)()
            app.db.session.remove()
    assert counted == [0]
    assert len(held.back) == len(WAYS)
    assert app.rows() == []
    serve()
    app.write_by_session()
    assert counted == [0, 0]


@pytest.mark.parametrize("pool", [None, StaticPool])
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_refusing_does_not_end_a_database_in_memory(backend: str, pool: Any) -> None:
    engine = sa.create_engine("sqlite://", poolclass=pool)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (id INTEGER)")
    with refused(), pytest.raises(Withheld):
        engine.connect()
    with lease(engine, NO_SETTINGS) as scratch, redirected({engine: scratch}):
        assert tables(engine) == []
    with (
        lease(engine, NO_SETTINGS) as scratch,
        redirected({sa.create_engine("sqlite://"): scratch}),
        pytest.raises(Withheld),
    ):
        tables(engine)
    assert tables(engine) == ["t"]
    engine.dispose()


@pytest.mark.parametrize("backend", ["postgresql", "sqlite"], indirect=True)
def test_asynchronous_engines_are_led_too(backend: str, database: Database) -> None:
    driver = {"postgresql": "postgresql+asyncpg", "sqlite": "sqlite+aiosqlite"}[backend]
    url = sa.make_url(database.url).set(drivername=driver, query={})

    async def run() -> tuple[list[str], list[str]]:
        engine, other = create_async_engine(url), create_async_engine(url)

        def work(connection: sa.Connection) -> tuple[Scratch, ExitStack]:
            stack = ExitStack()
            scratch = stack.enter_context(lease(connection, NO_SETTINGS))
            stack.enter_context(redirected({engine: scratch}))
            return scratch, stack

        async with engine.connect() as connection:
            scratch, stack = await connection.run_sync(work)
            for one in (engine, other):
                async with one.begin() as inner:
                    await inner.exec_driver_sql(f"CREATE TABLE t{id(one)} (id INTEGER)")
            lender = scratch.engine
            there = await connection.run_sync(lambda _: tables(lender))
            await connection.run_sync(lambda _: stack.close())
            here = await connection.run_sync(lambda inner: sa.inspect(inner).get_table_names())
        await engine.dispose()
        await other.dispose()
        return there, here

    there, here = asyncio.run(run())
    assert (len(there), here) == (2, [])


@pytest.mark.parametrize("backend", ["mariadb"], indirect=True)
def test_a_statement_that_names_the_target_is_refused(backend: str, app: App) -> None:
    name = sa.make_url(app.database.url).database
    for text in (f"INSERT INTO {name}.role (name) VALUES ('x')", f"INSERT INTO `{name}` . role (name) VALUES ('x')"):
        listener = sa.DDL(text)
        sa.event.listen(app.role.__table__, "after_create", listener)
        with lease(app.engine, NO_SETTINGS) as scratch, pytest.raises(Withheld, match="names the database"):
            build([app.db.metadata], scratch)
        sa.event.remove(app.role.__table__, "after_create", listener)
    assert app.rows() == []


def test_a_scoped_session_of_plain_sqlalchemy_is_led_as_well(backend: str, app: App) -> None:
    session = scoped_session(sessionmaker(app.engine))
    session.execute(sa.text("SELECT 1"))
    with lease(app.engine, NO_SETTINGS) as scratch, redirected({app.engine: scratch}, sessions=[session]):
        build([app.db.metadata], scratch)
        session.add(app.role(name="inside"))
        session.commit()
    session.remove()
    assert app.rows() == []


def test_a_lease_inside_is_like_the_target_and_not_like_scratch(backend: str, app: App) -> None:
    with lease(app.engine, NO_SETTINGS) as outer, redirected({app.engine: outer}):
        build([app.db.metadata], outer)
        with lease(app.engine, NO_SETTINGS) as inner:
            assert inner.name != outer.name
            assert tables(inner.engine) == []
            assert tables(app.engine) == ["role"]
    assert app.rows() == []


@pytest.mark.parametrize("backend", [kind for kind in BACKENDS if kind != "sqlite"], indirect=True)
def test_engines_are_led_to_another_server_too(backend: str, app: App) -> None:
    settings = Settings(scratch_url=(server_url(backend).render_as_string(hide_password=False),))
    with lease(app.engine, settings) as scratch:
        with redirected({app.engine: scratch}, sessions=[app.db.session]):
            build([app.db.metadata], scratch)
            for way in WAYS:
                getattr(app, way)()
        with scratch.engine.connect() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM role").scalar() == len(WAYS)
    assert app.rows() == []
