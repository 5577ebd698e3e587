"""One process of a project that goes through many commands by the Python functions, as an application calls them."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from tests.support.project import Project

PROGRAM = """
import os, sys
sys.path.insert(0, os.getcwd())
from hello import app
import flask_migrate

with app.app_context():
    print("ready", flush=True)
    for line in sys.stdin:
        verb, revision = line.split()
        getattr(flask_migrate, verb)(revision=revision)
        print("done", flush=True)
"""


class InProcess:
    """Upgrades and downgrades, one after the other, in the same process."""

    def __init__(self, orders: IO[str], answers: IO[str]) -> None:
        self._orders = orders
        self._answers = answers

    def upgrade(self, revision: str) -> None:
        """Call `upgrade(revision=…)` there."""
        self._do("upgrade", revision)

    def downgrade(self, revision: str) -> None:
        """Call `downgrade(revision=…)` there."""
        self._do("downgrade", revision)

    def _do(self, verb: str, revision: str) -> None:
        self._orders.write(f"{verb} {revision}\n")
        self._orders.flush()
        while (answer := self._answers.readline()) != "done\n":
            if not answer:
                raise AssertionError(f"The process has ended at: {verb} {revision}")


@contextmanager
def in_process(project: Project) -> Iterator[InProcess]:
    """Keep a process of the project open.

    Raises:
        AssertionError: a call there failed; what it wrote to stderr is in the text.
    """
    errors = project.path / "stderr.txt"
    with (
        errors.open("w+", encoding="utf-8") as stderr,
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM],
            cwd=project.path,
            env=project.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            encoding="utf-8",
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield InProcess(process.stdin, process.stdout)
        except AssertionError as failed:
            process.kill()
            raise AssertionError(f"{failed}\n{errors.read_text(encoding='utf-8')[-4000:]}") from failed
        finally:
            process.stdin.close()
