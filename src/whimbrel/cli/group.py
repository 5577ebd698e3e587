"""The command group ``flask db``."""

from __future__ import annotations

import atexit
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from flask import g
from flask.cli import with_appcontext

from whimbrel.cli import show
from whimbrel.cli.options import directory_option, x_arg_option

_running = 0


@contextmanager
def running() -> Iterator[None]:
    """Note that a command of the group runs, or that the app is loaded for one."""
    global _running  # noqa: PLW0603
    _running += 1
    try:
        yield
    finally:
        _running -= 1


def is_running() -> bool:
    """Tell whether this process runs a command of the group."""
    return _running > 0


class DatabaseGroup(click.Group):
    """A group that shows the errors of the family in their three parts and ends with their exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command of the group."""
        _make_streams_forgiving()
        with running(), show.errors(ctx), _spared_collections():
            return super().invoke(ctx)


@click.group(cls=DatabaseGroup)
@directory_option
@x_arg_option
@click.option("-n", "--name", default=None, help="The section of alembic.ini to read (default: alembic)")
@with_appcontext
def db(directory: str | None, x_arg: tuple[str, ...], name: str | None) -> None:
    """Migrate the database."""
    g.directory = directory
    g.ini_section = name
    g.x_arg = x_arg  # picked up by Migrate.get_config()
    show.installation()


@contextmanager
def _spared_collections() -> Iterator[None]:
    """Spare the garbage collector what lives as long as the process: first what the app has made, in the end all.

    A look at 1,000 models takes it 0.3 s, several times in a command, and it would take a last one while the
    process ends. What it holds until then is given back to the operating system anyway.
    """
    atexit.unregister(gc.freeze)
    atexit.register(gc.freeze)
    if gc.get_freeze_count():  # somebody else's, which is not ours to end
        yield
        return
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()  # the process may go on, as that of a test does


def _make_streams_forgiving() -> None:
    """Print what the terminal's encoding has no character for as a question mark, not as an error."""
    streams: tuple[Any, ...] = (sys.stdout, sys.stderr)
    for stream in streams:
        encoding = (getattr(stream, "encoding", None) or "").lower().replace("-", "")
        if encoding != "utf8" and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
