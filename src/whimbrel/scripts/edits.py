"""What became of a script since it was run: which edits count, and what they are.

The rule: what counts is what would make an upgrade of another database come out otherwise. Comments, docstrings and
layout do not, line endings neither; and `downgrade()` has not run yet.
"""

from __future__ import annotations

import ast
import difflib
from enum import Enum

from whimbrel.visible import visible


class Edit(Enum):
    """What was edited, the gravest last."""

    NONE = "none"
    LAYOUT = "layout"  # comments, docstrings, blanks, quotes
    DOWNGRADE = "downgrade"  # the way back alone
    PLACE = "place"  # what it follows
    UPGRADE = "upgrade"  # anything else

    @property
    def counts(self) -> bool:
        """Whether an upgrade of another database would come out otherwise."""
        return self is Edit.UPGRADE

    @property
    def in_words(self) -> str:
        """What it means."""
        return _WORDS[self]


_WORDS = {
    Edit.NONE: "as it was run",
    Edit.LAYOUT: "edited since it was run, in comments or layout: harmless",
    Edit.DOWNGRADE: "edited since it was run, in its downgrade alone: the database is as it says",
    Edit.PLACE: "given another place in the history since it was run",
    Edit.UPGRADE: "edited since it was run",
}
_PLACE = ("down_revision", "branch_labels", "depends_on")


def edit_of(ran: str, now: str) -> Edit:
    """Tell what was edited in a script.

    Args:
        ran: Its text when it was run.
        now: Its text now.
    """
    if ran.splitlines() == now.splitlines():
        return Edit.NONE
    try:
        before, after = ast.parse(ran), ast.parse(now)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Edit.UPGRADE
    if _code(before) == _code(after):
        return Edit.LAYOUT
    for edit, of in ((Edit.DOWNGRADE, _is_downgrade), (Edit.PLACE, _is_place_or_downgrade)):
        if _code(_without(before, of)) == _code(_without(after, of)):
            return edit
    return Edit.UPGRADE


def difference(ran: str, now: str, name: str) -> str:
    """Return how a script was edited, as a unified diff."""
    lines = difflib.unified_diff(ran.splitlines(), now.splitlines(), f"{name}  (as it was run)", name, lineterm="", n=2)
    return "\n".join(map(visible, lines))


def _code(tree: ast.Module) -> str:
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [one for one in body if not _is_idle(one)]  # type: ignore[attr-defined]
    return ast.dump(tree)


def _is_idle(node: ast.stmt) -> bool:
    """Tell whether a statement does nothing: a docstring, `pass`."""
    return isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))


def _without(tree: ast.Module, of: object) -> ast.Module:
    assert callable(of)
    return ast.Module([one for one in tree.body if not of(one)], [])


def _is_downgrade(node: ast.stmt) -> bool:
    """Tell whether a statement is the way back; of several databases, each has its own."""
    return isinstance(node, ast.FunctionDef) and (node.name == "downgrade" or node.name.startswith("downgrade_"))


def _is_place_or_downgrade(node: ast.stmt) -> bool:
    match node:
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return name in _PLACE
    return _is_downgrade(node)
