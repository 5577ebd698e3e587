"""What a script does is told in plain words, on each server, for operations and raw SQL alike."""

from collections.abc import Iterator

import pytest

from tests.hazards.stage import Stage
from tests.plan.cases import CASES, Words
from tests.plan.stage import case_of
from tests.support.databases import BACKENDS, create_database
from whimbrel.plan import told

pytestmark = pytest.mark.sweep
PAIRS = [(one, kind) for one in CASES for kind in one.on]


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Stage]]:
    made = {kind: create_database(kind, tmp_path_factory.mktemp(kind)) for kind in BACKENDS}
    yield {kind: Stage(database) for kind, database in made.items()}
    for database in made.values():
        database.drop()


@pytest.mark.parametrize(
    ("words", "kind"),
    PAIRS,
    ids=[f"{one.name}_on_{kind}".replace(" ", "_") for one, kind in PAIRS],
)
def test_a_script_is_told_in_plain_words(words: Words, kind: str, stages: dict[str, Stage]) -> None:
    if kind not in stages:
        pytest.skip(f"{kind} takes no part in this run")
    case = case_of(stages[kind], words.body, words.before)
    found = [told(case, seen) for seen in case.statements]
    assert tuple(phrase for one in found for phrase in one.what) == words.what
    if words.manner:
        assert found[-1].manner == words.manner
