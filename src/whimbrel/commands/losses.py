"""What a script is known to take away for good, read from its text before any of it runs."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from whimbrel.archive import emptied_by
from whimbrel.backends import backend_for
from whimbrel.bookkeeping import is_bookkeeping
from whimbrel.errors import LossUnconfirmed
from whimbrel.run import drops_of, text_of
from whimbrel.scripts.script import shown_path

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

    from whimbrel.run import Project


@dataclass(frozen=True, slots=True)
class Loss:
    """A statement that removes rows.

    Attributes:
        line: Where it is.
        words: What it says.
        tables: Of which tables, as schema and name; none where that cannot be told.
    """

    line: int
    words: str
    tables: tuple[tuple[str, str], ...]


def require_no_loss(project: Project, steps: Sequence[Any], context: MigrationContext) -> None:
    """Make sure that no step removes rows that are there.

    Raises:
        LossUnconfirmed: One does.
    """
    if context.connection is None:
        return
    keeping = backend_for(context.dialect.name).keeping(context.connection)
    for step in steps:
        if drops_of(step, project.settings) == "drop":
            continue
        for loss in losses_in(text_of(step.revision.path) or "", step.is_upgrade, context.dialect.name):
            rows = [found.rows for schema, name in loss.tables if (found := keeping.standing(name, schema, 100_000))]
            if loss.tables and not any(rows):
                continue
            place = f"{shown_path(step.revision.path)}, line {loss.line}"
            held = f" They hold {sum(rows):,} rows." if rows else ""
            raise LossUnconfirmed(
                f"Revision {step.revision.revision} removes rows for good: {loss.words}",
                why=f"{place}, and MIGRATE_CONFIRM_LOSS is on.{held} Nothing was changed.",
                do='say so at the top of the script: drops = "drop"; or without the setting, for this run',
            )


def losses_in(text: str, is_upgrade: bool, kind: str) -> Iterator[Loss]:
    """Find the statements of a script's function that remove rows.

    Args:
        text: The script.
        is_upgrade: Which of its functions.
        kind: The dialect's name, by whose rules its SQL is read.
    """
    wanted = "upgrade" if is_upgrade else "downgrade"
    for function in ast.walk(ast.parse(text)):
        if isinstance(function, ast.FunctionDef) and function.name.startswith(wanted):
            for node in ast.walk(function):
                yield from _losses_at(node, kind)


def _losses_at(node: ast.AST, kind: str) -> Iterator[Loss]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        for words, names in emptied_by(node.value, kind):
            tables = tuple(name for name in names if not is_bookkeeping(name[1]))
            if tables:
                yield Loss(node.lineno, " ".join(words.split()), tables)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "delete":
        yield Loss(node.lineno, ast.unparse(node), ())
