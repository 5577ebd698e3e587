"""`flask db leave` asks a person at a terminal before it removes anything."""

import sys

import pexpect
import pytest

from tests.core.repository import add_script, lay_out
from tests.support.databases import BACKENDS
from tests.support.project import Project


@pytest.mark.parametrize("backend", BACKENDS[:1], indirect=True)
@pytest.mark.parametrize(("answer", "rc", "left"), [("n", 1, True), ("y", 0, False)])
def test_it_asks_before_it_removes_anything(project: Project, answer: str, rc: int, left: bool) -> None:
    lay_out(project)
    add_script(project, "a")
    project.flask("upgrade")
    where = {"cwd": str(project.path), "env": project.environment(), "encoding": "utf-8", "timeout": 60}
    process = pexpect.spawn(sys.executable, ["-m", "flask", "db", "leave"], **where)
    process.expect_exact("Remove all this? [y/N]: ")
    assert "drop table whimbrel_revision" in str(process.before)
    process.sendline(answer)
    process.expect(pexpect.EOF)
    process.close()
    assert process.exitstatus == rc
    assert bool(project.database.rows("SELECT 1 FROM sqlite_master WHERE name = 'whimbrel_revision'")) == left
    assert ("run_environment" in project.read("migrations/env.py")) == left
