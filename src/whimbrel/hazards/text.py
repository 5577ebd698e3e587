"""What the text of a script says by itself: its acceptances, its imports, its downgrade."""

from __future__ import annotations

import ast
import importlib.util
import io
import re
import sys
import tokenize
from dataclasses import dataclass, field

_NAME = r"[a-z][a-z-]*"
_ACCEPT = re.compile(rf"#\s*whimbrel:\s*accept\s+({_NAME}(?:\s*,\s*{_NAME})*)\s*(?:because\s+(.*))?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A hazard that a person has accepted.

    Attributes:
        name: The hazard.
        reason: Why.
        where: What says so: the line of a script, an option, a setting.
        line: The script's line; 0 if it is no script.
    """

    name: str
    reason: str = ""
    where: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class ScriptText:
    """What a script says of itself.

    Attributes:
        acceptances: What it accepts.
        imports: The modules that it imports and that belong neither to Python nor to the tools; with the line.
        downgrade: ``full``, ``empty`` or ``raises``; ``none`` where there is no such function.
        downgrade_line: The line of the function.
    """

    acceptances: tuple[Acceptance, ...] = ()
    imports: tuple[tuple[str, int], ...] = ()
    downgrade: str = "full"
    downgrade_line: int = 0
    lines: tuple[str, ...] = field(default=(), repr=False)


def text_of_script(source: str, name: str) -> ScriptText:
    """Read what a script says; one that is no Python says nothing.

    Args:
        source: Its text.
        name: How a person calls the file.
    """
    try:
        tree = ast.parse(source)
        comments = tuple(_acceptances(source, name))
    except (SyntaxError, ValueError, tokenize.TokenError):
        return ScriptText()
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    down = functions.get("downgrade")
    kind = "none" if down is None else _kind_of(down)
    line = 0 if down is None else down.lineno
    return ScriptText(comments, tuple(_imports(tree)), kind, line, tuple(source.splitlines()))


def _acceptances(source: str, name: str) -> list[Acceptance]:
    found = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT and (match := _ACCEPT.match(token.string)):
            line, reason = token.start[0], (match[2] or "").strip()
            found += [Acceptance(one, reason, f"{name}:{line}", line) for one in re.findall(_NAME, match[1].lower())]
    return found


def _imports(tree: ast.Module) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [one.name for one in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or "."] if not node.level else ["."]
        found += [(name, getattr(node, "lineno", 0)) for name in names if not _is_known(name)]
    return found


def _is_known(module: str) -> bool:
    """Tell whether a module is Python's own, or of an installed package."""
    top = module.partition(".")[0]
    if not top or top in sys.stdlib_module_names:
        return bool(top)
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        return False
    return spec is not None and any(one in str(spec.origin) for one in ("site-packages", "dist-packages"))


def _kind_of(function: ast.FunctionDef) -> str:
    body = [node for node in function.body if not _says_nothing(node)]
    if not body:
        return "empty"
    return "raises" if isinstance(body[0], ast.Raise) else "full"


def _says_nothing(node: ast.stmt) -> bool:
    return isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
