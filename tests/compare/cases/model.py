"""How a case is written down."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa

SERVERS = {"s": "sqlite", "p": "postgresql", "m": "mariadb"}
Build = Callable[[str], sa.MetaData]


@dataclass(frozen=True, eq=False)
class Case:
    """A change of a model.

    Attributes:
        servers: the kinds that it is for.
        before: makes the models before the change; it is given the kind of server.
        expected: what is to be found, by kind of server; a line for each change, `~ column item.x: type`.
        alter: the server's own statements that lead from before to after, where it has such.
        prepare: statements run on the empty database first.
        since: the first major version of PostgreSQL that can do it.
    """

    id: str
    servers: tuple[str, ...]
    before: Build
    after: Build
    expected: Mapping[str, tuple[str, ...]]
    alter: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    prepare: tuple[str, ...] = ()
    since: int = 0


CASES: list[Case] = []


def case(
    name: str,
    servers: str,
    before: Build,
    after: Build,
    *expected: str,
    on: Mapping[str, tuple[str, ...]] | None = None,
    alter: Mapping[str, str] | None = None,
    prepare: tuple[str, ...] = (),
    since: int = 0,
) -> None:
    """Write a case down.

    Args:
        name: of the case.
        servers: letters out of `spm`.
        before: the models before the change.
        after: the models after it.
        expected: what is to be found on every server.
        on: what is to be found on one server (by its letter) instead.
        alter: by letters, the statements that make the change, separated by `;;`.
        prepare: statements run on the empty database first.
        since: the first major version of PostgreSQL that can do it.
    """
    expectations = {SERVERS[letter]: tuple(expected) for letter in servers}
    expectations |= {SERVERS[letter]: tuple(lines) for letter, lines in (on or {}).items()}
    statements = {
        SERVERS[letter]: tuple(text.strip() for text in texts.split(";;"))
        for letters, texts in (alter or {}).items()
        for letter in letters
        if letter in servers
    }
    kinds = tuple(SERVERS[letter] for letter in servers)
    CASES.append(Case(name, kinds, before, after, expectations, statements, prepare, since))


def model(
    *parts: sa.schema.SchemaItem,
    name: str = "item",
    ident: sa.Column[int] | None = None,
    more: Callable[[sa.MetaData], object] | None = None,
    **options: object,
) -> sa.MetaData:
    """Make two tables, `parent` and `item`, the second with more parts."""
    metadata = sa.MetaData()
    sa.Table("parent", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("code", sa.String(20)))
    key = sa.Column("id", sa.Integer, primary_key=True) if ident is None else ident
    sa.Table(name, metadata, key, sa.Column("name", sa.String(50)), *parts, **options)  # type: ignore[arg-type]
    if more is not None:
        more(metadata)
    return metadata


def x(*args: object, **options: object) -> sa.Column[object]:
    """Make the column that a case is about."""
    return sa.Column("x", *args, **options)  # type: ignore[arg-type]


def numbers(*parts: sa.schema.SchemaItem, **options: object) -> sa.MetaData:
    """Make the two tables with three integer columns more, to hang constraints and indexes on."""
    columns = [sa.Column(name, sa.Integer) for name in ("qty", "price", "pid")]
    return model(*columns, *parts, **options)  # type: ignore[arg-type]


def ddl(*texts: str) -> Callable[[sa.MetaData], None]:
    """Make statements part of `create_all()`."""

    def listen(metadata: sa.MetaData) -> None:
        for text in texts:
            sa.event.listen(metadata, "after_create", sa.DDL(text.replace("%", "%%")))

    return listen
