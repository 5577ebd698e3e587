"""`flask db history --applied`: what was run, when, by whom, and whether the script is still the one that ran."""

import hashlib
import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.core.applications import application
from tests.core.repository import add_chain, add_script, lay_out, pretend_to_be_at
from tests.support.databases import create_database
from tests.support.project import Project
from whimbrel import commands, downgrade, stamp, upgrade
from whimbrel.commands.records import Applied

DATA = """op.create_table("t", sa.Column("n", sa.Integer))
    op.execute("INSERT INTO t VALUES (1), (2), (3)")
    op.bulk_insert(sa.table("t", sa.column("n")), [{"n": 4}, {"n": 5}])"""


def laid_out(project: Project) -> None:
    lay_out(project)
    add_script(project, "a", upgrade=DATA, downgrade='op.drop_table("t")')
    add_script(project, "b", "a")


def test_what_was_run_is_listed_the_last_one_first(project: Project) -> None:
    laid_out(project)
    with application(project):
        upgrade()
        downgrade()
        stamp(revision="b")
    script = project.path / "migrations/versions/a.py"
    checksum = hashlib.sha256(script.read_bytes()).hexdigest()
    script.write_text(script.read_text("utf-8") + "\n# edited", "utf-8")
    in_words = project.flask("history", "--applied", "-v")
    lines = in_words.stdout.splitlines()
    runs = [line.split()[2:4] for line in lines if not line.startswith(" ")]
    assert runs == [["stamp", "b"], ["downgrade", "b"], ["upgrade", "b"], ["upgrade", "a"]]
    assert in_words.stderr.splitlines()[-1] == "4 records."
    ran = lines[[line.split()[2:4] for line in lines].index(["upgrade", "a"]) :]
    assert ran[0].split()[4:6] == ["make", "a"]
    assert f"script changed since it was run, sha256 {checksum}" in ran[2]
    assert "sqlalchemy " in ran[1]
    assert ran[4].endswith("3 rows  INSERT INTO t VALUES (1), (2), (3)")
    assert any("script as it was run" in line for line in lines)

    (said,) = json.loads(project.flask("history", "--applied", "--json").stdout)["databases"]
    assert [one["script"] for one in said["runs"]] == ["none", "same", "same", "changed"]
    record = said["runs"][-1]["record"]
    assert record["checksum"] == checksum
    assert [one["rows"] for one in record["statements"]][1] == 3
    assert record["heads"] == ["a"]


def test_an_engine_that_commits_each_statement_has_its_journal_too(project: Project) -> None:
    laid_out(project)
    engine = {"SQLALCHEMY_ENGINE_OPTIONS": {"poolclass": sa.NullPool, "isolation_level": "AUTOCOMMIT"}}
    with application(project, **engine):
        upgrade()
    (found,) = asked(project, **engine)
    assert [run.record.revision for run in found.runs] == ["b", "a"]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_database_without_a_journal_is_no_error(project: Project) -> None:
    lay_out(project)
    add_chain(project, "a")
    pretend_to_be_at(project.database, "a")
    outcome = project.flask("history", "--applied")
    assert outcome.stdout.startswith("No journal: nothing was run here by Whimbrel yet")
    assert project.database.rows("SELECT name FROM sqlite_master WHERE name LIKE 'whimbrel%'") == []
    assert project.flask("history").stdout == "<base> -> a (head), make a\n"
    assert project.flask("history", "--json", check=False).rc == 2
    assert project.flask("history", "--applied", "-i", check=False).rc == 2


def asked(project: Project, **config: object) -> tuple[Applied, ...]:
    with application(project, **config) as app:
        return commands.applied(commands.open_project(app.extensions, app.config))


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_what_a_script_or_a_message_says_cannot_steer_a_terminal(project: Project) -> None:
    lay_out(project)
    add_script(project, "a", upgrade='op.execute("SELECT 1 -- \\x1b[2J")')
    project.flask("upgrade")
    assert "\x1b" not in project.flask("history", "--applied", "-v").stdout


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_each_bind_is_listed_and_a_script_that_is_gone_is_said(project: Project, tmp_path: Path) -> None:
    second = create_database("sqlite", tmp_path)
    commands.init(str(project.path / "migrations"), multidb=True)
    functions = "".join(f"def {way}(engine_name):\n    pass\n" for way in ("upgrade", "downgrade"))
    header = '"""make a"""\nrevision, down_revision = "a", None\n'
    script = project.write("migrations/versions/a.py", header + functions)
    binds = {"SQLALCHEMY_BINDS": {"audit": {"url": second.url, "poolclass": sa.NullPool}}}
    with application(project, **binds):
        upgrade()
    script.unlink()
    found = asked(project, **binds)
    assert [(one.name, [run.record.revision for run in one.runs]) for one in found] == [("", ["a"]), ("audit", ["a"])]
    assert {run.script.value for one in found for run in one.runs} == {"gone"}


ORM = """op.create_table("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("n", sa.Integer))
    op.execute("INSERT INTO t VALUES (1, 1), (2, 2), (3, 3)")
    from sqlalchemy.orm import Session, declarative_base
    base = declarative_base()
    columns = {"id": sa.Column(sa.Integer, primary_key=True), "n": sa.Column(sa.Integer)}
    row = type("Row", (base,), {"__tablename__": "t", **columns})
    with Session(op.get_bind()) as session:
        for one in session.query(row).order_by(row.id):
            one.n += 1
        session.commit()"""


def test_the_orm_is_told_how_many_rows_it_has_changed(project: Project) -> None:
    lay_out(project)
    add_script(project, "a", upgrade=ORM, downgrade='op.drop_table("t")')
    project.flask("upgrade")
    assert project.database.rows("SELECT n FROM t ORDER BY id") == [(2,), (3,), (4,)]
