"""What of a migrations folder only Whimbrel understands, and what takes its place.

Files that are not ours stay as they are: the ``env.py`` of a folder that Flask-Migrate has made works with it again.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from whimbrel.commands.snapshots import snapshot_files
from whimbrel.scripts import templates_folder
from whimbrel.scripts.proofs import proof_files
from whimbrel.scripts.script import shown_path

if TYPE_CHECKING:
    from whimbrel.scripts import Scripts

_PLAIN = Path(__file__).resolve().parent / "plain"
_TEMPLATE = "script.py.mako"
_ASIDE = ".whimbrel"  # behind the name of an env.py that somebody has edited
# What Alembic does on SQLite inside a batch only, and our runner everywhere.
_IN_A_BATCH_ONLY = {
    *("alter_column", "drop_constraint", "create_primary_key", "create_foreign_key"),
    *("create_unique_constraint", "create_check_constraint"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a script that plain Alembic cannot carry out.

    Attributes:
        place: The file and the number of the line.
        reason: Why it cannot.
    """

    place: str
    reason: str


@dataclass(frozen=True, slots=True)
class Folder:
    """What is to be done in a migrations folder.

    Attributes:
        snapshots: The snapshot files and the proofs, which go.
        environment: The ``env.py`` that needs Whimbrel; None if it does not.
        is_edited: Whether somebody has changed that file, so that it is kept under another name.
        binds: Whether it migrates the binds, too.
        template: The ``script.py.mako`` that needs Whimbrel; None if it does not.
        lines: What plain Alembic cannot carry out.
    """

    snapshots: tuple[Path, ...] = ()
    environment: Path | None = None
    is_edited: bool = False
    binds: bool = False
    template: Path | None = None
    lines: tuple[Line, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Whether nothing is to be done."""
        return not (self.snapshots or self.environment or self.template)

    @property
    def aside(self) -> Path | None:
        """Where an edited ``env.py`` is kept."""
        found = self.environment if self.is_edited else None
        return None if found is None else found.with_name(found.name + _ASIDE)


def folder_of(scripts: Scripts, kinds: Collection[str]) -> Folder:
    """Look at a migrations folder; changes nothing.

    Args:
        scripts: Its scripts.
        kinds: The kinds of the databases.
    """
    repository, environment = Path(scripts.dir), Path(scripts.env_py_location)
    text, template = _read(environment), repository / _TEMPLATE
    is_ours = _imports_ours(_parsed(text))
    known = {_read(path) for path in templates_folder().glob("*/env.py")}
    return Folder(
        snapshots=(*snapshot_files(repository), *proof_files(repository)),
        environment=environment if is_ours else None,
        is_edited=text not in known,
        binds=_has_binds(_parsed(text)),
        template=template if 'config.attributes["whimbrel"]' in _read(template) else None,
        lines=tuple(line for script in scripts.revisions() for line in _beyond_alembic(Path(script.path), kinds)),
    )


def make_plain(folder: Folder) -> None:
    """Write the plain files and remove the snapshots; what is done already is not done again."""
    if folder.environment is not None:
        if folder.aside is not None:
            _write(folder.aside, _read(folder.environment))
        text = _read(_PLAIN / "env.txt")
        _write(folder.environment, text.replace("BINDS = False", "BINDS = True") if folder.binds else text)
    if folder.template is not None:
        _write(folder.template, _read(_PLAIN / "script.mako"))
    for path in folder.snapshots:
        path.unlink(missing_ok=True)
    for home in {path.parent for path in folder.snapshots}:
        if home.is_dir() and not any(home.iterdir()):
            home.rmdir()


def _beyond_alembic(path: Path, kinds: Collection[str]) -> Iterator[Line]:
    tree = _parsed(_read(path))
    for node in ast.walk(tree):
        reason = _reason(node, kinds)
        if reason:
            yield Line(f"{shown_path(path)}:{getattr(node, 'lineno', 1)}", reason)


def _reason(node: ast.AST, kinds: Collection[str]) -> str:
    if _is_import_of_ours(node):
        return "imports whimbrel"
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return ""
    name, of = node.func.attr, node.func.value
    if name == "drop_constraint" and node.args and isinstance(node.args[0], ast.Constant) and not node.args[0].value:
        return "drops a constraint that has no name"
    if "sqlite" in kinds and name in _IN_A_BATCH_ONLY and isinstance(of, ast.Name) and of.id == "op":
        return f"op.{name} outside batch_alter_table, which Alembic cannot do on SQLite"
    return ""


def _imports_ours(tree: ast.AST) -> bool:
    return any(_is_import_of_ours(node) for node in ast.walk(tree))


def _is_import_of_ours(node: ast.AST) -> bool:
    names = []
    if isinstance(node, ast.Import):
        names = [one.name for one in node.names]
    elif isinstance(node, ast.ImportFrom) and not node.level:
        names = [node.module or ""]
    return any(name.partition(".")[0] == "whimbrel" for name in names)


def _has_binds(tree: ast.AST) -> bool:
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    given = [one.value for call in calls for one in call.keywords if one.arg == "binds"]
    return any(not isinstance(one, ast.Constant) or bool(one.value) for one in given)


def _parsed(text: str) -> ast.AST:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError):
        return ast.Module([], [])


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, UnicodeDecodeError):
        return ""


def _write(path: Path, text: str) -> None:
    """Write a file that is whole at every moment."""
    new = path.with_name(f"{path.name}.new")
    new.write_text(text, encoding="utf-8", newline="\n")
    new.replace(path)
