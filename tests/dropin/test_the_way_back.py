"""The `env.py` that `flask db leave` writes: plain Flask-Migrate runs with it, whatever the app hands over."""

from pathlib import Path

import pytest

from tests.core.repository import add_script, lay_out, tables, versions
from tests.core.shapes import async_url
from tests.run.test_status_of_runs import PARTS, killed
from tests.support.databases import BACKENDS, Database
from tests.support.peers import Peer
from tests.support.project import Project, tutorial

BINDS = """\
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from whimbrel import Migrate

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = {url!r}
app.config["SQLALCHEMY_BINDS"] = {{"audit-log": {second!r}}}
db = SQLAlchemy(app)
Migrate(app, db, on_start="check")


class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)


class Event(db.Model):
    __bind_key__ = "audit-log"
    id = db.Column(db.Integer, primary_key=True)
"""
ASYNC = """\
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from whimbrel import Migrate


class Base(DeclarativeBase):
    pass


app = Flask(__name__)
Migrate(app, metadata=Base, engine=create_async_engine({url!r}, poolclass=sa.NullPool))


class Event(Base):
    __tablename__ = "event"
    id: Mapped[int] = mapped_column(primary_key=True)
"""
ON = ("check()", "revision(message='empty')", "upgrade()", "downgrade()", "upgrade()")


def hand_over(project: Project, more: str = "") -> None:
    text = project.read("hello.py").replace("from whimbrel import", "from flask_migrate import")
    project.write("hello.py", text.replace(', on_start="check"', "") + more)


def file(project: Project, name: str) -> Path:
    return project.path / "migrations" / name


@pytest.mark.parametrize("backend", BACKENDS[:1], indirect=True)
def test_several_databases_and_an_edited_environment(
    project: Project, second_database: Database, flask_migrate: Peer
) -> None:
    project.write("hello.py", BINDS.format(url=project.database.url, second=second_database.url))
    project.flask("init", "--multidb")
    edited = project.read("migrations/env.py") + "# and a line of mine\n"
    file(project, "env.py").write_text(edited, encoding="utf-8")
    file(project, "snapshot").mkdir()
    file(project, "snapshot/mine.sqlite.txt").write_text("of mine\n", encoding="utf-8")
    project.flask("migrate", "-m", "one")
    project.flask("upgrade")

    said = project.flask("leave", "--yes")
    assert "keep yours as env.py.whimbrel" in said.stdout
    assert "take out of Migrate(…): on_start" in said.stderr
    assert file(project, "env.py.whimbrel").read_text("utf-8") == edited
    assert [path.name for path in file(project, "snapshot").iterdir()] == ["mine.sqlite.txt"]
    assert not [name for one in (project.database, second_database) for name in everything(one) if "whimbrel" in name]
    project.flask("check")  # ours runs with the new file, too
    assert project.flask("leave").stdout == "Nothing of Whimbrel's is left.\n"

    hand_over(project, "    name = db.Column(db.String(20))\n")
    flask_migrate.call(
        project, "migrate(message='theirs')", "upgrade()", *ON, "downgrade(revision='base')", "upgrade()"
    )
    assert "name" in [row[1] for row in second_database.rows("PRAGMA table_info('event')")]
    assert versions(project.database) == versions(second_database) != []
    assert flask_migrate.flask(project, "upgrade", "--sql").rc == 0
    assert "CREATE TABLE event" in project.read("audit-log.sql")


def everything(database: Database) -> set[str]:
    return {name for (name,) in database.rows("SELECT name FROM sqlite_master")}


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_metadata_and_an_async_engine_without_a_database_object(
    project: Project, flask_migrate: Peer, tmp_path: Path
) -> None:
    project.write("hello.py", ASYNC.format(url=async_url(project.database)))
    project.flask("init")
    project.flask("migrate", "-m", "one")
    project.flask("upgrade")
    make = 'op.create_table("t", sa.Column("id", sa.Integer, primary_key=True))'
    make += '\n    op.execute("INSERT INTO t VALUES (7)")'
    add_script(project, "b", versions(project.database)[0], make, "pass")
    add_script(project, "c", "b", 'op.drop_table("t")', "pass")
    project.flask("upgrade", "b")
    project.flask("upgrade")
    said = project.flask("leave", "--export", str(tmp_path / "out"), "--yes").stderr
    assert (tmp_path / "out/t.1.csv").read_text("utf-8") == '"id"\n"7"\n'
    assert "give Migrate(app, …) a second argument" in said
    project.flask("check")
    project.write("hello.py", project.read("hello.py").replace("Migrate(app, metadata", "Migrate(app, True, metadata"))
    hand_over(project, "    name: Mapped[str | None] = mapped_column(sa.String(20))\n")
    flask_migrate.call(project, "migrate(message='theirs')", "upgrade()", *ON)
    assert "event" in tables(project.database)


@pytest.mark.parametrize("backend", BACKENDS[:1], indirect=True)
def test_a_folder_of_flask_migrates_stays_as_it_is_and_scripts_beyond_alembic_are_named(
    project: Project, flask_migrate: Peer
) -> None:
    tutorial(project, "flask_migrate")
    flask_migrate.flask(project, "init")
    lines = 'op.drop_constraint("x", "made_by_a")\n    import whimbrel.errors'
    add_script(project, "a", None, 'op.create_table("t", sa.Column("id", sa.Integer, primary_key=True))', lines)
    before = {path: path.read_bytes() for path in file(project, ".").glob("*.*")}
    project.flask("upgrade")
    said = project.flask("leave", "--yes").stdout
    assert {path: path.read_bytes() for path in file(project, ".").glob("*.*")} == before
    assert "migrations/versions/a.py:17  op.drop_constraint outside batch_alter_table" in said
    assert "migrations/versions/a.py:18  imports whimbrel" in said


@pytest.mark.parametrize("backend", ["mariadb"], indirect=True)
def test_it_refuses_while_a_revision_is_unfinished(project: Project) -> None:
    killed(project, PARTS["mariadb"], "kill:after:3")
    refused = project.flask("leave", "--yes", check=False)
    assert refused.rc == 1
    assert "Revision b was interrupted in its upgrade" in refused.stderr
    assert "flask db upgrade   (goes on where it stopped), then: flask db leave" in refused.stderr
    project.flask("upgrade")
    assert project.database.rows("SELECT count(*) FROM whimbrel_revision") == [(2,)]
    project.flask("leave", "--yes")


@pytest.mark.parametrize("backend", BACKENDS[:1], indirect=True)
def test_it_refuses_where_the_journal_alone_knows_the_revision(project: Project) -> None:
    lay_out(project)
    script = add_script(project, "a")
    project.flask("upgrade")
    script.unlink()
    refused = project.flask("leave", "--yes", check=False)
    assert refused.rc == 1
    assert "The database is at a, which no script here has." in refused.stderr
    assert "whimbrel_revision" in everything(project.database)
    project.flask("stamp", "--purge", "base")
    project.flask("leave", "--yes")
    assert "whimbrel_revision" not in everything(project.database)
