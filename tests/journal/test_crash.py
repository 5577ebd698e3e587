"""Killed before and after every statement of realistic revisions, and resumed: the schema and each row are right.

A process dies by its own hand, right before or after the driver runs a statement. The same is done to the
connection, which the server ends; then the process lives, fails, and the next one goes on.
"""

import pytest

from tests.core.repository import add_script, lay_out, picture, versions
from tests.journal.revisions import CONCURRENTLY, POSTS, REVISIONS, Revision
from tests.support.project import Outcome, Project

# Counts the statements of scripts, and breaks at one: HOW is kill or cut, WHEN before or after, AT its number.
BREAKS = """
import os, signal
from sqlalchemy import event
from sqlalchemy.engine import Engine

HOW, WHEN, AT = (os.environ.get("BREAK") or "::0").split(":")
seen = [0]

def counts(statement):
    word = statement.lstrip().split(None, 1)[0].upper()
    return word not in ("SELECT", "PRAGMA", "SHOW", "SET") and "whimbrel_" not in statement

def strike(connection):
    if HOW == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    driver = connection.connection.dbapi_connection
    if connection.dialect.name == "postgresql":
        number, end = driver.info.backend_pid, "SELECT pg_terminate_backend({})"
    else:
        number, end = driver.thread_id(), "KILL {}"
    from sqlalchemy import create_engine, NullPool
    with create_engine(connection.engine.url, poolclass=NullPool).connect() as other:
        other.exec_driver_sql(end.format(number))

@event.listens_for(Engine, "before_cursor_execute")
def before(connection, cursor, statement, parameters, context, many):
    if not counts(statement) or not AT.isdigit():
        return
    seen[0] += 1
    if WHEN == "before" and seen[0] == int(AT):
        strike(connection)

@event.listens_for(Engine, "after_cursor_execute")
def after(connection, cursor, statement, parameters, context, many):
    if counts(statement) and WHEN == "after" and seen[0] == int(AT):
        strike(connection)
"""


def lay_out_breakable(project: Project, revision: Revision) -> None:
    lay_out(project)
    project.write("breaks.py", BREAKS)
    project.write("hello.py", "import breaks\n" + project.read("hello.py"))
    add_script(project, "a", upgrade=POSTS)
    add_script(project, "b", "a", revision.upgrade, revision.downgrade)


def state(project: Project) -> tuple[object, ...]:
    """The schema and every row; AUTO_INCREMENT's gaps are not looked at."""
    rows = sorted(line for line in picture(project.database).splitlines() if "whimbrel" not in line)
    return project.database.schema(), rows, versions(project.database)


def broken(project: Project, command: tuple[str, ...], how: str, at: int) -> Outcome | None:
    """Run a command that breaks at a statement; nothing where it has fewer."""
    outcome = project.flask(*command, env={"BREAK": f"{how}:{at}"}, check=False)
    return None if outcome.rc == 0 else outcome


def each_break(project: Project, how: str, direction: str) -> int:
    """Break at each statement in turn and resume; return how many there were."""
    there, back = [("upgrade",), ("downgrade", "a")][:: 1 if direction == "upgrade" else -1]
    project.flask("upgrade", "a" if direction == "upgrade" else "head")
    before = state(project)
    project.flask(*there)
    wanted, at, whole = state(project), 0, 0
    while whole < 2:  # nothing is after a statement that fails
        project.flask(*back)
        assert state(project) == before, "the way back"
        at += 1
        outcome = broken(project, there, how, at)
        whole = whole + 1 if outcome is None else 0
        project.flask(*there)
        assert state(project) == wanted, f"{how} {at}: {outcome.stderr if outcome else ''}"
    return at - 2


EITHER = ("upgrade", "downgrade")
THE_USUAL = ("mariadb", "a column becomes a table", "kill:after", "upgrade")
CASES = [
    pytest.param(
        *(kind, name, how, direction),
        id=f"{kind}-{how.replace(':', '_')}-{direction}-{name}",
        marks=() if (kind, name, how, direction) == THE_USUAL else pytest.mark.slow,
    )
    for kind in ("sqlite", "postgresql", "mariadb")
    for name in REVISIONS
    for how in ("kill:before", "kill:after", *(("cut:before", "cut:after") if kind != "sqlite" else ()))
    for direction in EITHER
]


@pytest.mark.parametrize(("backend", "name", "how", "direction"), CASES, indirect=["backend"])
def test_a_revision_broken_at_any_statement_is_finished(project: Project, name: str, how: str, direction: str) -> None:
    lay_out_breakable(project, REVISIONS[name])
    assert each_break(project, how, direction) >= 3


USUAL = {("kill:before", "downgrade"), ("cut:after", "upgrade")}
INSIDE = [
    pytest.param(how, direction, marks=() if (how, direction) in USUAL else pytest.mark.slow)
    for how in ("kill:before", "kill:after", "cut:before", "cut:after")
    for direction in EITHER
]


@pytest.mark.parametrize(("how", "direction"), INSIDE)
@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_a_revision_that_commits_inside_is_finished(project: Project, how: str, direction: str) -> None:
    lay_out_breakable(project, CONCURRENTLY)
    assert each_break(project, how, direction) > 5
    assert project.database.rows("SELECT count(*) FROM pg_index WHERE NOT indisvalid") == [(0,)]
