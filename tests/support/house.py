"""The rules of the house that no linter knows: each a function from one file to what is wrong in it.

A rule gets a `Module`, and yields a complaint for each place that breaks it. Which files a rule is for is said
beside it, in `RULES`.
"""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

CHECKOUT = Path(__file__).resolve().parents[2]
MOST_LINES_OF_A_FILE = 399
MOST_LINES_OF_A_FUNCTION = 50
MOST_LEVELS = 4
VAGUE = {"util", "utils", "helper", "helpers", "manager", "managers", "handler", "handlers"}

# What stands above `commands`: may know Flask and Click; and what may talk to a person.
ABOVE_COMMANDS = (
    "src/whimbrel/extension.py",
    "src/whimbrel/serving.py",
    "src/whimbrel/cli/",
    "src/whimbrel/api.py",
    "src/whimbrel/__init__.py",
)
MAY_TALK = ("src/whimbrel/cli/", "src/whimbrel/api.py")

Function = ast.FunctionDef | ast.AsyncFunctionDef
LEVELS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.TryStar, ast.Match)


@dataclass(frozen=True, slots=True)
class Module:
    """One Python file: where it lies in the checkout, and what it says."""

    path: str
    source: str

    @property
    def tree(self) -> ast.Module:
        """Parse it."""
        return ast.parse(self.source)

    def functions(self) -> Iterator[Function]:
        """Find its functions, at any depth."""
        return (node for node in ast.walk(self.tree) if isinstance(node, Function))


def files_are_short(module: Module) -> Iterator[str]:
    """A file is under 400 lines."""
    if (lines := module.source.count("\n")) > MOST_LINES_OF_A_FILE:
        yield f"{lines} lines"


def functions_are_short(module: Module) -> Iterator[str]:
    """A function is no longer than fifty lines."""
    for function in module.functions():
        lines = (function.end_lineno or 0) - function.lineno + 1
        if lines > MOST_LINES_OF_A_FUNCTION:
            yield f"line {function.lineno}: {function.name} has {lines} lines"


def functions_are_flat(module: Module) -> Iterator[str]:
    """A function nests no deeper than four levels; one inside another begins anew."""
    for function in module.functions():
        if (depth := _depth(function.body)) > MOST_LEVELS:
            yield f"line {function.lineno}: {function.name} nests {depth} levels deep"


def names_say_something(module: Module) -> Iterator[str]:
    """No module and no class is a utility, helper, manager or handler."""
    names = [Path(module.path).stem, Path(module.path).parent.name]
    names += [node.name for node in ast.walk(module.tree) if isinstance(node, ast.ClassDef)]
    for name in names:
        if VAGUE & {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)}:
            yield f"the name {name}"


def only_the_top_talks(module: Module) -> Iterator[str]:
    """Below the command line and the Python functions nothing prints, asks or ends the process."""
    forbidden = {
        *("print", "input", "exit", "quit", "breakpoint", "SystemExit", "sys.exit", "os._exit", "getpass.getpass"),
        *("sys.stdout.write", "sys.stderr.write", "sys.stdin.read", "sys.stdin.readline", "click.echo"),
    }
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and (name := ast.unparse(node.func)) in forbidden:
            yield f"line {node.lineno}: calls {name}"
        if isinstance(node, ast.Raise) and node.exc and ast.unparse(node.exc) == "SystemExit":
            yield f"line {node.lineno}: raises SystemExit"


def only_the_top_knows_flask(module: Module) -> Iterator[str]:
    """From `commands` down nothing imports Flask or Click, late and for types alone included."""
    for line, name in _imports(module.tree):
        if name.split(".")[0] in {"flask", "click"}:
            yield f"line {line}: imports {name}"


def public_things_are_explained(module: Module) -> Iterator[str]:
    """Every module, and every public class, function and method, has a docstring."""
    if not ast.get_docstring(module.tree):
        yield "no docstring"
    for name, node in _public(module.tree):
        if not ast.get_docstring(node):
            yield f"line {node.lineno}: {name} has no docstring"


def backends_are_asked(module: Module) -> Iterator[str]:
    """Nobody compares the name of a dialect or backend; code asks the backend."""
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Compare):
            continue
        names = {ast.unparse(side) for side in (node.left, *node.comparators)}
        if any(re.search(r"(^|\.)dialect(\.name|_name)?$", name) for name in names):
            yield f"line {node.lineno}: {ast.unparse(node)}"


class Rule(NamedTuple):
    """A rule, and the files that it is for: those under `where`, less those under `less`."""

    check: Callable[[Module], Iterator[str]]
    where: tuple[str, ...]
    less: tuple[str, ...] = ()


RULES = (
    Rule(files_are_short, ("src/", "tools/", "tests/")),
    Rule(functions_are_short, ("src/", "tools/", "tests/")),
    Rule(functions_are_flat, ("src/", "tools/", "tests/")),
    Rule(names_say_something, ("src/", "tools/", "tests/")),
    Rule(only_the_top_talks, ("src/",), less=MAY_TALK),
    Rule(only_the_top_knows_flask, ("src/whimbrel/",), less=ABOVE_COMMANDS),
    Rule(public_things_are_explained, ("src/", "tools/")),
    Rule(backends_are_asked, ("src/",), less=("src/whimbrel/backends/",)),
)


def modules(rule: Rule) -> list[Module]:
    """Read the files that a rule is for."""
    found = [path for top in rule.where for path in sorted((CHECKOUT / top).rglob("*.py"))]
    names = {path: path.relative_to(CHECKOUT).as_posix() for path in found}
    return [
        Module(name, path.read_text(encoding="utf-8"))
        for path, name in names.items()
        if not name.startswith(rule.less or "\0")
    ]


def _depth(body: list[ast.stmt]) -> int:
    """Count the levels in a block; `elif` is no level more than its `if`."""
    depths = [0]
    for statement in body:
        if not isinstance(statement, LEVELS):
            continue
        alternative = getattr(statement, "orelse", [])
        is_elif = len(alternative) == 1 and isinstance(alternative[0], ast.If)
        inner = [*getattr(statement, "body", []), *getattr(statement, "finalbody", [])]
        inner += [line for part in getattr(statement, "handlers", []) for line in part.body]
        inner += [line for part in getattr(statement, "cases", []) for line in part.body]
        depths.append(1 + _depth(inner if is_elif else [*inner, *alternative]))
        if is_elif:
            depths.append(_depth(alternative))
    return max(depths)


def _imports(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.lineno, node.module or ""
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
            yield from ((node.lineno, str(part.value)) for part in node.args if isinstance(part, ast.Constant))


def _public(
    tree: ast.Module | ast.ClassDef, within: str = ""
) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]]:
    for node in tree.body:
        if not isinstance(node, Function | ast.ClassDef) or node.name.startswith("_"):
            continue
        if any(ast.unparse(mark).endswith(("overload", ".setter")) for mark in node.decorator_list):
            continue
        yield within + node.name, node
        if isinstance(node, ast.ClassDef):
            yield from _public(node, f"{within}{node.name}.")
