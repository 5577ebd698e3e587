"""What other programs read of hazards: GitHub's workflow commands, SARIF 2.1.0, and JSON."""

import json
import re
from dataclasses import fields
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from whimbrel.cli.annotations import github, sarif
from whimbrel.cli.show_hazards import as_json, lines_of
from whimbrel.commands import Linted
from whimbrel.hazards import Hazard, Severity

NAME = "migrations/versions/it's 100%, a:b #1.py"
AWKWARD = Hazard(
    "blocks-writes", "index-without-concurrently", Severity.ERROR, "builds 100%\nof it", "a: b, c", path=NAME
)
WHOLE = Hazard("fails", "history-not-joined", Severity.WARNING, "stands beside b2", path="migrations/versions/b.py")
ACCEPTED = Hazard(
    "loses-data",
    "column-dropped",
    Severity.NOTE,
    "drops it",
    path="b.py",
    line=3,
    accepted="old (b.py:2)",
    accepted_at=2,
)
BY_OPTION = Hazard("scans-table", "all-rows-at-once", Severity.WARNING, "changes all", accepted="accepted (--accept x)")
FOUND = Linted((NAME,), (AWKWARD, WHOLE, ACCEPTED, BY_OPTION), ("--accept y accepts y",), ("a remark",))


@pytest.fixture
def below(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder below that of a repository."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "backend").mkdir()
    monkeypatch.chdir(tmp_path / "backend")
    return tmp_path


def read(line: str) -> tuple[str, dict[str, str], str]:
    """Read a workflow command as GitHub's runner does."""
    found = re.fullmatch(r"::(\w+) (.*?)::(.*)", line)
    assert found is not None, line
    properties = dict(one.split("=", 1) for one in found[2].split(","))
    return found[1], {key: unquote(value) for key, value in properties.items()}, unquote(found[3])


def test_an_annotation_is_one_line_that_github_reads_as_it_was_meant(
    below: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    github(FOUND)
    printed = capsys.readouterr()
    first, second, unused = (read(line) for line in printed.out.splitlines())
    assert first[:2] == ("error", {"file": f"backend/{NAME}", "line": "1", "title": "blocks-writes"})
    assert first[2] == "builds 100%\nof it.\na: b, c"
    assert second[:2] == ("warning", {"file": "backend/migrations/versions/b.py", "line": "1", "title": "fails"})
    assert unused == ("notice", {"title": "accepts-nothing"}, "--accept y accepts y")
    assert printed.err == "a remark\n"


def test_a_sarif_log_has_all_that_its_schema_and_github_require(
    below: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sarif(FOUND)
    log = json.loads(capsys.readouterr().out)
    (run,) = log["runs"]
    assert (log["version"], run["tool"]["driver"]["name"]) == ("2.1.0", "whimbrel")
    assert [one["level"] for one in run["results"]] == ["error", "warning", "note", "warning"]
    rules = {one["id"]: one["shortDescription"]["text"] for one in run["tool"]["driver"]["rules"]}
    for one in run["results"]:
        assert rules[one["ruleId"]]
        assert one["message"]["text"]
        (place,) = (each["physicalLocation"] for each in one["locations"])
        assert place["region"]["startLine"] >= 1
        assert re.fullmatch(r"[A-Za-z0-9/._~%'-]*", place["artifactLocation"]["uri"]), "it is no URI"
    assert unquote(_uri(run["results"][0])) == f"backend/{NAME}"
    suppressed = [one.get("suppressions") for one in run["results"]]
    assert suppressed[:2] == [None, None]
    assert [one[0]["kind"] for one in suppressed[2:]] == ["inSource", "external"]
    (told,) = run["invocations"]
    assert told["executionSuccessful"] is True
    assert [one["message"]["text"] for one in told["toolExecutionNotifications"]] == [
        "--accept y accepts y",
        "a remark",
    ]


def test_a_file_outside_of_the_repository_has_a_whole_uri(
    below: Path, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path_factory.mktemp("elsewhere") / "a b.py"
    sarif(Linted((), (Hazard("fails", "refused", Severity.ERROR, "is refused", path=str(file)),)))
    (result,) = json.loads(capsys.readouterr().out)["runs"][0]["results"]
    assert _uri(result) == file.as_uri()


def test_the_fields_of_the_json_are_documented(capsys: pytest.CaptureFixture[str]) -> None:
    as_json(FOUND)
    told = json.loads(capsys.readouterr().out)
    page = (Path(__file__).resolve().parents[2] / "docs" / "linting.md").read_text("utf-8")
    listed = set(re.findall(r"^\| `(\w+)` \|", page.partition("## As JSON")[2].partition("\n## ")[0], re.M))
    assert set(told) | set(told["hazards"][0]) == listed
    assert {one.name for one in fields(Hazard)} == set(told["hazards"][0])


def test_a_sentence_goes_on_below_itself_in_a_terminal_and_what_is_to_be_pasted_stays_whole() -> None:
    long = " ".join(["every word of it"] * 12)
    one = Hazard(
        "fails", "refused", Severity.ERROR, long, long, 'op.execute("' + long + '")', "PostgreSQL", path="a.py"
    )
    lines = lines_of(one, 80)
    assert [line for line in lines if len(line) > 80] == [f"  Do:   {one.do}"]
    assert " ".join(" ".join(lines).split()) == " ".join(" ".join(lines_of(one)).split())
    assert lines[4].startswith("  Why:  every")
    assert lines[5].startswith("        ")


def _uri(result: dict[str, Any]) -> str:
    return str(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"])
