"""Each state of real life: the status finds it, says what it means, and its way out ends well."""

import pytest

from tests.core.repository import add_script, versions
from tests.journal.test_crash import BREAKS
from tests.states.stage import (
    NEEDS_GIT,
    assert_healthy,
    begin,
    commit,
    findings,
    follow,
    git,
    remove,
    ways,
    write_app,
    write_script,
)
from tests.support.databases import BACKENDS
from tests.support.project import Project

ONE = pytest.mark.parametrize("backend", BACKENDS[:1], indirect=True)


def rolled_back(project: Project, settings: str = "") -> None:
    """Leave a database that newer code has migrated to c, and the code of a."""
    begin(project, "a", "b", "c")
    project.database.execute("INSERT INTO item (id, b, c) VALUES (1, 'x', 'y')")
    remove(project, "b", "c")
    write_app(project, settings=settings)


def test_a_rolled_back_deploy_goes_back_by_the_recorded_scripts(project: Project) -> None:
    rolled_back(project)
    refused = project.flask("upgrade", check=False)
    assert refused.rc == 1
    assert "ahead of this code by 2 revisions: c (make c), b (make b)" in refused.stderr
    assert findings(project).keys() == {"ahead"}
    (way, *_) = ways(project.flask("status").stdout)
    assert way == "flask db downgrade --from-journal"
    assert way in refused.stderr
    assert follow(project, way).stdout.startswith("Reverted 2 revisions in ")
    assert project.database.rows("SELECT id FROM item") == [(1,)]
    assert_healthy(project, "a")
    runs = [line.split()[2:4] for line in project.flask("history", "--applied").stdout.splitlines()[:2]]
    assert runs == [["downgrade", "b"], ["downgrade", "c"]]


@ONE
def test_a_rolled_back_deploy_starts_where_that_is_allowed(project: Project) -> None:
    rolled_back(project, 'app.config["MIGRATE_IF_AHEAD"] = "ok"')
    for command in (("upgrade",), ("check",), ("wait", "--timeout", "1"), ("current", "--check-heads")):
        outcome = project.flask(*command)
        assert "The database is ahead of this code: it is at c, which follows a" in outcome.stderr, command
    assert project.flask("check").stdout == ""
    asked = project.flask("current", "--check-heads")
    assert (asked.stdout, asked.stderr.splitlines()[-1]) == ("c (ahead)\n", "Ahead of this code.")
    assert versions(project.database) == ["c"]
    assert project.flask("downgrade", check=False).rc == 1
    project.database.execute("UPDATE whimbrel_revision SET text = NULL")
    assert project.flask("upgrade").stdout == "Up to date at c.\n", "where the database was tells that c follows a"
    project.database.execute("UPDATE whimbrel_revision SET direction = 'stamp' WHERE revision = 'b'")
    refused = project.flask("upgrade", check=False)
    assert refused.rc == 1, "nothing tells any longer what b follows"
    assert "The database is at c, which no script here has." in refused.stderr


@NEEDS_GIT
def test_after_a_switch_of_branches_the_database_goes_over(project: Project) -> None:
    begin(project, "a")
    commit(project, "a")
    git(project, "switch", "-qc", "feature")
    write_script(project, "b", "a")
    write_app(project, "b")
    commit(project, "b")
    project.flask("upgrade")
    git(project, "switch", "-q", "main")
    write_script(project, "c", "a")
    write_app(project, "c")
    commit(project, "c")
    assert findings(project)["diverged"]["what"] == (
        "The database is on another branch: it has b (make b), the scripts here go from a to c."
    )
    (way, *_) = ways(project.flask("status").stdout)
    assert way == "flask db goto-branch"
    # It is what a local branch has, letter for letter, so nobody has to agree.
    assert "Reverted 1 revision, applied 1 revision in " in project.flask("goto-branch").stdout
    assert_healthy(project, "c")
    went = project.flask("goto-branch", "feature")
    assert went.stdout.splitlines()[-1] == "Next: git switch feature, and there: flask db upgrade"
    assert versions(project.database) == ["a"]
    git(project, "switch", "-q", "feature")
    project.flask("upgrade")
    assert_healthy(project, "b")
    git(project, "switch", "-q", "-c", "other", "main~1")
    assert findings(project).keys() == {"ahead"}
    (way, *_) = ways(project.flask("status").stdout)
    assert way == "flask db goto-branch", "the script was not deleted here"
    follow(project, way)
    assert_healthy(project, "a")


def test_a_script_written_anew_without_git_goes_over_by_its_record(project: Project) -> None:
    begin(project, "a", "b")
    remove(project, "b")
    write_script(project, "b2", "a")
    write_app(project, "b2")
    (way, *_) = ways(project.flask("status", env={"PATH": "/nowhere"}).stdout)
    assert way == "flask db goto-branch"
    asked = project.flask("goto-branch", check=False)
    assert asked.rc == 1
    assert 'op.drop_column("item", "b")' in asked.stderr
    assert versions(project.database) == ["b"]
    follow(project, way)
    assert_healthy(project, "b2")


@NEEDS_GIT
@ONE
@pytest.mark.parametrize("script", ["b", "c"])
def test_a_deleted_script_comes_back_from_git(project: Project, script: str) -> None:
    begin(project, "a", "b", "c")
    commit(project, "all")
    remove(project, script)
    commit(project, "oops")
    outcome = project.flask("status", check=False)
    (way, *_) = ways(outcome.stdout + outcome.stderr)
    assert way.startswith("git checkout ")
    follow(project, way)
    assert_healthy(project, "c")


@ONE
def test_a_deleted_script_without_a_record_is_lost_and_said_so(project: Project) -> None:
    begin(project, "a", "b")
    project.database.execute("DROP TABLE whimbrel_revision", "DROP TABLE whimbrel_statement")
    remove(project, "b")
    assert findings(project).keys() == {"lost"}
    (stamp, _) = ways(project.flask("status").stdout)
    assert stamp == "flask db stamp --purge REVISION"
    write_script(project, "b2", "a", "b")
    follow(project, stamp.replace("REVISION", "b2"))
    assert_healthy(project, "b2")


@ONE
def test_the_history_of_another_project_is_left_alone(project: Project) -> None:
    begin(project, "a", "b")
    remove(project, "a", "b")
    write_script(project, "x")
    project.write("migrations/versions/x.py", project.read("migrations/versions/x.py").replace("item", "thing"))
    write_app(project)
    project.write("hello.py", project.read("hello.py").replace("class Item", "class Thing"))
    found = findings(project)
    assert found.keys() == {"foreign"}
    assert "Of the models' 1 tables, none is there." in found["foreign"]["why"]
    for command in ("upgrade", "goto-branch", "downgrade --from-journal"):
        refused = project.flask(*command.split(), check=False)
        assert refused.rc == 1
        assert "none of the revisions that its journal knows is here" in refused.stderr
    said = project.flask("status").stdout
    (line,) = [part for part in said.split("; ") if "Migrate(app, db, " in part]
    project.write("hello.py", project.read("hello.py").replace("Migrate(app, db)", line.partition(": ")[2].strip()))
    project.flask("upgrade")
    assert_healthy(project, "x")
    assert versions(project.database) == ["b"]


def test_an_edited_script_is_said_with_its_difference(project: Project) -> None:
    begin(project, "a", "b")
    text = project.read("migrations/versions/b.py")
    project.write("migrations/versions/b.py", text.replace("String(20)", "String(30)"))
    said = findings(project)
    assert said.keys() == {"edited"}
    old = '-    op.add_column("item", sa.Column("b", sa.String(20)))'
    new = '+    op.add_column("item", sa.Column("b", sa.String(30)))'
    assert f"{old}\n{new}" in said["edited"]["difference"]
    for command in ("upgrade", "check"):
        outcome = project.flask(command)
        assert "migrations/versions/b.py was edited after it was run here" in outcome.stderr
        assert old in outcome.stderr
        assert new in outcome.stderr
    (_, down, up, _) = ways(project.flask("status").stdout)
    assert (down, up) == ("flask db downgrade a", "flask db upgrade")
    for way in (down, up):
        follow(project, way)
    write_app(project, "b")
    project.write("hello.py", project.read("hello.py").replace("String(20)", "String(30)"))
    assert_healthy(project, "b")


@ONE
def test_whoever_says_that_the_database_is_as_an_edited_script_says_hears_no_more_of_it(project: Project) -> None:
    begin(project, "a", "b")
    text = project.read("migrations/versions/b.py")
    project.write(
        "migrations/versions/b.py", text.replace("op.add_column", 'op.execute("SELECT 1")\n    op.add_column')
    )
    *_, stamp = ways(project.flask("status").stdout)
    assert stamp == "flask db stamp --purge b"
    follow(project, stamp)
    assert_healthy(project, "b")
    project.write("migrations/versions/b.py", text)
    assert_healthy(project, "b")


HARMLESS = {
    "comments": lambda text: text.replace("def upgrade", "# as told\n\ndef upgrade").replace("make b", "make it"),
    "line ends": lambda text: text.replace("\n", "\r\n"),
    "downgrade": lambda text: text.replace("op.drop_column", "print(1); op.drop_column"),
}


@ONE
@pytest.mark.parametrize("edit", HARMLESS)
def test_an_edit_that_changes_no_upgrade_does_not_alarm(project: Project, edit: str) -> None:
    begin(project, "a", "b")
    path = project.path / "migrations/versions/b.py"
    path.write_bytes(HARMLESS[edit](path.read_text("utf-8")).encode())
    assert "edited" not in project.flask("upgrade").stderr
    assert_healthy(project, "b")
    assert ("Edited        migrations/versions/b.py: " in project.flask("status").stdout) == (edit != "line ends")


def test_a_revision_that_a_rebase_puts_before_an_applied_one_is_not_forgotten(project: Project) -> None:
    begin(project, "a", "b")
    write_script(project, "c", "a")
    write_script(project, "b", "c")
    write_app(project, "b", "c")
    assert project.flask("check", check=False).rc == 1, "c was never run"
    assert findings(project)["skipped"]["what"] == "c was never run here, though b follows by now."
    assert "migrations/versions/b.py was edited after it was run here" in project.flask("upgrade").stderr
    for way in ways(project.flask("status").stdout):
        follow(project, way)
    assert_healthy(project, "b")


@ONE
def test_several_heads_are_merged(project: Project) -> None:
    begin(project, "a")
    write_script(project, "b", "a")
    write_script(project, "c", "a")
    write_app(project, "b", "c")
    assert findings(project).keys() == {"several-heads"}
    (merge,) = ways(project.flask("status").stdout)
    follow(project, f"{merge} --rev-id d")
    (upgrade,) = ways(project.flask("status").stdout)
    follow(project, upgrade)
    assert_healthy(project, "d")


def test_tables_of_create_all_are_adopted_after_a_look(project: Project) -> None:
    begin(project, "a", "b")
    project.database.execute("DROP TABLE alembic_version", "DROP TABLE whimbrel_revision")
    project.database.execute("DROP TABLE whimbrel_statement")
    assert findings(project).keys() == {"no-history"}
    (way,) = ways(project.flask("status").stdout)
    outcome = follow(project, way)
    assert outcome.stdout == "Stamped: the database says it is at b.\n"
    assert "\n= item\n" in outcome.stderr
    assert "Models and tables agree." in outcome.stderr
    assert outcome.stderr.count("Context impl") == 1, "the look is not logged"
    assert_healthy(project, "b")
    again = project.flask("stamp", "b")
    assert "agree" not in again.stderr, "it has a history now"
    assert again.stderr.count("Context impl") == 1


PARTS = {
    "postgresql": """op.add_column("item", sa.Column("b", sa.String(20)))
    with op.get_context().autocommit_block():
        op.create_index("ix", "item", ["b"], postgresql_concurrently=True)""",
    "mariadb": 'op.add_column("item", sa.Column("b", sa.String(20)))\n    op.create_index("ix", "item", ["b"])',
}


@pytest.mark.parametrize("backend", [one for one in BACKENDS if one in PARTS], indirect=True)
def test_a_killed_run_is_taken_up(project: Project) -> None:
    begin(project, "a")
    project.write("breaks.py", BREAKS)
    add_script(project, "b", "a", PARTS[project.database.kind], 'op.drop_column("item", "b")')
    write_app(project, "b", settings="import breaks")
    project.write("hello.py", project.read("hello.py").replace("String(20))", "String(20), index=True)"))
    project.write("migrations/versions/b.py", project.read("migrations/versions/b.py").replace('"ix"', '"ix_item_b"'))
    at = {"postgresql": 2, "mariadb": 3}[project.database.kind]
    assert project.flask("upgrade", env={"BREAK": f"kill:after:{at}"}, check=False).rc != 0
    assert project.flask("status", "--exit-code", check=False).rc == 3
    assert findings(project).keys() == {"interrupted"}
    (way,) = ways(project.flask("status").stdout)
    follow(project, way)
    assert_healthy(project, "b")


@pytest.mark.parametrize("backend", [one for one in BACKENDS if one == "mariadb"], indirect=True)
def test_a_killed_way_back_by_recorded_scripts_is_taken_up(project: Project) -> None:
    begin(project, "a")
    project.write("breaks.py", BREAKS)
    down = 'op.drop_index("ix", "item")\n    op.drop_column("item", "b")'
    add_script(project, "b", "a", PARTS["mariadb"], down)
    project.flask("upgrade")
    remove(project, "b")
    write_app(project, settings="import breaks")
    (agreed,) = ways(project.flask("downgrade", "--from-journal", check=False).stderr)
    command = agreed.split()[2:]
    assert project.flask(*command, env={"BREAK": "kill:after:3"}, check=False).rc != 0
    assert findings(project).keys() == {"ahead", "interrupted"}
    follow(project, ways(project.flask("status").stdout)[0])
    assert_healthy(project, "a")
