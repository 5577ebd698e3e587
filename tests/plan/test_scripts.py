"""Whatever a script holds, what is told of it can be read by a person."""

import re
from collections.abc import Iterator

import pytest
from flask import current_app

from tests.hazards.pages import Example, examples
from tests.hazards.stage import Stage
from tests.plan.stage import case_of
from tests.proof.corpus import CASES
from tests.proof.corpus import Case as Script
from tests.proof.stage import app_of
from tests.support.databases import BACKENDS, create_database
from tests.support.project import Project
from whimbrel.commands import open_project
from whimbrel.commands.rehearsing import rehearse
from whimbrel.hazards import Case, Server, text_of_script
from whimbrel.plan import summary, told

pytestmark = pytest.mark.sweep

PAIRS = [(script, kind) for script in CASES.all for kind in script.on]
# What Python, PostgreSQL's catalogue and our own tables look like.
NO_WORDS = re.compile(r"None|\[\]|\(\)(?<!\w\(\))|::|Fact\(|Effect\(|whimbrel_|_alembic_tmp|  |\?\)")
VERBS = (
    "adds copies removes renames moves changes creates builds installs brings requires lets gives takes makes sets "
    "puts turns attaches detaches looks fills fails finds reads runs acts clears locks calls ends begins undoes "
    "replaces ties unties writes divides no"
)


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Stage]]:
    made = {kind: create_database(kind, tmp_path_factory.mktemp(kind)) for kind in BACKENDS}
    yield {kind: Stage(database) for kind, database in made.items()}
    for database in made.values():
        database.drop()


@pytest.mark.parametrize("example", [pytest.param(one, id=one.rule) for one in examples()])
def test_the_examples_of_the_pages_are_told_in_words(example: Example, stages: dict[str, Stage]) -> None:
    if example.server not in stages:
        pytest.skip(f"{example.server} takes no part in this run")
    for body in (example.bad, example.good):
        assert_readable(case_of(stages[example.server], body, example.before))


@pytest.mark.parametrize(
    ("script", "backend"),
    PAIRS,
    indirect=["backend"],
    ids=[f"{script.name} on {kind}".replace(" ", "_") for script, kind in PAIRS],
)
def test_the_scripts_that_are_proved_are_told_in_words(script: Script, project: Project) -> None:
    texts = script.scripts()
    with app_of(project, texts):
        opened = open_project(current_app.extensions, current_app.config)
        found = rehearse(opened, [opened.scripts.get_revision("b")])
    text = text_of_script(texts["b"], "b.py")
    for one in found.measured:
        server = Server(one.kind, one.version)
        assert_readable(Case("b", "b.py", text, tuple(one.statements), one.before, server))


def assert_readable(case: Case) -> None:
    for seen in case.statements:
        found = told(case, seen)
        assert found.what, seen.sql
        assert found.manner or seen.error
        said = [*found.what, found.manner, *found.locks]
        assert not [one for one in said if NO_WORDS.search(one) and not one.startswith(("runs: ", "fails: "))], said
        assert not [one for one in found.what if one.split()[0].rstrip(":") not in VERBS.split()], said
    assert re.fullmatch(r"[A-Z].*\.", summary(case))
