"""Transactions: one for each revision, or one for all, and what the app finds on its connections afterwards."""

import logging
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from tests.core.applications import application
from tests.core.repository import add_chain, add_script, lay_out, pretend_to_be_at, tables, versions
from tests.support.databases import BACKENDS
from tests.support.project import Project
from whimbrel import Migrate, downgrade, ensure_version, stamp, upgrade
from whimbrel.errors import RevisionFailed, StoppedPartWay

UNDOES = [kind for kind in BACKENDS if kind in ("sqlite", "postgresql")]
KEEPS = [kind for kind in BACKENDS if kind not in UNDOES]


def three_of_which_the_last_fails(project: Project) -> None:
    lay_out(project)
    add_chain(project, "a", "b")
    add_script(project, "c", "b", 'op.create_table("half", sa.Column("id", sa.Integer))\n    raise ValueError')


def test_what_is_finished_stays_when_a_later_revision_fails(project: Project) -> None:
    three_of_which_the_last_fails(project)
    with application(project), pytest.raises((RevisionFailed, StoppedPartWay)) as caught:
        upgrade()
    assert versions(project.database) == ["b"]
    assert {"made_by_a", "made_by_b"} <= tables(project.database)
    if isinstance(caught.value, RevisionFailed):
        assert "half" not in tables(project.database)
        assert "The 2 revision(s) before it stay applied. The database is at b." in caught.value.why


@pytest.mark.parametrize("how", ["setting", "explicit argument", "old environment"])
@pytest.mark.parametrize("backend", UNDOES, indirect=True)
def test_one_transaction_for_all_undoes_all(project: Project, how: str) -> None:
    three_of_which_the_last_fails(project)
    options: dict[str, Any] = {
        "setting": {"MIGRATE_ATOMIC": True},
        "explicit argument": {"migrate": {"transaction_per_migration": False}},
        "old environment": {},
    }[how]
    if how == "old environment":
        text = project.read("migrations/env.py")
        call = "run_environment(context, transaction_per_migration=False)"
        project.write("migrations/env.py", text.replace("run_environment(context)", call))
    with application(project, **options), pytest.raises(RevisionFailed) as caught:
        upgrade()
    assert tables(project.database) <= {"alembic_version"}
    assert versions(project.database) == []
    assert "with the 2 revision(s) before it. The database is at base." in caught.value.why


def test_a_failing_downgrade_leaves_the_steps_before_it(project: Project) -> None:
    lay_out(project)
    add_script(project, "a", None, downgrade="raise ValueError")
    add_script(project, "b", "a")
    add_script(project, "c", "b")
    with application(project):
        upgrade()
        with pytest.raises(RevisionFailed, match="Revision a "):
            downgrade(revision="base")
    assert versions(project.database) == ["a"]
    assert tables(project.database) == {"alembic_version", "made_by_a"}


AUTOCOMMIT = {
    "postgresql": "CREATE INDEX CONCURRENTLY by_hand ON notes (id)",
    "sqlite": "PRAGMA journal_mode = WAL",
    "mariadb": "CREATE INDEX by_hand ON notes (id)",
    "mysql": "CREATE INDEX by_hand ON notes (id)",
}


def test_an_autocommit_block_commits_by_itself(project: Project) -> None:
    lay_out(project)
    statement = AUTOCOMMIT[project.database.kind]
    block = f'with op.get_context().autocommit_block():\n        op.execute("{statement}")'
    add_chain(project, "a")
    make = 'op.create_table("notes", sa.Column("id", sa.Integer))'
    add_script(project, "b", "a", f"{make}\n    {block}\n    op.execute('INSERT INTO notes VALUES (1)')")
    add_script(project, "c", "b")
    with application(project):
        upgrade()
    assert versions(project.database) == ["c"]
    assert project.database.rows("SELECT * FROM notes") == [(1,)]
    if project.database.kind == "sqlite":
        assert project.database.rows("PRAGMA journal_mode") == [("wal",)]
    else:
        assert "by_hand" in project.database.schema()


@pytest.mark.parametrize("backend", UNDOES, indirect=True)
def test_what_comes_before_an_autocommit_block_is_committed_with_it(project: Project) -> None:
    lay_out(project)
    block = "with op.get_context().autocommit_block():\n        pass"
    make = 'op.create_table("{}", sa.Column("id", sa.Integer))'
    add_script(project, "a", None, f"{make.format('before')}\n    {block}\n    {make.format('after')}\n    1 / 0")
    with application(project), pytest.raises(StoppedPartWay, match="ZeroDivisionError") as caught:
        upgrade()
    assert "before" in tables(project.database)
    assert "after" not in tables(project.database)
    assert "1 statement(s) of it took effect and stay" in caught.value.why


def test_stamps_persist(project: Project) -> None:
    lay_out(project)
    add_chain(project, "a", "b")
    with application(project):
        ensure_version()
        assert tables(project.database) == {"alembic_version"}
        for argument, expected in (("head", ["b"]), ("a", ["a"]), ("base", []), (["b"], ["b"])):
            stamp(revision=argument)
            assert versions(project.database) == expected
        project.database.execute("UPDATE alembic_version SET version_num = 'zzz'")
        stamp(revision="a", purge=True)
        assert versions(project.database) == ["a"]
        stamp(revision="base", purge=True)
        assert versions(project.database) == []
    assert tables(project.database) == {"alembic_version"}


def test_stamps_persist_on_the_command_line(project: Project) -> None:
    lay_out(project)
    add_chain(project, "a", "b")
    pretend_to_be_at(project.database, "zzz")
    assert project.flask("stamp", "--purge", "a").stdout == "Stamped: the database says it is at a.\n"
    assert versions(project.database) == ["a"]
    project.flask("stamp", "base")
    assert versions(project.database) == []


def test_an_upgrade_to_nothing_leaves_no_lock(project: Project) -> None:
    lay_out(project)
    add_chain(project, "a")
    app = Flask("shop")
    app.config["SQLALCHEMY_DATABASE_URI"] = project.database.url
    db = SQLAlchemy(app)
    Migrate(app, db, directory=project.path / "migrations")
    with app.app_context():
        # Its connections stay in the pool, with whatever they hold.
        upgrade()
        assert upgrade().applied == ()
        project.database.execute("ALTER TABLE made_by_a ADD COLUMN x INTEGER", "DROP TABLE made_by_a")
        project.database.execute("UPDATE alembic_version SET version_num = 'b'")
        db.engine.dispose()
    assert versions(project.database) == ["b"]


@pytest.mark.parametrize("outcome", ["succeeds", "fails"])
def test_the_apps_own_transactions_work_after_an_upgrade_that(project: Project, outcome: str) -> None:
    lay_out(project)
    make = 'op.create_table("notes", sa.Column("id", sa.Integer))'
    add_script(project, "a", None, make)
    add_script(project, "b", "a", "pass" if outcome == "succeeds" else "raise ValueError")
    app = Flask("shop")
    # One connection: the app's next one is that of the upgrade.
    one = {"pool_size": 1, "max_overflow": 0, "poolclass": sa.QueuePool}
    app.config |= {"SQLALCHEMY_DATABASE_URI": project.database.url, "SQLALCHEMY_ENGINE_OPTIONS": one}
    db = SQLAlchemy(app)
    Migrate(app, db, directory=project.path / "migrations")
    with app.app_context():
        before = _driver_state(db)
        if outcome == "succeeds":
            upgrade()
        else:
            with pytest.raises(RevisionFailed):
                upgrade()
        assert _driver_state(db) == before
        for row, ending in ((1, db.session.commit), (2, db.session.rollback), (3, db.session.commit)):
            db.session.execute(sa.text(f"INSERT INTO notes VALUES ({row})"))
            ending()
        db.session.execute(sa.text("INSERT INTO notes VALUES (4)"))
        db.session.remove()
        db.engine.dispose()
    assert project.database.rows("SELECT id FROM notes ORDER BY id") == [(1,), (3,)]


def _driver_state(db: Any) -> tuple[Any, ...]:
    with db.engine.connect() as connection:
        raw = connection.connection.dbapi_connection
        state = tuple(getattr(raw, name, None) for name in ("isolation_level", "autocommit_mode", "in_transaction"))
        if db.engine.dialect.name == "postgresql":
            state += (connection.exec_driver_sql("SHOW lock_timeout").scalar(),)
        return state


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_an_app_that_begins_its_transactions_itself_is_left_alone(project: Project) -> None:
    lay_out(project)
    add_chain(project, "a", "b")
    app = Flask("shop")
    app.config["SQLALCHEMY_DATABASE_URI"] = project.database.url
    db = SQLAlchemy(app)
    Migrate(app, db, directory=project.path / "migrations")
    with app.app_context():
        # SQLAlchemy's own recipe for SQLite (documentation, "Serializable isolation").
        sa.event.listen(db.engine, "connect", lambda raw, record: setattr(raw, "isolation_level", None))
        sa.event.listen(db.engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
        assert upgrade().applied == ("a", "b")
        assert downgrade(revision="base").heads == ()
        db.engine.dispose()
    assert tables(project.database) == {"alembic_version"}


@pytest.mark.parametrize("backend", KEEPS, indirect=True)
def test_a_server_that_keeps_schema_changes_says_so_in_its_log_line(
    project: Project, caplog: pytest.LogCaptureFixture
) -> None:
    lay_out(project)
    add_chain(project, "a")
    with caplog.at_level(logging.INFO), application(project):
        upgrade()
    assert "Will assume non-transactional DDL." in caplog.messages
