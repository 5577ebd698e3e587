"""On MariaDB, each change of a model is found, runs as written, is found no more, and goes back exactly."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.operations.mysql_changes import CHANGES
from tests.operations.mysql_rounds import Change, build, create, lent, lost_values, migrate, picture, rows_of, schema_of
from tests.support.databases import BACKENDS, Database

SERVERS = [kind for kind in BACKENDS if kind in ("mariadb", "mysql")]
EACH = [pytest.param(one, kind, id=f"{kind}-{one.id.replace(' ', '_')}") for one in CHANGES for kind in SERVERS]
pytestmark = pytest.mark.sweep


@pytest.fixture
def target(kind: str, tmp_path: Path) -> Iterator[Database]:
    with lent(kind, tmp_path) as database:
        yield database


@pytest.fixture
def ideal(kind: str, tmp_path: Path) -> Iterator[Database]:
    with lent(kind, tmp_path) as database:
        yield database


@pytest.mark.parametrize(("change", "kind"), EACH)
def test_a_change_goes_all_the_way_and_back(change: Change, target: Database, ideal: Database) -> None:
    build(target, change, change.before())
    after = change.after()
    create(ideal, after)
    wanted, before, held = picture(ideal), schema_of(target), rows_of(target)

    script = migrate(target, after, wanted, change.decisions)
    print(script.upgrade, script.downgrade, sep="\n---- back:\n")
    assert not script.is_empty, f"{schema_of(target)}\n---- and not:\n{schema_of(ideal)}"
    for text in change.says:
        assert text in script.upgrade
    script.run(target, script.upgrade)
    assert schema_of(target) == schema_of(ideal)
    again = migrate(target, after, picture(ideal), None)
    assert again.is_empty, again.upgrade
    assert lost_values(held, rows_of(target), change.renames) == change.lost

    script.run(target, script.downgrade)
    assert schema_of(target) == before
    assert not lost_values(held, rows_of(target), {}) - change.lost
