"""Situations that end in one clear error, and what every one of these errors has to be."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.core.accounts import TELLTALE
from tests.core.repository import picture
from tests.support.databases import BACKENDS
from tests.support.project import Outcome, Project
from whimbrel.errors import WhimbrelError

THREE_PARTS = re.compile(
    r"^Error: (?P<what>\S.*?)\n  Why:  (?P<why>\S.*?)\n  Do:   (?P<do>\S.*?)\n\Z", re.DOTALL | re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Complaint:
    """The three parts of an error as they were printed."""

    what: str
    why: str
    do: str


@dataclass(frozen=True, slots=True)
class Situation:
    """Something is wrong.

    Attributes:
        claim: What is wrong, as a test's id.
        error: The class of the error; its exit code is the command's.
        arrange: Makes the situation in an empty project's folder.
        command: What is run, without `flask db`.
        what: Parts of the error's first text, as regular expressions.
        why: The same for the second text.
        do: The same for the third text.
        env: Variables of the command's process.
        backends: Where it is looked at.
    """

    claim: str
    error: type[WhimbrelError]
    arrange: Callable[[Project], Any]
    command: tuple[str, ...] = ("upgrade",)
    what: tuple[str, ...] = ()
    why: tuple[str, ...] = ()
    do: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    backends: tuple[str, ...] = ("sqlite",)


def on_backends(*situations: Situation) -> list[Any]:
    """Return parameters for a test of `situation` and `backend`."""
    return [
        pytest.param(one, backend, id=f"{one.claim}-{backend}".replace(" ", "_"))
        for one in situations
        for backend in one.backends
        if backend in BACKENDS
    ]


def complaint(outcome: Outcome) -> Complaint:
    """Return the one error that a process ended with."""
    both = outcome.stdout + outcome.stderr
    assert "Traceback" not in both, "a traceback: …" + both[-1200:]
    assert TELLTALE not in both, "a password is shown: " + both
    assert len(re.findall(r"(?m)^Error", both)) == 1, both
    found = THREE_PARTS.search(outcome.stderr)
    assert found is not None, "not in three parts at the end of stderr: " + both
    return Complaint(*found.groups())


def assert_ends_in_its_error(project: Project, situation: Situation) -> None:
    """Make a situation, run its command, and hold the outcome against what the situation says."""
    situation.arrange(project)
    before = picture(project.database)
    outcome = project.flask(*situation.command, env=situation.env, check=False)
    said = complaint(outcome)
    for text, patterns in ((said.what, situation.what), (said.why, situation.why), (said.do, situation.do)):
        for pattern in patterns:
            assert re.search(pattern, text), f"{pattern!r} is not in {text!r}; all of it: {said}"
    assert outcome.rc == situation.error.exit_code, said
    if situation.error.exit_code == 1:
        assert picture(project.database) == before, said
