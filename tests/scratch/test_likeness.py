"""A scratch database has what decides how the server reads the models: encoding, locale, settings, modes."""

import pytest
import sqlalchemy as sa

from tests.scratch.accounts import as_root, plain_account
from tests.scratch.support import NO_SETTINGS, engine_of
from tests.support.databases import Database, server_url
from whimbrel.scratch import lease

LOCALES = {
    "C": "ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'",
    "latin1": "ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'",
    "icu": "ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'de-u-co-phonebk' LC_COLLATE 'C' LC_CTYPE 'C'",
}

TRAITS = """
    SELECT encoding, datcollate, datctype, to_jsonb(d) ->> 'datlocprovider',
           coalesce(to_jsonb(d) ->> 'daticulocale', to_jsonb(d) ->> 'datlocale')
    FROM pg_database d WHERE datname = current_database()
"""


def _made_anew(database: Database, statement: str) -> None:
    name = sa.make_url(database.url).database
    server = sa.create_engine(server_url(database.kind), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with server.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name}")
        connection.exec_driver_sql(statement.format(name))


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_encoding_and_locale_are_the_targets(backend: str, database: Database, locale: str) -> None:
    _made_anew(database, f"CREATE DATABASE {{}} TEMPLATE template0 {LOCALES[locale]}")
    engine = engine_of(database)
    with lease(engine, NO_SETTINGS) as scratch, engine.connect() as here, scratch.engine.connect() as there:
        assert here.exec_driver_sql(TRAITS).one() == there.exec_driver_sql(TRAITS).one()
    engine.dispose()


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_settings_of_the_database_and_of_the_account_in_it_are_the_targets(backend: str, database: Database) -> None:
    name = sa.make_url(database.url).database
    database.execute(
        f"""ALTER DATABASE {name} SET search_path = "$user", "Odd, one", public""",
        f"ALTER DATABASE {name} SET timezone = 'Asia/Tokyo'",
        f"ALTER DATABASE {name} SET app.tenant = 'it''s \\ one'",
        f"ALTER ROLE CURRENT_USER IN DATABASE {name} SET timezone = 'Europe/Rome'",
    )
    engine = engine_of(database)
    with lease(engine, NO_SETTINGS) as scratch, engine.connect() as here, scratch.engine.connect() as there:
        for setting in ("search_path", "timezone", "app.tenant"):
            question = f"SELECT current_setting('{setting}')"
            assert here.exec_driver_sql(question).scalar() == there.exec_driver_sql(question).scalar()
        assert here.exec_driver_sql("SHOW timezone").scalar() == "Europe/Rome"
        assert scratch.notes == ()
    engine.dispose()


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_an_empty_search_path_is_carried(backend: str, database: Database) -> None:
    database.execute(f"ALTER DATABASE {sa.make_url(database.url).database} SET search_path = ''")
    engine = engine_of(database)
    with lease(engine, NO_SETTINGS) as scratch, scratch.engine.connect() as there:
        assert there.exec_driver_sql("SHOW search_path").scalar() == '""'
    engine.dispose()


@pytest.mark.parametrize("backend", ["mariadb"], indirect=True)
def test_character_set_collation_and_sql_mode_are_the_targets(backend: str, database: Database) -> None:
    _made_anew(database, "CREATE DATABASE {} CHARACTER SET latin1 COLLATE latin1_german1_ci")
    engine = engine_of(database)
    sa.event.listen(
        engine, "connect", lambda dbapi, record: dbapi.cursor().execute("SET SESSION sql_mode = 'ANSI_QUOTES'")
    )
    question = "SELECT @@character_set_database, @@collation_database, @@sql_mode"
    with lease(engine, NO_SETTINGS) as scratch, scratch.engine.connect() as there:
        assert there.exec_driver_sql(question).one() == ("latin1", "latin1_german1_ci", "ANSI_QUOTES")
    engine.dispose()


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_a_setting_that_the_account_may_not_give_is_told(backend: str, database: Database) -> None:
    database.execute(f"ALTER DATABASE {sa.make_url(database.url).database} SET log_statement = 'none'")
    with plain_account(database) as account:
        as_root(backend, f"ALTER ROLE {sa.make_url(account.url).username} CREATEDB")
        engine = engine_of(account)
        with lease(engine, NO_SETTINGS) as scratch:
            assert len(scratch.notes) == 1
            assert scratch.notes[0].startswith("The setting log_statement was not taken over: permission denied")
        engine.dispose()
