"""What operations do, in a few words: for a script's message and for a person."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import Any

from alembic.operations import ops

MOST_PHRASES_IN_A_MESSAGE = 3


def message_for(operation_lists: Iterable[Any]) -> str | None:
    """Return a message for a script from its operations; None where there are none."""
    phrases = list(_phrases(operation_lists))
    if not phrases:
        return None
    rest = len(phrases) - MOST_PHRASES_IN_A_MESSAGE
    if rest <= 1:
        return _joined(phrases)
    return f"{_joined(phrases[:MOST_PHRASES_IN_A_MESSAGE])} and {rest} more"


def describe_all(operation_lists: Iterable[Any]) -> str:
    """Return all operations in words."""
    return _joined(_phrases(operation_lists)) or "nothing"


def _joined(phrases: Iterable[tuple[str, str]]) -> str:
    """Say a verb once for all objects that follow one another: "create roles, users, add posts.title"."""
    groups = ((verb, [name for _, name in group]) for verb, group in groupby(phrases, key=lambda phrase: phrase[0]))
    return ", ".join(f"{verb} {', '.join(names)}" for verb, names in groups)


def _phrases(operation_lists: Iterable[Any]) -> Iterator[tuple[str, str]]:
    """Yield verb and object of each operation; what goes with a new or dropped table is not said again."""
    flat = [one for operations in operation_lists for one in _flat(operations.ops)]
    whole = {one.table_name for one in flat if isinstance(one, (ops.CreateTableOp, ops.DropTableOp))}
    said: set[tuple[str, str]] = set()
    for one in flat:
        goes_with_it = isinstance(one, (ops.CreateIndexOp, ops.DropIndexOp)) and one.table_name in whole
        phrase = _phrase(one)
        if not goes_with_it and phrase not in said:
            said.add(phrase)
            yield phrase


def _flat(operations: Iterable[Any]) -> Iterator[Any]:
    for one in operations:
        if isinstance(one, ops.OpContainer):
            yield from _flat(one.ops)
        else:
            yield one


def _phrase(one: Any) -> tuple[str, str]:
    for kind, verb, name in _WORDS:
        if isinstance(one, kind):
            return "rename" if getattr(one, "modify_name", None) else verb, name(one)
    return "run", type(one).__name__.removesuffix("Op").lower()


def _column(one: Any) -> str:
    name = f"{one.table_name}.{one.column_name}"
    return f"{name} to {one.modify_name}" if one.modify_name else name


_WORDS: tuple[tuple[type[Any], str, Callable[[Any], str]], ...] = (
    (ops.CreateTableOp, "create", lambda one: str(one.table_name)),
    (ops.DropTableOp, "drop", lambda one: str(one.table_name)),
    (ops.RenameTableOp, "rename", lambda one: f"{one.table_name} to {one.new_table_name}"),
    (ops.AddColumnOp, "add", lambda one: f"{one.table_name}.{one.column.name}"),
    (ops.DropColumnOp, "drop", lambda one: f"{one.table_name}.{one.column_name}"),
    (ops.AlterColumnOp, "alter", _column),
    (ops.CreateIndexOp, "index", lambda one: str(one.table_name)),
    (ops.DropIndexOp, "drop index", lambda one: str(one.index_name)),
    (ops.AddConstraintOp, "constrain", lambda one: str(getattr(one, "table_name", None) or one.source_table)),
    (ops.DropConstraintOp, "drop constraint", lambda one: str(one.constraint_name)),
    (ops.CreateTableCommentOp, "comment", lambda one: str(one.table_name)),
    (ops.DropTableCommentOp, "drop comment of", lambda one: str(one.table_name)),
)
