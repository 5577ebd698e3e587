"""`make demo` shows what the README promises, and says so with its exit code."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tools import demo

SCRIPT = Path(demo.__file__)


def play(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"TMPDIR": str(tmp_path), "TEMP": str(tmp_path), "TMP": str(tmp_path)}
    return subprocess.run(
        [sys.executable, str(SCRIPT), *arguments],
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def test_the_demo_shows_the_rows_through_a_new_column_a_rename_and_back(tmp_path: Path) -> None:
    done = play(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    heads = [line.split() for line in done.stdout.splitlines() if line.split()[:2] == ["id", "username"]]
    first = ["id", "username", "role_id"]
    assert heads == [
        first,
        [*first, "email"],
        [*first, "email"],
        [*first, "contact"],
        [*first, "email"],
        first,
        first,
    ]
    chen = [line.split() for line in done.stdout.splitlines() if line.split()[:2] == ["3", "chen"]]
    assert [row[3:] for row in chen] == [[], ["-"], *[["chen@example.com"]] * 3, [], []]
    assert "3 scripts: 3 shown." in done.stdout
    assert "Puts back users.email: 3 rows" in done.stdout
    assert re.search(r"2 revisions, \d+ steps, .*Plan [0-9a-f]{16}\.", done.stdout)
    assert list(tmp_path.iterdir()) == []


def test_the_demo_is_not_steered_by_the_callers_flask_variables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLASK_APP", "nothing_of_this_name")
    monkeypatch.setenv("FLASK_DB_DIRECTORY", "elsewhere")
    done = play(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_demo_fails_where_the_rows_are_not_what_they_should_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(demo.Demo, "sql", lambda self, *statements: None)
    assert demo.main() == 1
    assert "The demo failed: users should hold" in capsys.readouterr().err


def test_a_table_of_text_lines_its_columns_up() -> None:
    drawn = demo.as_table(("id", "username"), [(1, "alice"), (10, None)])
    assert drawn.splitlines() == ["id  username", "--  --------", "1   alice", "10  -"]
