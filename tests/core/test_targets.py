"""Whatever an app hands to `Migrate`, its database goes through its whole life."""

import asyncio

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.ext.asyncio import create_async_engine

from tests.core.repository import add_script, lay_out, tables, versions
from tests.core.shapes import ASYNC, NO_POOL, SHAPES, app_of_shape, async_url, let_go, models
from tests.support.databases import BACKENDS, Database
from tests.support.project import Project
from whimbrel import Migrate, check, downgrade, init, migrate, status, upgrade
from whimbrel.errors import RevisionFailed

# aiomysql under SQLAlchemy 2.0 warns of what MariaDB says about the version table.
pytestmark = pytest.mark.filterwarnings("ignore:Name .alembic_version_pkc. ignored")


def whole_life(project: Project) -> None:
    """Go from an empty folder to the newest revision and back, with a row in it."""
    (script,) = migrate().scripts
    upgrade()
    project.database.execute("INSERT INTO posts VALUES (1, 'erste')")
    check()
    assert status().databases[0].model_tables == status().databases[0].tables
    assert upgrade().applied == ()
    assert versions(project.database) == [script.revision]
    assert project.database.rows("SELECT * FROM posts") == [(1, "erste")]
    assert migrate().scripts == ()
    downgrade()
    assert tables(project.database) == {"alembic_version"}
    assert upgrade().heads == (script.revision,)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_database_goes_through_its_whole_life(project: Project, shape: str) -> None:
    app = app_of_shape(shape, project)
    with app.app_context():
        init(template="aioflask" if shape in ASYNC else None)
        whole_life(project)
        if shape == "several_metadatas":
            assert {"posts", "comments"} < tables(project.database)
    let_go(app)


@pytest.mark.parametrize("shape", ["flask_sqlalchemy", "lite", "text"])
@pytest.mark.parametrize("backend", BACKENDS[:1], indirect=True)
def test_an_app_that_is_made_anew_for_each_command_works(project: Project, shape: str) -> None:
    for command in (init, migrate, upgrade, check):
        app = app_of_shape(shape, project)
        with app.app_context():
            command()
        let_go(app)
    assert "posts" in tables(project.database)


@pytest.mark.parametrize("shape", [*ASYNC, "flask_sqlalchemy"])
def test_the_functions_work_inside_a_running_event_loop(project: Project, shape: str) -> None:
    app = app_of_shape(shape, project)

    async def serve() -> None:
        init()
        whole_life(project)
        add_script(project, "broken", upgrade="op.nothing()")
        with pytest.raises(RevisionFailed, match="nothing"):
            upgrade(revision="heads")
        await asyncio.sleep(0)

    # Flask-SQLAlchemy-Lite cannot leave an app's context while a loop is running.
    with app.app_context():
        asyncio.run(serve())
    let_go(app)


def test_an_async_engine_that_is_in_use_stays_in_use(project: Project) -> None:
    lay_out(project)
    add_script(project, "a")
    engine = create_async_engine(async_url(project.database))
    app = Flask("shop")
    Migrate(app, metadata=models("posts"), engine=engine, directory=project.path / "migrations")
    ask = sa.text("SELECT 1")

    async def serve() -> None:
        async with engine.connect() as connection:
            await connection.execute(ask)
        async with engine.connect() as connection:
            await connection.execute(ask)
            await connection.rollback()
            upgrade()
            assert (await connection.execute(ask)).scalar() == 1
        async with engine.connect() as connection:
            assert (await connection.execute(ask)).scalar() == 1
        await engine.dispose()

    with app.app_context():
        asyncio.run(serve())
    assert versions(project.database) == ["a"]


@pytest.mark.parametrize("driver", ["sqlite", "sqlite+aiosqlite"])
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_database_in_memory_keeps_what_an_upgrade_makes(project: Project, driver: str) -> None:
    lay_out(project)
    add_script(project, "a")
    is_async = driver != "sqlite"
    make = create_async_engine if is_async else sa.create_engine
    engine = make(f"{driver}://", poolclass=sa.StaticPool)
    app = Flask("shop")
    Migrate(app, metadata=models("made_by_a"), engine=engine, directory=project.path / "migrations")
    with app.app_context():
        assert upgrade().applied == ("a",)
        assert upgrade().applied == ()
        assert status().databases[0].tables == 1
        assert downgrade().heads == ()
    if is_async:
        asyncio.run(engine.dispose())
    else:
        engine.dispose()


FACTORY = """\
import os

import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from whimbrel import Migrate

db = SQLAlchemy()
migrate = Migrate()


class Post(db.Model):
    id = db.Column(db.Integer, primary_key=True)


def create_app(title="shop"):
    app = Flask(title)
    app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["DATABASE_URL"]
    db.init_app(app)
    migrate.init_app(app, db, directory="scripts")
    return app
"""

LITE = """\
import os

import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy_lite import SQLAlchemy
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from whimbrel import Migrate


class Base(DeclarativeBase):
    pass


class Post(Base):
    __tablename__ = "post"
    id: Mapped[int] = mapped_column(primary_key=True)


app = Flask(__name__)
app.config["SQLALCHEMY_ENGINES"] = {"default": os.environ["DATABASE_URL"]}
db = SQLAlchemy(app)
Migrate(app, db, "scripts", metadata=Base.metadata)
"""


@pytest.mark.parametrize(
    ("hello", "flask_app"), [(FACTORY, "hello:create_app"), (FACTORY, "hello:create_app('x')"), (LITE, "hello")]
)
@pytest.mark.parametrize("backend", BACKENDS[:1], indirect=True)
def test_the_command_line_works_for(project: Project, hello: str, flask_app: str) -> None:
    project.write("hello.py", hello)
    for command in (("init",), ("migrate",), ("upgrade",), ("check",)):
        project.flask(*command, env={"FLASK_APP": flask_app})
    assert "post" in tables(project.database)
    assert (project.path / "scripts" / "env.py").is_file()


def two_apps(project: Project, second: Database, *, one_extension: bool) -> tuple[Flask, Flask]:
    """Make two apps with a database and a folder of scripts each."""
    apps = (Flask("one"), Flask("two"))
    extensions = [Migrate()] * 2 if one_extension else [Migrate(), Migrate()]
    for app, database, extension in zip(apps, (project.database, second), extensions, strict=True):
        app.config |= {"SQLALCHEMY_DATABASE_URI": database.url, "SQLALCHEMY_ENGINE_OPTIONS": NO_POOL}
        db = SQLAlchemy(app, metadata=models(f"posts_of_{app.name}"))
        extension.init_app(app, db, directory=project.path / app.name)
    return apps


@pytest.mark.parametrize("one_extension", [False, True])
@pytest.mark.parametrize("backend", BACKENDS[:1], indirect=True)
def test_two_apps_in_one_process_keep_apart(project: Project, second_database: Database, one_extension: bool) -> None:
    apps = two_apps(project, second_database, one_extension=one_extension)
    for command in (init, migrate, upgrade, check):
        for app in apps:
            with app.app_context():
                command()
    for app, database in zip(apps, (project.database, second_database), strict=True):
        assert tables(database) == {"alembic_version", f"posts_of_{app.name}"}
        assert len(list((project.path / app.name / "versions").glob("*.py"))) == 1
    for app in reversed(apps):
        result = app.test_cli_runner().invoke(args=["db", "downgrade"])
        assert result.exit_code == 0, result.output
    assert tables(project.database) == tables(second_database) == {"alembic_version"}


@pytest.mark.parametrize("backend", BACKENDS[:1], indirect=True)
def test_two_apps_in_two_threads_keep_apart(project: Project, second_database: Database) -> None:
    apps = two_apps(project, second_database, one_extension=False)

    def whole(app: Flask) -> None:
        with app.app_context():
            for command in (init, migrate, upgrade, check):
                command()

    async def both() -> None:
        await asyncio.gather(*(asyncio.to_thread(whole, app) for app in apps))

    asyncio.run(both())
    assert tables(project.database) == {"alembic_version", "posts_of_one"}
    assert tables(second_database) == {"alembic_version", "posts_of_two"}


@pytest.mark.parametrize("backend", BACKENDS[:1], indirect=True)
def test_options_of_alembic_reach_it(project: Project) -> None:
    lay_out(project)
    app = Flask("shop")
    app.config |= {"SQLALCHEMY_DATABASE_URI": project.database.url, "SQLALCHEMY_ENGINE_OPTIONS": NO_POOL}
    db = SQLAlchemy(app, metadata=models("posts", "secret"))
    options = {"include_object": lambda one, name, *rest: name != "secret", "version_table": "at"}
    Migrate(app, db, directory=project.path / "migrations", **options)
    with app.app_context():
        migrate()
        upgrade()
        sa.Table("more", db.metadata, sa.Column("id", sa.Integer, primary_key=True))
        (script,) = migrate().scripts
    assert "at" in tables(project.database)
    assert script.doc == "create more"
