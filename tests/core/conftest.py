"""Databases of an account of its own, whose password holds what has to be quoted in a URL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.core.accounts import drop_account, make_account
from tests.support.databases import Database, create_database


@pytest.fixture
def database(backend: str, tmp_path: Path) -> Iterator[Database]:
    """Lend an empty database, under the URL of an ordinary account with an awkward password."""
    made = create_database(backend, tmp_path)
    yield make_account(made)
    made.drop()
    drop_account(made)


@pytest.fixture
def second_database(backend: str, tmp_path: Path) -> Iterator[Database]:
    """Lend another empty database of the same kind."""
    made = create_database(backend, tmp_path)
    yield made
    made.drop()
