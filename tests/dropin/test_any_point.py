"""A database goes from any point of its history to any other, and arrives at the right schema and rows.

Every move is a real `upgrade()` or `downgrade()` to a revision's id. What must be there is known twice: from
the first time the database came to that point, and from what `ten_revisions` says of it.
"""

from collections.abc import Iterator
from contextlib import closing
from itertools import permutations
from typing import Any

import pytest
import sqlalchemy as sa

from tests.dropin.in_process import InProcess, in_process
from tests.dropin.ten_revisions import APPLICATION, PARENTS, source, tables_at
from tests.support import schema
from tests.support.databases import BACKENDS, Database
from tests.support.project import Project

SLOWER_ELSEWHERE = [pytest.param(one, marks=pytest.mark.slow if one != BACKENDS[0] else ()) for one in BACKENDS]

State = frozenset[str]
BASE = "base"


def closure(revision: str) -> State:
    """Name what is applied when a database has been upgraded from nothing to a revision."""
    parents = PARENTS.get(revision, ())
    own: State = frozenset() if revision == BASE else frozenset([revision])
    return own.union(*(closure(parent) for parent in parents))


POINTS = {revision: closure(revision) for revision in (BASE, *PARENTS)}


@pytest.mark.parametrize("backend", SLOWER_ELSEWHERE, indirect=True)
def test_any_point_is_reached_from_any_other(project: Project) -> None:
    project.write("hello.py", APPLICATION)
    project.flask("init")
    for revision in PARENTS:
        project.write(f"migrations/versions/{revision}.py", source(revision))
    with in_process(project) as functions, closing(Walker(project.database, functions)) as walker:
        for revision in PARENTS:
            walker.move(revision)
        walked = set()
        for start, goal in route():
            walker.stand_at(start)
            assert walker.at == POINTS[start]
            walker.move(goal)
            walked.add((start, goal))
    assert walked == set(permutations(POINTS, 2))
    assert len(walker.seen) == len(POINTS) + 1  # and one where both branches are applied, not yet merged


def route() -> Iterator[tuple[str, str]]:
    """Name every pair of points, each beginning where the one before has ended, as far as that goes."""
    left = {point: [goal for goal in POINTS if goal != point] for point in POINTS}
    at = BASE
    for _ in permutations(POINTS, 2):
        if not left[at]:
            at = max(left, key=lambda point: len(left[point]))
        goal = left[at].pop()
        yield at, goal
        at = goal


class Walker:
    """Goes through the history, and looks around wherever it arrives."""

    def __init__(self, database: Database, functions: InProcess) -> None:
        self.at: State = frozenset()
        self.seen: dict[State, str] = {}
        self._kind = database.kind
        self._functions = functions
        # One connection for all that is asked; without transactions, so that it holds no lock.
        self._connection = sa.create_engine(
            database.url, isolation_level="AUTOCOMMIT", execution_options={"no_parameters": True}
        ).connect()

    def move(self, goal: str) -> None:
        """Upgrade or downgrade to a point, and see that everything is as it must be there."""
        before = sorted(self.at)
        if goal == BASE or goal in self.at:
            self._functions.downgrade(goal)
            self.at = frozenset(one for one in self.at if one in POINTS[goal] or goal not in closure(one))
            self.at = POINTS[BASE] if goal == BASE else self.at
        else:
            self._functions.upgrade(goal)
            self.at |= POINTS[goal]
        self._look_around(f"from {before} to {goal}")

    def stand_at(self, point: str) -> None:
        """Come to where exactly a point's own past is applied, and no other branch."""
        if self.at == POINTS[point]:
            return
        if point != BASE and point not in self.at:
            common = max(
                (one for one in POINTS if POINTS[one] <= self.at & POINTS[point]), key=lambda p: len(POINTS[p])
            )
            self.stand_at(common)
            self.move(point)
            return
        self.move(point)
        if self.at != POINTS[point]:  # the other branch has stayed
            self.move("r05")
            self.move(point)

    def _look_around(self, way: str) -> None:
        heads = {one for one in self.at if not any(one in PARENTS[other] for other in self.at)}
        assert {row for (row,) in self._rows("SELECT version_num FROM alembic_version")} == heads, way
        found = schema.READERS[self._kind](self._rows)
        if self.at not in self.seen:
            self.seen[self.at] = found
            assert self._columns() == {name: set(table.columns) for name, table in tables_at(self.at).items()}, way
        assert found == self.seen[self.at], way
        for name, table in tables_at(self.at).items():
            query = f"SELECT {', '.join(table.columns)} FROM {name} ORDER BY {table.columns[0]}"
            assert tuple(tuple(map(plain, row)) for row in self._rows(query)) == table.rows, f"{name}, {way}"

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self._connection.exec_driver_sql(query)]

    def close(self) -> None:
        """Let go of the database."""
        self._connection.close()
        self._connection.engine.dispose()

    def _columns(self) -> dict[str, set[str]]:
        inspector = sa.inspect(self._connection)
        return {
            name: {column["name"] for column in inspector.get_columns(name)}
            for name in inspector.get_table_names()
            if not name.startswith(("alembic_version", "whimbrel_"))
        }


def plain(value: object) -> object:
    """Make a number of what a server calls NUMERIC."""
    return round(float(value), 2) if hasattr(value, "as_tuple") else value
