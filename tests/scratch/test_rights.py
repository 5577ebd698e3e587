"""Where the account may not make a database, that is said with the grant that is missing, or a schema will do."""

import pytest
import sqlalchemy as sa

from tests.scratch.accounts import as_root, plain_account
from tests.scratch.support import NO_SETTINGS, Citext, engine_of, fill, in_async, tables
from tests.support.databases import BACKENDS, Database
from whimbrel.errors import Reason, ScratchUnavailable
from whimbrel.scratch import build, fits_inside, lease

SERVERS = [kind for kind in BACKENDS if kind != "sqlite"]


@pytest.mark.parametrize("backend", SERVERS, indirect=True)
def test_the_grant_that_is_named_is_the_one_that_is_missing(backend: str, database: Database) -> None:
    with plain_account(database) as account:
        engine = engine_of(account)
        with pytest.raises(ScratchUnavailable) as caught, lease(engine, NO_SETTINGS):
            pass
        assert caught.value.reason is Reason.NO_RIGHT
        assert caught.value.missing_right in caught.value.do
        as_root(backend, caught.value.missing_right)
        engine.dispose()
        with lease(engine, NO_SETTINGS) as scratch:
            fill(scratch.engine)
            assert tables(scratch.engine) == ["thing"]
        engine.dispose()


def _models() -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table(
        "parent",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("colour", sa.Enum("red", "green", name="colour")),
        sa.Column("name", sa.String(20), index=True, comment="what it is called"),
    )
    sa.Table(
        "child", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("up", sa.ForeignKey("parent.id"))
    )
    return metadata


@pytest.mark.parametrize("driver", ["postgresql+psycopg", "postgresql+psycopg2"])
@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_a_schema_that_is_rolled_back_will_do_for_few_tables(backend: str, database: Database, driver: str) -> None:
    metadata = _models()
    with plain_account(database) as account:
        engine = engine_of(account, driver)
        metadata.create_all(engine)
        with engine.begin() as connection:
            connection.exec_driver_sql("INSERT INTO parent (id) VALUES (1)")
        with lease(engine, NO_SETTINGS, tables_inside=fits_inside([metadata])) as scratch:
            assert scratch.schema == scratch.name
            build([metadata], scratch)
            with scratch.engine.connect() as connection:
                assert connection.exec_driver_sql("SELECT count(*) FROM parent").scalar() == 0
                assert sorted(sa.inspect(connection).get_table_names()) == ["child", "parent"]
            scratch.renew()
            build([metadata], scratch)
        with engine.connect() as connection:
            assert not [s for s in sa.inspect(connection).get_schema_names() if s.startswith("whimbrel")]
            assert connection.exec_driver_sql("SELECT count(*) FROM parent").scalar() == 1
        engine.dispose()


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_types_of_extensions_are_there_in_such_a_schema(backend: str, database: Database) -> None:
    metadata = sa.MetaData()
    sa.Table("t", metadata, sa.Column("mail", Citext()))
    database.execute("CREATE EXTENSION citext")
    with plain_account(database) as account:
        engine = engine_of(account)
        with lease(engine, NO_SETTINGS, tables_inside=1) as scratch:
            build([metadata], scratch)
            assert tables(scratch.engine) == ["t"]
        engine.dispose()


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_such_a_schema_works_by_asyncpg_too(backend: str, database: Database) -> None:
    def work(connection: sa.Connection) -> list[str]:
        with lease(connection, NO_SETTINGS, tables_inside=2) as scratch:
            build([_models()], scratch)
            return sorted(tables(scratch.engine)) if scratch.schema else []

    with plain_account(database) as account:
        assert in_async(account, "postgresql+asyncpg", work) == ["child", "parent"]
        assert account.rows("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'whimbrel%'") == []


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_a_commit_on_such_a_schema_commits_nothing(backend: str, database: Database) -> None:
    with plain_account(database) as account:
        engine = engine_of(account)
        with lease(engine, NO_SETTINGS, tables_inside=1) as scratch:
            with scratch.engine.begin() as connection:
                connection.exec_driver_sql("CREATE TABLE t (id integer)")
            with pytest.raises(sa.exc.ProgrammingError), scratch.engine.begin() as connection:
                connection.exec_driver_sql("SELECT nothing")
            with scratch.engine.begin() as connection:  # an error does not end it
                connection.exec_driver_sql("INSERT INTO t VALUES (1)")
        assert account.rows("SELECT relname FROM pg_class WHERE relname = 't'") == []
        engine.dispose()


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_a_schema_is_not_taken_for_many_tables(backend: str, database: Database) -> None:
    with plain_account(database) as account:
        engine = engine_of(account)
        with pytest.raises(ScratchUnavailable), lease(engine, NO_SETTINGS, tables_inside=301):
            pass
        engine.dispose()


def test_models_that_name_schemas_or_listen_to_their_making_do_not_fit_inside() -> None:
    assert fits_inside([_models()]) == 2
    listening = _models()
    sa.event.listen(listening.tables["child"], "after_create", sa.DDL("SELECT 1"))
    elsewhere = _models()
    sa.Table("far", elsewhere, sa.Column("id", sa.Integer), schema="other")
    of_type = _models()
    sa.Table("near", of_type, sa.Column("e", sa.Enum("a", name="e", schema="other")))
    counted = _models()
    sa.Sequence("numbers", schema="other", metadata=counted)
    assert [fits_inside([one]) for one in (listening, elsewhere, of_type, counted)] == [None] * 4
