"""Puts statements into the functions of a script that is there already; all else in it stays letter for letter."""

from __future__ import annotations

import ast
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from pathlib import Path
from types import ModuleType


def function_for(text: str, direction: str, bind: str) -> str | None:
    """Return the name of the function in which a script does something to a database; None if it has none.

    Args:
        text: The script.
        direction: ``upgrade`` or ``downgrade``.
        bind: The name of the database; empty for the default one, which has a function of its own beside binds.
    """
    there = {one.name: one for one in _functions(text)}
    own = f"{direction}_{bind}".replace("-", "_")
    if own in there:
        return own
    is_plain = not bind and direction in there and not there[direction].args.args  # else it is for all of them
    return direction if is_plain else None


def is_idle(text: str, function: str) -> bool:
    """Tell whether a function does nothing."""
    return all(
        isinstance(one, ast.Pass) or (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))
        for one in _function(text, function).body
    )


def with_ending(text: str, function: str, code: Sequence[str]) -> str | None:
    """Return a script with statements at the end of a function; None if the function is written in one line.

    Args:
        text: The script.
        function: The function's name.
        code: The lines, without indentation.
    """
    body = _function(text, function).body
    lines = _lines(text)
    end = body[-1].end_lineno or body[-1].lineno
    indent = _indent(lines, _function(text, function))
    if not indent:
        return None
    for place, line in enumerate(lines[end:], end + 1):  # what is noted at the end belongs to what stands before it
        if line.strip() and not (line.startswith(indent) and line.lstrip().startswith("#")):
            break
        end = place if line.strip() else end
    return _with_lines(lines, end, code, indent)


def with_beginning(text: str, function: str, code: Sequence[str]) -> str | None:
    """Return a script with statements at the beginning of a function, as `with_ending` does at its end."""
    node = _function(text, function)
    lines = _lines(text)
    indent = _indent(lines, node)
    if not indent:
        return None
    first = node.body[1] if ast.get_docstring(node) is not None and len(node.body) > 1 else node.body[0]
    start = first.lineno - 1
    while lines[start - 1].startswith(indent) and lines[start - 1].lstrip().startswith("#"):
        start -= 1
    return _with_lines(lines, start, code, indent)


def with_imports(text: str, imports: Iterable[str]) -> str:
    """Return a script that imports some more, below what it imports."""
    module = ast.parse(text)
    known = [one for one in module.body if isinstance(one, ast.Import | ast.ImportFrom)]
    there = {ast.unparse(one) for one in known}
    more = sorted(one for one in imports if ast.unparse(ast.parse(one)) not in there)
    lines = _lines(text)
    return _with_lines(lines, known[-1].end_lineno or 0, more, "") if known and more else text


def module_of(path: str | Path, text: str) -> ModuleType:
    """Return what importing a script would give if it had some text."""
    module = ModuleType(Path(path).stem)
    module.__file__ = str(path)
    exec(compile(text, str(path), "exec"), module.__dict__)  # as Alembic does with each script
    return module


def read(path: str | Path) -> str:
    """Read a script as it is, the ends of its lines too."""
    return Path(path).read_bytes().decode("utf-8")


def write(path: str | Path, text: str) -> None:
    """Put a script in the place of the one that is there, all of it or nothing."""
    file = Path(os.path.realpath(path))
    beside = file.with_name(f".{file.name}.{os.getpid()}.new")
    try:
        beside.write_bytes(text.encode("utf-8"))
        shutil.copymode(file, beside)
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)


def _lines(text: str) -> list[str]:
    """Split a text as Python does, which knows fewer ends of lines than ``splitlines()``."""
    return StringIO(text, newline="").readlines()


def _functions(text: str) -> Iterator[ast.FunctionDef]:
    yield from (one for one in ast.parse(text).body if isinstance(one, ast.FunctionDef))


def _function(text: str, name: str) -> ast.FunctionDef:
    return next(one for one in _functions(text) if one.name == name)


def _indent(lines: Sequence[str], node: ast.FunctionDef) -> str:
    """Return the white space before the statements of a function; empty if they stand in its first line."""
    first = node.body[0]
    before = lines[first.lineno - 1][: first.col_offset]
    return before if not before.strip() else ""


def _with_lines(lines: Sequence[str], place: int, code: Sequence[str], indent: str) -> str:
    ending = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    new = [f"{indent if line else ''}{line}{ending}" for line in code]
    above = list(lines[:place])
    if above and not above[-1].endswith("\n"):
        above[-1] += ending
    return "".join([*above, *new, *lines[place:]])
