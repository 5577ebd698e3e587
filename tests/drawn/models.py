"""Models as plain values, which print as what they are, and the `MetaData` that they stand for."""

from collections.abc import Iterator
from dataclasses import MISSING, dataclass, field, fields, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import postgresql as pg

from tests.drawn.kinds import FAMILIES, KINDS, Kind

CONVENTION = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Value:
    """A value that prints what is said of it, not what is as usual."""

    def __repr__(self) -> str:
        said = []
        for one in fields(self):  # type: ignore[arg-type]
            value = getattr(self, one.name)
            if one.default is MISSING:
                said.append(repr(value))
            elif value != one.default:
                said.append(f"{one.name}={value!r}")
        return f"{type(self).__name__}({', '.join(said)})"


@dataclass(frozen=True, repr=False)
class Col(Value):
    """A column; `kind` is one of `KINDS`, or `enum NAME`, or `enums NAME` for an array of them."""

    name: str
    kind: str
    nullable: bool = True
    default: Any = None
    computed: tuple[str, str] | None = None
    stored: bool = True
    identity: tuple[tuple[str, Any], ...] | None = None
    on_update: bool = False
    comment: str | None = None
    conflict: str | None = None


@dataclass(frozen=True, repr=False)
class Enumeration(Value):
    """An enumeration; `style` is native, varchar or checked."""

    name: str
    labels: tuple[str, ...]
    style: str = "native"


@dataclass(frozen=True, repr=False)
class Unique(Value):
    columns: tuple[str, ...]
    name: str | None = None
    deferrable: bool = False
    conflict: str | None = None


@dataclass(frozen=True, repr=False)
class Check(Value):
    text: str
    column: str
    name: str | None = None


@dataclass(frozen=True, repr=False)
class Index(Value):
    """An index; a part is a column with what is made of it: nothing, `DESC`, or an expression with `{0}`."""

    name: str | None
    parts: tuple[tuple[str, str], ...]
    unique: bool = False
    where: tuple[str, str] | None = None
    options: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, repr=False)
class Fk(Value):
    columns: tuple[str, ...]
    table: str
    target: tuple[str, ...]
    name: str | None = None
    options: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, repr=False)
class Tab(Value):
    name: str
    columns: tuple[Col, ...]
    key: tuple[str, ...]
    key_name: str | None = None
    uniques: tuple[Unique, ...] = ()
    checks: tuple[Check, ...] = ()
    indexes: tuple[Index, ...] = ()
    fks: tuple[Fk, ...] = ()
    comment: str | None = None
    options: tuple[tuple[str, Any], ...] = ()
    key_conflict: str | None = None

    def column(self, name: str) -> Col:
        return next(one for one in self.columns if one.name == name)

    def used(self) -> Iterator[tuple[Any, str]]:
        """Go over the uses of columns by what is theirs, with the column."""
        yield from ((self.key, name) for name in self.key)
        yield from ((one, name) for one in (*self.uniques, *self.fks) for name in one.columns)
        yield from ((one, one.column) for one in self.checks)
        for index in self.indexes:
            yield from ((index, name) for name, _ in index.parts)
            yield from ((index, index.where[1]),) if index.where else ()
        yield from ((one, one.computed[1]) for one in self.columns if one.computed)


@dataclass(frozen=True, repr=False)
class View(Value):
    """A view of some columns of a table."""

    name: str
    table: str
    columns: tuple[str, ...]
    filtered: bool = False

    def text(self, server: str) -> str:
        columns = ", ".join(quoted(one, server) for one in self.columns)
        where = f" WHERE {quoted(self.columns[0], server)} IS NOT NULL" if self.filtered else ""
        return f"CREATE VIEW {quoted(self.name, server)} AS SELECT {columns} FROM {quoted(self.table, server)}{where}"


@dataclass(frozen=True, repr=False)
class Trigger(Value):
    """A trigger that reads a column of its table's new rows."""

    name: str
    table: str
    columns: tuple[str, ...]
    event: str = "UPDATE"

    def text(self, server: str) -> str:
        value = f"NEW.{quoted(self.columns[0], server)}"
        body = f"BEGIN SELECT {value}; END" if server == "sqlite" else f"SET @seen = {value}"
        head = f"CREATE TRIGGER {quoted(self.name, server)} AFTER {self.event} ON {quoted(self.table, server)}"
        return f"{head} FOR EACH ROW {body}"


@dataclass(frozen=True, repr=False)
class Models(Value):
    server: str
    tables: tuple[Tab, ...] = ()
    enums: tuple[Enumeration, ...] = ()
    convention: bool = False
    extras: tuple[View | Trigger, ...] = ()

    def table(self, name: str) -> Tab:
        return next(one for one in self.tables if one.name == name)

    def enum(self, name: str) -> Enumeration:
        return next(one for one in self.enums if one.name == name)

    def kind(self, col: Col) -> Kind:
        """Return a column's type; an enumeration's family is `enum`."""
        if col.kind.startswith("enum"):
            return Kind(col.kind.split()[0], lambda: None, in_keys=False)
        return KINDS[col.kind]

    def with_table(self, table: Tab, old: str | None = None) -> "Models":
        """Exchange a table, or add one."""
        name = old or table.name
        known = any(one.name == name for one in self.tables)
        tables = tuple(table if one.name == name else one for one in self.tables)
        return replace(self, tables=tables if known else (*self.tables, table))

    def pointing_at(self, name: str) -> list[tuple[Tab, Fk]]:
        return [(table, fk) for table in self.tables for fk in table.fks if fk.table == name]


@dataclass(frozen=True, repr=False)
class Pair(Value):
    """Models before and after, with what a person says of the difference.

    Attributes:
        renames: old place → new place.
        values: an enumeration, a label and what it is called now.
    """

    before: Models
    after: Models
    renames: tuple[tuple[str, str], ...] = ()
    values: tuple[tuple[str, str, str], ...] = ()
    edits: tuple[str, ...] = field(default=(), compare=False)


def metadata_of(models: Models) -> sa.MetaData:
    """Make what an application would have declared."""
    metadata = sa.MetaData(naming_convention=CONVENTION if models.convention else None)
    if any(one.kind == "citext" for table in models.tables for one in table.columns):
        sa.event.listen(metadata, "before_create", sa.DDL("CREATE EXTENSION citext"))
    kinds = {one.name: _enum(one, metadata) for one in models.enums}
    circle = _in_circles(models)
    for table in models.tables:
        columns = [_column(one, models, table, kinds) for one in table.columns]
        fks = [_fk(one, (table.name, one.columns) in circle) for one in table.fks]
        rules: list[Any] = [
            sa.PrimaryKeyConstraint(*table.key, name=table.key_name, **_said_of(table.key_conflict)),
            *fks,
        ]
        rules += [
            sa.UniqueConstraint(
                *one.columns,
                name=one.name,
                **({"deferrable": True} if one.deferrable else {}),
                **_said_of(one.conflict),
            )
            for one in table.uniques
        ]
        rules += [sa.CheckConstraint(_said(one.text, one.column, models), name=one.name) for one in table.checks]
        made = sa.Table(table.name, metadata, *columns, *rules, comment=table.comment, **dict(table.options))
        for index in table.indexes:
            _index(index, made, models)
    for extra in models.extras:
        event.listen(metadata, "after_create", sa.DDL(extra.text(models.server).replace("%", "%%")))
    return metadata


def _said_of(conflict: str | None) -> dict[str, Any]:
    return {"sqlite_on_conflict": conflict} if conflict else {}


def quoted(name: str, server: str) -> str:
    """Quote a name as the models' own SQL does."""
    return f"`{name}`" if server == "mariadb" else f'"{name}"'


def _said(text: str, column: str, models: Models) -> Any:
    return sa.text(text.format(quoted(column, models.server)).replace(":", r"\:"))


def _enum(one: Enumeration, metadata: sa.MetaData) -> Any:
    native, checked = one.style == "native", one.style == "checked"
    return sa.Enum(*one.labels, name=one.name, native_enum=native, create_constraint=checked, metadata=metadata)


def _column(one: Col, models: Models, table: Tab, kinds: dict[str, Any]) -> sa.Column[Any]:
    word, _, name = one.kind.partition(" ")
    if word in ("enum", "enums"):
        kind = kinds[name].copy() if models.enum(name).style == "checked" else kinds[name]
        kind = pg.ARRAY(kind) if word == "enums" else kind
    else:
        kind = KINDS[one.kind].make()
    parts: list[Any] = []
    if one.computed is not None:
        parts.append(sa.Computed(_said(*one.computed, models), persisted=one.stored))
    if one.identity is not None:
        parts.append(sa.Identity(**dict(one.identity)))
    options: dict[str, Any] = {"comment": one.comment}
    if one.default is not None:
        said = one.default[0] if isinstance(one.default, tuple) else one.default
        options["server_default"] = sa.text(said) if isinstance(one.default, tuple) else said
    if one.on_update:
        options["server_default"] = sa.text("CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP")
    if one.conflict and not one.nullable:
        options["sqlite_on_conflict_not_null"] = one.conflict
    return sa.Column(one.name, kind, *parts, nullable=one.nullable, **options)


def _fk(one: Fk, in_circle: bool) -> sa.ForeignKeyConstraint:
    targets = [f"{one.table}.{column}" for column in one.target]
    return sa.ForeignKeyConstraint(one.columns, targets, name=one.name, use_alter=in_circle, **dict(one.options))


def _in_circles(models: Models) -> set[tuple[str, tuple[str, ...]]]:
    """Name the foreign keys that point to a table that is made later."""
    order = {one.name: at for at, one in enumerate(models.tables)}
    return {
        (table.name, fk.columns) for table in models.tables for fk in table.fks if order[fk.table] > order[table.name]
    }


def _index(one: Index, table: sa.Table, models: Models) -> None:
    parts: list[Any] = []
    for column, how in one.parts:
        if how == "":
            parts.append(table.c[column])
        elif how == "DESC":
            parts.append(table.c[column].desc())
        else:
            parts.append(_said(how, column, models))
    options = dict(one.options)
    if one.where is not None:
        options[f"{models.server}_where"] = _said(*one.where, models)
    sa.Index(one.name, *parts, unique=one.unique, _table=table, **options)


def families_of(models: Models, col: Col) -> Any:
    """Return the family of a column that is no enumeration."""
    return FAMILIES[models.kind(col).family]
