"""``ReadScript``: a script known by its header, imported when somebody needs what it holds."""

from __future__ import annotations

import os
import re
import traceback
from functools import cached_property
from pathlib import Path
from types import ModuleType

from alembic.script import Script
from alembic.util import CommandError, load_python_file, to_tuple

from whimbrel.errors import BrokenScript
from whimbrel.scripts.header import Header


class ReadScript(Script):
    """A script whose header was read from its text.

    Args:
        header: What was read.
        path: The file.
    """

    def __init__(self, header: Header, path: str) -> None:
        """Import nothing yet."""
        self.path = path
        self._doc = header.doc
        # Alembic's own constructor takes the module, and does no more with it than this.
        super(Script, self).__init__(
            header.revision,
            header.down_revision,  # type: ignore[arg-type]  # a list too, as in scripts written by hand
            branch_labels=to_tuple(header.branch_labels, default=()),
            dependencies=to_tuple(header.depends_on, default=()),
        )

    @cached_property
    def module(self) -> ModuleType:  # type: ignore[override]
        """The script as a Python module.

        Raises:
            BrokenScript: It cannot be imported.
        """
        folder, name = os.path.split(self.path)
        try:
            return load_python_file(folder, name)
        except Exception as error:
            raise broken(self.path, error, "be run") from error

    @property
    def longdoc(self) -> str:
        """The docstring."""
        return super().longdoc if self._doc is None else self._doc.strip()


def broken(path: str, error: Exception, cannot: str) -> BrokenScript:
    """Return the error for a script that cannot be imported; `cannot` says what is therefore impossible."""
    line = line_in(path, error)
    place = shown_path(path) + (f", line {line}" if line else "")
    detail = error.msg if isinstance(error, SyntaxError) else str(error)
    words = detail if isinstance(error, CommandError) else f"{type(error).__name__}: {detail}"
    return BrokenScript(
        f"{place}: {words}",
        why=f"The script cannot be imported, so it cannot {cannot}. Nothing was changed.",
        do=f"edit {place}",
    )


_PASSWORD = re.compile(r"(://[^\s:/@]*:)[^\s/]*@")


def words_of(error: BaseException) -> str:
    """Return what an error of a script's says; a URL in it without its password."""
    return _PASSWORD.sub(r"\1***@", f"{type(error).__name__}: {error}")


def line_in(path: str | Path, error: BaseException) -> int | None:
    """Return the line of a file at which an error arose: the innermost one of that file."""
    if isinstance(error, SyntaxError) and error.filename and Path(error.filename) == Path(path):
        return error.lineno
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return lines[-1] if lines else None


def shown_path(path: str | Path) -> str:
    """Return a path as a person here would type it: relative to the current folder if below it."""
    full = Path(path)
    try:
        return str(full.resolve().relative_to(Path.cwd().resolve()))
    except ValueError:
        return str(full)
