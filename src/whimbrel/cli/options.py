"""The options that several commands share; names, defaults and texts are Flask-Migrate's."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


class Text(click.types.StringParamType):
    """Text from the command line, as UTF-8 whatever the locale says.

    In the C and POSIX locales Python hands the bytes over as lone surrogates (PEP 383), which no
    file can hold.
    """

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the text."""
        return os.fsencode(str(value)).decode("utf-8", "replace")


directory_option = click.option(
    "-d", "--directory", default=None, help='Migration script directory (default is "migrations")'
)
x_arg_option = click.option(
    "-x", "--x-arg", multiple=True, help="Additional arguments consumed by custom env.py scripts"
)
sql_option = click.option("--sql", is_flag=True, help="Don't emit SQL to database - dump to standard output instead")
tag_option = click.option("--tag", default=None, help='Arbitrary "tag" name - can be used by custom env.py scripts')
verbose_option = click.option("-v", "--verbose", is_flag=True, help="Use more verbose output")
branch_label_option = click.option(
    "--branch-label", default=None, help="Specify a branch label to apply to the new revision"
)
rev_id_option = click.option("--rev-id", default=None, help="Specify a hardcoded revision id instead of generating one")


def message_option(text: str = "Revision message") -> Callable[[F], F]:
    """Return the option for a script's message."""
    return click.option("-m", "--message", default=None, type=Text(), help=text)


def new_revision_options(command: F) -> F:
    """Add the options of a command that writes a script."""
    for option in (
        click.option(
            "--depends-on",
            multiple=True,
            help="Specify one or more revisions that this revision should depend on",
        ),
        rev_id_option,
        click.option("--version-path", default=None, help="Specify specific path from config for version file"),
        branch_label_option,
        click.option("--splice", is_flag=True, help='Allow a non-head revision as the "head" to splice onto'),
        click.option(
            "--head",
            default="head",
            help="Specify head revision or <branchname>@head to base new revision on",
        ),
        sql_option,
    ):
        command = option(command)
    return command
