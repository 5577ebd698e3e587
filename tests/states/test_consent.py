"""A recorded script is run only after somebody has agreed to its text; nothing else loads it."""

import sys
from pathlib import Path

import pexpect
import pytest

from tests.core.repository import versions
from tests.states.stage import assert_healthy, begin, remove, ways, write_app
from tests.support.databases import BACKENDS
from tests.support.project import Project
from whimbrel.commands.recalled import Recalled, from_git

pytestmark = pytest.mark.parametrize("backend", BACKENDS[:1], indirect=True)


@pytest.fixture
def marked(project: Project, tmp_path: Path) -> Path:
    """Lend the file in which the script of b leaves a letter whenever it is loaded; the script itself is gone."""
    mark = tmp_path / "mark"
    begin(project, "a", "b")
    project.flask("downgrade")
    text = project.read("migrations/versions/b.py")
    project.write(
        "migrations/versions/b.py", f"{text}\n\nwith open({str(mark)!r}, 'a') as file:\n    file.write('x')\n"
    )
    project.flask("upgrade")
    remove(project, "b")
    write_app(project)
    mark.unlink()
    return mark


def test_nothing_loads_a_recorded_script_before_somebody_has_agreed_to_its_text(project: Project, marked: Path) -> None:
    down = ("downgrade", "--from-journal")
    commands = (("status",), ("upgrade",), ("check",), ("history", "--applied", "-v"), ("goto-branch",), down)
    for command in (*commands, (*down, "--checksum", "0" * 64), (*down, "base")):
        project.flask(*command, check=False)
        assert not marked.exists(), command
    refused = project.flask(*down, check=False)
    assert refused.rc == 1
    assert 'op.drop_column("item", "b")' in refused.stderr, "the text is shown"
    assert "Nothing was changed" in refused.stderr
    assert versions(project.database) == ["b"]
    (agreed,) = ways(refused.stderr)
    project.flask(*agreed.split()[2:])
    assert marked.read_text() == "x"
    assert_healthy(project, "a")


def test_a_recorded_text_that_was_altered_is_refused(project: Project, marked: Path) -> None:
    project.database.execute("UPDATE whimbrel_revision SET text = text || ' ' WHERE revision = 'b'")
    refused = project.flask("downgrade", "--from-journal", check=False)
    assert refused.rc == 1
    assert "The recorded script of revision b is not what was run." in refused.stderr


@pytest.mark.parametrize(("answer", "at"), [("n", "b"), ("", "b"), ("y", "a")])
def test_at_a_terminal_a_person_reads_it_and_says_yes_or_no(
    project: Project, marked: Path, answer: str, at: str
) -> None:
    environment = {key: value for key, value in project.environment().items() if key != "CI"}
    command = ["-m", "flask", "db", "downgrade", "--from-journal"]
    session = pexpect.spawn(
        sys.executable, command, cwd=str(project.path), env=environment, encoding="utf-8", timeout=60
    )
    session.expect(r"Run downgrade\(\) of this script\? \[y/N\] ")
    assert "sha256 " in session.before
    assert 'op.drop_column("item", "b")' in session.before
    session.sendline(answer)
    session.expect(pexpect.EOF)
    session.close()
    assert session.exitstatus == (0 if at == "a" else 1)
    assert versions(project.database) == [at]


def test_what_a_recorded_script_says_cannot_steer_a_terminal(project: Project) -> None:
    begin(project, "a", "b")
    text = project.read("migrations/versions/b.py")
    project.write("migrations/versions/b.py", text.replace("make b", "make \x1b[2J b"))
    project.flask("downgrade")
    project.flask("upgrade")
    project.write("migrations/versions/b.py", text.replace("String(20)", "String(30)"))
    edited = [project.flask("upgrade"), project.flask("check"), project.flask("status")]
    remove(project, "b")
    gone = [project.flask(*command, check=False) for command in (("downgrade", "--from-journal"), ("status",))]
    for outcome in (*edited, *gone):
        assert "make ?[2J b" in outcome.stdout + outcome.stderr
        assert "\x1b" not in outcome.stdout + outcome.stderr


@pytest.mark.parametrize("goal", ["b", "-1"])
def test_one_revision_can_be_named_as_the_goal(project: Project, goal: str) -> None:
    begin(project, "a", "b", "c")
    remove(project, "b", "c")
    (agreed,) = ways(project.flask("downgrade", "--from-journal", "--", goal, check=False).stderr)
    assert agreed.count("--checksum") == 1
    project.flask(*agreed.split()[2:])
    assert versions(project.database) == ["b"]
    assert project.flask("downgrade", "--checksum", "0", check=False).rc == 2
    assert project.flask("downgrade", "--from-journal", "--sql", check=False).rc == 2


def test_where_the_scripts_are_here_the_journal_has_nothing_to_give(project: Project) -> None:
    begin(project, "a", "b")
    refused = project.flask("downgrade", "--from-journal", check=False)
    assert refused.rc == 1
    assert ways(refused.stderr) == ["flask db downgrade"]


def test_a_text_of_git_is_trusted_only_where_it_is_what_was_run(backend: str) -> None:
    found = from_git({"b": ["newer", "older"]}, {"b": checksum("older")})
    assert (found["b"].text, found["b"].is_trusted) == ("older", True)
    found = from_git({"b": ["newer", "older"]}, {"b": checksum("another")})
    assert (found["b"].text, found["b"].is_trusted) == ("newer", False)
    assert from_git({"b": ["newer"]}, {})["b"] == Recalled("b", "", "newer", checksum("newer"), "a local branch")


def checksum(text: str) -> str:
    """Return the checksum that a journal has of a text."""
    import hashlib

    return hashlib.sha256(text.encode()).hexdigest()
