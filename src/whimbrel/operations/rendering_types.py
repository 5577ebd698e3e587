"""Types that are not SQLAlchemy's own: the app's, and those of other packages.

A script names such a type with its module and imports it, if what the type's ``repr`` says makes the same
type again; else it names the type behind it. With ``user_module_prefix`` the app says how scripts name its
types; its template then has the import.
"""

from __future__ import annotations

from copy import copy
from importlib import import_module
from typing import Any

from sqlalchemy.types import TypeDecorator


def is_foreign(kind: Any) -> bool:
    """Tell whether a type is neither SQLAlchemy's nor Alembic's."""
    return not type(kind).__module__.startswith(("sqlalchemy.", "alembic."))


def foreign_type(kind: Any, context: Any, dialect: Any) -> Any:
    """Write a type that is not SQLAlchemy's; False leaves it to Alembic.

    Args:
        kind: The type.
        context: Alembic's autogenerate context.
        dialect: SQLAlchemy's dialect of the database.
    """
    bare = _without_variants(kind)
    text = _named(bare, context) if _makes_the_same(bare, dialect) else _behind(bare, context, dialect)
    return text if text is False else text + variants(kind, context)


def variants(kind: Any, context: Any) -> str:
    """Write what a type is on other servers; Alembic does it for types that it writes itself."""
    from alembic.autogenerate.render import _repr_type

    others = kind._variant_mapping.items()
    return "".join(f".with_variant({_repr_type(one, context)}, {name!r})" for name, one in others)


def _without_variants(kind: Any) -> Any:
    if not kind._variant_mapping:
        return kind
    bare = copy(kind)
    bare._variant_mapping = type(kind)._variant_mapping
    return bare


def _named(kind: Any, context: Any) -> str:
    module, prefix = type(kind).__module__, context.opts.get("user_module_prefix")
    if prefix is None or not _has(prefix, type(kind)):
        context.imports.add(f"import {module}")
        return f"{module}.{kind!r}"
    return f"{prefix}{kind!r}"


def _has(prefix: str, kind: type[Any]) -> bool:
    """Tell whether a type is where a prefix says; one that is no module's name is a name in the template."""
    try:
        module = import_module(prefix.removesuffix("."))
    except ImportError:
        return True
    return getattr(module, kind.__name__, None) is kind


def _behind(kind: Any, context: Any, dialect: Any) -> Any:
    """Write the type that a type is made of."""
    from alembic.autogenerate.render import _repr_type

    # Not `dialect_impl()`: what the dialect makes of a type may be a class that nobody can name.
    behind: Any = _public(kind.load_dialect_impl(dialect)) if isinstance(kind, TypeDecorator) else None
    if behind is not None and behind is not kind:
        return _repr_type(behind, context)
    context.imports.add(f"import {type(kind).__module__}")
    return False


def _public(kind: Any) -> Any:
    """Return a type as the class that a person would name, where a driver has its own in its place."""
    known = next(one for one in type(kind).__mro__ if not one.__name__.startswith("_"))
    return kind if known is type(kind) else kind.adapt(known)


def _makes_the_same(kind: Any, dialect: Any) -> bool:
    module, name = type(kind).__module__, type(kind).__qualname__
    if "." in name or module == "__main__":
        return False
    top = module.partition(".")[0]
    try:
        import_module(module)
        again = eval(f"{module}.{kind!r}", {top: import_module(top)})
        return type(again) is type(kind) and bool(again.compile(dialect=dialect) == kind.compile(dialect=dialect))
    except Exception:
        return False
