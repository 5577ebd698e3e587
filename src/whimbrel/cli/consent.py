"""Shows a person scripts that are not in the folder, and asks whether they may be run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from whimbrel.cli.ask import is_terminal, read
from whimbrel.visible import visible

if TYPE_CHECKING:
    from whimbrel.commands import Recalled

F = TypeVar("F", bound=Callable[..., Any])

checksum_option = click.option(
    "--checksum",
    multiple=True,
    metavar="SHA256",
    help="Agree to a script that is not in the folder, by the checksum of its text (may be repeated)",
)


class Person:
    """Agrees by the checksums on the command line, or else at a terminal.

    Args:
        checksums: Those that were given.
    """

    def __init__(self, checksums: Sequence[str]) -> None:
        """Know the checksums."""
        self._checksums = {one.strip().lower() for one in checksums}

    def agrees(self, scripts: Sequence[Recalled]) -> bool:
        """Show the texts on stderr, and tell whether their downgrades may be run."""
        if self._checksums and self._checksums >= {one.checksum for one in scripts}:
            return True
        for one in scripts:
            _show(one)
        if self._checksums or not is_terminal():
            return False
        many = "these scripts" if len(scripts) > 1 else "this script"
        return read(f"Run downgrade() of {many}? [y/N] ").lower() in ("y", "yes")


def _show(one: Recalled) -> None:
    click.echo(f"--- {visible(one.revision)}, from {one.origin}, sha256 {one.checksum}", err=True)
    for line in one.text.splitlines():
        click.echo(f"    {visible(line)}", err=True)
    click.echo("---", err=True)
