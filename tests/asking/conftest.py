"""The stage."""

from pathlib import Path

import pytest

from tests.asking.stage import Stage
from tests.support.databases import Database


@pytest.fixture
def stage(tmp_path: Path, database: Database) -> Stage:
    """Lend a folder without anything in it, and an empty database."""
    path = tmp_path / "stage"
    path.mkdir()
    return Stage(path, database)
