"""How a plan and an explanation look on a narrow terminal, and off one."""

import sys

import pexpect
import pytest

from tests.plan.test_plan import ONCE, people
from tests.support.project import Project

SQL = " " * 7


def on_terminal(project: Project, *words: str, columns: int, ends: int = 0) -> list[str]:
    """Run `flask db` on a terminal of a width, and return the lines that it shows."""
    process = pexpect.spawn(
        sys.executable,
        ["-m", "flask", "db", *words],
        cwd=str(project.path),
        env={key: value for key, value in project.environment().items() if key != "COLUMNS"},
        encoding="utf-8",
        timeout=60,
        dimensions=(40, columns),
    )
    process.expect(pexpect.EOF)
    process.close()
    assert process.exitstatus == ends
    return [line for line in str(process.before).splitlines() if not line.startswith("INFO ")]


@ONCE
@pytest.mark.parametrize("verb", ["plan", "explain"])
def test_a_narrow_terminal_breaks_the_words_below_one_another(project: Project, verb: str) -> None:
    people(project)
    narrow, wide = (on_terminal(project, verb, columns=columns) for columns in (70, 500))
    first = next(place for place, line in enumerate(narrow) if line.endswith("b.py"))
    words = [line for line in narrow[first + 1 :] if not line.startswith((SQL, "It will say"))]
    assert max(map(len, words)) <= 70
    assert len(narrow) > len(wide)
    assert " ".join(" ".join(narrow).split()) == " ".join(" ".join(wide).split())


@ONCE
def test_off_a_terminal_each_line_is_whole(project: Project) -> None:
    people(project, 'op.drop_column("people", "nick")')
    told = project.flask("plan", env={"COLUMNS": "60"}).stdout
    assert "     lock: RESERVED on the whole file: others can read it, and not write it\n" in told


@ONCE
def test_a_narrow_terminal_breaks_a_hazards_sentences_and_no_others(project: Project) -> None:
    people(project, 'op.drop_column("people", "nick")')
    assert project.flask("lint", check=False).rc == 1
    narrow, wide = (on_terminal(project, "lint", columns=columns, ends=1) for columns in (50, 500))
    assert " ".join(" ".join(narrow).split()) == " ".join(" ".join(wide).split())
    whole = ("  Why:  ", "  Accepted: ")
    assert any(len(line) > 50 for line in wide if line.startswith(whole))
    assert all(len(line) <= 50 for line in narrow if line.startswith((*whole, " " * 8)) and "op." not in line)
