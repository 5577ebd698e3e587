"""Each rule fires on its bad example and not on its good one, on the real server, and prints what its page shows."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.hazards.pages import FOLDER, Example, examples, shown
from tests.hazards.stage import Stage
from tests.support.databases import BACKENDS, create_database
from whimbrel.hazards import EFFECTS, RULES

EXAMPLES = list(examples())


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Stage]]:
    folder: Path = tmp_path_factory.mktemp("stages")
    made = {kind: create_database(kind, folder) for kind in BACKENDS}
    yield {kind: Stage(database) for kind, database in made.items()}
    for database in made.values():
        database.drop()


def each() -> list[Any]:
    """Take part of MariaDB's in the usual run: it takes its time to make tables."""
    return [
        pytest.param(one, id=one.rule, marks=[pytest.mark.sweep] if one.server == "mariadb" else []) for one in EXAMPLES
    ]


@pytest.mark.parametrize("example", each())
def test_a_rule_fires_on_its_bad_example_and_not_on_its_good_one(example: Example, stages: dict[str, Stage]) -> None:
    if example.server not in stages:
        pytest.skip(f"{example.server} takes no part in this run")
    stage = stages[example.server]
    found = example.hazards(stage, example.bad)
    assert found, "the bad example has no such hazard"
    assert {one.name for one in found} == {example.page}
    assert shown(found) == example.output
    assert example.hazards(stage, example.good) == []


def test_every_rule_has_a_section_on_the_page_of_what_it_does() -> None:
    sections = {
        (page.stem, title)
        for page in FOLDER.glob("*.md")
        for title in re.findall(r"^## (.+)$", page.read_text("utf-8"), re.M)
    }
    assert sections == {(rule.effect, rule.name) for rule in RULES}
    assert {page for page, _ in sections} == set(EFFECTS)
    assert {title for _, title in sections} - {one.rule for one in EXAMPLES} == {"history-not-joined", "stopped"}
