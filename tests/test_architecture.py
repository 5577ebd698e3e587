"""The rules of the house hold, and each of them can fail."""

import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import house
from tests.support.house import CHECKOUT, RULES, Module, Rule
from tests.support.project import TUTORIAL

# For each rule a text that breaks it, and one as near to that as the rule allows.
SAMPLES: dict[Callable[[Module], Iterator[str]], tuple[str, str]] = {
    house.files_are_short: ("x = 1\n" * 400, "x = 1\n" * 399),
    house.functions_are_short: (
        "def f():\n" + "    x = 1\n" * 50,
        "def f():\n" + "    x = 1\n" * 49,
    ),
    house.functions_are_flat: (
        """
        def f():
            for a in b:
                with a:
                    try:
                        pass
                    except E:
                        if a:
                            while b:
                                pass
        """,
        """
        def f():
            for a in b:
                with a:
                    if a:
                        pass
                    elif b:
                        while c:
                            pass
                    else:
                        def g():
                            if a: pass
        """,
    ),
    house.names_say_something: ("class HTTPHandler: ...", "class Handle: ..."),
    house.only_the_top_talks: ("def f():\n    raise SystemExit", "def f(sys):\n    sys.exiting(print)"),
    house.only_the_top_knows_flask: (
        "def f():\n    from click.testing import CliRunner",
        "from flaskish import x\nfrom . import flask\nimport_module('alembic')",
    ),
    house.public_things_are_explained: (
        '"""A module."""\nclass A:\n    """A class."""\n    def b(self): ...',
        '"""A module."""\nclass A:\n    """A class."""\n    def _b(self): ...',
    ),
    house.backends_are_asked: ("if connection.dialect.name == 'sqlite': ...", "if backend.kind == 'sqlite': ..."),
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.check.__name__)
def test_the_house_keeps_its_rule(rule: Rule) -> None:
    modules = house.modules(rule)
    assert modules, "a rule for no file at all shows nothing"
    broken = [f"{module.path}: {complaint}" for module in modules for complaint in rule.check(module)]
    assert broken == [], rule.check.__doc__


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.check.__name__)
def test_a_rule_sees_what_breaks_it_and_nothing_else(rule: Rule) -> None:
    bad, good = map(textwrap.dedent, SAMPLES[rule.check])
    assert list(rule.check(Module("src/whimbrel/bad.py", bad)))
    assert list(rule.check(Module("src/whimbrel/good.py", good))) == []


@pytest.mark.parametrize(
    "statement",
    [
        "print('x')",
        "input()",
        "exit()",
        "sys.exit(1)",
        "raise SystemExit(1)",
        "click.echo('x')",
        "sys.stdout.write('x')",
    ],
)
def test_every_way_to_talk_is_seen(statement: str) -> None:
    assert list(house.only_the_top_talks(Module("src/whimbrel/x.py", statement)))


@pytest.mark.parametrize(
    "statement",
    [
        "import flask",
        "from flask.cli import with_appcontext",
        "if TYPE_CHECKING:\n    from flask import Flask",
        "importlib.import_module('click')",
        "__import__('flask')",
    ],
)
def test_every_way_to_import_is_seen(statement: str) -> None:
    assert list(house.only_the_top_knows_flask(Module("src/whimbrel/x.py", statement)))


@pytest.mark.parametrize("path", ["src/whimbrel/utils.py", "src/whimbrel/url_helpers.py", "src/whimbrel/handlers/a.py"])
def test_a_vague_name_of_a_file_or_folder_is_seen(path: str) -> None:
    assert list(house.names_say_something(Module(path, "")))


def contract(name: str) -> dict[str, Any]:
    settings = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
    (found,) = (each for each in settings["tool"]["importlinter"]["contracts"] if each["name"].startswith(name))
    return dict(found)


def parts_of_whimbrel() -> set[str]:
    """Name what lies directly in the package; the templates are text, though it ends in .py."""
    package = CHECKOUT / "src/whimbrel"
    files = {path.stem for path in package.glob("*.py")} - {"__init__"}
    folders = {path.parent.name for path in package.glob("*/__init__.py")}
    return {f"whimbrel.{name}" for name in files | folders}


def test_everything_in_the_package_has_a_place_in_the_direction_of_imports() -> None:
    layers = {part.strip() for layer in contract("Imports go one way")["layers"] for part in layer.split("|")}
    assert parts_of_whimbrel() == layers


def test_everything_below_the_command_line_is_forbidden_flask_and_click() -> None:
    above = {"whimbrel.extension", "whimbrel.serving", "whimbrel.cli", "whimbrel.api"}
    forbidden = contract("Below the command line")
    assert set(forbidden["source_modules"]) == parts_of_whimbrel() - above
    assert set(forbidden["forbidden_modules"]) == {"flask", "click"}


def imported_by(statement: str) -> set[str]:
    """Run a statement in a fresh process; name the packages that it has imported."""
    script = f"{statement}\nimport sys\nprint(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


SET_UP = """
from {module} import Migrate
from flask import Flask
app = Flask("hello")
Migrate(app, metadata=None)
Migrate().init_app(app)
"""


@pytest.mark.parametrize("module", ["whimbrel", "flask_migrate"])
def test_setting_the_extension_up_imports_neither_alembic_nor_mako(module: str) -> None:
    imported = imported_by(SET_UP.format(module=module))
    assert module in imported
    assert imported & {"alembic", "mako", "sqlalchemy"} == set()


FLASK_HELP = """
import contextlib, io, sys
sys.path.insert(0, {folder!r})
from flask.cli import main
sys.argv = ["flask", "--app", "hello", "--help"]
with contextlib.redirect_stdout(io.StringIO()) as said, contextlib.suppress(SystemExit):
    main()
assert "  db  " in said.getvalue(), said.getvalue()
"""


def test_the_help_of_flask_itself_imports_neither_alembic_nor_mako(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "hello.py").write_text(TUTORIAL.format(import_name="whimbrel"), encoding="utf-8")
    monkeypatch.setenv("DATABASE_URL", "sqlite://")
    imported = imported_by(FLASK_HELP.format(folder=str(tmp_path)))
    assert {"hello", "whimbrel"} <= imported
    assert imported & {"alembic", "mako"} == set()


def test_the_look_at_imports_would_see_alembic() -> None:
    assert {"alembic", "mako"} <= imported_by("from whimbrel.api import upgrade, init; import alembic.command")
