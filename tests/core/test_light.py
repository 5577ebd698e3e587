"""An app that does not migrate does not pay for migrations: what a process has imported."""

import json

import pytest

from tests.core.repository import lay_out
from tests.support.project import Project

HEAVY = (
    "alembic",
    "mako",
    "whimbrel.commands",
    "whimbrel.run",
    "whimbrel.scripts",
    "whimbrel.backends",
    "whimbrel.errors",
)
# What only the verbs that compare need.
COMPARISON = (
    "whimbrel.commands.compare",
    "whimbrel.compare",
    "whimbrel.operations",
    "whimbrel.scratch",
    "whimbrel.snapshot",
)
LOADED = "import json, sys; print(json.dumps(sorted(sys.modules)))"

# An app without Flask-SQLAlchemy: what SQLAlchemy itself brings along is its user's choice.
WITHOUT_SQLALCHEMY = """\
from flask import Flask
from {name} import Migrate

app = Flask(__name__)
Migrate(app, object())
"""

COMMAND = """\
import atexit, runpy, sys
atexit.register(lambda: print("LOADED", *sorted(sys.modules), file=sys.stderr))
sys.argv = ["flask", *{arguments!r}]
runpy.run_module("flask", run_name="__main__")
"""

VERBS = """\
from importlib import import_module
from pkgutil import iter_modules
from whimbrel import commands

for module in iter_modules(commands.__path__):
    import_module(f"whimbrel.commands.{module.name}")
print([name for name in commands.__all__ if not callable(getattr(commands, name, None))])
"""

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def heavy(modules: list[str]) -> list[str]:
    return [one for one in modules if any(one == name or one.startswith(f"{name}.") for name in HEAVY)]


@pytest.mark.parametrize("name", ["whimbrel", "flask_migrate"])
def test_an_app_with_the_extension_imports_no_alembic(project: Project, name: str) -> None:
    lay_out(project, name)
    modules = json.loads(project.run("-c", f"from hello import app, migrate; {LOADED}").stdout)
    assert {name, "whimbrel.extension", "whimbrel.cli.verbs"} <= set(modules)
    assert heavy(modules) == []


@pytest.mark.parametrize("name", ["whimbrel", "flask_migrate"])
def test_the_extension_alone_imports_no_sqlalchemy(project: Project, name: str) -> None:
    project.write("hello.py", WITHOUT_SQLALCHEMY.format(name=name))
    modules = json.loads(project.run("-c", f"import hello; {LOADED}").stdout)
    assert [one for one in modules if one.partition(".")[0] == "sqlalchemy"] == []
    assert heavy(modules) == []


@pytest.mark.parametrize(
    "arguments", [["--help"], ["routes"], ["db", "--help"], ["db", "upgrade", "--help"]], ids=" ".join
)
def test_a_command_that_does_not_migrate_imports_no_alembic(project: Project, arguments: list[str]) -> None:
    lay_out(project)
    modules = project.run("-c", COMMAND.format(arguments=arguments)).stderr.partition("LOADED ")[2].split()
    # Flask before 3.1 shows its help without the app.
    assert "hello" in modules or arguments == ["--help"]
    assert heavy(modules) == []


def test_a_command_that_migrates_does_import_it(project: Project) -> None:
    lay_out(project)
    modules = project.run("-c", COMMAND.format(arguments=["db", "heads"])).stderr.partition("LOADED ")[2].split()
    assert {"alembic", "whimbrel.commands"} <= set(heavy(modules))


@pytest.mark.parametrize("verb", ["current", "heads", "history", "upgrade", "stamp", "status"])
def test_a_command_that_does_not_compare_imports_no_comparison(project: Project, verb: str) -> None:
    lay_out(project)
    modules = project.run("-c", COMMAND.format(arguments=["db", verb])).stderr.partition("LOADED ")[2].split()
    assert "whimbrel.commands" in modules
    assert [one for one in modules if one in COMPARISON] == []


def test_a_command_that_compares_does_import_it(project: Project) -> None:
    lay_out(project)
    modules = project.run("-c", COMMAND.format(arguments=["db", "migrate"])).stderr.partition("LOADED ")[2].split()
    assert set(COMPARISON) <= set(modules)


def test_every_verb_is_found_whatever_was_imported_before(project: Project) -> None:
    said = project.run("-c", VERBS)
    assert said.stdout == "[]\n"


def test_the_names_of_both_modules_are_those_of_one_class(project: Project) -> None:
    said = project.run("-c", "import flask_migrate, whimbrel; print(flask_migrate.Migrate is whimbrel.Migrate)")
    assert said.stdout == "True\n"


def test_greenlet_is_needed_by_asynchronous_drivers_only(project: Project) -> None:
    lay_out(project)
    without = "import sys; sys.modules['greenlet'] = None; from flask.cli import main; sys.argv[0] = 'flask'; main()"
    verbs = ("migrate -m first --proof", "lint", "plan", "explain", "prove", "upgrade", "check")
    assert [project.run("-c", without, "db", *one.split()).rc for one in verbs] == [0] * len(verbs)
