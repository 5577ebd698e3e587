"""`MIGRATE_DIRECT_URL` leads what `flask db` does round a pooler, whoever makes the engine."""

import pytest
import sqlalchemy as sa

from tests.core.applications import application
from tests.core.repository import add_script, lay_out, tables, versions
from tests.support.databases import Database
from tests.support.project import Project
from whimbrel import upgrade
from whimbrel.errors import BadSetting
from whimbrel.settings import settings_from

POSTGRESQL = pytest.mark.parametrize("backend", ["postgresql"], indirect=True)

# As env.py files are written that use nothing of the app but its URL.
OWN_ENGINE = """
from alembic import context
from flask import current_app
from sqlalchemy import engine_from_config, pool

url = current_app.config["SQLALCHEMY_DATABASE_URI"]
with engine_from_config({"sqlalchemy.url": url}, poolclass=pool.NullPool).connect() as connection:
    context.configure(connection=connection, target_metadata=current_app.extensions["migrate"].db.metadata)
    with context.begin_transaction():
        context.run_migrations()
"""


def nowhere(database: Database) -> str:
    """Return the URL of a pooler that cannot be reached: what goes there fails."""
    url = sa.make_url(database.url).set(port=1, password="not-to-be-shown")
    return url.render_as_string(hide_password=False)


def configured(project: Project, way: str) -> None:
    hello = project.read("hello.py")
    project.write("hello.py", hello.replace("db = ", f'app.config["MIGRATE_DIRECT_URL"] = {way}\ndb = ', 1))


@pytest.mark.parametrize(
    ("backend", "env"),
    [("postgresql", ""), ("mariadb", ""), ("postgresql", OWN_ENGINE)],
    indirect=["backend"],
    ids=["postgresql", "mariadb", "an engine of env.py's own"],
)
def test_every_command_goes_by_it(project: Project, env: str) -> None:
    lay_out(project)
    if env:
        project.write("migrations/env.py", env)
    configured(project, repr(project.database.url))
    by_app = {"DATABASE_URL": nowhere(project.database)}
    migrated = project.flask("migrate", env=by_app)
    assert "Compared by Alembic" not in migrated.stdout + migrated.stderr
    for verb in ("upgrade", "downgrade"):
        project.flask(verb, env=by_app)
    assert versions(project.database) == []
    status = project.flask("status", env=by_app)
    assert f":{sa.make_url(project.database.url).port}/" in status.stdout
    assert "not-to-be-shown" not in status.stdout + status.stderr


@POSTGRESQL
def test_a_connection_that_was_open_before_is_not_used_and_other_threads_are_not_led(project: Project) -> None:
    lay_out(project)
    ask = """name = sa.text("SELECT current_setting('application_name')")
    import threading
    from flask import current_app
    engine, seen = current_app.extensions["sqlalchemy"].engine, current_app.config["SEEN"]
    seen.append(op.get_bind().scalar(name))
    def look():
        with engine.connect() as connection:
            seen.append(connection.scalar(name))
    other = threading.Thread(target=look)
    other.start()
    other.join()"""
    add_script(project, "a", upgrade=ask)
    direct = sa.make_url(project.database.url).update_query_dict({"application_name": "direct"})
    way = direct.render_as_string(hide_password=False)
    seen: list[str] = []
    with application(project, SQLALCHEMY_ENGINE_OPTIONS={}, MIGRATE_DIRECT_URL=way, SEEN=seen) as app:
        engine = app.extensions["sqlalchemy"].engine
        engine.connect().close()
        upgrade()
        with engine.connect() as connection:
            seen.append(connection.exec_driver_sql("SHOW application_name").scalar_one())
        engine.dispose()
    assert seen == ["direct", "", ""]


@POSTGRESQL
def test_what_the_app_says_beside_its_url_goes_along(project: Project) -> None:
    lay_out(project)
    options = '{"connect_args": {"options": "-csearch_path=tenant"}}'
    hello = project.read("hello.py")
    project.write("hello.py", hello.replace("db = ", f'app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {options}\ndb = ', 1))
    configured(project, repr(project.database.url))
    add_script(project, "a")
    project.database.execute("CREATE SCHEMA tenant")
    project.flask("upgrade", env={"DATABASE_URL": nowhere(project.database)})
    assert project.database.rows("SELECT count(*) FROM tenant.made_by_a") == [(0,)]


def test_a_mapping_has_the_urls_by_bind(project: Project) -> None:
    lay_out(project)
    add_script(project, "a")
    configured(project, repr({"nowhere": "sqlite://"}))
    outcome = project.flask("upgrade", check=False)
    assert outcome.rc == BadSetting.exit_code == 1
    assert "Error: MIGRATE_DIRECT_URL names the database 'nowhere'" in outcome.stderr
    assert "Nothing was changed." in outcome.stderr
    assert versions(project.database) == []


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("mysql://a:secret@b/c", "names mysql, and the app's database is sqlite"),
        ("sqlite://a:secret@b:port/c", "is no database URL"),
        ("sqlite://a:sec@ret@b/c", "is no database URL"),
    ],
)
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_what_cannot_be_another_way_is_refused(project: Project, given: str, words: str) -> None:
    lay_out(project)
    configured(project, repr(given))
    outcome = project.flask("upgrade", check=False)
    assert outcome.rc == 1
    assert words in outcome.stderr
    assert "sec" not in outcome.stderr.replace("SECRET", "")
    assert "Traceback" not in outcome.stderr


@POSTGRESQL
def test_an_engine_that_connects_by_a_function_of_its_own_is_refused(project: Project) -> None:
    lay_out(project)
    add_script(project, "a")
    creator = """
import psycopg
from sqlalchemy import make_url
url = make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql").render_as_string(hide_password=False)
app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"creator": lambda: psycopg.connect(url)}
db = """
    hello = project.read("hello.py")
    project.write("hello.py", hello.replace("db = ", creator, 1))
    configured(project, repr(project.database.url))
    outcome = project.flask("upgrade", check=False)
    assert outcome.rc == 1
    assert "Error: MIGRATE_DIRECT_URL cannot be followed" in outcome.stderr
    assert tables(project.database) == set()


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("postgresql://a@b/c", (("", "postgresql://a@b/c"),)),
        ({None: "postgresql://a@b/c", "x": "mysql://a@b/c"}, (("", "postgresql://a@b/c"), ("x", "mysql://a@b/c"))),
        ("", ()),
        (None, ()),
    ],
)
def test_it_is_one_url_or_a_mapping(given: object, read: object) -> None:
    assert settings_from({"MIGRATE_DIRECT_URL": given}).direct_url == read


@pytest.mark.parametrize("given", ["user:secret@host", {"x": 7}, ["postgresql://a:secret@b/c"], {1: "x://secret"}])
def test_what_is_no_url_is_refused_without_being_shown(given: object) -> None:
    with pytest.raises(BadSetting) as caught:
        settings_from({"MIGRATE_DIRECT_URL": given})
    assert "secret" not in caught.value.what + caught.value.why + caught.value.do
