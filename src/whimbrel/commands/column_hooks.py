"""``compare_type`` and ``compare_server_default``: the app's own functions, or its ``False``.

A function that says ``False`` knows better than we do: there is no difference. ``None`` leaves it to us, and
``True`` insists on a difference also where the databases' words are the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import DefaultClause
from sqlalchemy.types import NullType

from whimbrel.compare import Altered
from whimbrel.compare.without import exchanged
from whimbrel.snapshot import Column, Key, Table


@dataclass(slots=True)
class ColumnHooks:
    """Asks about columns that are on both sides.

    Attributes:
        context: Alembic's autogenerate context.
    """

    context: Any
    _type: Any = field(init=False)
    _default: Any = field(init=False)

    def __post_init__(self) -> None:
        """Take what the app's ``env.py`` has given."""
        self._type = self.context.opts.get("compare_type")
        self._default = self.context.opts.get("compare_server_default")

    @property
    def must_see_all(self) -> bool:
        """Whether all columns are to be asked about, not only those that differ."""
        return callable(self._type) or callable(self._default)

    @property
    def have_a_say(self) -> bool:
        """Whether there is anything to ask or obey."""
        return self.must_see_all or self._type is False or self._default is False

    def asked(self, table: Table, found: Column, wanted: Column, old: Any, new: Any) -> tuple[Table, list[Altered]]:
        """Return the wanted table as the app sees it, and what it insists on.

        Args:
            table: The wanted table.
            found: A column as it is.
            wanted: The same one as it should be.
            old: As SQLAlchemy reflects it.
            new: The model's.
        """
        told, insisted = wanted, []
        type_said = self._about_type(old, new)
        if type_said is False:
            told = as_typed(told, found)
        default_said = self._about_default(old, new)
        if default_said is False:
            told = as_defaulted(told, found)
        if type_said and (found.type, found.collation) == (told.type, told.collation):
            insisted.append("type")
        if default_said and _default_of(found) == _default_of(told):
            insisted.append("default")
        table = exchanged(table, wanted, told) if told != wanted else table
        if not insisted:
            return table, []
        key = Key(told.KIND, table.schema, table.name, told.name)
        return table, [Altered(key, found, told, tuple(insisted))]

    def _about_type(self, old: Any, new: Any) -> bool | None:
        """Tell what the app says of a type; None if nothing."""
        if not callable(self._type):
            return False if self._type is False else None
        if old is None or new is None or isinstance(old.type, NullType) or isinstance(new.type, NullType):
            return None
        return _as_word(self._type(self.context.migration_context, old, new, old.type, new.type))

    def _about_default(self, old: Any, new: Any) -> bool | None:
        """Tell what the app says of a default; None if nothing."""
        if not callable(self._default):
            return False if self._default is False else None
        if old is None or new is None or (old.server_default is None and new.server_default is None):
            return None
        if not isinstance(old.server_default, DefaultClause | None):
            return None  # identity and generated columns have no text to show
        there = None if old.server_default is None else _text_of(old.server_default, self.context.dialect)
        text = _text_of(new.server_default, self.context.dialect)
        return _as_word(self._default(self.context.migration_context, old, new, there, new.server_default, text))


def _as_word(said: Any) -> bool | None:
    return True if said else (False if said is False else None)


def _text_of(default: Any, dialect: Any) -> str | None:
    """Write down a default; one that is no text or expression has none."""
    if not isinstance(default, DefaultClause):
        return None
    if isinstance(default.arg, str):
        return default.arg
    return str(default.arg.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))


def as_typed(column: Column, like: Column) -> Column:
    """Give a column another's type, with what follows from it."""
    numbering = column.numbering
    if numbering is not None and like.numbering is not None:
        old = like.numbering
        numbering = replace(numbering, type=old.type, minimum=old.minimum, maximum=old.maximum)
    return replace(column, type=like.type, collation=like.collation, numbering=numbering)


def as_defaulted(column: Column, like: Column) -> Column:
    """Give a column another's default, also where that is an identity or a generated value."""
    names = ("default", "on_update", "generated", "stored", "identity")
    told = replace(column, **{name: getattr(like, name) for name in names})
    return replace(told, numbering=like.numbering) if column.identity or like.identity else told


def _default_of(column: Column) -> tuple[Any, ...]:
    return column.default, column.on_update, column.generated
