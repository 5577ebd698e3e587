"""What other programs read is byte for byte Flask-Migrate's: the stdout of the verbs that list, and of `--sql`."""

from dataclasses import dataclass

import pytest

from tests.dropin.sides import Sides, agree


@dataclass(frozen=True, slots=True)
class Script:
    """A revision, what it stands on, and what it does."""

    name: str
    down: tuple[str, ...]
    upgrade: str = "pass"
    downgrade: str = "pass"
    label: str | None = None
    needs: str | None = None


# first - second - left --- join
#              `-- right --'        and beside it: other (which needs second) - last
HISTORY = (
    Script(
        "first",
        (),
        "op.create_table('things', sa.Column('id', sa.Integer, primary_key=True))",
        "op.drop_table('things')",
    ),
    Script(
        "second",
        ("first",),
        "op.add_column('things', sa.Column('name', sa.String(20)))",
        "op.drop_column('things', 'name')",
    ),
    Script(
        "left",
        ("second",),
        """op.execute("INSERT INTO things VALUES (1, 'a:b %s 100%')")""",
        "op.execute('DELETE FROM things WHERE id = 1')",
        label="lhs",
    ),
    Script(
        "right",
        ("second",),
        "op.create_index('ix_name', 'things', ['name'])",
        "op.drop_index('ix_name', 'things')",
    ),
    Script("join", ("left", "right")),
    Script(
        "other",
        (),
        "op.bulk_insert(THINGS, [{'id': 2, 'name': 'Łucja'}])",
        "op.execute('DELETE FROM things WHERE id = 2')",
        label="elsewhere",
        needs="second",
    ),
    Script("last", ("other",)),
)
ONE_HEAD = (*HISTORY, Script("end", ("join", "last")))

LISTING = (
    ("list-templates",),
    ("heads",),
    ("heads", "-v"),
    ("heads", "--resolve-dependencies"),
    ("heads", "-v", "--resolve-dependencies"),
    ("branches",),
    ("branches", "-v"),
    ("show",),
    ("show", "heads"),
    ("show", "lhs"),
    ("show", "join"),
    ("history",),
    ("history", "-v"),
    ("history", "-i"),
    ("history", "-v", "--indicate-current"),
    ("history", "-r", "first:left"),
    ("history", "-r", ":second"),
    ("history", "--rev-range", "right:"),
    ("history", "-r", "current:"),
    ("history", "-r", "current:join", "-v", "-i"),
)
CURRENT = (("current",), ("current", "-v"), ("current", "--verbose"))
SQL = (
    ("upgrade", "--sql", "elsewhere@head"),
    ("upgrade", "--sql"),
    ("upgrade", "first:join", "--sql"),
    ("upgrade", "second:left", "--sql", "--tag", "blue"),
    ("downgrade", "join:first", "--sql"),
    ("downgrade", "second:base", "--sql"),
    ("downgrade", "--sql"),
    ("downgrade", "--sql", "join:-1"),
    ("stamp", "--sql"),
    ("stamp", "--sql", "second"),
    ("stamp", "--sql", "first:second"),
    ("stamp", "--sql", "--purge", "join"),
    ("revision", "--sql", "-m", "as text", "--rev-id", "f6", "--head", "join"),
)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_what_the_listing_verbs_print_is_flask_migrates(sides: Sides) -> None:
    write_history(sides)
    for side in sides:
        side.flask("upgrade", "left")
    ours, theirs = sides.outputs(LISTING)
    agree(ours, theirs)
    # Without these, two tools that print nothing at all would agree.
    assert "first, second -> left (lhs)" not in text(theirs)
    assert "last (elsewhere) (head)" in text(theirs)
    assert "join (current)" not in text(theirs)


def test_what_current_prints_is_flask_migrates(sides: Sides) -> None:
    write_history(sides)
    for side in sides:
        side.flask("upgrade", "join")
    ours, theirs = sides.outputs(CURRENT)
    agree(ours, theirs)
    assert "join (head) (mergepoint)" in theirs["1. flask db current"]


def test_the_sql_of_every_verb_is_flask_migrates(sides: Sides) -> None:
    write_history(sides, ONE_HEAD)
    ours, theirs = sides.outputs(SQL)
    agree(ours, theirs)
    assert "INSERT INTO things (id, name) VALUES (2, 'Łucja')" in text(theirs)


def write_history(sides: Sides, history: tuple[Script, ...] = HISTORY) -> None:
    """Give both sides a repository of Flask-Migrate's with the same scripts."""
    sides.theirs.flask("init")
    versions = "migrations/versions"
    for number, script in enumerate(history, start=1):
        sides.theirs.project.write(f"{versions}/{script.name}_.py", source(script, number))
    sides.share_repository()


def source(script: Script, day: int) -> str:
    down = script.down[0] if len(script.down) == 1 else script.down or None
    return f'''\
"""Make {script.name} ünd more

Revision ID: {script.name}
Revises: {", ".join(script.down)}
Create Date: 2026-01-0{day} 12:00:00.000000

A second paragraph.
"""
from alembic import op
import sqlalchemy as sa


revision = {script.name!r}
down_revision = {down!r}
branch_labels = {script.label!r}
depends_on = {script.needs!r}

THINGS = sa.table("things", sa.column("id", sa.Integer), sa.column("name", sa.String))


def upgrade():
    {script.upgrade}


def downgrade():
    {script.downgrade}
'''


def text(outputs: dict[str, list[str]]) -> str:
    return "\n".join("\n".join(lines) for lines in outputs.values())
