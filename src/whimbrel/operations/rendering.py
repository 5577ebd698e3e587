"""How things look in a script: what it needs is imported, what cannot be written is replaced, and nothing left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import CheckConstraint, ClauseElement, DefaultClause, Enum, TextClause
from sqlalchemy.dialects import postgresql

from whimbrel.backends.ddl import ddl_for, undoubled
from whimbrel.operations.rendering_types import foreign_type, is_foreign, variants
from whimbrel.operations.step import escaped, in_words, plain_text

if TYPE_CHECKING:
    from alembic.migration import MigrationContext

RenderItem = Callable[[str, Any, Any], Any]


def write_faithfully(migration: MigrationContext) -> None:
    """Make Alembic write a script for a context that says what the models say.

    Alembic compiles the expressions in CHECKs, indexes and computed columns with what the driver wants for `%`
    and without what ``text()`` wants for `:`; the script would run them through both again.
    """
    migration.opts["render_item"] = rendering(migration.opts.get("render_item"), migration.dialect)
    compiled = migration.impl.render_ddl_sql_expr

    def render(expression: Any, is_index: bool = False, **how: Any) -> str:
        text = undoubled(compiled(expression, is_index=is_index, **how), migration.dialect)
        return text if is_index else escaped(text)  # an index's expression becomes a literal_column()

    migration.impl.render_ddl_sql_expr = render  # type: ignore[method-assign,assignment]


def rendering(users: RenderItem | None, dialect: Any) -> RenderItem:
    """Return Alembic's ``render_item``: the app's own first, then ours.

    Args:
        users: The app's own function.
        dialect: SQLAlchemy's dialect of the database.
    """

    def render(kind: str, thing: Any, context: Any) -> Any:
        own = users(kind, thing, context) if users is not None else False
        if own is not False or kind not in parts:
            return own
        return parts[kind](thing, context)

    def type_of(thing: Any, context: Any) -> Any:
        if isinstance(thing, postgresql.DOMAIN):
            return _domain(thing, context)
        if isinstance(thing, Enum) and _is_native(thing, dialect):
            return _enum(thing, context) + variants(thing, context)
        if is_foreign(thing):
            return foreign_type(thing, context, dialect)
        return False

    parts: dict[str, Callable[[Any, Any], Any]] = {
        "server_default": lambda thing, _: _default(thing, dialect),
        "type": type_of,
        "primary_key": _primary_key,
        "column": _Columns(),
    }
    return render


def _is_native(thing: Enum, dialect: Any) -> bool:
    return ddl_for(dialect.name).has_enum_types and thing.native_enum


def _enum(thing: Enum, context: Any) -> str:
    """An enum type is made by a statement of its own, so a table must not make it again."""
    context.imports.add("from sqlalchemy.dialects import postgresql")
    labels = ", ".join(repr(label) for label in thing.enums)
    schema = f", schema={thing.schema!r}" if thing.schema else ""
    return f"postgresql.ENUM({labels}, name={thing.name!r}{schema}, create_type=False)"


def _domain(thing: postgresql.DOMAIN, context: Any) -> str:
    from alembic.autogenerate.render import _repr_type

    context.imports.add("from sqlalchemy.dialects import postgresql")
    schema = f", schema={thing.schema!r}" if thing.schema else ""
    return f"postgresql.DOMAIN({thing.name!r}, {_repr_type(thing.data_type, context)}{schema}, create_type=False)"


def _primary_key(thing: Any, context: Any) -> Any:
    """Write a key with what only one server has of it, which Alembic leaves out."""
    if not thing.dialect_kwargs:
        return False
    from alembic.autogenerate.render import _render_gen_name

    said = [repr(column.name) for column in thing.columns]
    said += [f"name={_render_gen_name(context, thing.name)!r}"] if thing.name else []
    said += [f"{name}={value!r}" for name, value in thing.dialect_kwargs.items()]
    return f"{context.opts['sqlalchemy_module_prefix']}PrimaryKeyConstraint({', '.join(said)})"


class _Columns:
    """Writes a column with its own CHECKs, which Alembic leaves out; all the rest is Alembic's, which asks again."""

    def __init__(self) -> None:
        self._asked: Any = None

    def __call__(self, thing: Any, context: Any) -> Any:
        own = [one for one in thing.constraints if isinstance(one, CheckConstraint)]
        if not own or thing is self._asked:
            return False
        self._asked = thing
        try:
            return _with_checks(thing, own, context)
        finally:
            self._asked = None


def _with_checks(thing: Any, own: Sequence[CheckConstraint], context: Any) -> Any:
    from alembic.autogenerate.render import _render_column, _render_constraint, _repr_type

    own = sorted(own, key=lambda one: (str(one.name or ""), str(one.sqltext)))  # SQLAlchemy keeps them in a set
    said = ", ".join(str(_render_constraint(one, context, None)) for one in own)
    kind = _repr_type(thing.type, context)
    before, between, after = _render_column(thing, context).partition(f", {kind}, ")
    return f"{before}{between}{said}, {after}" if between else False


def _default(thing: Any, dialect: Any) -> Any:
    """Write a text as it is: Alembic would compile it, and lose what is escaped in it."""
    arg = thing.arg if isinstance(thing, DefaultClause) else thing
    if isinstance(arg, ClauseElement) and not isinstance(arg, TextClause):
        arg = plain_text(in_words(arg, dialect))
    return f"sa.text({arg.text!r})" if isinstance(arg, TextClause) else False
