"""`diff` and `check`: what differs, a line each, and nothing written."""

import json

import pytest
import sqlalchemy as sa

from tests.asking.stage import Stage, table
from tests.core.repository import lay_out
from tests.support.project import Project

MORE = {
    "name = db.Column(db.String(64), unique=True)": "name = db.Column(db.String(80), unique=True)",
    "username = db.Column(db.String(64)": "login = db.Column(db.String(64)",
    "role_id = db": "age = db.Column(db.Integer)\n    role_id = db",
}


def change(project: Project) -> None:
    text = project.read("hello.py")
    for old, new in MORE.items():
        assert old in text
        text = text.replace(old, new, 1)
    project.write("hello.py", text)


@pytest.fixture
def migrated(project: Project) -> Project:
    lay_out(project)
    project.flask("migrate")
    project.flask("upgrade")
    return project


def test_the_commands_show_what_differs_and_write_nothing(migrated: Project) -> None:
    equal = migrated.flask("diff", "--exit-code")
    assert equal.stdout == "No differences: the models (2 tables) and the database agree.\n"
    change(migrated)
    before = sorted(migrated.path.rglob("migrations/**/*"))

    shown = migrated.flask("diff", "--scratch")
    as_json = migrated.flask("diff", "--scratch", "--json", "--exit-code", check=False)

    *lines, last = shown.stdout.splitlines()
    assert any(line.startswith("~ roles.name  type: ") and " → " in line for line in lines)
    assert any(line.startswith("+ users.age  ") for line in lines)
    assert "Possible renames:" in lines
    assert any(line.endswith("--rename users.username=users.login") for line in lines)
    assert last.startswith(f"{len([line for line in lines if line[0] in '+-~>'])} differences: ")
    assert as_json.rc == 1
    best = json.loads(as_json.stdout)["databases"][0]["candidates"][0]
    assert (best["old"], best["new"], best["offered"]) == ("users.username", "users.login", True)
    assert 0 < best["score"] <= 1
    assert best["evidence"]
    assert sorted(migrated.path.rglob("migrations/**/*")) == before


def test_check_agrees_although_there_is_something_of_others(migrated: Project) -> None:
    migrated.database.execute("CREATE VIEW report AS SELECT id FROM users")

    checked = migrated.flask("check")

    assert checked.stdout == "No new upgrade operations detected.\n"
    assert "Not ours, left alone: view report.\n" in checked.stderr
    assert migrated.flask("diff").stdout.startswith("No differences")


def test_what_is_pending_is_said(migrated: Project) -> None:
    change(migrated)
    migrated.flask("migrate", "--renames", "best")

    shown = migrated.flask("diff", "--scratch", "--renames", "best")

    assert "> users.username → users.login" in shown.stdout
    assert "1 revision is pending" in shown.stderr


def test_renames_can_be_settled_by_the_environment(migrated: Project) -> None:
    change(migrated)

    refused = migrated.flask("migrate", check=False)
    taken = migrated.flask("migrate", env={"FLASK_DB_MIGRATE_RENAMES": "best"})

    assert refused.rc == 1
    assert "Error: A possible rename is undecided: users.username → users.login." in refused.stderr
    assert "No changes" not in refused.stderr
    assert taken.stdout.splitlines()[-1].startswith("Wrote ")


def test_an_empty_script_takes_no_answers(migrated: Project) -> None:
    refused = migrated.flask("revision", "--rename", "a=b", check=False)

    assert refused.rc == 2
    assert "--rename: only with --autogenerate" in refused.stderr


def test_revision_takes_the_answers_with_autogenerate(migrated: Project) -> None:
    change(migrated)

    first = migrated.scripts()

    migrated.flask("revision", "--autogenerate", "--rename", "users.username=users.login")

    (script,) = set(migrated.scripts()) - set(first)
    assert "new_column_name='login'" in script.read_text()


def test_a_hundred_pairs_are_told_by_the_best_of_each(stage: Stage) -> None:
    before = table("wide", *(sa.Column(f"old_{number}", sa.Text) for number in range(20)))
    after = table("wide", *(sa.Column(f"new_{number}", sa.Text) for number in range(20)))
    stage.begin(before)

    found = stage.diff(after).databases[0]

    olds = [one.old for one in found.candidates]
    assert len(set(olds)) == 20
    assert max(olds.count(old) for old in olds) <= 5
    assert [one.score for one in found.candidates if one.old == "wide.old_7"] == sorted(
        (one.score for one in found.candidates if one.old == "wide.old_7"), reverse=True
    )
