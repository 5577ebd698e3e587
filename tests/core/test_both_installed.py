"""Flask-Migrate beside us: both write the module `flask_migrate`, so whoever has both is told, once."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.core.repository import lay_out
from tests.support.databases import BACKENDS
from tests.support.project import Project

CHECKOUT = Path(__file__).resolve().parents[2]
METADATA = "Metadata-Version: 2.1\nName: Flask-Migrate\nVersion: 4.1.0\n"
LINES = """\
  Do:   pip uninstall flask-migrate
        pip install --force-reinstall --no-deps whimbrel
"""

pytestmark = pytest.mark.parametrize("backend", BACKENDS[:1], indirect=True)


def beside(project: Project, *, theirs: bool) -> dict[str, str]:
    """Put what looks like an installed Flask-Migrate on the path, with or without its module."""
    project.write("beside/Flask_Migrate-4.1.0.dist-info/METADATA", METADATA)
    if theirs:
        project.write("beside/flask_migrate/__init__.py", "from somewhere import else_entirely as Migrate\n")
    return {"PYTHONPATH": str(project.path / "beside")}


@pytest.mark.parametrize("name", ["whimbrel", "flask_migrate"])
def test_both_are_told_once_with_the_lines_that_help(project: Project, name: str) -> None:
    lay_out(project, name)
    env = beside(project, theirs=False)
    for command in (["upgrade"], ["--directory", "migrations", "heads"]):
        said = project.flask(*command, env=env)
        assert said.stderr.count("Warning: Flask-Migrate 4.1.0 is installed beside Whimbrel") == 1
        assert "the one imported is Whimbrel's." in said.stderr
        assert LINES in said.stderr
        assert "Warning" not in said.stdout


def test_the_warning_says_whose_module_is_imported(project: Project) -> None:
    lay_out(project)
    said = project.flask("current", env=beside(project, theirs=True))
    assert said.stderr.count("the one imported is Flask-Migrate 4.1.0's.") == 1
    assert LINES in said.stderr


@pytest.mark.parametrize("theirs", [False, True])
def test_the_status_says_which_is_imported(project: Project, theirs: bool) -> None:
    lay_out(project)
    env = beside(project, theirs=theirs)
    facts = json.loads(project.flask("status", "--json", env=env).stdout)
    words = project.flask("status", env=env).stdout
    assert facts["flask_migrate"] == "4.1.0"
    assert facts["imported_from"].startswith("beside") == theirs
    assert f"flask_migrate imported from {facts['imported_from']}" in words
    assert "Flask-Migrate 4.1.0 is installed beside it" in words


def test_alone_there_is_no_warning(project: Project) -> None:
    lay_out(project)
    assert "Warning" not in project.flask("current").stderr
    assert json.loads(project.flask("status", "--json").stdout)["flask_migrate"] == ""


@pytest.mark.slow
def test_pip_leaves_one_module_and_its_repair_line_works(project: Project, tmp_path: Path) -> None:
    flask_migrate, ours = "flask-migrate==4.1.0", built_wheel(tmp_path)
    python = environment(tmp_path / "venv")
    lay_out(project)
    imports = {name: project.read("hello.py").replace("whimbrel import", f"{name} import") for name in NAMES}
    for packages, imported in (((ours, flask_migrate), "Flask-Migrate 4.1.0"), ((flask_migrate, ours), "Whimbrel")):
        for package in packages:
            pip(python, "install", package)
        facts, warning = status_in(project, python)
        assert facts["flask_migrate"] == "4.1.0"
        assert f"the one imported is {imported}'s." in warning
        project.write("hello.py", imports["flask_migrate"])
        assert_warns_once(flask(project, python, "heads").stderr)

        pip(python, "uninstall", "--yes", "flask-migrate")
        pip(python, "install", "--force-reinstall", "--no-deps", ours)
        assert_whole(project, python)
        pip(python, "uninstall", "--yes", "whimbrel")
        project.write("hello.py", imports["whimbrel"])

    # The order that README gives needs no repair.
    pip(python, "install", flask_migrate)
    pip(python, "uninstall", "--yes", "flask-migrate")
    pip(python, "install", ours)
    project.write("hello.py", imports["flask_migrate"])
    assert_whole(project, python)


NAMES = ("whimbrel", "flask_migrate")


def assert_warns_once(stderr: str) -> None:
    assert stderr.count("Warning: ") == 1
    assert LINES in stderr


def assert_whole(project: Project, python: Path) -> None:
    """Claim that Whimbrel is alone, and both its names are there."""
    facts, warning = status_in(project, python)
    assert facts["flask_migrate"] == ""
    assert facts["problem"] == ""
    assert "Warning" not in warning


def environment(where: Path) -> Path:
    """Make an environment with what an app needs beside us, and return its Python."""
    run(sys.executable, "-m", "venv", str(where))
    python = where / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    pip(python, "install", "flask-sqlalchemy", "alembic>=1.18")
    return python


def built_wheel(where: Path) -> str:
    """Build what pip installs."""
    pip(Path(sys.executable), "wheel", "--no-deps", "--wheel-dir", str(where), str(CHECKOUT))
    (built,) = where.glob("whimbrel-*.whl")
    return str(built)


def pip(python: Path, *arguments: str) -> None:
    run(str(python), "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments)


def run(*command: str, **how: Any) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False, **how)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done


def flask(project: Project, python: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return run(str(python), "-m", "flask", "db", *command, cwd=project.path, env=project.environment())


def status_in(project: Project, python: Path) -> tuple[dict[str, object], str]:
    done = flask(project, python, "status", "--json")
    return json.loads(done.stdout), done.stderr
