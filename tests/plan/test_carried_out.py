"""A stored plan is carried out as it was printed, once, however often and by however many it is tried."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.core.repository import add_script, versions
from tests.core.test_binds import HELLO
from tests.plan.test_plan import ONCE, people, planned, refused, stored
from tests.support.project import Project


def edited(project: Project, edit: Callable[[Any], Any]) -> None:
    """Keep a plan in a file, with something in it changed."""
    told = planned(project)
    edit(told)
    project.write("plan.json", json.dumps(told))


@ONCE
@pytest.mark.parametrize(
    "edit",
    [
        lambda told: told.update(goal=5),
        lambda told: told.update(drops=["drop"]),
        lambda told: told.update(digest="0" * 16),
        lambda told: told.update(databases=[]),
        lambda told: told["databases"][0].update(objects=None),
        lambda told: told["databases"][0].update(objects=["people"]),
        lambda told: told["databases"][0].update(heads=[["a"]]),
        lambda told: told["databases"][0].update(heads=[]),
        lambda told: told["databases"][0]["objects"].popitem(),
        lambda told: told["databases"][0]["scripts"].append(["c", "0" * 16]),
    ],
    ids=["goal", "drops", "digest", "databases", "objects", "list", "heads", "base", "object", "script"],
)
def test_a_plan_that_was_edited_is_refused(project: Project, edit: Callable[[Any], Any]) -> None:
    people(project)
    edited(project, edit)
    refused(project, 2)


@ONCE
def test_what_nobody_can_take_for_a_plan_is_refused(project: Project) -> None:
    people(project)
    whole = json.dumps(planned(project))
    for text in (whole[:-20], "[" * 100_000, "[]", ""):
        project.write("plan.json", text)
        assert "it is not what flask db plan --json prints" in refused(project, 2).stderr
    (project.path / "plan.json").write_bytes(b"\x00\xff\x80" * 9)
    refused(project, 2)
    edited(project, lambda told: told.update(format=told["format"] + 1))
    assert "another version of Whimbrel has printed it" in refused(project, 2).stderr


@ONCE
def test_a_plan_may_be_stored_in_utf_16(project: Project) -> None:
    people(project)
    (project.path / "plan.json").write_bytes(project.flask("plan", "--json").stdout.encode("utf-16"))
    project.flask("upgrade", "--plan", "plan.json")
    assert versions(project.database) == ["b"]


@ONCE
@pytest.mark.parametrize("goal", ["head", "+1", "b"])
def test_a_plan_that_was_carried_out_has_nothing_left_to_do(project: Project, goal: str) -> None:
    people(project)
    stored(project, goal)
    project.flask("upgrade", "--plan", "plan.json")
    assert project.flask("upgrade", "--plan", "plan.json").stdout == "Up to date at b.\n"
    assert versions(project.database) == ["b"]


@ONCE
def test_a_plan_of_which_a_part_was_done_is_refused(project: Project) -> None:
    people(project)
    add_script(project, "c", "b")
    stored(project)
    project.flask("upgrade", "b")
    said = refused(project).stderr
    assert "it would run c, and the plan has b, c" in said
    assert "is gone" not in said  # what only the first one has named


def test_replicas_with_the_same_plan_all_end_well(project: Project) -> None:
    people(project)
    stored(project)
    with ThreadPoolExecutor() as pool:
        ended = list(pool.map(lambda _: project.flask("upgrade", "--plan", "plan.json"), range(3)))
    assert [one.rc for one in ended] == [0, 0, 0]
    assert sum("Running upgrade a -> b" in one.stderr for one in ended) == 1


@ONCE
def test_a_plan_for_another_kind_of_server_is_refused(project: Project) -> None:
    from whimbrel.plan import Base, Plan

    people(project)
    told = planned(project)
    (base,) = told["databases"]
    base |= {"server": "PostgreSQL 15.1", "version": "postgresql 15"}
    scripts = tuple((one, checksum) for one, checksum in base["scripts"])
    told["digest"] = Plan("head", told["drops"], (Base(**base | {"scripts": scripts}),)).digest
    project.write("plan.json", json.dumps(told))
    assert "the database is on SQLite" in refused(project).stderr


@ONCE
def test_nothing_is_run_where_a_plan_does_not_hold_in_the_last_of_several_databases(
    project: Project, tmp_path: Path
) -> None:
    project.write("hello.py", HELLO)
    audit = f"sqlite:///{tmp_path / 'audit.db'}"
    other = {"AUDIT_URL": audit}
    project.flask("init", "--multidb", env=other)
    project.flask("migrate", "-m", "first", env=other)
    project.flask("upgrade", env=other)
    project.write("hello.py", HELLO + "    what = db.Column(db.String(20))\n")  # of the events, in the second one
    project.flask("migrate", "-m", "second", env=other)
    project.write("plan.json", project.flask("plan", "--json", env=other).stdout)
    before = versions(project.database)
    with sa.create_engine(audit, poolclass=sa.NullPool).begin() as connection:
        connection.exec_driver_sql("ALTER TABLE events ADD COLUMN other INTEGER")
    ended = project.flask("upgrade", "--plan", "plan.json", env=other, check=False)
    assert (ended.rc, "Nothing was changed." in ended.stderr) == (1, True)
    assert versions(project.database) == before


@pytest.mark.parametrize("backend", ["mariadb"], indirect=True)
def test_a_plan_that_holds_no_more_after_a_revision_was_taken_up_says_so(project: Project) -> None:
    people(project, 'op.add_column("people", sa.Column("x", sa.Integer))\n    op.execute("CREATE TABLE more (id int)")')
    add_script(project, "c", "b")
    stored(project)
    project.database.execute("CREATE TABLE more (id int)")
    assert project.flask("upgrade", check=False).rc == 3
    project.database.execute("DROP TABLE more")
    said = project.flask("upgrade", "--plan", "plan.json", check=False)
    assert (said.rc, "b was run before that; nothing else was changed." in said.stderr) == (1, True)
    assert versions(project.database) == ["b"]
