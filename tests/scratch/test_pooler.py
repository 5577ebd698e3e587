"""Behind PgBouncer a scratch database works where its names do, and is refused in words where they do not."""

from pathlib import Path

import pytest

from tests.run.crowd import until
from tests.scratch.support import NO_SETTINGS, engine_of, fill, tables
from tests.support.databases import Database
from tests.support.pooler import pooler
from whimbrel.errors import Reason, ScratchUnavailable
from whimbrel.scratch import lease
from whimbrel.settings import Settings

pytestmark = pytest.mark.parametrize("backend", ["postgresql"], indirect=True)


def _scratch_databases(database: Database) -> list[str]:
    return [name for (name,) in database.rows("SELECT datname FROM pg_database WHERE datname LIKE 'whimbrel%'")]


@pytest.mark.parametrize("mode", ["session", "transaction"])
def test_a_pooler_that_knows_every_name_is_no_hindrance(
    backend: str, database: Database, tmp_path: Path, mode: str
) -> None:
    with pooler(tmp_path, database, "every name", mode) as pooled:
        engine = engine_of(pooled)
        with lease(engine, NO_SETTINGS) as scratch:
            fill(scratch.engine)
            assert tables(scratch.engine) == ["thing"]
            scratch.renew()
            assert tables(scratch.engine) == []
        assert tables(engine) == []
        assert scratch.name not in _scratch_databases(database)
        engine.dispose()


@pytest.mark.parametrize("knows", ["only the target", "one for all names"])
@pytest.mark.parametrize("driver", ["postgresql+psycopg", "postgresql+psycopg2"])
def test_a_pooler_that_leads_elsewhere_is_found_out_and_nothing_stays(
    backend: str, database: Database, tmp_path: Path, knows: str, driver: str
) -> None:
    before = _scratch_databases(database)
    with pooler(tmp_path, database, knows, "transaction") as pooled:
        engine = engine_of(pooled, driver)
        with pytest.raises(ScratchUnavailable) as caught, lease(engine, NO_SETTINGS):
            pass
        assert caught.value.reason is Reason.NOT_REACHABLE
        assert "MIGRATE_SCRATCH_URL" in caught.value.do
        with lease(engine, Settings(scratch_url=(database.url,))) as scratch:
            fill(scratch.engine)
            assert tables(scratch.engine) == ["thing"]
        assert tables(engine) == []
        engine.dispose()
    until(lambda: set(_scratch_databases(database)) <= set(before))  # other tests have some of theirs for a while
