"""Where a database is, as the scripts here see it, and which edits of a script count: pure functions."""

import pytest

from whimbrel.scripts.edits import Edit, edit_of
from whimbrel.scripts.lineage import Lineage, Standing, seen_to_follow


def lineage(here: str, elsewhere: str = "") -> Lineage:
    """Read `a; b<a; c<ab` as revisions with their parents."""
    sides = []
    for text in (here, elsewhere):
        pairs = (one.strip().partition("<") for one in text.split(";") if one.strip())
        sides.append({name: frozenset(parents) for name, _, parents in pairs})
    followed = {parent for parents in sides[0].values() for parent in parents}
    return Lineage(sides[0], frozenset(sides[0].keys() - followed), sides[1])


@pytest.mark.parametrize(
    ("here", "elsewhere", "at", "ever", "standing"),
    [
        ("a; b<a", "", "b", "ab", Standing.HERE),
        ("a; b<a", "", "", "", Standing.HERE),
        ("a", "b<a; c<b", "c", "abc", Standing.AHEAD),
        ("a; b<a; c<a", "m<bc", "m", "abcm", Standing.AHEAD),
        ("a; b<a; c<a", "d<b", "d", "abd", Standing.DIVERGED),  # c is not applied
        ("a; b<a; c<a", "d<b", "cd", "abcd", Standing.AHEAD),
        ("a", "x", "ax", "ax", Standing.AHEAD),  # a branch of its own that newer code began
        ("a; c<a", "b<a", "b", "ab", Standing.DIVERGED),
        ("a", "", "z", "", Standing.LOST),
        ("a", "c<b", "c", "ac", Standing.LOST),  # of b nothing is known
        ("a", "b<a", "bz", "ab", Standing.LOST),
        ("x", "b<a; a", "b", "ab", Standing.FOREIGN),
        ("x", "", "b", "b", Standing.LOST),  # what came before b may be here
        ("x; a", "", "b", "ab", Standing.LOST),  # this history was here once
        ("", "a", "a", "a", Standing.FOREIGN),
        ("a", "b<c; c<b", "b", "abc", Standing.LOST),  # somebody has forged a circle
    ],
)
def test_where_a_database_is(here: str, elsewhere: str, at: str, ever: str, standing: Standing) -> None:
    assert lineage(here, elsewhere).standing(at, ever) is standing


def test_what_is_gone_comes_each_before_what_it_follows() -> None:
    found = lineage("a", "b<a; c<a; m<bc; n<m")
    gone = found.gone("n")
    assert sorted(gone) == ["b", "c", "m", "n"]
    assert gone[:2] == ("n", "m")
    assert found.bases("n") == ("a",)


@pytest.mark.parametrize(
    ("before", "after", "follows"),
    [("", "a", {}), ("a", "b", {"b": "a"}), ("bc", "m", {"m": "bc"}), ("b", "bc", {}), ("b", "c", {"c": "b"})],
)
def test_where_a_database_was_tells_what_a_revision_follows(before: str, after: str, follows: dict[str, str]) -> None:
    found = seen_to_follow([(after[-1], frozenset(before), frozenset(after))])
    assert found == {name: frozenset(parents) for name, parents in follows.items()}


SCRIPT = '''"""add b"""

from alembic import op

revision = "b"
down_revision = "a"


def upgrade():
    op.execute("one")


def downgrade():
    """Go back."""
    op.execute("two")
'''


@pytest.mark.parametrize(
    ("old", "new", "edit"),
    [
        ("one", "one", Edit.NONE),
        ("\n", "\r\n", Edit.NONE),
        ("add b", "add b, at last", Edit.LAYOUT),
        ("    op", "    # why\n    op", Edit.LAYOUT),
        ('"one"', "'one'", Edit.LAYOUT),
        ("two", "three", Edit.DOWNGRADE),
        ('down_revision = "a"', 'down_revision = "c"', Edit.PLACE),
        ("one", "1", Edit.UPGRADE),
        ("from alembic import op", "from mine import op", Edit.UPGRADE),
        ('revision = "b"\n', 'revision = "b"\ndrops = "drop"\n', Edit.UPGRADE),
        ("def upgrade():", "def upgrade(:", Edit.UPGRADE),
    ],
)
def test_an_edit_counts_where_another_database_would_come_out_otherwise(old: str, new: str, edit: Edit) -> None:
    found = edit_of(SCRIPT, SCRIPT.replace(old, new))
    assert found is edit
    assert found.counts == (edit is Edit.UPGRADE)
