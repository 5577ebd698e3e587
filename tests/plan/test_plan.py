"""`flask db plan` shows what `flask db upgrade` does, and `upgrade --plan` does what a plan has shown, or refuses."""

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.core.repository import add_script, lay_out, picture, versions
from tests.core.test_binds import HELLO
from tests.proof.test_verbs import ASYNCHRONOUS
from tests.support.project import Outcome, Project

SERVERS = ("postgresql", "mariadb")
ONCE = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
BOOKKEEPING = re.compile(r"alembic_version|whimbrel_archive\b")

MADE = """op.create_table("teams", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(40)))
    op.create_table("people", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(40)),
        sa.Column("nick", sa.String(40)), sa.Column("empty", sa.Integer), sa.Column("team_id", sa.Integer))"""
UNMADE = 'op.drop_table("people")\n    op.drop_table("teams")'
FILLED = (
    "INSERT INTO teams (id, name) VALUES (1, 'red')",
    "INSERT INTO people (id, name, nick, team_id) VALUES (1, 'Ada', 'A', 1), (2, 'Bob', NULL, 1)",
)
CHANGES = """op.add_column("people", sa.Column("born", sa.Date))
    op.drop_column("people", "nick")
    op.drop_column("people", "empty")
    op.create_index("ix_people_name", "people", ["name"])
    op.execute("UPDATE people SET name = 'Eve' WHERE id = 2")
    op.rename_table("teams", "groups")
    op.create_table("notes", sa.Column("id", sa.Integer, primary_key=True))"""


def planned(project: Project, *words: str, **how: Any) -> Any:
    """Return what `flask db plan --json` prints."""
    return json.loads(project.flask("plan", "--json", *words, **how).stdout)


def stored(project: Project, *words: str) -> str:
    """Keep a plan in a file, and return its name."""
    project.write("plan.json", project.flask("plan", "--json", *words).stdout)
    return "plan.json"


def people(project: Project, upgrade: str = CHANGES, downgrade: str = "pass") -> None:
    """Lay out two tables with rows, and a script after them."""
    lay_out(project)
    add_script(project, "a", None, MADE, UNMADE)
    project.flask("upgrade")
    for statement in FILLED:
        project.database.execute(statement)
    add_script(project, "b", "a", upgrade, downgrade)


def steps(plan: Any) -> list[Any]:
    """Return the steps of all scripts of a plan."""
    return [step for script in plan["scripts"] for step in script["steps"]]


def bare(statements: list[str]) -> list[str]:
    """Return statements that change something, each on one line; bookkeeping left out."""
    lines = [" ".join(one.split()) for one in statements]
    return [
        one for one in lines if not BOOKKEEPING.search(one) and not re.match(r"SELECT|PRAGMA \w+\(|LOCK|UNLOCK", one)
    ]


def run_by(project: Project) -> list[str]:
    """Return the statements of the last upgrade, as the database's journal has them."""
    told = json.loads(project.flask("history", "--applied", "--json").stdout)
    runs = told["databases"][0]["runs"]
    (record,) = [one["record"] for one in runs if one["record"]["revision"] == "b"]
    return [one["sql"] for one in record["statements"]]


def test_what_a_plan_shows_is_what_the_upgrade_sends(project: Project) -> None:
    people(project)
    shown = [line for step in steps(planned(project)) for line in step["sql"]]
    project.flask("upgrade")
    run = bare(run_by(project))
    assert len(run) >= 7
    kept = [one for one in bare(shown) if one in run]
    assert kept == run
    # What copies the rows is one with the drop, and the journal lists the drop.
    more = [one for one in bare(shown) if one not in run]
    assert all("whimbrel_" in one or one.startswith("SET ") for one in more), more


def test_a_plan_changes_nothing_and_leaves_nothing(project: Project) -> None:
    people(project)
    before = picture(project.database)
    databases = others(project)
    planned(project)
    project.flask("plan")
    project.flask("plan", "--sql")
    assert picture(project.database) == before
    assert none_but(project, databases)


def none_but(project: Project, known: set[Any]) -> bool:
    """Tell whether all other scratch databases go: those of the tests beside this one do."""
    ends = time.monotonic() + 30
    new = others(project) - known
    while new & others(project) and time.monotonic() < ends:
        time.sleep(0.2)
    return not new & others(project)


def others(project: Project) -> set[Any]:
    """Return the scratch databases of the server."""
    query = {
        "postgresql": "SELECT datname FROM pg_database WHERE datname LIKE 'whimbrel!_scratch%' ESCAPE '!'",
        "mariadb": "SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE 'whimbrel!_scratch%' "
        "ESCAPE '!'",
    }.get(project.database.kind)
    engine = sa.create_engine(project.database.url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        return set() if query is None else {name for (name,) in connection.execute(sa.text(query))}


def test_a_plan_knows_what_will_be_kept_of_what_is_dropped(project: Project) -> None:
    people(project)
    plan = planned(project)
    words = [words for step in steps(plan) for words in step["what"]]
    assert any(one.startswith("removes column people.nick") for one in words)
    (said,) = [one for one in plan["remarks"] if "Kept" in one]
    assert "Kept people.nick: 2 rows" in said
    assert "scratch" not in json.dumps(plan)
    assert said.removeprefix("It will say: ") in project.flask("upgrade").stderr
    text = "".join(line for step in steps(plan) for line in step["sql"])
    assert re.search(r"INSERT INTO .*nick", text)
    assert "empty" not in "".join(plan["remarks"])


@ONCE
def test_what_goes_for_good_is_said(project: Project) -> None:
    people(project, 'op.execute("DELETE FROM people")')
    plan = planned(project)
    assert plan["totals"]["for_good"]
    assert "  ! cannot be undone: deletes all rows of people" in project.flask("plan").stdout


@ONCE
def test_a_plan_is_carried_out_as_long_as_nothing_has_changed(project: Project) -> None:
    people(project)
    assert project.flask("upgrade", "--plan", stored(project)).rc == 0
    assert versions(project.database) == ["b"]


def refused(project: Project, rc: int = 1) -> Outcome:
    """Have a plan refused (PlanOutdated), and return what was said."""
    at = versions(project.database)
    outcome = project.flask("upgrade", "--plan", "plan.json", check=False)
    assert outcome.rc == rc
    assert "Nothing was changed." in outcome.stderr
    assert versions(project.database) == at
    return outcome


def test_a_plan_is_refused_where_a_table_that_it_names_has_changed(project: Project) -> None:
    people(project)
    stored(project)
    project.database.execute("ALTER TABLE people ADD COLUMN other INTEGER")
    assert re.search(r"table (\w+\.)?people is not as it was", refused(project).stderr)


def test_a_table_that_no_script_names_does_not_matter(project: Project) -> None:
    people(project)
    stored(project)
    project.database.execute("CREATE TABLE elsewhere (id INTEGER PRIMARY KEY)")
    project.database.execute("INSERT INTO people (id, name) VALUES (3, 'Cy')")
    project.flask("upgrade", "--plan", "plan.json")
    assert versions(project.database) == ["b"]


@ONCE
def test_a_plan_is_refused_where_a_script_was_edited(project: Project) -> None:
    people(project)
    stored(project)
    script = project.path / "migrations" / "versions" / "b.py"
    script.write_text(script.read_text("utf-8") + "\n# edited\n", "utf-8")
    assert "script b was edited" in refused(project).stderr


@ONCE
def test_a_plan_is_refused_where_other_scripts_are_pending(project: Project) -> None:
    people(project)
    stored(project)
    add_script(project, "c", "b")
    assert "it would run b, c, and the plan has b" in refused(project).stderr
    project.flask("upgrade", "b")
    assert "the database is at b, and was at a" in refused(project).stderr


@ONCE
def test_what_is_no_plan_is_refused(project: Project) -> None:
    people(project)
    project.write("plan.json", "{}")
    assert "it is not what flask db plan --json prints" in refused(project, 2).stderr
    (project.path / "plan.json").unlink()
    assert "No such file" in refused(project, 2).stderr
    ended = project.flask("upgrade", "--sql", "--plan", "plan.json", check=False)
    assert ended.rc == 2


@ONCE
def test_a_plan_goes_as_far_as_it_has_said(project: Project) -> None:
    people(project)
    add_script(project, "c", "b")
    stored(project, "+1")
    assert (
        "it would run b, c, and the plan has b"
        in project.flask("upgrade", "--plan", "plan.json", "head", check=False).stderr
    )
    project.flask("upgrade", "--plan", "plan.json")
    assert versions(project.database) == ["b"]


@ONCE
def test_nothing_to_do_is_said(project: Project) -> None:
    people(project)
    project.flask("upgrade")
    assert "Nothing to do: no revision is pending." in project.flask("plan").stdout
    assert planned(project)["scripts"] == []


@ONCE
def test_only_what_is_asked_for_is_planned(project: Project) -> None:
    people(project)
    add_script(project, "c", "b")
    assert [one["revision"] for one in planned(project, "b")["scripts"]] == ["b"]
    assert [one["revision"] for one in planned(project, "+2")["scripts"]] == ["b", "c"]


def test_a_step_is_told_with_the_size_of_its_table_and_seconds(project: Project) -> None:
    people(project, 'op.create_index("ix_people_name", "people", ["name"])')
    doubled = "INSERT INTO people (id, name) SELECT id + {more}, name FROM people"
    for step in range(14):
        project.database.execute(doubled.format(more=2 * 2**step))
    analyze = {"postgresql": "ANALYZE people", "mariadb": "ANALYZE TABLE people"}.get(project.database.kind)
    if analyze is not None:
        project.database.execute(analyze)
    (step,) = steps(planned(project))
    assert step["sizes"][0]["table"] == "people"
    assert 25_000 < step["sizes"][0]["rows"] < 40_000
    assert 0 < step["seconds"] < 5


@pytest.mark.parametrize("backend", SERVERS, indirect=True)
def test_the_sizes_of_another_database_count_if_one_is_named(project: Project) -> None:
    people(project, 'op.create_index("ix_people_name", "people", ["name"])')
    add_script(project, "c", "b", 'op.create_index("ix_teams_name", "teams", ["name"])')
    first, second = steps(planned(project, "--against", project.database.url))
    assert first["sizes"][0]["table"] == "people"
    assert second["sizes"][0]["table"] == "teams"
    outcome = project.flask("plan", "--against", project.database.url + "_missing", check=False)
    assert outcome.rc == 1


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_others_wait_as_long_as_the_transaction_holds_its_lock(project: Project) -> None:
    people(project, 'op.add_column("people", sa.Column("x", sa.Integer))\n    op.create_index("i", "people", ["name"])')
    (script,) = planned(project)["scripts"]
    (waiting,) = script["waiting"]
    assert (waiting["table"], waiting["mode"]) == ("people", "ACCESS EXCLUSIVE")
    assert "others wait for people (ACCESS EXCLUSIVE)" in project.flask("plan").stdout


@ONCE
def test_a_script_that_fails_on_an_empty_database_is_planned_up_to_there(project: Project) -> None:
    rows = 'op.get_bind().execute(sa.text("SELECT name FROM people")).fetchall()[0][0]'
    people(project, f'op.add_column("people", sa.Column("x", sa.Integer))\n    {rows}')
    plan = planned(project)
    assert steps(plan)[0]["what"][0].startswith("adds column people.x")
    assert any("b stops on a database without rows" in one for one in plan["remarks"])


@ONCE
def test_each_database_has_its_own_part_of_a_plan(project: Project, tmp_path: Path) -> None:
    project.write("hello.py", HELLO)
    other = {"AUDIT_URL": f"sqlite:///{tmp_path / 'audit.db'}"}
    project.flask("init", "--multidb", env=other)
    project.flask("migrate", "-m", "first", env=other)
    plan = planned(project, env=other)
    assert [one["bind"] for one in plan["databases"]] == ["", "audit"]
    told = {one["bind"]: one["summary"] for one in plan["scripts"]}
    assert "users" in told[""]
    assert "events" in told["audit"]
    project.write("plan.json", json.dumps(plan))
    project.flask("upgrade", "--plan", "plan.json", env=other)
    assert planned(project, env=other)["scripts"] == []


@ONCE
def test_a_plan_holds_where_a_script_leaves_a_database_alone(project: Project, tmp_path: Path) -> None:
    project.write("hello.py", HELLO)
    other = {"AUDIT_URL": f"sqlite:///{tmp_path / 'audit.db'}"}
    project.flask("init", "--multidb", env=other)
    project.flask("migrate", "-m", "first", env=other)
    project.flask("upgrade", env=other)
    project.write("hello.py", HELLO + "    what = db.Column(db.String(20))\n")  # of the events, in the second one
    project.flask("migrate", "-m", "second", env=other)
    project.write("plan.json", project.flask("plan", "--json", env=other).stdout)
    assert project.flask("upgrade", "--plan", "plan.json", env=other, check=False).rc == 0
    project.flask("revision", "-m", "nothing", env=other)
    project.write("plan.json", project.flask("plan", "--json", env=other).stdout)
    assert project.flask("upgrade", "--plan", "plan.json", env=other, check=False).rc == 0


# aiomysql under SQLAlchemy 2.0 warns of what MariaDB says about the version table.
@pytest.mark.filterwarnings("ignore")
def test_an_app_with_an_asynchronous_driver_has_a_plan(project: Project) -> None:
    project.write("hello.py", ASYNCHRONOUS)
    name = project.database.url.partition(":")[0]
    other = {"sqlite": "sqlite+aiosqlite", "postgresql+psycopg": "postgresql+asyncpg"}.get(name, "mysql+aiomysql")
    url = {"DATABASE_URL": project.database.url.replace(name, other, 1)}
    project.flask("init", "-t", "aioflask", env=url)
    project.flask("migrate", "-m", "first", env=url)
    project.write("plan.json", project.flask("plan", "--json", env=url).stdout)
    assert steps(json.loads(project.read("plan.json")))[0]["what"][0].startswith("creates table users")
    project.flask("upgrade", "--plan", "plan.json", env=url)
    assert "creates table users" in project.flask("explain", env=url).stdout


@pytest.mark.parametrize("backend", ["mariadb"], indirect=True)
def test_there_is_no_plan_in_the_middle_of_a_revision(project: Project) -> None:
    people(
        project, 'op.add_column("people", sa.Column("x", sa.Integer))\n    op.execute("CREATE TABLE teams (id int)")'
    )
    assert project.flask("upgrade", check=False).rc == 3
    outcome = project.flask("plan", check=False)
    assert outcome.rc == 1
    assert "There is no plan while revision b is interrupted." in outcome.stderr
    assert "flask db upgrade b   (finishes it)" in outcome.stderr
