"""Histories drawn at random, with merges and branches: `goto-branch` ends where the goal's own upgrade would."""

import random
from collections.abc import Sequence
from itertools import permutations

import pytest

from tests.core.applications import application
from tests.core.repository import add_script, lay_out, tables, versions
from tests.states.stage import remove
from tests.support.databases import BACKENDS, create_database
from tests.support.project import Project
from whimbrel import commands, status, upgrade

Parents = dict[str, tuple[str, ...]]


class Agrees:
    """Somebody who says yes to everything."""

    def agrees(self, scripts: Sequence[object]) -> bool:
        return True


def drawn(number: random.Random) -> Parents:
    """Draw a history: each revision follows one or two of those before it, or none."""
    parents: Parents = {"r0": ()}
    for place in range(1, number.randint(4, 9)):
        near = sorted(parents)[-4:]
        some = number.sample(near, min(len(near), number.choice([0, 1, 1, 1, 1, 2])))
        is_redundant = any(one in with_ancestors(parents, [other]) for one, other in permutations(some, 2))
        parents[f"r{place}"] = tuple(some[:1] if is_redundant else some)
    return parents


def with_ancestors(parents: Parents, names: Sequence[str]) -> set[str]:
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        one = waiting.pop()
        found.add(one)
        waiting.extend(parents[one])
    return found


def checked_out(project: Project, parents: Parents, names: set[str]) -> None:
    """Have exactly these scripts in the folder."""
    remove(project, *(one.stem for one in project.scripts()))
    for name in names:
        after = parents[name]
        add_script(project, name, after if len(after) > 1 else next(iter(after), None))


@pytest.mark.sweep
@pytest.mark.parametrize("backend", BACKENDS[:1], indirect=True)
@pytest.mark.parametrize("seed", range(48))
def test_any_branch_leads_to_any_other(project: Project, seed: int) -> None:
    number = random.Random(seed)
    parents = drawn(number)
    ours, goal = (
        with_ancestors(parents, ["r0", *number.sample(sorted(parents), number.randint(1, len(parents)))])
        for _ in range(2)
    )
    lay_out(project)
    checked_out(project, parents, ours)
    with application(project):
        upgrade(revision="heads")
    checked_out(project, parents, goal)
    with application(project) as app:
        commands.goto_branch(commands.open_project(app.extensions, app.config), None, Agrees())
        (found,) = status().databases
    assert found.standing.value == "here"
    assert (found.pending, found.edited) == ((), ())
    assert tables(project.database) == {"alembic_version", *(f"made_by_{one}" for one in goal)}
    fresh = create_database(project.database.kind, project.path)
    with application(Project(project.path, fresh)):
        upgrade(revision="heads")
    assert versions(project.database) == versions(fresh)
    fresh.drop()
