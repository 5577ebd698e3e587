"""`flask db wait` waits until somebody else has brought the database to head, and changes nothing."""

import time

import pytest
import sqlalchemy as sa

from tests.core.repository import add_chain, add_script, lay_out, tables, versions
from tests.run.crowd import end, running
from tests.support.project import Project


def test_it_ends_when_the_database_is_at_head(project: Project) -> None:
    lay_out(project)
    add_chain(project, "a", "b")
    with running(project, "wait") as process:
        time.sleep(1.5)
        assert process.poll() is None
        project.flask("upgrade", "a")
        assert process.poll() is None
        project.flask("upgrade")
        outcome = end(process, 10)
    assert outcome.rc == 0
    assert outcome.stdout == "Up to date at b.\n"


def test_it_gives_up_in_time_and_has_changed_nothing(project: Project) -> None:
    lay_out(project)
    add_chain(project, "a")
    outcome = project.flask("wait", "--timeout", "0.5", check=False)
    assert outcome.rc == 1
    assert "Error: The database is at base, and not at a." in outcome.stderr
    assert tables(project.database) == set()


def test_it_takes_several_heads_and_dependencies(project: Project) -> None:
    lay_out(project)
    add_chain(project, "a")
    add_script(project, "b")
    project.flask("upgrade", "heads")
    assert project.flask("wait", "--timeout", "5").stdout == "Up to date at a, b.\n"
    text = project.read("migrations/versions/b.py")
    project.write("migrations/versions/b.py", text.replace("depends_on = None", "depends_on = 'a'"))
    project.database.execute("DELETE FROM alembic_version WHERE version_num = 'a'")
    assert versions(project.database) == ["b"]
    assert project.flask("wait", "--timeout", "5").rc == 0


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_a_server_that_is_not_there_yet_is_waited_for(project: Project) -> None:
    lay_out(project)
    nowhere = sa.make_url(project.database.url).set(port=1).render_as_string(hide_password=False)
    began = time.monotonic()
    outcome = project.flask("wait", "--timeout", "2", env={"DATABASE_URL": nowhere}, check=False)
    assert time.monotonic() - began > 2
    assert outcome.rc == 1
    assert "Error: No connection to the database" in outcome.stderr
