"""Nothing needs what only POSIX has, and every file is UTF-8 whatever the locale says."""

import pytest

from tests.core.repository import add_chain, lay_out, versions
from tests.support.databases import BACKENDS
from tests.support.project import Project, tutorial

# Python reads a `sitecustomize` at its start; this one takes away what Windows does not have.
WITHOUT_POSIX = """\
import os
import sys


class Missing:
    names = {"fcntl", "termios", "pwd", "grp", "resource", "tty", "pty"}

    def find_spec(self, name, path=None, target=None):
        if name in self.names:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


for name in Missing.names:
    sys.modules.pop(name, None)
sys.meta_path.insert(0, Missing())
for name in ("fork", "forkpty", "getuid", "geteuid", "getgid", "getegid", "killpg", "getpgid", "setsid", "chown"):
    if hasattr(os, name):
        delattr(os, name)
"""

EVERYTHING = """\
import importlib, os, pkgutil, sys
import flask_migrate, whimbrel

assert not hasattr(os, "fork")
for name in ("fcntl", "termios", "pwd", "resource"):
    try:
        importlib.import_module(name)
    except ModuleNotFoundError:
        continue
    raise AssertionError(f"{name} is there")
names = [
    one.name
    for package in (whimbrel, flask_migrate)
    for one in pkgutil.walk_packages(package.__path__, package.__name__ + ".")
    if ".templates" not in one.name
]
for name in names:
    importlib.import_module(name)
print(len(names), *sorted({"fcntl", "termios", "pwd", "resource"} & set(sys.modules)))
"""

ASCII_ONLY = {
    "LC_ALL": "POSIX", "LANG": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "",
}  # fmt: skip
LATIN = {"LC_ALL": "en_US.ISO-8859-1", "PYTHONUTF8": "0", "PYTHONIOENCODING": "latin-1"}

NON_ASCII = """

class Größe(db.Model):
    __tablename__ = "größen"
    id = db.Column(db.Integer, primary_key=True)
    länge = db.Column(db.String(20), comment="naïve 日本語")
"""


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_the_tutorial_runs_without_what_only_posix_has(project: Project) -> None:
    project.write("without/sitecustomize.py", WITHOUT_POSIX)
    tutorial(project)
    env = {"PYTHONPATH": str(project.path / "without")}
    imported = project.run("-c", EVERYTHING, env=env).stdout.split()
    assert int(imported[0]) > 40
    assert imported[1:] == []

    for command in (("init",), ("migrate", "-m", "initial migration"), ("upgrade",)):
        project.flask(*command, env=env)
    project.database.execute("INSERT INTO users (id, username) VALUES (1, 'ada')")
    project.write("hello.py", project.read("hello.py") + "    about = db.Column(db.String(120))\n")
    for command in (("migrate", "-m", "add about"), ("upgrade",), ("downgrade",), ("upgrade",), ("check",)):
        project.flask(*command, env=env)
    assert "Up to date" in project.flask("status", env=env).stdout
    assert project.database.rows("SELECT username, about FROM users") == [("ada", None)]


IN_EACH_LOCALE = [(BACKENDS[0], locale) for locale in ({}, LATIN)] + [(kind, ASCII_ONLY) for kind in BACKENDS]


@pytest.mark.parametrize(("backend", "locale"), IN_EACH_LOCALE, indirect=["backend"])
def test_names_and_messages_of_any_language_work(project: Project, locale: dict[str, str]) -> None:
    lay_out(project)
    project.write("hello.py", project.read("hello.py") + NON_ASCII)
    written = project.flask("migrate", "-m", "größe geändert 日本語", env=locale)
    assert "Error" not in written.stderr
    (script,) = project.scripts()
    text = script.read_bytes().decode("utf-8")
    assert text.startswith('"""größe geändert 日本語\n')
    assert "comment='naïve 日本語'" in text

    project.flask("upgrade", env=locale)
    project.flask("check", env=locale)
    project.database.execute("INSERT INTO größen VALUES (1, 'länger')")
    assert project.database.rows("SELECT länge FROM größen") == [("länger",)]
    history = project.flask("history", env=locale).stdout
    if not locale:
        assert "größe geändert 日本語" in history
        assert "größe" in script.name
    project.flask("downgrade", env=locale)
    assert versions(project.database) == []


@pytest.mark.parametrize("locale", [{}, ASCII_ONLY], ids=["utf-8", "posix"])
@pytest.mark.parametrize("backend", BACKENDS[:1], indirect=True)
def test_folders_of_any_language_work(project: Project, locale: dict[str, str]) -> None:
    tutorial(project)
    folder = "wanderungen_größer 100%"
    project.flask("-d", folder, "init", env=locale)
    project.flask("-d", folder, "migrate", "-m", "initial migration", env=locale)
    project.flask("-d", folder, "upgrade", env=locale)
    (script,) = project.scripts(folder)
    assert versions(project.database) == [script.stem.rpartition("_")[2]]
    assert (project.path / folder / "env.py").read_bytes().decode("utf-8").isprintable() is False


@pytest.mark.parametrize("backend", BACKENDS[:1], indirect=True)
def test_errors_of_any_language_are_printed_in_any_locale(project: Project) -> None:
    lay_out(project)
    add_chain(project, "größe")
    project.write(
        "migrations/versions/größe.py", project.read("migrations/versions/größe.py") + "\nraise ValueError('zu groß')\n"
    )
    outcome = project.flask("upgrade", env=ASCII_ONLY, check=False)
    assert outcome.rc == 1
    assert "Traceback" not in outcome.stderr
    assert "ValueError: zu gro" in outcome.stderr
    assert "  Do:   edit" in outcome.stderr
