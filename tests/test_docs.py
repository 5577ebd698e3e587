"""What the documentation says is what happens: its commands run, and its lists are complete.

A page is read as a person reads it, from top to bottom. A block of Python whose title is a file is
that file; one whose title goes on with a name replaces a part of it; one that goes on with "as
written" must be in it already. Each `$` line of a console block runs, and the lines under it must
come, in that order; a line of dots stands for others. Where a question is among them, with its
answer, the command runs at a terminal and gets that answer.
"""

import ast
import dataclasses
import inspect
import os
import re
import shlex
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pexpect
import pytest

from tools import gen_docs
from whimbrel import errors
from whimbrel.cli import db as group
from whimbrel.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
FENCE = re.compile(r"^```(\w+)(?: title=\"([^\"]*)\")?\n(.*?)^```$", re.M | re.S)
REVISION = re.compile(r"(?<![0-9A-Za-z])[0-9a-f]{12}(?![0-9A-Za-z])")
VARYING = re.compile(r"\d{4}_\d\d_\d\d_\d{4}(?=_)|\d+(?:\.\d+)+")  # dates, durations, versions
ANSWERED = re.compile(r"Renamed\? \[\S+\] (\S+)$")
# What prepares the reader's machine has happened already.
PREPARES = ("python -m venv", ". .venv", "pip ", "make ", "git ")


@dataclasses.dataclass
class Reader:
    """Somebody who does in a folder what a page says, and compares."""

    folder: Path
    ids: dict[str, str] = dataclasses.field(default_factory=dict)

    def follow(self, text: str) -> int:
        """Do what the blocks say; return how many commands ran."""
        ran = 0
        for language, title, body in FENCE.findall(text):
            if language == "python" and title:
                self.write(title, body)
            elif language == "console":
                for command, expected in commands_in(body):
                    if not command.startswith(PREPARES):
                        self.run(command, expected)
                        ran += 1
        return ran

    def write(self, title: str, body: str) -> None:
        name, _, part = title.partition(", ")
        (file,) = self.folder.glob(name.replace("…", "*")) if part else [self.folder / name]
        if part == "as written":
            assert body.strip() in file.read_text("utf-8")
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(replaced(file.read_text("utf-8"), body) if part else body, encoding="utf-8")

    def run(self, command: str, expected: list[str], **variables: str) -> None:
        """Run a command, and find the lines that are expected of it in what it printed."""
        arguments = shlex.split(REVISION.sub(lambda found: self.ids.get(found[0], found[0]), command))
        program = {"flask": [sys.executable, "-m", "flask"], "python": [sys.executable]}[arguments[0]]
        mine = {key: value for key, value in os.environ.items() if not key.startswith("FLASK_")}
        env = mine | {"FLASK_APP": "hello", "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"} | variables
        answers = [match[1] for line in expected if (match := ANSWERED.match(line))]
        run = at_a_terminal if answers else without_one
        output, code = run([*program, *arguments[1:]], self.folder, env, answers)
        printed = output.replace(str(self.folder) + os.sep, "").splitlines()
        fails = any("Error:" in line or "Error)" in line for line in expected)
        assert (code != 0) == fails, f"$ {command}\n{output}"
        rest = iter(printed)
        for line in expected:
            assert line == "..." or any(self.agrees(line, other) for other in rest), (
                f"$ {command}\nshould print: {line}\nprinted:\n{output}"
            )

    def agrees(self, documented: str, printed: str) -> bool:
        """Compare two lines; a revision's id may differ, but is the same everywhere on a page."""
        if shape_of(documented) != shape_of(printed):
            return False
        pairs = list(zip(REVISION.findall(documented), REVISION.findall(printed), strict=True))
        if any(self.ids.get(theirs, ours) != ours for theirs, ours in pairs):
            return False
        self.ids.update(pairs)
        return True


def without_one(command: list[str], folder: Path, env: dict[str, str], _: list[str]) -> tuple[str, int]:
    """Run a command without a terminal; return what it printed and its exit code."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    return done.stdout, done.returncode


def at_a_terminal(command: list[str], folder: Path, env: dict[str, str], answers: list[str]) -> tuple[str, int]:
    """Run a command at a terminal and answer its questions; return what was to be read there and its exit code."""
    quiet = {key: value for key, value in env.items() if key != "CI"}
    session = pexpect.spawn(
        command[0], command[1:], cwd=str(folder), env=quiet, encoding="utf-8", timeout=120, dimensions=(40, 300)
    )
    read = ""
    for answer in answers:
        session.expect(r"\? (\[[^]]+\] )?$")
        read += session.before + session.after
        session.sendline(answer)
    session.expect(pexpect.EOF)
    session.close()
    return read + session.before, session.exitstatus


def commands_in(block: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each command of a console block with the lines that it should print."""
    for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
        command, *printed = part.rstrip().splitlines()
        yield command, [line for line in printed if line.strip()]


def shape_of(line: str) -> str:
    return VARYING.sub("#", REVISION.sub("#", line)).replace("\\", "/").rstrip()


def replaced(source: str, parts: str) -> str:
    """Put the classes and functions of one text in the place of those of another."""
    for part in ast.parse(parts).body:
        assert isinstance(part, ast.ClassDef | ast.FunctionDef)
        (old,) = (
            each
            for each in ast.parse(source).body
            if isinstance(each, ast.ClassDef | ast.FunctionDef) and each.name == part.name
        )
        lines = source.splitlines()
        lines[old.lineno - 1 : old.end_lineno] = (ast.get_source_segment(parts, part) or "").splitlines()
        source = "\n".join(lines) + "\n"
    return source


def blocks(page: str) -> dict[str, str]:
    """Return the files of a page by their titles."""
    found = FENCE.findall((ROOT / page).read_text("utf-8"))
    return {title: body for language, title, body in found if language == "python"}


def section(page: str, heading: str) -> str:
    """Return one section of a page, up to the next heading of its level."""
    start = page.index(f"\n## {heading}\n")
    return page[start : page.find("\n## ", start + 1)]


# The commands run ------------------------------------------------------------------------------


@pytest.mark.parametrize(("page", "at_least"), [("README.md", 7), ("docs/tutorial.md", 12)])
def test_a_reader_who_types_the_pages_commands_sees_the_pages_output(page: str, at_least: int, tmp_path: Path) -> None:
    assert Reader(tmp_path).follow((ROOT / page).read_text("utf-8")) >= at_least


@pytest.mark.parametrize(
    "setup",
    [
        "An app factory",
        "Several databases",
        "Plain SQLAlchemy",
        "Plain SQLAlchemy, several databases",
        "Flask-SQLAlchemy-Lite",
        "Async engines",
    ],
)
def test_a_setup_works_as_it_is_written(setup: str, tmp_path: Path) -> None:
    mine = section((DOCS / "setups.md").read_text("utf-8"), setup)
    reader = Reader(tmp_path)
    if not reader.follow(mine):
        reader.run("flask db init", [])
        reader.run("flask db migrate", [])
        reader.run("flask db upgrade", ["Applied 1 revision in 0.0 s. Now at 0123456789ab."])
    reader.run("flask db check", ["No new upgrade operations detected."])
    databases = {file.name: tables_of(file) for file in tmp_path.rglob("*.sqlite")}
    several = {"audit.sqlite": {"entries"}} if "audit" in mine else {}
    assert databases == {"data.sqlite": {"users"}, **several}


MAKE = "from hello import app, db\nwith app.app_context():\n    db.create_all()\n"


def test_create_all_adds_no_column_and_drop_all_loses_the_rows(tmp_path: Path) -> None:
    readme = blocks("README.md")
    reader = Reader(tmp_path)
    reader.write("hello.py", readme["hello.py"])
    reader.write("people.py", readme["people.py"])
    reader.write("make.py", MAKE)
    reader.run("python make.py", [])
    alice = "{'id': 1, 'username': 'alice', 'role_id': None}"
    reader.run("python people.py username=alice", [alice])
    reader.write("hello.py, class User", readme["hello.py, class User"].replace("contact", "email"))
    reader.run("python make.py", [])
    reader.run("python people.py", [alice])
    ask = "from hello import User, app; app.app_context().push(); print(User.query.count(), 'users')"
    error = "sqlalchemy.exc.OperationalError: (sqlite3.OperationalError) no such column: users.email"
    reader.run(f'python -c "{ask}"', [error])
    reader.write("make.py", MAKE.replace("db.create", "db.drop_all(); db.create"))
    reader.run("python make.py", [])
    reader.run(f'python -c "{ask}"', ["0 users"])


def tables_of(file: Path) -> set[str]:
    with closing(sqlite3.connect(file)) as database:
        names = {name for (name,) in database.execute("select name from sqlite_master where type = 'table'")}
    return {name for name in names if name != "alembic_version" and not name.startswith("whimbrel_")}


def test_two_people_on_the_teams_page_get_their_heads_together(tmp_path: Path) -> None:
    reader = Reader(tmp_path)
    two_people_changed_the_models(reader)
    assert reader.follow((DOCS / "teams.md").read_text("utf-8")) >= 5
    reader.run("flask db check", ["No new upgrade operations detected."])


def two_people_changed_the_models(reader: Reader) -> None:
    """Make what git makes of two branches: a model with both columns, and a script for each."""
    base = blocks("README.md")["hello.py"]
    reader.write("hello.py", base)
    for verb in ("init", "migrate -m initial", "upgrade"):
        reader.run(f"flask db {verb}", [])
    both = base
    scripts = {}
    for column, revision in ("email", "2582a31379f2"), ("phone", "f787ac172bad"):
        line = f"    {column} = db.Column(db.String(64))\n"
        reader.write("hello.py", base + line)
        reader.run(f"flask db migrate --rev-id {revision}", [])
        (script,) = reader.folder.glob(f"migrations/versions/*{column}*.py")
        scripts[script] = script.read_text("utf-8")
        script.unlink()
        both += line
    reader.write("hello.py", both)
    for script, text in scripts.items():
        script.write_text(text, encoding="utf-8")


def test_the_example_on_the_page_of_errors_is_a_real_error(tmp_path: Path) -> None:
    reader = Reader(tmp_path)
    a_column_without_a_value_for_its_rows(reader)
    assert reader.follow((DOCS / "errors.md").read_text("utf-8")) == 1


def a_column_without_a_value_for_its_rows(reader: Reader) -> None:
    """Ask in the models for what the example is about: a NOT NULL column for a table that has a row."""
    readme = blocks("README.md")
    reader.write("hello.py", readme["hello.py"])
    reader.write("people.py", readme["people.py"])
    for command in ("flask db init", "flask db migrate", "flask db upgrade", "python people.py username=alice"):
        reader.run(command, [])
    reader.write("hello.py", readme["hello.py"] + "    email = db.Column(db.String(120), nullable=False)\n")


# Lists are complete ----------------------------------------------------------------------------


def test_every_command_has_its_section_with_all_its_options() -> None:
    page = gen_docs.on_page_markdown((DOCS / "commands.md").read_text("utf-8"))
    for name, command in group.commands.items():
        mine = section(page, name)
        for option in command.params:
            for written in option.opts if option.param_type_name == "option" else ():
                assert f"`{written}`" in mine, f"{name} {written}"


def test_a_documented_environment_variable_reaches_its_command(tmp_path: Path) -> None:
    page = gen_docs.on_page_markdown((DOCS / "commands.md").read_text("utf-8"))
    assert {"`FLASK_DB_DIRECTORY`", "`FLASK_DB_INIT_PACKAGE`"} <= set(re.findall(r"`\w+`", page))
    assert "`FLASK_SCHEMA_UPGRADE_SQL`" in page
    reader = Reader(tmp_path)
    hello = blocks("README.md")["hello.py"]
    reader.write("hello.py", hello)
    reader.run("flask db init", [], FLASK_DB_DIRECTORY="scripts", FLASK_DB_INIT_PACKAGE="1")
    assert (tmp_path / "scripts" / "__init__.py").is_file()
    reader.write("hello.py", hello.replace("Migrate(app, db)", 'Migrate(app, db, "scripts", command="schema")'))
    reader.run("flask schema upgrade", ["Wrote the SQL of 0 revisions."], FLASK_SCHEMA_UPGRADE_SQL="1")


def test_every_setting_has_its_section_with_its_default() -> None:
    page = gen_docs.on_page_markdown((DOCS / "settings.md").read_text("utf-8"))
    for field in dataclasses.fields(Settings):
        assert f"Default: `{field.default!r}`" in section(page, f"MIGRATE_{field.name.upper()}")


def test_every_error_has_its_section() -> None:
    headings = re.findall(r"^###? (\w+)$", (DOCS / "errors.md").read_text("utf-8"), re.M)
    family = [
        name for name, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, errors.WhimbrelError)
    ]
    assert sorted(headings) == sorted(family)


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_a_link_beside_the_site_leads_to_a_file(page: str) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / page).read_text("utf-8"))
    assert [each for each in links if not (ROOT / each).exists()] == []


def test_a_page_that_fetches_something_from_elsewhere_is_refused() -> None:
    link = '<a href="https://alembic.sqlalchemy.org">Alembic</a><script src="assets/main.js"></script>'
    assert gen_docs.on_post_page(link) == link
    for fetches in ('<link rel=stylesheet href="https://fonts.example/a.css">', '<script src="//cdn.example/b.js">'):
        with pytest.raises(ValueError, match=r"fetches nothing from elsewhere"):
            gen_docs.on_post_page(link + fetches)
