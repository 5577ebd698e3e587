"""Each single change of a model is found, on each server, and nothing else is."""

from collections.abc import Iterator

import pytest

from tests.compare.cases import CASES, Case
from tests.compare.pictures import drop_databases, pictures, told
from tests.support.databases import BACKENDS
from whimbrel.compare import compare
from whimbrel.snapshot.text import read, write

EACH = [
    pytest.param(case, kind, id=f"{kind}-{case.id.replace(' ', '_')}")
    for case in CASES
    for kind in case.servers
    if kind in BACKENDS
]
ALTERED = [param for param in EACH if param.values[1] in param.values[0].alter]
pytestmark = pytest.mark.sweep


@pytest.fixture(scope="module", autouse=True)
def _databases() -> Iterator[None]:
    yield
    drop_databases()


@pytest.mark.parametrize(("case", "kind"), EACH)
def test_the_same_models_built_twice_look_the_same(case: Case, kind: str) -> None:
    seen = pictures(case, kind)
    assert seen.before == seen.before_again
    assert seen.before.objects


@pytest.mark.parametrize(("case", "kind"), EACH)
def test_a_changed_model_differs_in_exactly_what_changed(case: Case, kind: str) -> None:
    seen = pictures(case, kind)
    found = compare(seen.before, seen.after, ours=seen.before.by_key.keys())
    assert told(found.changes, seen.after.default_schema) == sorted(case.expected[kind])
    assert found.not_ours == ()


@pytest.mark.parametrize(("case", "kind"), ALTERED)
def test_what_the_server_altered_looks_like_what_the_models_build(case: Case, kind: str) -> None:
    seen = pictures(case, kind)
    assert seen.altered is not None
    found = compare(seen.altered, seen.after, ours=seen.altered.by_key.keys())
    assert told(found.changes) == []


@pytest.mark.parametrize(("case", "kind"), EACH)
def test_a_snapshot_is_read_back_from_its_text(case: Case, kind: str) -> None:
    seen = pictures(case, kind)
    file = read(write(seen.after))
    assert file.broken == 0
    assert file.snapshot() == seen.after
    assert write(file.snapshot()) == write(seen.after)
