"""The options that several commands share; names and defaults are Flask-Migrate's."""

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


class Revision(Text):
    """A revision, or several, as a person writes them; a variable of the shell that holds nothing is none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the text."""
        if not value:
            self.fail("it is empty; `flask db history` lists the revisions", param, ctx)
        return super().convert(value, param, ctx)


directory_option = click.option(
    "-d", "--directory", default=None, help="The migrations folder; the one given to Migrate() if not named"
)
x_arg_option = click.option(
    "-x", "--x-arg", multiple=True, help="A name=value for env.py, which finds it by context.get_x_argument()"
)
sql_option = click.option("--sql", is_flag=True, help="Write the SQL to stdout and leave the database alone")
tag_option = click.option("--tag", default=None, help="A word for env.py, which finds it by context.get_tag_argument()")
verbose_option = click.option("-v", "--verbose", is_flag=True, help="Say more of each")
branch_label_option = click.option(
    "--branch-label", default=None, help="A label for the branch that begins with the new revision"
)
rev_id_option = click.option("--rev-id", default=None, help="The id of the new revision; a random one if not given")


def message_option(text: str = "What the script does, in a few words") -> Callable[[F], F]:
    """Return the option for a script's message."""
    return click.option("-m", "--message", default=None, type=Text(), help=text)


def run_options(command: F) -> F:
    """Add the options of a command that runs scripts; each wins over the setting of its name."""
    for option in (
        click.option(
            "--statement-timeout", type=click.FloatRange(0), help="End statements that run longer, in seconds (0: none)"
        ),
        click.option(
            "--lock-timeout", type=click.FloatRange(0), help="Wait no longer for a lock at a time, in seconds"
        ),
        click.option("--atomic", is_flag=True, default=None, help="One transaction around all revisions"),
    ):
        command = option(command)
    return command


def new_revision_options(command: F) -> F:
    """Add the options of a command that writes a script."""
    for option in (
        click.option(
            "--depends-on",
            multiple=True,
            help="A revision that must be applied before this one (may be repeated)",
        ),
        rev_id_option,
        click.option(
            "--version-path", default=None, help="The folder for the script, where version_locations names several"
        ),
        branch_label_option,
        click.option("--splice", is_flag=True, help="Let the new revision follow one that is no head"),
        click.option(
            "--head",
            default="head",
            help="The revision that the new one follows, or BRANCH@head",
        ),
        sql_option,
    ):
        command = option(command)
    return command


def was_given(name: str) -> bool:
    """Tell whether a person has said something, be it what holds anyway."""
    return click.get_current_context().get_parameter_source(name) is not click.core.ParameterSource.DEFAULT
