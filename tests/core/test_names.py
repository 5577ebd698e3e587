"""How scripts are called: a date in the name of the file, and a message from the operations where none is given."""

import datetime
import re

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from tests.core.repository import lay_out
from tests.support.databases import BACKENDS
from tests.support.project import Project
from whimbrel import Migrate, migrate, revision, upgrade

pytestmark = pytest.mark.parametrize("backend", BACKENDS[:1], indirect=True)

COLUMN = ("title", sa.String(20))


def table(metadata: sa.MetaData, name: str, *more: sa.schema.SchemaItem) -> None:
    sa.Table(name, metadata, sa.Column("id", sa.Integer, primary_key=True), *more)


def tables(*names: str, column: bool = False, index: bool = False, unique: bool = False, comment: str | None = None):
    """Return what makes models: tables of one column, the first of them with more."""

    def make(metadata: sa.MetaData) -> None:
        for name in names:
            table(metadata, name)
        if names and column:
            first = metadata.tables[names[0]]
            first.append_column(sa.Column(*COLUMN, index=index, unique=unique, comment=comment))

    return make


def typed(of_type: sa.types.TypeEngine) -> object:
    return lambda metadata: table(metadata, "posts", sa.Column("title", of_type))


MESSAGES = [
    (tables(), tables("roles"), "create roles"),
    (tables(), tables("roles", "users"), "create roles, users"),
    (tables(), tables("a", "b", "c", "d"), "create a, b, c, d"),
    (tables(), tables("a", "b", "c", "d", "e"), "create a, b, c and 2 more"),
    (tables(), tables("posts", column=True, index=True), "create posts"),
    (tables("roles", "users"), tables("users"), "drop roles"),
    (tables("posts"), tables("posts", column=True), "add posts.title"),
    (tables("posts"), tables("posts", column=True, index=True), "add posts.title, index posts"),
    (tables("posts", column=True), tables("posts"), "drop posts.title"),
    (tables("posts", column=True), tables("posts", column=True, index=True), "index posts"),
    (tables("posts", column=True, index=True), tables("posts", column=True), "drop index ix_posts_title"),
    (tables("posts", column=True), tables("posts", column=True, unique=True), "constrain posts"),
    (tables("a"), tables("a", "b", column=True), "create b, add a.title"),
    (typed(sa.String(20)), typed(sa.String(40)), "alter posts.title"),
    (tables("größen"), tables("größen", column=True), "add größen.title"),
]


def app_for(project: Project, models, **migrate_options: object) -> Flask:
    app = Flask("shop")
    app.config |= {
        "SQLALCHEMY_DATABASE_URI": project.database.url,
        "SQLALCHEMY_ENGINE_OPTIONS": {"poolclass": sa.NullPool},
    }
    db = SQLAlchemy(app, metadata=sa.MetaData(naming_convention={"uq": "uq_%(table_name)s_%(column_0_name)s"}))
    models(db.metadata)
    Migrate(app, db, directory=project.path / "migrations", **migrate_options)
    return app


@pytest.mark.parametrize(("before", "after", "message"), MESSAGES, ids=[one[2] for one in MESSAGES])
def test_a_script_without_a_message_is_named_by_its_operations(project: Project, before, after, message: str) -> None:
    lay_out(project)
    with app_for(project, before).app_context() as context:
        if context.app.extensions["migrate"].metadata.tables:
            migrate(message="before")
            upgrade()
    with app_for(project, after).app_context():
        (script,) = migrate().scripts
    assert script.doc == message
    slug = re.sub(r"\W+", "_", message).lower()
    assert re.fullmatch(rf"\d{{4}}_\d\d_\d\d_\d{{4}}_{slug}_{script.revision}\.py", script.path.rpartition("/")[2])


def test_a_message_that_is_given_is_kept(project: Project) -> None:
    lay_out(project)
    with app_for(project, tables("roles")).app_context():
        (script,) = migrate(message="Die erste!").scripts
        assert script.doc == "Die erste!"
        assert "_die_erste_" in script.path


def test_a_script_is_named_by_the_date_of_its_making(project: Project) -> None:
    lay_out(project)
    with app_for(project, tables()).app_context():
        before = datetime.datetime.now()  # noqa: DTZ005 (Alembic's default is local time as well)
        (script,) = revision(message="empty", rev_id="a1").scripts
        after = datetime.datetime.now()  # noqa: DTZ005
    names = {f"{when:%Y_%m_%d_%H%M}_empty_a1.py" for when in (before, after)}
    assert script.path.rpartition("/")[2] in names


@pytest.mark.parametrize(
    ("ini", "name"),
    [
        ("[alembic]\n", r"a1_empty\.py"),
        ("[alembic]\nfile_template = rev_%%(rev)s\n", r"rev_a1\.py"),
        ("[alembic]\nfile_template = %%(year)d-%%(rev)s-%%(slug)s\ntruncate_slug_length = 3\n", r"\d{4}-a1-.*\.py"),
    ],
)
def test_a_repository_keeps_its_own_names(project: Project, ini: str, name: str) -> None:
    lay_out(project)
    project.write("migrations/alembic.ini", ini)
    with app_for(project, tables()).app_context():
        (script,) = revision(message="empty", rev_id="a1").scripts
    assert re.fullmatch(name, script.path.rpartition("/")[2])
