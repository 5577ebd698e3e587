"""The family of errors as a whole: each is met in a real run, and a debug run shows where it comes from."""

import inspect
import re
from pathlib import Path

import pytest
from alembic.command import upgrade as plain_upgrade
from alembic.config import Config as PlainConfig
from alembic.util import CommandError

from tests.core import test_messages, test_messages_of_runs, test_messages_of_scripts
from tests.core.accounts import TELLTALE
from tests.core.complaints import THREE_PARTS, Situation, on_backends
from tests.core.repository import add_chain, lay_out
from tests.support.databases import BACKENDS
from tests.support.project import Project, tutorial
from whimbrel import errors
from whimbrel.errors import SetupError, WhimbrelError

SITUATIONS = (*test_messages.SITUATIONS, *test_messages_of_scripts.SITUATIONS, *test_messages_of_runs.SITUATIONS)
FAMILY = [one for _, one in inspect.getmembers(errors, inspect.isclass) if issubclass(one, WhimbrelError)]
TESTS = Path(__file__).resolve().parents[1]
LEAVES = {one for one in FAMILY if not one.__subclasses__()}

# The shortest way to each class: with one situation of it, on the first backend that has it.
ONE_OF_EACH = {one.error: one for one in reversed(SITUATIONS) if set(one.backends) & set(BACKENDS)}


def test_every_error_of_the_family_is_met_by_a_test() -> None:
    met = {one.error.__name__ for one in SITUATIONS}
    # What another part of the house raises is met by the tests of that part.
    elsewhere = [one for one in TESTS.rglob("test_*.py") if one.parent != Path(__file__).parent]
    words = set(re.findall(r"\w+", " ".join(one.read_text("utf-8") for one in elsewhere)))
    assert {one.__name__ for one in LEAVES} - met - words == set()


def test_the_page_of_errors_draws_the_whole_family() -> None:
    assert [one.__name__ for one in FAMILY if f" {one.__name__}" not in (errors.__doc__ or "")] == []


def test_every_error_is_one_of_alembics() -> None:
    assert all(issubclass(one, CommandError) for one in FAMILY)


@pytest.mark.parametrize(
    ("situation", "backend"),
    [parameters[0] for one in ONE_OF_EACH.values() if (parameters := on_backends(one))],
    indirect=["backend"],
)
def test_with_debug_the_traceback_is_shown_too(project: Project, situation: Situation) -> None:
    situation.arrange(project)
    call = ("-m", "flask", "--debug", "db", *situation.command)
    outcome = project.run(*call, env=situation.env, check=False)
    assert outcome.rc == situation.error.exit_code
    assert "Traceback (most recent call last)" in outcome.stderr
    assert f"whimbrel.errors.{situation.error.__name__}: " in outcome.stderr
    assert THREE_PARTS.search(outcome.stderr), outcome.stderr
    assert TELLTALE not in outcome.stdout + outcome.stderr


@pytest.mark.parametrize("flag", ["1", "0"])
@pytest.mark.parametrize("backend", BACKENDS[:1], indirect=True)
def test_the_variable_for_debug_decides_as_well(project: Project, flag: str) -> None:
    tutorial(project)
    outcome = project.flask("upgrade", env={"FLASK_DEBUG": flag}, check=False)
    assert ("Traceback" in outcome.stderr) == (flag == "1")
    assert THREE_PARTS.search(outcome.stderr)


@pytest.mark.parametrize("backend", BACKENDS[:1], indirect=True)
def test_a_new_environment_says_that_it_needs_the_app(project: Project) -> None:
    lay_out(project)
    add_chain(project, "a")
    config = PlainConfig()
    config.set_main_option("script_location", str(project.path / "migrations"))
    with pytest.raises(SetupError) as caught:
        plain_upgrade(config, "head")
    assert caught.value.what == "This env.py was not started by Whimbrel."
    assert caught.value.do.startswith("flask db upgrade")
