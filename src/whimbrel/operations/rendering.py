"""How types look in a script: what the script needs is imported, and what cannot be written is replaced."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sqlalchemy import ClauseElement, DefaultClause, Enum, TextClause
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

    parts = {"server_default": lambda thing, _: _default(thing, dialect), "type": type_of, "primary_key": _primary_key}
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


def _default(thing: Any, dialect: Any) -> Any:
    """Write a text as it is: Alembic would compile it, and lose what is escaped in it."""
    arg = thing.arg if isinstance(thing, DefaultClause) else thing
    if isinstance(arg, ClauseElement) and not isinstance(arg, TextClause):
        arg = plain_text(in_words(arg, dialect))
    return f"sa.text({arg.text!r})" if isinstance(arg, TextClause) else False
