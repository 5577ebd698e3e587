"""The header of a script (its ids and its docstring), read from the text without running it.

The rule: a header is returned only where importing the script would give the same. Everything else is
for Alembic's way, the import: `read_header` then returns None.
"""

from __future__ import annotations

import ast
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass

Ids = str | tuple[str, ...] | list[str] | None


@dataclass(slots=True)
class Header:
    """What a script says about its place in the history.

    Attributes:
        revision: Its id.
        down_revision: Its parents.
        branch_labels: Its labels.
        depends_on: What it needs beside its parents.
        doc: Its docstring, empty without one; None where only the import can tell.
    """

    revision: str
    down_revision: Ids
    branch_labels: Ids
    depends_on: Ids
    doc: str | None


def ids_in(ids: Ids) -> tuple[str, ...]:
    """Return ids as a tuple, however they were written."""
    if ids is None:
        return ()
    return (ids,) if isinstance(ids, str) else tuple(ids)


# As in Alembic's `_only_source_rev_file`: no editor's lock file, no package's own module.
_SOURCE = re.compile(r"(?:.*[/\\])?(?!\.#|__init__)[^/\\]*\.py")


def is_source(path: str) -> bool:
    """Tell whether a file has the name of a script."""
    return _SOURCE.fullmatch(path) is not None


def read_header(path: str) -> Header | None:
    """Return the header of a script; None where the script has to be imported to know it, or cannot be read."""
    try:
        return header_of(content_of(path))
    except OSError:
        return None


def header_of(content: bytes) -> Header | None:
    """Return the header of a script by what its file holds; None where it has to be imported to know it."""
    return _header_at_a_glance(content) or _header_by_syntax(content)


def content_of(path: str) -> bytes:
    """Read a file; twice as fast as a file object, which counts with thousands of them."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        parts = []
        while part := os.read(descriptor, 1 << 16):
            parts.append(part)
            if len(part) < 1 << 16:
                break
        return b"".join(parts)
    finally:
        os.close(descriptor)


_NAMES = ("revision", "down_revision", "branch_labels", "depends_on")

# A file as a template writes it: docstring, imports, and the four assignments on a line each. Before the last
# of them nothing else may stand, and none of the names may occur after it.
_TO_END = r"[ \t]*(?:#[^\n]*)?\n"
_EMPTY = rf"(?:{_TO_END})*"
_TEXT = r"""(?:"[^"\\\n]+"|'[^'\\\n]+')"""
_VALUE = rf"(?:None|{_TEXT}|[(\[]{_TEXT}(?:, ?{_TEXT})*,?[)\]])"
_HINT = r"""(?: ?: ?[\w\[\], |."']+?)?"""
_AT_A_GLANCE = re.compile(
    rf'(?P<before>{_EMPTY})(?:"""(?P<doc>[^"\\]*(?:"(?!"")[^"\\]*)*)"""{_TO_END})?'
    rf"(?P<imports>(?:(?:(?:from [\w.]+ )?import \w[\w., ]*)?{_TO_END})*)"
    rf"revision{_HINT} ?= ?(?P<revision>{_TEXT}){_TO_END}{_EMPTY}"
    rf"down_revision{_HINT} ?= ?(?P<down_revision>{_VALUE}){_TO_END}"
    rf"(?:{_EMPTY}branch_labels{_HINT} ?= ?(?P<branch_labels>{_VALUE}){_TO_END})?"
    rf"(?:{_EMPTY}depends_on{_HINT} ?= ?(?P<depends_on>{_VALUE}){_TO_END})?"
)
# By these a module may change its names without writing them.
_BY_THE_BACK_DOOR = ("globals", "locals", "vars", "exec", "eval", "setattr", "__dict__", "__doc__", "__getattr__")
_INDIRECT = ("__dict__", "__doc__", "__getattr__", "setattr", "globals(", "locals(", "vars(", "exec(", "eval(")
_ALL_NAMES_OF_ANOTHER = re.compile(r"import[ \t(]*\*")

_OF_THE_HEADER = {*_NAMES, *_BY_THE_BACK_DOOR, "*"}


def _header_at_a_glance(content: bytes) -> Header | None:
    """Read a header that stands as templates write it."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    match = _AT_A_GLANCE.match(text)
    if match is None or "coding" in match["before"]:
        return None
    rest = text[match.end() :]
    if "revision" in rest or "branch_labels" in rest or "depends_on" in rest or _is_indirect(rest):
        return None
    _, doc, imports, revision, *values = match.groups()
    if "branch_labels" in imports or "depends_on" in imports or "__doc__" in imports:
        return None
    parents, labels, needed = map(_value, values)
    return Header(revision[1:-1], parents, labels, needed, _doc(doc))


def _value(written: str | None) -> Ids:
    if written is None or written == "None":
        return None
    ids: Ids = written[1:-1] if written[0] in "\"'" else ast.literal_eval(written)
    return ids


def _is_indirect(code: str) -> bool:
    return any(word in code for word in _INDIRECT) or ("*" in code and bool(_ALL_NAMES_OF_ANOTHER.search(code)))


def _header_by_syntax(content: bytes) -> Header | None:
    """Read a header that is somewhere in a script: each name bound once, at the top, to what is written there."""
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    nodes = list(ast.walk(tree))
    bound = [name for node in nodes for name in _bound_by(node) if name in _OF_THE_HEADER]
    values = dict(_assigned(tree))
    if sorted(bound) != sorted(values) or not {"revision", "down_revision"} <= set(values):
        return None
    try:
        header = {name: ast.literal_eval(node) for name, node in values.items()}
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None
    if not isinstance(header["revision"], str) or not all(map(_is_ids, header.values())):
        return None
    needed = (header["down_revision"], header.get("branch_labels"), header.get("depends_on"))
    return Header(header["revision"], *needed, _doc(ast.get_docstring(tree, clean=False)))


def _assigned(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in _NAMES:
                yield name, value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value) if name in _NAMES:
                yield name, value


def _bound_by(node: ast.AST) -> Iterator[str]:
    """Yield the names that a node binds, wherever, and those by which it may bind others."""
    match node:
        case ast.Name(id=name, ctx=ctx):
            if name in _BY_THE_BACK_DOOR or not isinstance(ctx, ast.Load):
                yield name
        case ast.Attribute(attr=name):
            if name in _BY_THE_BACK_DOOR:
                yield name
        case ast.alias(name=name, asname=other):
            yield other or name
        case ast.Global(names=names) | ast.Nonlocal(names=names):
            yield from names
        case _:  # a function, class or handler; a capture of `match`
            yield from (one for one in (getattr(node, "name", None), getattr(node, "rest", None)) if one)


def _is_ids(value: object) -> bool:
    if isinstance(value, (tuple, list)):
        return all(isinstance(one, str) for one in value)
    return value is None or isinstance(value, str)


_INDENTED = re.compile(r"(?:^|\n)[ \f]|\t")


def _doc(written: str | None) -> str | None:
    """Return a docstring as the module has it; None where that depends on Python.

    From Python 3.13 on the compiler takes away the indentation of docstrings, and writes tabs as spaces; with
    ``-OO`` it drops them.
    """
    if sys.flags.optimize > 1:
        return None
    return None if written and _INDENTED.search(written) else written or ""
