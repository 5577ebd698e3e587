"""`on_start`: the app looks at its databases before it answers its first request, and at no other time."""

import logging
import threading
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from tests.core.repository import add_chain, add_script, lay_out, pretend_to_be_at, tables, versions
from tests.start.apps import get, noted, shop
from tests.support.databases import BACKENDS, create_database
from tests.support.listening import statements
from tests.support.project import Project
from whimbrel import Migrate, init, serving, upgrade
from whimbrel.errors import BadSetting, ExtensionMissing, NotAtHead, RevisionFailed

ONE = pytest.mark.parametrize("backend", BACKENDS[:1], indirect=True)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each request ask again."""
    monkeypatch.setattr(serving, "PAUSE", 0)


def test_while_a_revision_is_pending_no_request_is_answered(
    project: Project, impatient: None, caplog: pytest.LogCaptureFixture
) -> None:
    lay_out(project)
    add_chain(project, "a", "b")
    pretend_to_be_at(project.database, "a")
    app = shop(project, "check")
    assert get(app) == (503, "The database is not ready.\n")
    assert "Error: The database is at a, and not at b.\n  Why:  1 revision is pending in " in caplog.text
    assert "Do:   flask db upgrade" in caplog.text
    assert versions(project.database) == ["a"]
    project.database.execute("UPDATE alembic_version SET version_num = 'b'")
    assert get(app) == (200, "page")


@ONE
def test_whoever_develops_sees_what_to_do_and_a_test_gets_the_error(project: Project, impatient: None) -> None:
    lay_out(project)
    add_chain(project, "a")
    app = shop(project, "check")
    app.debug = True
    status, text = get(app)
    assert status == 503
    assert text.startswith("Error: The database is at base, and not at a.\n")
    assert "\n  Do:   flask db upgrade\n" in text
    app.testing = True
    with pytest.raises(NotAtHead, match="The database is at base, and not at a"):
        get(app)


@ONE
def test_many_requests_neither_ask_nor_log_many_times(project: Project, caplog: pytest.LogCaptureFixture) -> None:
    lay_out(project)
    add_chain(project, "a")
    app = shop(project, "check")
    assert get(app)[0] == 503
    with statements() as seen:
        assert get(app)[0] == 503
    assert seen == []
    assert caplog.text.count("flask db upgrade") == 1


@pytest.mark.parametrize("wish", ["check", "upgrade"])
def test_a_database_that_newer_code_has_migrated_is_served_with_a_warning(
    project: Project, wish: str, caplog: pytest.LogCaptureFixture
) -> None:
    lay_out(project)
    add_chain(project, "a")
    pretend_to_be_at(project.database, "newer")
    app = shop(project, wish)
    assert get(app) == get(app) == (200, "page")
    warnings = [one.getMessage() for one in caplog.records if one.levelno == logging.WARNING]
    assert warnings == ["The database is ahead: no script here has newer. Newer code has migrated it."]
    assert versions(project.database) == ["newer"]


def past_a(project: Project, *others: str) -> None:
    """Leave a database that was migrated to b, and other scripts beside a."""
    lay_out(project)
    add_chain(project, "a", "b")
    with shop(project, "off").app_context():
        upgrade()
    (project.path / "migrations/versions/b.py").unlink()
    for one in others:
        add_script(project, one, "a")


@ONE
@pytest.mark.parametrize("wish", ["check", "upgrade"])
def test_a_database_on_another_branch_is_not_served(project: Project, wish: str, impatient: None) -> None:
    past_a(project, "c")
    app = shop(project, wish)
    app.debug = True
    status, text = get(app)
    assert status == 503
    assert "The database is on another branch: it has b (make b), the scripts here go from a to c." in text
    assert "Do:   flask db goto-branch" in text
    assert versions(project.database) == ["b"]


@ONE
@pytest.mark.parametrize(("if_ahead", "status"), [(None, 200), ("ok", 200), ("fail", 503)])
def test_whether_a_database_that_is_ahead_is_served_can_be_said(
    project: Project, if_ahead: str | None, status: int
) -> None:
    past_a(project)
    app = shop(project, "check")
    app.config["MIGRATE_IF_AHEAD"] = if_ahead
    assert get(app)[0] == status


def test_an_upgrade_happens_before_the_first_answer_with_all_heads(project: Project) -> None:
    lay_out(project)
    add_chain(project, "a", "b")
    add_script(project, "c")
    assert get(shop(project, "upgrade")) == (200, "page")
    assert versions(project.database) == ["b", "c"]


def at_once(app: Flask) -> list[tuple[int, str]]:
    """Ask for the page from three threads."""
    answers: list[tuple[int, str]] = []
    threads = [threading.Thread(target=lambda: answers.append(get(app))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@ONE
def test_first_requests_at_once_upgrade_once(project: Project) -> None:
    lay_out(project)
    note = project.path / "ran"
    add_script(project, "a", upgrade=f"{noted(note)}\n    import time; time.sleep(0.5)")
    assert at_once(shop(project, "upgrade")) == [(200, "page")] * 3
    assert note.read_text() == "x"


@ONE
def test_first_requests_at_once_ask_once(project: Project) -> None:
    lay_out(project)
    pretend_to_be_at(project.database)
    app = shop(project, "check")
    sa.event.listen(app.extensions["migrate"].db.engine, "connect", lambda *_: time.sleep(0.3))
    with statements() as seen:
        assert at_once(app) == [(200, "page")] * 3
    assert len(seen) == 1


@ONE
def test_a_revision_that_failed_is_not_run_again_by_the_same_process(project: Project, impatient: None) -> None:
    lay_out(project)
    note = project.path / "ran"
    add_script(project, "a", upgrade=f"{noted(note)}\n    1 / 0")
    app = shop(project, "upgrade")
    app.testing = True
    for _ in range(2):
        with pytest.raises(RevisionFailed, match="division by zero"):
            get(app)
    assert note.read_text() == "x"
    add_script(project, "a")
    with app.app_context():
        upgrade()
    assert get(app) == (200, "page")


@ONE
def test_a_server_that_is_not_up_yet_is_asked_again(project: Project, impatient: None, tmp_path: Path) -> None:
    lay_out(project)
    add_chain(project, "a")
    later = tmp_path / "later"
    app = shop(project, "upgrade", engine=f"sqlite:///{later}/app.db")
    assert get(app)[0] == 503
    later.mkdir()
    assert get(app) == (200, "page")
    with sa.create_engine(f"sqlite:///{later}/app.db", poolclass=sa.NullPool).connect() as connection:
        assert connection.exec_driver_sql("SELECT * FROM alembic_version").scalars().all() == ["a"]


@ONE
def test_it_is_off_unless_asked_for_and_the_constructor_wins(project: Project) -> None:
    lay_out(project)
    add_chain(project, "a")
    assert get(shop(project, None))[0] == 200
    by_setting = shop(project, None)
    by_setting.config["MIGRATE_ON_START"] = "Check"
    assert get(by_setting)[0] == 503
    told = shop(project, "off")
    told.config["MIGRATE_ON_START"] = "check"
    assert get(told)[0] == 200
    assert tables(project.database) == set()


@ONE
def test_a_wrong_word_is_refused_when_the_app_is_made(project: Project) -> None:
    with pytest.raises(BadSetting, match="on_start cannot be 'chek'"):
        shop(project, "chek")


@ONE
def test_an_app_that_is_set_up_twice_asks_once_and_two_apps_ask_once_each(project: Project) -> None:
    lay_out(project)
    pretend_to_be_at(project.database)
    app, other = shop(project, "check"), shop(project, "check")
    migrate: Migrate = app.extensions["migrate"].migrate
    migrate.init_app(app)
    for one in (app, other):
        with statements() as seen:
            assert get(one) == get(one) == (200, "page")
        assert len(seen) == 1


@ONE
def test_started_before_the_database_extension_is_set_up_it_says_so(project: Project) -> None:
    lay_out(project)
    add_chain(project, "a")
    app, db = Flask("shop"), SQLAlchemy()
    app.config |= {
        "SQLALCHEMY_DATABASE_URI": project.database.url,
        "SQLALCHEMY_ENGINE_OPTIONS": {"poolclass": sa.NullPool},
    }
    migrate = Migrate(app, db, directory=project.path / "migrations", on_start="upgrade")
    with pytest.raises(ExtensionMissing):
        migrate.start(app)
    assert tables(project.database) == set()
    db.init_app(app)
    time.sleep(serving.PAUSE)
    migrate.start(app)
    assert versions(project.database) == ["a"]


@ONE
def test_each_bind_that_env_py_migrates_is_asked(project: Project, impatient: None, tmp_path: Path) -> None:
    lay_out(project)
    second = create_database(project.database.kind, tmp_path)
    engines = {
        name: sa.create_engine(url, poolclass=sa.NullPool)
        for name, url in ((None, project.database.url), ("audit", second.url))
    }
    add_script(project, "a")
    pretend_to_be_at(project.database, "a")
    arguments = {"engine": engines, "metadata": {None: sa.MetaData(), "audit": sa.MetaData()}}
    with statements() as seen:
        assert get(shop(project, "check", **arguments)) == (200, "page")
    assert len(seen) == 1
    several = shop(project, "check", directory=project.path / "several", **arguments)
    with several.app_context():
        init(multidb=True)
    (project.path / "several" / "versions" / "a.py").write_text(project.read("migrations/versions/a.py"))
    assert get(several)[0] == 503
    pretend_to_be_at(second, "a")
    with statements() as seen:
        assert get(several) == (200, "page")
    assert len(seen) == 2
    second.drop()
