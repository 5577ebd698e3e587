"""Scripts as data, with what is told of them: by hand, before anything was printed."""

from dataclasses import dataclass

EVERY = ("postgresql", "mariadb", "sqlite")
PG, MY, LITE = ("postgresql",), ("mariadb",), ("sqlite",)


@dataclass(frozen=True, slots=True)
class Words:
    """A script and what is told of it.

    Attributes:
        name: What it is about.
        body: The body of its `upgrade`.
        what: What its statements do, each phrase on its own.
        on: The servers.
        manner: How the last of its statements goes about it; not looked at if it is empty.
        before: What is made before the script begins, beside the usual three tables.
    """

    name: str
    body: str
    what: tuple[str, ...]
    on: tuple[str, ...] = EVERY
    manner: str = ""
    before: str = ""


CASES: list[Words] = []


def case(name: str, body: str, *what: str, on: tuple[str, ...] = EVERY, manner: str = "", before: str = "") -> None:
    """Write down a script."""
    CASES.append(Words(name, body, what, on, manner, before))
