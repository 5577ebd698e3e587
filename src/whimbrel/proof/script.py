"""What a script says of itself, read from its text: nothing is imported or run."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

_TOOLS = {"alembic", "sqlalchemy", "whimbrel", "flask_migrate"}
# UPDATE also stands in the actions of foreign keys, in the events of triggers and behind FOR: there it writes nothing.
_UPDATE = r"UPDATE\s+(?!(?:ON|OF|SET|CASCADE|RESTRICT|NO|CURRENT_TIMESTAMP|NOW|SKIP|NOWAIT)\b)[^;]{1,400}?\bSET"
_WRITES = re.compile(
    r"\b((INSERT|REPLACE)\s+((OR\s+)?[A-Z_]+\s+)?INTO|DELETE\s+([\w`\".]+(\s*,\s*[\w`\".]+)*\s+)?FROM|MERGE\s+INTO|TRUNCATE"
    rf"|{_UPDATE})\b",
    re.I,
)
_WRITING = {"bulk_insert", "insert", "update", "delete", "add_all", "Session", "sessionmaker"}
# By these a script finds tables that it does not name.
_FINDS = re.compile(
    r"inspect\(|get_table_names|information_schema|sqlite_master|pg_catalog|pg_class|\.reflect\(|SHOW TABLES|CASCADE",
    re.I,
)
_COUNTS = re.compile(r"\bsetval\s*\(|\bRESTART\b|\bAUTO_INCREMENT\s*=|\bsqlite_sequence\b", re.I)
_DIALECT = re.compile(r"\bdialect\b|engine\.name|drivername")


@dataclass(frozen=True, slots=True)
class About:
    """What a script says of itself.

    Attributes:
        text: All of it.
        imports: The application's own modules that it imports.
        branches: Whether it looks at the dialect.
        writes: Whether it writes rows.
        counts: Whether it says from where counters go on.
        finds: Whether it finds tables that it does not name.
        does_nothing: Whether it has nothing to do, in either direction.
        has_no_way_back: Whether its downgrade says that there is none.
        forgets_way_back: Whether its downgrade is empty, and its upgrade is not.
        says_drop: Whether it says that what it drops is to go for good.
        lets_go: Whether that is so, because it or a setting says it.
    """

    text: str
    imports: tuple[str, ...] = ()
    branches: bool = False
    writes: bool = False
    counts: bool = False
    finds: bool = False
    does_nothing: bool = False
    has_no_way_back: bool = False
    forgets_way_back: bool = False
    says_drop: bool = False
    lets_go: bool = False

    @property
    def words_of_imports(self) -> str:
        """What it means that it imports the application."""
        return f"It imports the application ({', '.join(self.imports)}): it may do otherwise when that has changed."


def text_of(path: str | Path) -> str:
    """Read a script; what is no UTF-8 in it is told by its import."""
    return Path(path).read_text("utf-8", "replace")


def about_all(texts: Iterable[str]) -> About:
    """Say of several scripts what concerns the ground that they need: what they name, and whether they find more."""
    each = [about(one) for one in texts]
    return About("\n".join(one.text for one in each), finds=any(one.finds for one in each))


def about(text: str, drops: str = "archive") -> About:
    """Read a script.

    Args:
        text: The script.
        drops: What becomes of what scripts drop, where they say nothing of it.
    """
    try:
        module = ast.parse(text)
    except (SyntaxError, ValueError):
        return About(text, finds=True)
    functions = {one.name: one for one in module.body if isinstance(one, ast.FunctionDef)}
    up = [one for name, one in functions.items() if name.partition("_")[0] == "upgrade"]
    down = [one for name, one in functions.items() if name.partition("_")[0] == "downgrade"]
    imports = tuple(sorted({name for name in _imported(module) if _is_the_apps(name.partition(".")[0])}))
    idle_up, idle_down = all(map(_is_idle, up)), all(map(_is_idle, down))
    called = {one.attr for one in ast.walk(module) if isinstance(one, ast.Attribute)}
    return About(
        text,
        imports,
        branches=bool(_DIALECT.search(_code(text))),
        writes=bool(_WRITES.search(text) or called & _WRITING),
        counts=bool(_COUNTS.search(text)),
        finds=bool(imports or _FINDS.search(text)),
        does_nothing=idle_up and idle_down,
        has_no_way_back=any(map(_raises, down)),
        forgets_way_back=idle_down and not idle_up,
        says_drop=_said_drops(module) == "drop",
        lets_go=(_said_drops(module) or drops) == "drop",
    )


def _code(text: str) -> str:
    """Leave out what imports a dialect's types: that is no look at the dialect."""
    return "\n".join(line for line in text.splitlines() if "import" not in line)


def _imported(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "." if not node.level else "."


@cache
def _is_the_apps(name: str) -> bool:
    """Tell the application's modules from installed packages and the standard library."""
    if not name:
        return True
    if name in sys.stdlib_module_names or name in _TOOLS:
        return False
    try:
        found = find_spec(name)
    except (ImportError, ValueError, AttributeError):
        return True
    origin = found.origin if found is not None else None
    return origin is None or not {"site-packages", "dist-packages"} & set(Path(origin).parts)


def _statements(function: ast.FunctionDef) -> list[ast.stmt]:
    body = function.body
    return body[1:] if ast.get_docstring(function) is not None else body


def _is_idle(function: ast.FunctionDef) -> bool:
    return all(
        isinstance(one, ast.Pass)
        or (isinstance(one, ast.Return) and one.value is None)
        or (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))
        for one in _statements(function)
    )


def _raises(function: ast.FunctionDef) -> bool:
    """Tell whether a function does nothing but refuse."""
    return any(isinstance(one, ast.Raise) for one in _statements(function))


def _said_drops(module: ast.Module) -> str:
    for node in module.body:
        match node:
            case ast.Assign(targets=[ast.Name(id="drops")], value=ast.Constant(value=str(said))):
                return said
            case ast.AnnAssign(target=ast.Name(id="drops"), value=ast.Constant(value=str(said))):
                return said
    return ""
