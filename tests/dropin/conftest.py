"""Fixtures for Whimbrel beside Flask-Migrate."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.dropin.sides import Sides, make_sides
from tests.support.databases import Database, create_database
from tests.support.peers import RELEASES, Peer, peer


@pytest.fixture(params=RELEASES)
def release(request: pytest.FixtureRequest) -> Peer:
    """Run the test once for each release that repositories come from."""
    return peer(request.param)


@pytest.fixture
def flask_migrate() -> Peer:
    """Lend Flask-Migrate 4.1.0, with the companions that the tests themselves run with."""
    return peer("4.1.0")


@pytest.fixture
def second_database(backend: str, tmp_path: Path) -> Iterator[Database]:
    """Lend another empty database of the same kind."""
    made = create_database(backend, tmp_path)
    yield made
    made.drop()


@pytest.fixture
def sides(backend: str, tmp_path: Path, flask_migrate: Peer) -> Iterator[Sides]:
    """Lend two equal tutorial projects, one for ours and one for Flask-Migrate 4.1.0."""
    made = make_sides(backend, tmp_path, flask_migrate)
    yield made
    made.drop()
