"""One sentence says what a script does, and each lock and size is told with its meaning."""

from dataclasses import replace

import pytest

from tests.hazards.stage import Stage
from tests.plan.stage import case_of
from tests.support.databases import Database
from whimbrel.hazards import Size
from whimbrel.plan import summary, told

SENTENCES = [
    (
        'op.add_column("users", sa.Column("bio", sa.Text))\nop.create_index("ix_users_bio", "users", ["age"])',
        "Adds column users.bio and index ix_users_bio.",
    ),
    (
        """
op.add_column("users", sa.Column("a", sa.Text))
op.add_column("users", sa.Column("b", sa.Text))
op.create_index("ix_age", "users", ["age"])
""",
        "Adds columns users.a and users.b, and index ix_age.",
    ),
    (
        'for name in "abcdef":\n    op.add_column("users", sa.Column(name, sa.Text))',
        "Adds 6 columns.",
    ),
    (
        'op.rename_table("roles", "groups")\nop.execute("UPDATE users SET age = 1")',
        "Renames table roles to groups; changes rows of users.",
    ),
    (
        """
op.create_table("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("n", sa.Integer))
op.create_index("ix_t", "t", ["n"])
op.drop_index("ix_users_name", "users")
op.drop_table("orders")
""",
        "Adds table t and index ix_t; removes index ix_users_name and table orders.",
    ),
    ("op.execute('SELECT 1')", "Changes nothing in the schema."),
    (
        'op.add_column("users", sa.Column("bio", sa.Text))\nop.execute("nonsense")',
        "Adds column users.bio; then fails.",
    ),
    ('op.execute("nonsense")', "Fails."),
]


@pytest.fixture
def stage(database: Database) -> Stage:
    return Stage(database)


@pytest.mark.parametrize(("body", "sentence"), SENTENCES)
def test_one_sentence_says_what_a_script_does(stage: Stage, body: str, sentence: str) -> None:
    assert summary(case_of(stage, body)) == sentence


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_a_column_that_a_script_makes_and_then_changes_is_only_added(stage: Stage) -> None:
    body = 'op.add_column("users", sa.Column("bio", sa.Text))\nop.alter_column("users", "bio", nullable=False)'
    assert summary(case_of(stage, body)) == "Adds column users.bio."


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_locks_are_told_with_what_they_mean_and_who_has_taken_them(stage: Stage) -> None:
    body = 'op.add_column("users", sa.Column("bio", sa.Text))\nop.create_index("ix_age", "users", ["age"])'
    case = case_of(stage, body)
    first, second = (told(case, seen) for seen in case.statements)
    assert first.locks == ("ACCESS EXCLUSIVE on users: nobody else can read or write it",)
    assert second.locks == ("ACCESS EXCLUSIVE on users: nobody else can read or write it (since an earlier statement)",)


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_the_size_of_a_table_is_told_with_the_work_on_it(stage: Stage) -> None:
    case = replace(case_of(stage, 'op.create_index("ix_age", "users", ["age"])'), sizes={"users": Size(1204, 3 << 20)})
    (seen,) = case.statements
    found = told(case, seen)
    assert found.manner == "reads all rows of users (1,204 rows, 3.0 MB), while nobody else can write users"
    assert found.locks == ("SHARE on users (1,204 rows, 3.0 MB): others can read it, and not write it",)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_what_nothing_keeps_is_told_as_lost(stage: Stage) -> None:
    case = replace(case_of(stage, 'op.drop_column("users", "age")\nop.drop_table("orders")'), keeps_drops=False)
    assert [told(case, seen).what for seen in case.statements] == [
        ("removes column users.age; its values are lost",),
        ("removes table orders; its rows are lost",),
    ]
