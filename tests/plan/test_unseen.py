"""What scratch cannot show of a script is said: what it does with rows, and what comes after it has stopped."""

import pytest

from tests.core.repository import versions
from tests.plan.test_plan import ONCE, people, planned
from tests.support.project import Project

LOOP = """found = op.get_bind().execute(sa.text("SELECT id FROM people")).fetchall()
    for (number,) in found:
        op.execute(f"UPDATE people SET name = 'x' WHERE id = {number}")
    sa.inspect(op.get_bind()).has_table("teams")"""
RAISES = """op.add_column("people", sa.Column("x", sa.Integer))
    raise RuntimeError("postgresql://shop:secret@db/shop\\nand more")"""


def test_a_script_that_asks_for_rows_may_do_more_than_is_seen(project: Project) -> None:
    people(project, LOOP)
    plan = planned(project)
    table = "people"
    assert plan["remarks"] == [f"b asks for rows of {table}; what it does with those that are there is not seen."]
    assert "all of it can be undone, as far as it was seen" in project.flask("plan").stdout


@ONCE
def test_how_long_a_script_takes_that_stops_is_not_known(project: Project) -> None:
    people(project, RAISES)
    plan = planned(project)
    assert (plan["totals"]["stops"], plan["totals"]["seconds"]) == (True, None)
    told = project.flask("plan").stdout
    assert "1 revision, 1 step, how long is not known" in told
    assert "and more" not in told, "a line is a line"


@ONCE
def test_what_is_told_of_a_script_that_stops_is_no_more_than_was_seen(project: Project) -> None:
    people(project, "import sys; sys.exit(3)")
    told = project.flask("explain").stdout
    assert "It stops before its first statement." in told
    assert "ends there on a database without rows: b.py, line 13: SystemExit: 3" in told
    assert "The downgrade\n  was not tried, since the upgrade stops" in told


@pytest.mark.parametrize("code", ["0", "3"])
@ONCE
def test_a_script_that_ends_the_process_is_one_that_fails(project: Project, code: str) -> None:
    people(project, f"import sys; sys.exit({code})")
    assert "b stops on a database without rows: SystemExit" in project.flask("plan").stderr
    ended = project.flask("upgrade", check=False)
    assert (ended.rc, f"failed: SystemExit: {code}" in ended.stderr) == (1, True)
    assert versions(project.database) == ["a"]
    assert project.flask("lint", check=False).rc == 1


@ONCE
def test_a_password_in_what_a_script_raises_is_not_shown(project: Project) -> None:
    people(project, RAISES)
    for verb in ("plan", "explain", "lint", "prove", "upgrade"):
        ended = project.flask(verb, check=False)
        said = ended.stdout + ended.stderr
        assert "postgresql://shop:***@db/shop" in said, verb
        assert "secret" not in said, verb


@ONCE
@pytest.mark.parametrize(
    ("upgrade", "downgrade", "for_good"),
    [
        ("op.execute(\"UPDATE people SET name = 'x', nick = 'y' WHERE id = 1\")", "op.execute('SELECT 1')", 2),
        (
            """op.add_column("people", sa.Column("x", sa.Integer))
    op.execute("UPDATE people SET x = 1")""",
            'op.drop_column("people", "x")',
            0,
        ),
        ('op.add_column("people", sa.Column("x", sa.Integer))', 'raise NotImplementedError("no")', 1),
    ],
    ids=["values", "new values", "no way back"],
)
def test_what_cannot_be_undone_is_counted(project: Project, upgrade: str, downgrade: str, for_good: int) -> None:
    people(project, upgrade, downgrade)
    assert len(planned(project)["totals"]["for_good"]) == for_good
