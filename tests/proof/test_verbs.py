"""What a person sees of proofs: with `migrate`, by `prove`, and what `check --proved` says."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from flask import current_app

from tests.core.repository import add_script, lay_out, tables
from tests.core.test_binds import HELLO
from tests.proof.corpus import CASES
from tests.proof.stage import app_of, prove
from tests.support.project import Project, tutorial
from whimbrel.commands import check_proofs, open_project
from whimbrel.errors import Unproved
from whimbrel.proof import Outcome

ASYNCHRONOUS = """\
import os

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.ext.asyncio import create_async_engine
from whimbrel import Migrate

app = Flask(__name__)
metadata = sa.MetaData()
sa.Table("users", metadata, sa.Column("id", sa.Integer, primary_key=True))
Migrate(app, metadata=metadata, engine=create_async_engine(os.environ["DATABASE_URL"]))
"""

EMAIL = '    role_id = db.Column(db.Integer, db.ForeignKey("roles.id"))\n'
ONCE = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def started(project: Project) -> None:
    """Make the tutorial's tables by a first script."""
    tutorial(project)
    project.flask("init")
    project.flask("migrate", "-m", "first")
    project.flask("upgrade")


def with_email(project: Project) -> None:
    hello = project.read("hello.py")
    project.write("hello.py", hello.replace(EMAIL, EMAIL + "    email = db.Column(db.String(80), index=True)\n"))


def newest(project: Project) -> Path:
    return next(one for one in project.scripts() if "email" in one.name)


def test_migrate_proves_what_it_writes_and_leaves_the_database_alone(project: Project) -> None:
    started(project)
    before = project.database.schema(), tables(project.database)
    with_email(project)
    said = project.flask("migrate", "-m", "email", "--proof").stdout
    assert "Proved: migrations/versions/" in said
    assert "40 rows" in said
    assert (project.database.schema(), tables(project.database)) == before
    kept = project.read("migrations/snapshot/proofs.txt").splitlines()
    assert len(kept) == 2
    assert " shown " in kept[1]


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_migrate_says_what_the_new_script_may_do_to_others(project: Project) -> None:
    started(project)
    with_email(project)
    said = project.flask("migrate", "-m", "email", "--proof").stdout
    assert re.search(r"\n  ~ blocks-reads: builds index ix_users_email on users .*\(line \d+\)\n", said)
    assert "Why, and what to do instead: flask db lint" in said
    newest(project).unlink()
    accepted = {"FLASK_APP": "accepting"}
    project.write("accepting.py", 'from hello import app\napp.config["MIGRATE_ACCEPT"] = ["blocks-reads"]\n')
    assert "flask db lint" not in project.flask("migrate", "-m", "email", "--proof", env=accepted).stdout


@ONCE
def test_a_proof_that_breaks_down_hinders_no_script(project: Project) -> None:
    started(project)
    with_email(project)
    breaking = """import whimbrel.commands.proving as proving
from hello import app
def broken(*_): raise KeyError("oops")
proving.proved = broken
"""
    project.write("breaking.py", breaking)
    ended = project.flask("migrate", "-m", "email", "--proof", env={"FLASK_APP": "breaking"})
    assert "Not proved: KeyError: 'oops'" in ended.stderr
    assert "Wrote " in ended.stdout


@ONCE
def test_a_script_is_proved_unless_somebody_says_no(project: Project) -> None:
    tutorial(project)
    project.flask("init")
    config = {key: value for key, value in project.environment().items() if key != "FLASK_DB_MIGRATE_PROOF"}
    assert "FLASK_DB_MIGRATE_PROOF" in project.environment()
    done = subprocess.run(
        [sys.executable, "-m", "flask", "db", "migrate", "-m", "first"],
        cwd=project.path,
        env=config,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Proved: " in done.stdout


@ONCE
def test_migrate_proves_nothing_where_it_is_told_so(project: Project) -> None:
    tutorial(project)
    project.flask("init")
    assert (
        "Proved"
        not in project.flask("migrate", "-m", "first", "--no-proof", env={"FLASK_DB_MIGRATE_PROOF": "1"}).stdout
    )
    assert not (project.path / "migrations/snapshot/proofs.txt").exists()


@ONCE
def test_a_script_that_is_refuted_ends_with_1_and_the_difference(project: Project) -> None:
    lay_out(project)
    add_script(project, "a")
    wrong = 'op.add_column("made_by_a", sa.Column("x", sa.Integer))\n    op.create_index("ix_x", "made_by_a", ["x"])'
    add_script(project, "b", "a", wrong, 'op.drop_index("ix_x", "made_by_a")')
    ended = project.flask("prove", "b", check=False)
    assert ended.rc == 1
    assert "column made_by_a.x: is there and should not be" in ended.stdout
    assert "flask db prove b --seed " in ended.stdout
    (told,) = json.loads(project.flask("prove", "b", "--json", "--seed", "7", check=False).stdout)
    assert (told["outcome"], told["seed"]) == ("refuted", 7)
    assert [one["outcome"] for one in told["checks"] if one["claim"] == "returns"] == ["refuted"]


@ONCE
def test_check_tells_scripts_that_were_edited_since_they_were_proved_and_asks_no_database(project: Project) -> None:
    started(project)
    with_email(project)
    project.flask("migrate", "-m", "email", "--proof")
    nowhere = {"DATABASE_URL": "postgresql+psycopg://nobody@127.0.0.1:1/nowhere"}
    ended = project.flask("check", "--proved", env=nowhere, check=False)
    assert ended.rc == 1
    assert "1 of 2 scripts is not proved" in ended.stderr
    assert "never proved" in ended.stderr
    assert "2 scripts: 2 shown." in project.flask("prove", "base:head").stdout
    assert "2 scripts" in project.flask("check", "--proved", env=nowhere).stdout
    newest(project).write_text(newest(project).read_text("utf-8") + "\n# one more thought\n", "utf-8")
    assert "edited since it was proved" in project.flask("check", "--proved", env=nowhere, check=False).stderr


def test_a_range_is_proved_with_the_rows_that_earlier_scripts_put_in(project: Project) -> None:
    lay_out(project)
    add_script(project, "a")
    add_script(
        project,
        "b",
        "a",
        'op.execute("INSERT INTO made_by_a (id) VALUES (4711)")',
        'op.execute("DELETE FROM made_by_a WHERE id = 4711")',
    )
    looked_up = "found = op.get_bind().execute(sa.text('SELECT id FROM made_by_a WHERE id = 4711')).scalar_one()"
    column = "op.add_column('made_by_a', sa.Column('x', sa.Integer))"
    add_script(project, "c", "b", f"{looked_up}\n    {column}", "op.drop_column('made_by_a', 'x')")
    add_script(project, "d", "c")
    said = project.flask("prove", "base:c").stdout
    assert "3 scripts: 3 shown." in said


def test_rows_of_tables_that_a_later_script_has_nothing_to_do_with_are_no_hindrance(project: Project) -> None:
    lay_out(project)
    add_script(project, "a")
    add_script(project, "b", "a", 'op.execute("INSERT INTO made_by_a (id) VALUES (1)")', "pass")
    add_script(project, "c", "b")
    add_script(project, "d", "c", "pass", "pass")
    add_script(project, "e", "d")
    said = project.flask("prove", "b:d").stdout
    assert "2 scripts: 2 shown." in said


def test_a_seed_that_cannot_go_in_is_told(project: Project) -> None:
    lay_out(project)
    add_script(project, "a")
    column = "op.add_column('made_by_a', sa.Column('x', sa.Integer))"
    script = add_script(project, "b", "a", column, "op.drop_column('made_by_a', 'x')")
    script.write_text(script.read_text() + '\n\nseed = {"made_by_a": [{"nothing": 1}]}\n')
    said = project.flask("prove", "b").stdout
    assert "not shown: it runs on the empty database\n      seed: " in said
    assert "nothing" in said


def test_an_empty_merge_of_two_branches_is_proved(project: Project) -> None:
    lay_out(project)
    add_script(project, "a")
    add_script(project, "b", "a")
    add_script(project, "c", "a")
    add_script(project, "m", ("b", "c"), "pass", "pass")
    add_script(project, "d", "m")
    assert "1 script: 1 shown." in project.flask("prove", "m").stdout
    project.flask("upgrade", "m")
    assert "4 scripts: 4 shown." in project.flask("prove", "base:m").stdout


@ONCE
def test_a_script_that_wants_the_apps_database_by_another_way_is_held_back(project: Project) -> None:
    lay_out(project)
    add_script(project, "a")
    elsewhere = "sa.create_engine('sqlite:////tmp/whimbrel-elsewhere.db').connect()"
    add_script(project, "b", "a", elsewhere, "pass")
    said = project.flask("prove", "b", check=False).stdout
    assert "Not proved" in said
    assert not Path("/tmp/whimbrel-elsewhere.db").exists()


@ONCE
def test_what_a_script_imports_of_the_app_is_named(project: Project) -> None:
    lay_out(project)
    project.write("shop.py", "LIMIT = 5\n")
    add_script(
        project,
        "a",
        upgrade="import shop\n    op.create_table('t', sa.Column('id', sa.String(shop.LIMIT), primary_key=True))",
        downgrade="op.drop_table('t')",
    )
    add_script(project, "b", "a")
    said = project.flask("prove", "a").stdout
    assert "imports the application (shop)" in said


@ONCE
def test_an_unproved_script_is_an_error_of_the_family(project: Project) -> None:
    broken = next(case for case in CASES.all if case.name == "the downgrade forgets the index")
    with app_of(project, broken.scripts()):
        assert [one.outcome for one in prove("b").refuted] == [Outcome.REFUTED]
        with pytest.raises(Unproved, match=r"b\.py \(refuted\)"):
            check_proofs(open_project(current_app.extensions, current_app.config))


# aiomysql under SQLAlchemy 2.0 warns of what MariaDB says about the version table.
@pytest.mark.filterwarnings("ignore")
def test_a_script_for_an_asynchronous_driver_is_proved_with_rows(project: Project) -> None:
    project.write("hello.py", ASYNCHRONOUS)
    name = project.database.url.partition(":")[0]
    other = {"sqlite": "sqlite+aiosqlite", "postgresql+psycopg": "postgresql+asyncpg"}.get(name, "mysql+aiomysql")
    url = {"DATABASE_URL": project.database.url.replace(name, other, 1)}
    project.flask("init", "-t", "aioflask", env=url)
    first = project.flask("migrate", "-m", "first", "--proof", env=url)
    assert "Proved: " in first.stdout
    assert "Not proved" not in first.stderr
    project.flask("upgrade", env=url)
    project.write(
        "hello.py", ASYNCHRONOUS.replace("primary_key=True)", 'primary_key=True), sa.Column("x", sa.Integer)')
    )
    assert "with 20 rows" in project.flask("migrate", "-m", "second", "--proof", env=url).stdout
    (script,) = [one for one in project.scripts() if "second" in one.name]
    text = script.read_text("utf-8")
    script.write_text(text.replace("batch_op.drop_column('x')", "pass"), "utf-8")
    assert "column users.x: is there and should not be" in project.flask("prove", env=url, check=False).stdout
    assert "1 refuted" in project.flask("prove", "base:head", env=url, check=False).stdout


def test_each_database_of_a_script_is_looked_at(project: Project, tmp_path: Path) -> None:
    project.write("hello.py", HELLO)
    other = {"AUDIT_URL": f"sqlite:///{tmp_path / 'audit.db'}"}
    project.flask("init", "--multidb", env=other)
    project.flask("migrate", "-m", "first", env=other)
    project.flask("upgrade", env=other)
    project.write("hello.py", HELLO + "    what = db.Column(db.String(20))\n")
    said = project.flask("migrate", "-m", "second", "--proof", env=other).stdout
    assert "sqlite 3" in said
    (script,) = [one for one in project.scripts() if "second" in one.name]
    text = script.read_text("utf-8")
    script.write_text(text.replace("batch_op.drop_column('what')", "pass"), "utf-8")
    ended = project.flask("prove", env=other, check=False)
    assert "column events.what: is there and should not be" in ended.stdout


@ONCE
def test_what_comes_after_a_script_that_does_not_run_is_not_shown(project: Project) -> None:
    lay_out(project)
    add_script(project, "a")
    add_script(project, "b", "a", 'op.drop_table("nowhere")', "pass")
    add_script(project, "c", "b")
    add_script(project, "d", "c", "this is no Python", "pass")
    ended = project.flask("prove", "base:c", check=False)
    assert "3 scripts: 1 shown, 1 refuted, 1 not shown." in ended.stdout
    assert "a script before it does not run" in ended.stdout
    said = project.flask("prove", "d", check=False)
    assert (said.rc, "Traceback" in said.stderr) == (1, False)


@ONCE
def test_migrate_says_to_correct_what_it_cannot_write_well(project: Project) -> None:
    started(project)
    with_email(project)
    mako = project.read("migrations/script.py.mako").replace('${downgrades if downgrades else "pass"}', "pass")
    project.write("migrations/script.py.mako", mako)
    ended = project.flask("migrate", "-m", "email", "--proof")
    assert "Refuted: " in ended.stdout
    assert "Next: correct it, then: flask db prove" in ended.stdout


def test_the_whole_of_a_proof_has_what_each_statement_did(project: Project) -> None:
    lay_out(project)
    add_script(project, "a")
    project.flask("upgrade")
    index, rows = (
        'op.create_index("ix_a", "made_by_a", ["id"])',
        'op.execute("INSERT INTO made_by_a VALUES (101), (102)")',
    )
    add_script(project, "b", "a", f"{index}\n    {rows}", 'op.drop_index("ix_a", "made_by_a")')
    (told,) = json.loads(project.flask("prove", "b", "--json", check=False).stdout)
    (up,) = told["measured"]
    assert [" ".join(one["sql"].split())[:12] for one in up["statements"]] == ["CREATE INDEX", "INSERT INTO "]
    assert up["statements"][0]["scanned"] == ["made_by_a"]
    assert up["statements"][1]["written"] == "made_by_a"
    assert up["statements"][1]["rows"] == 2
    is_of_the_file = project.database.kind == "sqlite"  # which the runner has locked before the first statement
    assert all((each["locked"] is not None) is is_of_the_file for each in up["statements"])
