"""`flask db status` says who runs revisions now, and what was interrupted; it takes nothing and makes nothing."""

import json

import pytest

from tests.core.applications import application
from tests.core.repository import add_chain, add_script, lay_out, tables, versions
from tests.journal.test_crash import BREAKS
from tests.run.crowd import end, running, until
from tests.run.test_one_at_a_time import HOLDS, let_go
from tests.support.databases import BACKENDS
from tests.support.project import Project
from whimbrel import status, upgrade
from whimbrel.commands import DatabaseStatus

SERVERS = [kind for kind in BACKENDS if kind != "sqlite"]


def asked(project: Project) -> DatabaseStatus:
    with application(project):
        (found,) = status().databases
    return found


def test_who_runs_now_is_named(project: Project) -> None:
    lay_out(project)
    add_script(project, "a", upgrade=HOLDS)
    assert asked(project).runner is None
    with running(project, "upgrade") as first:
        until((project.path / "begun").exists)
        in_words = project.flask("status").stdout
        found = asked(project)
        let_go(project)
        assert end(first).rc == 0
    assert found.runner is not None
    assert found.interrupted is None
    assert found.pending == ("a",)
    assert found.runner.words in in_words or project.database.kind == "mariadb", "it counts seconds"
    assert "Running       " in in_words
    assert "Somebody runs revisions now.\n  Why:  Another run has the database" in in_words
    assert "\n  Do:   flask db wait" in in_words
    assert found.runner.remedy in in_words
    if project.database.kind != "mariadb":
        assert str(first.pid) in found.runner.words
    assert asked(project).runner is None
    assert "made_by_a" in tables(project.database)


def killed(project: Project, upgrade: str, at: str) -> None:
    lay_out(project)
    project.write("breaks.py", BREAKS)
    project.write("hello.py", "import breaks\n" + project.read("hello.py"))
    add_chain(project, "a")
    add_script(project, "b", "a", upgrade)
    project.flask("upgrade", "a")
    assert project.flask("upgrade", env={"BREAK": at}, check=False).rc != 0


PARTS = {
    "postgresql": """op.execute("INSERT INTO made_by_a VALUES (1)")
    with op.get_context().autocommit_block():
        op.create_index("ix", "made_by_a", ["id"], postgresql_concurrently=True)""",
    "mariadb": 'op.execute("INSERT INTO made_by_a VALUES (1)")\n    op.create_index("ix", "made_by_a", ["id"])',
}


@pytest.mark.parametrize("backend", SERVERS, indirect=True)
def test_what_was_interrupted_is_told_with_the_way_on(project: Project) -> None:
    at = {"postgresql": 2, "mariadb": 3}[project.database.kind]  # there the question for the version table counts
    killed(project, PARTS[project.database.kind], f"kill:after:{at}")
    (found,) = json.loads(project.flask("status", "--json").stdout)["databases"]
    begun = found["interrupted"].pop("begun")
    assert begun.startswith("CREATE INDEX ")
    assert found["interrupted"] == {"revision": "b", "direction": "upgrade", "done": 1, "undecided": False}
    in_words = project.flask("status").stdout
    assert "Interrupted   upgrade of b: 1 statement done\n" in in_words
    assert f"it was running: {begun}" in in_words
    assert "was interrupted in its upgrade: 1 of its statements is done.\n  Why:  " in in_words
    assert "\n  Do:   flask db upgrade   (goes on where it stopped)" in in_words
    with application(project):
        upgrade()
    assert asked(project).interrupted is None
    assert project.database.rows("SELECT id FROM made_by_a") == [(1,)]


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_a_statement_that_nothing_tells_of_is_left_to_a_person(project: Project) -> None:
    call = "DO $$ BEGIN INSERT INTO made_by_a VALUES (1); END $$"
    procedure = f"CREATE PROCEDURE count_up() LANGUAGE plpgsql AS '{call[6:-3]}'"
    block = 'with op.get_context().autocommit_block():\n        op.execute("CALL count_up()")'
    killed(project, f'op.execute("""{procedure}""")\n    {block}', "kill:after:2")
    said = project.flask("status").stdout
    assert "it was running, and nothing tells whether it took effect: CALL count_up()" in said
    assert "then: flask db resume --done, or: flask db resume --redo" in said
    assert versions(project.database) == ["a"]
