"""``Step``: one operation and its way back, with its place in the order; and the operations that Alembic lacks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from alembic.autogenerate.render import _alembic_autogenerate_prefix, _alter_column, renderers
from alembic.operations import MigrateOperation, ops
from sqlalchemy import TextClause
from sqlalchemy import text as sa_text

from whimbrel.backends.ddl import undoubled


class Phase(IntEnum):
    """When a step runs: what others stand on comes first, and goes last."""

    SCHEMA = 1
    DROP_VIEW = 2
    DROP_TRIGGER = 3
    RENAME = 4
    DROP_FOREIGN_KEY = 5
    DROP_RULE = 6
    RENAME_RULE = 7
    CREATE_TYPE = 8
    CREATE_ROUTINE = 9
    CREATE_TABLE = 10
    COLUMN = 11
    EXCHANGE_KEY = 12
    TABLE_OPTION = 13
    DROP_COLUMN = 14
    CREATE_KEY = 15
    CREATE_RULE = 16
    CREATE_FOREIGN_KEY = 17
    DROP_TABLE = 18
    DROP_ROUTINE = 19
    DROP_TYPE = 20
    LATE_ROUTINE = 21
    CREATE_TRIGGER = 22
    CREATE_VIEW = 23
    DROP_SCHEMA = 24


@dataclass(frozen=True, slots=True)
class Step:
    """An operation with its way back.

    Attributes:
        phase: When it runs.
        order: Its place in the phase.
        ops: What the upgrade does.
        back: What the downgrade does, in the order in which it does it.
        table: Schema and name, where it changes one table and may share a batch with its neighbours.
    """

    phase: Phase
    order: tuple[Any, ...]
    ops: tuple[MigrateOperation, ...]
    back: tuple[MigrateOperation, ...]
    table: tuple[str | None, str] | None = None


class SqlOp(MigrateOperation):
    """A statement in the server's own words.

    Args:
        statement: The text.
        autocommit: Whether it must run outside of a transaction.
    """

    def __init__(self, statement: str, *, autocommit: bool = False) -> None:
        """Keep the text."""
        self.statement = statement
        self.autocommit = autocommit

    def to_diff_tuple(self) -> tuple[str, str]:
        """Return what `check` shows."""
        return "execute", self.statement


class NoteOp(MigrateOperation):
    """A comment in the script: what a person has to know of the operation below it."""

    def __init__(self, text: str) -> None:
        """Keep the text."""
        self.text = text

    def to_diff_tuple(self) -> tuple[str, str]:
        """Return what `check` shows."""
        return "note", self.text


class PrimaryKeyOp(ops.CreatePrimaryKeyOp):
    """Alembic's operation, which it cannot render."""


class CheckOp(ops.CreateCheckConstraintOp):
    """Alembic's operation, with its condition rendered as it is."""


class RenameTableOp(ops.RenameTableOp):
    """Alembic's operation, which it cannot render."""


class CastColumnOp(ops.AlterColumnOp):
    """A change with arguments of one server, PostgreSQL's USING, which Alembic takes but does not render."""


class TableKeywordsOp(MigrateOperation):
    """A table built anew with other options, all else as it is.

    Args:
        table_name: Its name.
        keywords: Arguments of SQLAlchemy's ``Table``.
    """

    def __init__(self, table_name: str, keywords: Mapping[str, Any]) -> None:
        """Keep them."""
        self.table_name = table_name
        self.keywords = keywords

    def to_diff_tuple(self) -> tuple[str, str, Mapping[str, Any]]:
        """Return what `check` shows."""
        return "modify_table", self.table_name, self.keywords


class RebuiltKeyOp(MigrateOperation):
    """A table built anew with a primary key that no other operation can say.

    It says what happens on a conflict, or has no name where a naming convention would give it one.

    Args:
        table_name: The table.
        name: The constraint's name; none where it has none.
        columns: Its columns.
        conflict: What happens; empty for what usually does.
    """

    def __init__(self, table_name: str, name: str | None, columns: Iterable[str], conflict: str = "") -> None:
        """Keep them."""
        self.table_name = table_name
        self.name = name
        self.columns = tuple(columns)
        self.conflict = conflict

    def to_diff_tuple(self) -> tuple[str, str, tuple[str, ...], str]:
        """Return what `check` shows."""
        return "modify_primary_key", self.table_name, self.columns, self.conflict


class UnnamedRuleOp(MigrateOperation):
    """A table built anew with a rule that has no name, where a naming convention would give it one.

    Args:
        table_name: The table.
        kind: SQLAlchemy's class.
        said: Its arguments.
        options: Its arguments with names.
    """

    def __init__(self, table_name: str, kind: str, said: Iterable[Any], options: Mapping[str, Any]) -> None:
        """Keep them."""
        self.table_name = table_name
        self.kind = kind
        self.said = tuple(said)
        self.options = dict(options)

    def to_diff_tuple(self) -> tuple[str, str, str, tuple[Any, ...]]:
        """Return what `check` shows."""
        return "add_constraint", self.table_name, self.kind, self.said


def sql(statements: Iterable[str], *, autocommit: bool = False) -> tuple[SqlOp, ...]:
    """Return the operations of some statements."""
    return tuple(SqlOp(one, autocommit=autocommit) for one in statements)


def is_batchable(op: MigrateOperation) -> bool:
    """Tell whether an operation may stand in a ``batch_alter_table``."""
    return isinstance(
        op, ops.AlterTableOp | ops.AddConstraintOp | ops.DropConstraintOp | ops.CreateIndexOp | ops.DropIndexOp
    )


def in_words(expression: Any, dialect: Any) -> str:
    """Write an expression as `create_all()` would: its values in place, its columns without their table."""
    how = {"literal_binds": True, "include_table": False}
    return undoubled(str(expression.compile(dialect=dialect, compile_kwargs=how)), dialect)


def plain_text(text: str) -> TextClause:
    """Return a text in which a colon is a colon, and no parameter."""
    return sa_text(escaped(text))


def escaped(text: str) -> str:
    """Escape what ``text()``, and so ``op.execute()``, would take for a parameter."""
    return _BIND.sub(r"\\:", text)


_OWN_ARGUMENTS = ("postgresql_using", "sqlite_on_conflict_not_null")
_BIND = re.compile(r"(?<![:\w\\]):(?=\w+(?!:))")


@renderers.dispatch_for(SqlOp)
def _render_sql(context: Any, op: SqlOp) -> list[str]:
    text = _literal(escaped(op.statement))
    if not op.autocommit:
        return [f"op.execute({text})"]
    return [f"with op.get_context().autocommit_block():\n    op.execute({text})"]


def _literal(text: str) -> str:
    """Write a text line by line: Alembic puts white space before each line of a script, in a long string too."""
    lines = re.findall(r"[^\n]*\n|[^\n]+", text)
    if len(lines) < 2:
        return repr(text)
    return "\n    " + "\n    ".join(map(repr, lines)) + "\n"


@renderers.dispatch_for(NoteOp)
def _render_note(context: Any, op: NoteOp) -> list[str]:
    return [f"# {line}" for line in op.text.splitlines()]


@renderers.dispatch_for(PrimaryKeyOp)
def _render_primary_key(context: Any, op: PrimaryKeyOp) -> str:
    prefix = _alembic_autogenerate_prefix(context)
    table = "" if context._has_batch else f", {op.table_name!r}"
    schema = f", schema={op.schema!r}" if op.schema and not context._has_batch else ""
    return f"{prefix}create_primary_key({op.constraint_name!r}{table}, {list(op.columns)!r}{schema})"


@renderers.dispatch_for(CheckOp)
def _render_check(context: Any, op: CheckOp) -> str:
    prefix = _alembic_autogenerate_prefix(context)
    table = "" if context._has_batch else f", {op.table_name!r}"
    schema = f", schema={op.schema!r}" if op.schema and not context._has_batch else ""
    name = "None" if op.constraint_name is None else f"{prefix}f({op.constraint_name!r})"
    own = "".join(f", {word}={value!r}" for word, value in op.kw.items())
    return f"{prefix}create_check_constraint({name}{table}, {escaped(str(op.condition))!r}{schema}{own})"


@renderers.dispatch_for(RenameTableOp)
def _render_rename_table(context: Any, op: RenameTableOp) -> str:
    schema = f", schema={op.schema!r}" if op.schema else ""
    return f"{_alembic_autogenerate_prefix(context)}rename_table({op.table_name!r}, {op.new_table_name!r}{schema})"


@renderers.dispatch_for(CastColumnOp)
def _render_cast(context: Any, op: CastColumnOp) -> str:
    text = _alter_column(context, op)
    own = [f",\n           {name}={value!r}" for name, value in op.kw.items() if name in _OWN_ARGUMENTS]
    return f"{text[:-1]}{''.join(own)})"


@renderers.dispatch_for(TableKeywordsOp)
def _render_keywords(context: Any, op: TableKeywordsOp) -> list[str]:
    keywords = dict(op.keywords)
    name = f"{op.table_name!r}, schema=None"
    return [f"with op.batch_alter_table({name}, recreate='always', table_kwargs={keywords!r}):\n    pass\n"]


@renderers.dispatch_for(UnnamedRuleOp)
def _render_unnamed_rule(context: Any, op: UnnamedRuleOp) -> list[str]:
    said = [*map(repr, op.said), *(f"{option}={value!r}" for option, value in op.options.items())]
    return _built_with(op.table_name, f"{context.opts['sqlalchemy_module_prefix']}{op.kind}({', '.join(said)})")


@renderers.dispatch_for(RebuiltKeyOp)
def _render_conflicting_key(context: Any, op: RebuiltKeyOp) -> list[str]:
    options = {"name": op.name, "sqlite_on_conflict": op.conflict}
    said = [*map(repr, op.columns), *(f"{option}={value!r}" for option, value in options.items() if value)]
    return _built_with(
        op.table_name, f"{context.opts['sqlalchemy_module_prefix']}PrimaryKeyConstraint({', '.join(said)})"
    )


def _built_with(table: str, rule: str) -> list[str]:
    name = f"{table!r}, schema=None"
    return [f"with op.batch_alter_table({name}, recreate='always', table_args=({rule},)):\n    pass\n"]
