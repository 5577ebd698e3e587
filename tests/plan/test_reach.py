"""A plan for a database that is not there, with the sizes of one that cannot be compared, or with several heads."""

import re

import pytest

from tests.core.repository import add_script, versions
from tests.plan.test_plan import ONCE, people, planned
from tests.support.project import Project


@pytest.mark.parametrize("backend", ["postgresql", "mariadb"], indirect=True)
def test_a_database_that_cannot_be_reached_is_one_error(project: Project) -> None:
    people(project)
    nowhere = re.sub(r"//.*", "//shop:secret@127.0.0.1:1/shop", project.database.url)
    for verb in (("plan",), ("explain",), ("upgrade", "--plan", "plan.json")):
        project.write("plan.json", project.flask("plan", "--json").stdout)
        ended = project.flask(*verb, env={"DATABASE_URL": nowhere}, check=False)
        assert (ended.rc, "Traceback" in ended.stderr, "secret" in ended.stderr) == (1, False, False), verb
        assert ended.stderr.count("Error: ") == 1


@pytest.mark.parametrize("backend", ["postgresql", "mariadb"], indirect=True)
def test_the_sizes_of_another_kind_of_server_count_for_nothing(project: Project) -> None:
    people(project)
    other = project.path / "other.db"
    project.run("-c", f"import sqlite3; sqlite3.connect({str(other)!r}).execute('CREATE TABLE people (id)')")
    ended = project.flask("plan", "--against", f"sqlite:///{other}", check=False)
    assert (ended.rc, "--against names a database on sqlite" in ended.stderr) == (1, True)


@ONCE
def test_several_heads_are_no_hazard_of_a_plan_for_all_of_them(project: Project) -> None:
    people(project)
    add_script(project, "c", "a")
    assert "stands beside" not in project.flask("plan", "heads").stdout
    assert [one["revision"] for one in planned(project, "c")["scripts"]] == ["c"]
    assert "stands beside" not in project.flask("explain", "c").stdout


@ONCE
@pytest.mark.parametrize("verb", ["plan", "explain", "prove", "lint", "upgrade", "downgrade", "show", "stamp", "merge"])
def test_an_empty_revision_is_none(project: Project, verb: str) -> None:
    people(project)
    ended = project.flask(verb, "", check=False)
    assert (ended.rc, "it is empty" in ended.stderr) == (2, True)
    assert versions(project.database) == ["a"]


@ONCE
def test_proofs_that_cannot_be_written_are_one_error(project: Project) -> None:
    people(project)
    (project.path / "migrations" / "snapshot" / "proofs.txt").mkdir(parents=True)
    ended = project.flask("prove", check=False)
    assert (ended.rc, "Traceback" in ended.stderr) == (1, False)
    assert "The file system refuses to write there." in ended.stderr
