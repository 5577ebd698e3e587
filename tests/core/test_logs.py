"""Logging: an application's own is left alone, and the command line shows the familiar lines."""

import logging
import threading
import time
from collections.abc import Iterator

import pytest

from tests.core.applications import application
from tests.core.repository import add_chain, lay_out, versions
from tests.support.databases import BACKENDS
from tests.support.project import Project
from whimbrel import check, current, downgrade, migrate, revision, status, upgrade
from whimbrel.errors import BrokenEnvironment

OWN_ENVIRONMENT = """\
import logging
import logging.config
from logging.config import fileConfig

from alembic import context
from flask import current_app

config = context.config
{set_up}
db = current_app.extensions["migrate"].db
with db.engine.connect() as connection:
    context.configure(connection=connection, target_metadata=db.metadata)
    with context.begin_transaction():
        context.run_migrations()
"""

SET_UPS = {
    "fileConfig": "fileConfig(config.config_file_name)",
    "fileConfig that keeps": "logging.config.fileConfig(config.config_file_name, disable_existing_loggers=False)",
    "dictConfig": 'logging.config.dictConfig({"version": 1, "root": {"level": "DEBUG", "handlers": []}})',
    "basicConfig": "logging.basicConfig(force=True, level=logging.DEBUG)",
    "disabled": 'logging.getLogger("shop").disabled = True',
    "another handler": "logging.getLogger().addHandler(logging.StreamHandler())",
    "no handlers": "logging.getLogger().handlers.clear(); logging.getLogger().setLevel(logging.CRITICAL)",
}
# Whatever the file does with functions of `logging.config` and `basicConfig`, no other thread notices.
UNNOTICED = ("fileConfig", "fileConfig that keeps", "dictConfig", "basicConfig")


class Lines(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@pytest.fixture
def shop() -> Iterator[Lines]:
    """Set logging up as an application does: a handler of its own on the root logger, and levels."""
    seen, root = Lines(), logging.getLogger()
    level = root.level
    root.addHandler(seen)
    root.setLevel(logging.INFO)
    logging.getLogger("shop.cart").setLevel(logging.DEBUG)
    yield seen
    root.removeHandler(seen)
    root.setLevel(level)


def state_of_logging() -> dict[str, object]:
    """Note all that an application sets up."""
    loggers = [one for one in logging.Logger.manager.loggerDict.values() if isinstance(one, logging.Logger)]
    root = logging.getLogger()
    return {
        "handlers": list(root.handlers),
        "level": root.level,
        "disabled": {one.name for one in loggers if one.disabled},
        "closed": [one for one in root.handlers if getattr(one, "_closed", False)],
        "shop": (logging.getLogger("shop").level, logging.getLogger("shop.cart").level),
        "functions": (logging.config.fileConfig, logging.config.dictConfig, logging.basicConfig),
    }


def every_function() -> None:
    upgrade()
    downgrade(revision="base")
    upgrade()
    current()
    status()
    check()
    migrate(message="nothing")
    revision(message="empty")


@pytest.mark.parametrize("set_up", ["", *SET_UPS.values()], ids=["new", *SET_UPS])
@pytest.mark.parametrize("backend", BACKENDS[:1], indirect=True)
def test_an_applications_logging_stays_as_it_is(project: Project, shop: Lines, set_up: str) -> None:
    lay_out(project)
    add_chain(project, "a")
    if set_up:
        project.write("migrations/env.py", OWN_ENVIRONMENT.format(set_up=set_up))
    with application(project):
        before = state_of_logging()
        every_function()
        assert state_of_logging() == before
    assert len(project.scripts()) == 2
    logging.getLogger("shop").info("paid")
    logging.getLogger("shop.cart").debug("filled")
    assert shop.lines[-2:] == ["paid", "filled"]


@pytest.mark.parametrize("backend", BACKENDS[:1], indirect=True)
def test_an_applications_logging_stays_as_it_is_after_a_failure(project: Project, shop: Lines) -> None:
    lay_out(project)
    add_chain(project, "a")
    project.write("migrations/env.py", OWN_ENVIRONMENT.format(set_up="; ".join(SET_UPS.values()) + "; stop()"))
    with application(project):
        before = state_of_logging()
        with pytest.raises(BrokenEnvironment):
            upgrade()
        assert state_of_logging() == before


@pytest.mark.parametrize("set_up", UNNOTICED)
@pytest.mark.parametrize("backend", BACKENDS[:1], indirect=True)
def test_a_thread_that_logs_meanwhile_loses_no_line(project: Project, shop: Lines, set_up: str) -> None:
    lay_out(project)
    add_chain(project, "a")
    project.write("migrations/env.py", OWN_ENVIRONMENT.format(set_up=SET_UPS[set_up]))
    done, written = threading.Event(), []

    def log_all_the_time() -> None:
        log = logging.getLogger("shop.cart")
        while not done.is_set():
            written.append(f"line {len(written)}")
            log.debug(written[-1])
            time.sleep(0.0002)

    def move() -> None:
        with application(project):
            for _ in range(10):
                upgrade()
                downgrade()

    threads = [threading.Thread(target=move), threading.Thread(target=log_all_the_time)]
    for thread in threads:
        thread.start()
    threads[0].join()
    done.set()
    threads[1].join()
    assert len(written) > 100
    lost = set(written) - set(shop.lines)
    assert not lost, f"{len(lost)} of {len(written)} lines are lost"
    assert versions(project.database) == []


@pytest.mark.parametrize("backend", BACKENDS[:1], indirect=True)
def test_another_thread_may_set_logging_up_meanwhile(project: Project, shop: Lines) -> None:
    lay_out(project)
    add_chain(project, "a")
    waits = "import builtins; builtins.meanwhile()"
    project.write("migrations/env.py", OWN_ENVIRONMENT.format(set_up=waits))
    configured = logging.getLogger("shop.theirs")

    def meanwhile() -> None:
        loggers = {"shop.theirs": {"level": "ERROR"}}
        theirs = {"version": 1, "incremental": True, "loggers": loggers}
        thread = threading.Thread(target=lambda: logging.config.dictConfig(theirs))
        thread.start()
        thread.join()

    import builtins

    builtins.meanwhile = meanwhile  # type: ignore[attr-defined]
    try:
        with application(project):
            upgrade()
    finally:
        del builtins.meanwhile  # type: ignore[attr-defined]
    assert configured.level == logging.ERROR


FAMILIAR = (
    "INFO  [alembic.runtime.migration] Context impl SQLiteImpl.",
    "INFO  [alembic.runtime.migration] Will assume non-transactional DDL.",
    "INFO  [alembic.runtime.migration] Running upgrade  -> a, make a",
)


@pytest.mark.parametrize("shape", ["as made", "ini without loggers", "pyproject"])
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_the_command_line_shows_the_familiar_lines(project: Project, shape: str) -> None:
    lay_out(project)
    add_chain(project, "a")
    if shape == "ini without loggers":
        project.write("migrations/alembic.ini", "[alembic]\n")
    elif shape == "pyproject":
        (project.path / "migrations" / "alembic.ini").unlink()
        project.write("pyproject.toml", '[tool.alembic]\nfile_template = "%%(rev)s_of_%%(slug)s"\n')
    upgraded = project.flask("upgrade")
    assert upgraded.stderr.splitlines() == list(FAMILIAR)
    assert upgraded.stdout.startswith("Applied 1 revision in ")
    compared = project.flask("migrate", "--allow-many-drops", "-m", "first", "--rev-id", "b").stderr
    assert "INFO  [alembic.autogenerate.compare.tables] Detected added table 'roles'\n" in compared
    names = {"as made": "*_first_b.py", "ini without loggers": "b_first.py", "pyproject": "b_of_first.py"}
    assert len(list((project.path / "migrations" / "versions").glob(names[shape]))) == 1


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_on_the_command_line_the_apps_own_loggers_go_on(project: Project) -> None:
    lay_out(project)
    add_chain(project, "a")
    hello = project.read("hello.py")
    project.write(
        "hello.py",
        "import logging\nlogging.getLogger('shop')\n" + hello
        + "\n\n@migrate.configure\ndef configure(config):\n    import atexit\n"
        "    atexit.register(lambda: logging.getLogger('shop').warning('still heard'))\n    return config\n",
    )  # fmt: skip
    project.write("migrations/env.py", OWN_ENVIRONMENT.format(set_up=SET_UPS["fileConfig"]))
    said = project.flask("upgrade").stderr
    assert "Running upgrade  -> a, make a" in said
    assert "WARNI [shop] still heard" in said
