"""`on_start` in processes of its own: many at once, forked ones, those of `flask`, and what they cost at head."""

import os

import pytest

from tests.core.repository import add_chain, add_script, lay_out, pretend_to_be_at, tables, versions
from tests.core.shapes import SHAPES, app_of_shape, let_go
from tests.start.apps import SERVE, noted, write_hello
from tests.support.databases import BACKENDS
from tests.support.listening import statements
from tests.support.project import Project

ONE = pytest.mark.parametrize("backend", BACKENDS[:1], indirect=True)
# aiomysql under SQLAlchemy 2.0 warns of what MariaDB says about the version table.
pytestmark = pytest.mark.filterwarnings("ignore:Name .alembic_version_pkc. ignored")


@pytest.mark.parametrize("shape", SHAPES)
def test_at_head_it_costs_one_query_whatever_the_app_hands_over(project: Project, shape: str) -> None:
    lay_out(project)
    add_chain(project, "a", "b")
    pretend_to_be_at(project.database, "b")
    app = app_of_shape(shape, project)
    app.config["MIGRATE_ON_START"] = "upgrade"
    with statements() as seen:
        assert app.test_client().get("/").status_code == 404
        assert app.test_client().get("/").status_code == 404
    assert [" ".join(one.replace("`", "").split()) for one in seen] == [
        "SELECT alembic_version.version_num FROM alembic_version"
    ]
    let_go(app)


@ONE
def test_at_head_neither_alembic_nor_a_script_is_imported(project: Project) -> None:
    lay_out(project)
    add_script(project, "a", upgrade="pass")
    text = project.read("migrations/versions/a.py")
    project.write("migrations/versions/a.py", f"{text}\nraise AssertionError('imported')\n")
    pretend_to_be_at(project.database, "a")
    write_hello(project, "check")
    said = project.run("-c", f"{SERVE}; import sys; print(*sorted(one.partition('.')[0] for one in sys.modules))")
    answer, modules = said.stdout.splitlines()
    assert answer == "200 page"
    assert "whimbrel" in modules.split()
    assert {"alembic", "mako"} & set(modules.split()) == set()


WORKERS = """
import os
from hello import app

def work():
    answer = app.test_client().get("/")
    os._exit(0 if (answer.status_code, answer.text) == (200, "page") else 1)

workers = [os.fork() or work() for _ in range(4)]
print(*(os.waitpid(worker, 0)[1] for worker in workers))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Nothing forks there.")
def test_of_several_workers_that_start_at_once_one_upgrades_and_the_others_wait(project: Project) -> None:
    lay_out(project)
    note = project.path / "ran"
    add_script(project, "a")
    add_script(project, "b", "a", upgrade=f"{noted(note)}\n    import time; time.sleep(0.5)")
    write_hello(project, "upgrade")
    outcome = project.run("-c", WORKERS)
    assert outcome.stdout == "0 0 0 0\n", outcome.stderr
    assert note.read_text() == "x"
    assert versions(project.database) == ["b"]


FORK = """
import os
from hello import app, db, migrate
from sqlalchemy import text

migrate.start(app)
reader, writer = os.pipe()
def session():
    with app.app_context(), db.engine.connect() as connection:
        return str(connection.scalar(text('SELECT pg_backend_pid()')))
child = os.fork()
if not child:
    os.write(writer, f"{session()} {app.test_client().get('/').status_code}".encode())
    os._exit(0)
os.waitpid(child, 0)
print(session(), os.read(reader, 100).decode())
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Nothing forks there.")
@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
@pytest.mark.parametrize("at_head", [True, False])
def test_children_that_a_server_forks_after_the_start_do_not_share_a_connection(
    project: Project, at_head: bool
) -> None:
    lay_out(project)
    add_script(project, "a", upgrade="pass")
    if at_head:
        pretend_to_be_at(project.database, "a")
    write_hello(project, "upgrade")
    parent, child, status = project.run("-c", FORK).stdout.split()
    assert parent != child
    assert status == "200"
    assert versions(project.database) == ["a"]


@ONE
@pytest.mark.parametrize("arguments", [["db", "current"], ["--app", "hello", "db", "check"], ["routes"]], ids=" ".join)
def test_a_process_of_flask_that_does_not_serve_looks_at_nothing(project: Project, arguments: list[str]) -> None:
    lay_out(project)
    add_script(project, "a", upgrade="import hello; assert hello.app.test_client().get('/').status_code == 200")
    write_hello(project, "upgrade")
    project.write("hello.py", project.read("hello.py") + "\n\nmigrate.start(app)\n")
    project.run("-m", "flask", *arguments, check="check" not in arguments)
    assert tables(project.database) <= {"alembic_version"}
    assert versions(project.database) == []


@ONE
@pytest.mark.parametrize("how", [["-m", "flask", "db", "upgrade"], ["-c", SERVE]], ids=["flask db", "on_start"])
def test_a_script_that_asks_the_app_for_a_page_starts_no_upgrade_within_the_upgrade(
    project: Project, how: list[str]
) -> None:
    lay_out(project)
    add_script(project, "a", upgrade="import hello; assert hello.app.test_client().get('/').status_code == 200")
    write_hello(project, "upgrade")
    project.run(*how, timeout=30)
    assert versions(project.database) == ["a"]


@ONE
def test_a_server_does_not_start_where_it_must_not_serve(project: Project) -> None:
    lay_out(project)
    add_chain(project, "a")
    write_hello(project, "check")
    outcome = project.run("-c", "from hello import app, migrate; migrate.start(app); print('serving')", check=False)
    assert outcome.rc != 0
    assert outcome.stdout == ""
    assert "NotAtHead: The database is at base, and not at a." in outcome.stderr
    assert "flask db upgrade" in outcome.stderr
