"""The shapes in which an app hands its models and its database to `Migrate`."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy_lite import SQLAlchemy as Lite
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from tests.support.databases import Database
from tests.support.project import Project
from whimbrel import Migrate

ASYNC_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+asyncpg",
    "mariadb": "mysql+aiomysql",
    "mysql": "mysql+aiomysql",
}
NO_POOL = {"poolclass": sa.NullPool}


def async_url(database: Database) -> str:
    """Return the database's URL with a driver for asyncio."""
    url = sa.make_url(database.url).set(drivername=ASYNC_DRIVERS[database.kind])
    return url.render_as_string(hide_password=False)


def models(*names: str) -> sa.MetaData:
    """Describe tables of two columns."""
    metadata = sa.MetaData()
    for name in names:
        sa.Table(name, metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("title", sa.String(40)))
    return metadata


def declarative() -> type[DeclarativeBase]:
    """Describe a table `posts` as classes do."""

    class Base(DeclarativeBase):
        pass

    class Post(Base):
        __tablename__ = "posts"
        id: Mapped[int] = mapped_column(primary_key=True)
        title: Mapped[str | None] = mapped_column(sa.String(40))

    return Base


def flask_sqlalchemy(app: Flask, project: Project, where: dict[str, Any]) -> None:
    app.config |= {"SQLALCHEMY_DATABASE_URI": project.database.url, "SQLALCHEMY_ENGINE_OPTIONS": NO_POOL}
    db = SQLAlchemy(app, metadata=models("posts"))
    Migrate(app, db, **where)


def init_app(app: Flask, project: Project, where: dict[str, Any]) -> None:
    app.config |= {"SQLALCHEMY_DATABASE_URI": project.database.url, "SQLALCHEMY_ENGINE_OPTIONS": NO_POOL}
    db, migrate = SQLAlchemy(metadata=models("posts")), Migrate()
    db.init_app(app)
    migrate.init_app(app, db, **where)


def lite(app: Flask, project: Project, where: dict[str, Any]) -> None:
    app.config["SQLALCHEMY_ENGINES"] = {"default": {"url": project.database.url, **NO_POOL}}
    Migrate(app, Lite(app), metadata=declarative(), **where)


def lite_with_asyncio(app: Flask, project: Project, where: dict[str, Any]) -> None:
    app.config["SQLALCHEMY_ASYNC_ENGINES"] = {"default": {"url": async_url(project.database), **NO_POOL}}
    Migrate(app, Lite(app), metadata=declarative().metadata, **where)


def engine_object(app: Flask, project: Project, where: dict[str, Any]) -> None:
    Migrate(app, metadata=models("posts"), engine=sa.create_engine(project.database.url, **NO_POOL), **where)


def text(app: Flask, project: Project, where: dict[str, Any]) -> None:
    Migrate(app, metadata=declarative(), engine=project.database.url, **where)


def url_object(app: Flask, project: Project, where: dict[str, Any]) -> None:
    Migrate(app, metadata=declarative(), engine=sa.make_url(project.database.url), **where)


def async_engine(app: Flask, project: Project, where: dict[str, Any]) -> None:
    engine = create_async_engine(async_url(project.database), **NO_POOL)
    Migrate(app, metadata=models("posts"), engine=engine, **where)


def async_text(app: Flask, project: Project, where: dict[str, Any]) -> None:
    Migrate(app, metadata=models("posts"), engine=async_url(project.database), **where)


def several_metadatas(app: Flask, project: Project, where: dict[str, Any]) -> None:
    both = [models("posts"), models("comments")]
    Migrate(app, metadata=both, engine=sa.create_engine(project.database.url, **NO_POOL), **where)


def own_object(app: Flask, project: Project, where: dict[str, Any]) -> None:
    """Hand over an object of one's own, as Flask-Migrate's users do where they have no Flask-SQLAlchemy."""

    class Database:
        metadata = models("posts")
        engine = sa.create_engine(project.database.url, **NO_POOL)

        def get_engine(self) -> sa.Engine:
            return self.engine

    Migrate(app, Database(), **where)


Shape = Callable[[Flask, Project, dict[str, Any]], None]
SHAPES: dict[str, Shape] = {
    one.__name__: one
    for one in (
        flask_sqlalchemy,
        init_app,
        lite,
        lite_with_asyncio,
        engine_object,
        text,
        url_object,
        async_engine,
        async_text,
        several_metadatas,
        own_object,
    )
}
ASYNC = ("lite_with_asyncio", "async_engine", "async_text")


def app_of_shape(shape: str, project: Project) -> Flask:
    """Make an app for the project's database in one of the shapes."""
    app = Flask("shop")
    SHAPES[shape](app, project, {"directory": project.path / "migrations"})
    return app


def let_go(app: Flask) -> None:
    """Close what the app's engines still hold."""
    db = app.extensions["migrate"].db
    with app.app_context():
        for engine in getattr(db, "engines", {}).values():
            getattr(engine, "sync_engine", engine).dispose()
