"""`flask db explain` tells a script in plain words, up and down."""

import json

import pytest

from tests.core.repository import add_script, lay_out, picture
from tests.plan.test_plan import people
from tests.support.project import Project

UP = 'op.add_column("people", sa.Column("born", sa.Date))'
DOWN = 'op.drop_column("people", "born")'


def test_a_script_is_told_up_and_down(project: Project) -> None:
    people(project, UP, DOWN)
    before = picture(project.database)
    said = project.flask("explain").stdout
    assert "Adds column people.born." in said
    assert "adds column people.born (" in said.partition("The upgrade")[2].partition("The downgrade")[0]
    assert "removes column people.born" in said.partition("The downgrade")[2]
    assert "Proof: none that holds" in said
    assert picture(project.database) == before


def test_a_script_in_the_middle_of_the_history_is_told(project: Project) -> None:
    people(project, UP, DOWN)
    add_script(project, "c", "b")
    project.flask("upgrade")
    project.flask("prove", "b")
    told = json.loads(project.flask("explain", "b", "--json").stdout)
    assert told["follows"] == ["a"]
    assert told["summary"] == "Adds column people.born."
    assert told["up"]["steps"][0].startswith("adds column people.born")
    assert told["down"]["steps"][0].startswith("removes column people.born")
    assert told["proof"].startswith("shown on ")


def test_the_first_script_is_told(project: Project) -> None:
    people(project, UP, DOWN)
    said = project.flask("explain", "a").stdout
    assert "Comes after nothing: it is the first." in said
    assert "creates table people" in said


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_what_is_special_in_a_script_is_named(project: Project) -> None:
    people(project, UP, 'raise NotImplementedError("there is no way back")')
    assert "says that there is no way back" in project.flask("explain").stdout
    people_again = 'op.execute("UPDATE people SET name = 1")\n    raise RuntimeError("no")'
    add_script(project, "b", "a", people_again)
    said = project.flask("explain").stdout
    assert "ends there on a database without rows" in said
    assert "It reads or writes rows" in said


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_only_one_script_at_a_time_is_told(project: Project) -> None:
    lay_out(project)
    add_script(project, "a")
    add_script(project, "b", "a")
    ended = project.flask("explain", "base:head", check=False)
    assert ended.rc == 1
    assert "base:head is 2 scripts." in ended.stderr
    assert project.flask("explain", "nowhere", check=False).rc == 1
