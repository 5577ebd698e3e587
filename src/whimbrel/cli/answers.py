"""The options that answer what a comparison leaves open."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from whimbrel.cli.options import Text

if TYPE_CHECKING:
    from whimbrel.commands import Decisions

F = TypeVar("F", bound=Callable[..., Any])

_RENAMES = (
    click.option(
        "--rename",
        multiple=True,
        type=Text(),
        metavar="OLD=NEW",
        help="A rename: people=users, users.name=users.full_name, item=other.item (may be repeated)",
    ),
    click.option(
        "--rename-value",
        multiple=True,
        type=Text(),
        metavar="COLUMN:OLD=NEW",
        help="A renamed value of an enumeration: item.color:green=lime, or with the type's name (may be repeated)",
    ),
    click.option(
        "--no-rename",
        multiple=True,
        type=Text(),
        metavar="NAME",
        help="What takes part in no rename: people, users.name, item.color:green (may be repeated)",
    ),
    click.option(
        "--renames",
        type=click.Choice(["ask", "best", "never"]),
        default=None,
        help="What to do about other possible renames: ask, take the best ones, or drop and add (default: ask)",
    ),
)
_ROWS = (
    click.option(
        "--fill",
        multiple=True,
        type=Text(),
        metavar="TABLE.COLUMN=SQL",
        help="What rows without a value get where a column becomes NOT NULL: users.email=\"''\" (may be repeated)",
    ),
    click.option(
        "--using",
        multiple=True,
        type=Text(),
        metavar="TABLE.COLUMN=SQL",
        help='How values become ones of a new type: users.age="age::int" (may be repeated)',
    ),
    click.option(
        "--allow-many-drops",
        is_flag=True,
        help="Drop tables that the models do not have, even if these are most or all of them",
    ),
    click.option("--no-input", is_flag=True, help="Ask nothing, also on a terminal"),
)
_OURS = click.option(
    "--ours",
    multiple=True,
    type=Text(),
    metavar="NAME",
    help="An object that belongs to this history though no script made it; it is dropped if the models lack it",
)


scratch_option = click.option(
    "--scratch",
    is_flag=True,
    help="Let a scratch database be made on the database's server, where the snapshot file does not have the models",
)


def rename_options(command: F) -> F:
    """Add the options that say what is a rename and what is ours."""
    for option in (_OURS, *reversed(_RENAMES)):
        command = option(command)
    return command


def answer_options(command: F) -> F:
    """Add all options that answer a question."""
    for option in reversed(_ROWS):
        command = option(command)
    return rename_options(command)


_NAMES = ("rename", "rename_value", "no_rename", "renames", "fill", "using", "ours", "allow_many_drops")


def taken_from(arguments: dict[str, Any]) -> Decisions:
    """Take the answers out of a command's arguments."""
    from whimbrel.commands import decisions_from

    return decisions_from(**{name: arguments.pop(name) for name in _NAMES if name in arguments})


def given(arguments: dict[str, Any]) -> list[str]:
    """Name the options among the arguments that were given."""
    return [f"--{name.replace('_', '-')}" for name in (*_NAMES, "no_input") if arguments.get(name)]
