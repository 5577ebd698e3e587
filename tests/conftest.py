"""Fixtures for every test, and the servers that they need: those of the environment, or our own."""

import compileall
import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.databases import BACKENDS, Database, create_database
from tests.support.house import CHECKOUT
from tests.support.project import Project
from tools.servers import ServersError, running


def pytest_configure(config: pytest.Config) -> None:
    """Have servers for the run: once, in the process that starts pytest-xdist's workers."""
    if hasattr(config, "workerinput") or config.option.collectonly or config.option.help:
        return
    # Hundreds of processes will import us; where Python may not write what it compiled, each would do it again.
    compileall.compile_dir(CHECKOUT / "src", quiet=2)
    servers = contextlib.ExitStack()
    config.add_cleanup(servers.close)
    try:
        os.environ.update(servers.enter_context(running()))
    except ServersError as error:
        raise pytest.UsageError(str(error)) from error


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Of a sweep, take each eighth case in the usual run; `make test-long` runs the rest."""
    sweep = [item for item in items if item.get_closest_marker("sweep")]
    for place, item in enumerate(sweep):
        if place % 8:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    """Run the test once for each kind of database that takes part.

    A test for some kinds only narrows it: `@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)`.
    """
    kind: str = request.param
    if kind not in BACKENDS:
        pytest.skip(f"{kind} takes no part in this run: it takes {', '.join(BACKENDS)}.")
    return kind


@pytest.fixture
def database(backend: str, tmp_path: Path) -> Iterator[Database]:
    """Lend an empty database of that kind, dropped after the test."""
    made = create_database(backend, tmp_path)
    yield made
    made.drop()


@pytest.fixture
def project(tmp_path: Path, database: Database) -> Project:
    """Make an empty project folder for that database."""
    path = tmp_path / "project"
    path.mkdir()
    return Project(path, database)
