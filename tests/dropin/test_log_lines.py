"""The log lines of every verb are Flask-Migrate's: level, logger, text and order.

A log line is `LEVEL  [logger] message` on stderr. What ours says besides is no log line.
"""

from tests.dropin.sides import Column, Sides, agree

EVERY_VERB = (
    ("list-templates",),
    ("migrate", "-m", "initial migration", "--rev-id", "a1"),
    ("check",),
    ("upgrade",),
    ("migrate", "-m", "nothing"),
    Column("email"),
    ("revision", "--autogenerate", "-m", "add email", "--rev-id", "b2"),
    ("upgrade", "--sql"),
    ("upgrade", "--tag", "blue"),
    ("current", "-v"),
    ("history", "-i"),
    ("downgrade", "b2:a1", "--sql"),
    ("downgrade",),
    ("stamp", "b2"),
    ("stamp", "--purge", "a1"),
    ("stamp", "--sql", "b2"),
    ("upgrade", "b2"),
    ("revision", "-m", "by hand", "--rev-id", "c3"),
    ("revision", "-m", "aside", "--rev-id", "d4", "--head", "b2", "--splice", "--branch-label", "aside"),
    ("heads",),
    ("branches",),
    ("upgrade", "heads"),
    ("merge", "-m", "join", "--rev-id", "e5", "heads"),
    ("upgrade",),
    ("show", "e5"),
    ("edit", "e5"),
    ("downgrade", "base"),
)
# Enough where only the repository is another: what the verbs do there comes from the same env.py.
TUTORIAL = (
    ("init",),
    ("migrate", "-m", "initial migration", "--rev-id", "a1"),
    ("upgrade",),
    ("check",),
    ("migrate", "-m", "nothing"),
    Column("email"),
    ("migrate", "-m", "add email", "--rev-id", "b2"),
    ("upgrade",),
    ("downgrade",),
    ("upgrade", "a1:b2", "--sql"),
    ("stamp", "b2"),
    ("current",),
)


def test_the_log_lines_of_every_verb_are_flask_migrates(sides: Sides) -> None:
    sides.theirs.flask("init")
    sides.share_repository()
    ours, theirs = sides.log_lines(EVERY_VERB)
    # How an error looks is ours: three parts in place of one line of a logger.
    agree(without_errors(ours), without_errors(theirs))
    assert any("Running upgrade a1 -> b2, add email" in line for line in theirs["9. flask db upgrade --tag blue"])


def test_in_a_repository_of_ours_they_are_the_same(sides: Sides) -> None:
    ours, theirs = sides.log_lines(TUTORIAL)
    agree(ours, theirs)
    assert len(theirs["3. flask db upgrade"]) == 3


def without_errors(lines: dict[str, list[str]]) -> dict[str, list[str]]:
    return {
        command: [line for line in found if not line.startswith("ERROR [flask_migrate]")]
        for command, found in lines.items()
    }
