"""Changes of models that go beyond one fact, for SQLite and PostgreSQL, as data."""

import sqlalchemy as sa

from tests.compare.cases.model import ddl, model, numbers, x
from tests.operations.rounds import Change

EACH = ("sqlite", "postgresql")
SQLITE, POSTGRESQL = ("sqlite",), ("postgresql",)
RENAMED = {"item.x": "item.y"}


def _y(*args: object, **options: object) -> sa.Column[object]:
    return sa.Column("y", *args, **options)  # type: ignore[arg-type]


def _color(*labels: str, **options: object) -> sa.Column[object]:
    return x(sa.Enum(*labels, name="color"), **options)


def _chosen(text: str, **options: object) -> sa.MetaData:
    return numbers(x(sa.Integer, sa.Computed(text, persisted=True), **options))


CHANGES = [
    Change(
        "column renamed with its index",
        EACH,
        lambda k: model(x(sa.String(20), index=True)),
        lambda k: model(_y(sa.String(20), index=True)),
        renames=RENAMED,
    ),
    Change(
        "CHECK of a boolean added",
        EACH,
        lambda k: model(),
        lambda k: model(x(sa.Boolean(create_constraint=True, name="ck_x"))),
    ),
    Change("computed made plain", EACH, lambda k: _chosen("qty + 1"), lambda k: numbers(x(sa.Integer))),
    Change(
        "computed under an index changed",
        EACH,
        lambda k: _chosen("qty + 1", index=True),
        lambda k: _chosen("qty + 2", index=True),
    ),
    Change(
        "VIRTUAL made STORED",
        SQLITE,
        lambda k: numbers(x(sa.Integer, sa.Computed("qty + 1", persisted=False))),
        lambda k: numbers(x(sa.Integer, sa.Computed("qty + 1", persisted=True))),
    ),
    Change(
        "NOT NULL on conflict",
        SQLITE,
        lambda k: model(x(sa.Integer, server_default="1")),
        lambda k: model(x(sa.Integer, nullable=False, sqlite_on_conflict_not_null="REPLACE", server_default="1")),
        fills={"item.x": "1"},
    ),
    Change(
        "value of an enumeration held as text renamed",
        SQLITE,
        lambda k: model(_color("red", "green", server_default="green")),
        lambda k: model(_color("red", "lime", server_default="lime")),
        rows={"item": [{"x": "red"}, {"x": "green"}]},
        renames={"item.x:green": "lime"},
        says=("UPDATE item SET x = CASE x WHEN",),
    ),
    Change(
        "enumeration under a CHECK and an index reordered",
        POSTGRESQL,
        lambda k: model(_color("red", "green"), sa.CheckConstraint("x <> 'green' OR id > 0", name="ck_x"),
                        sa.Index("ix_x", "id", postgresql_where=sa.text("x = 'red'"))),
        lambda k: model(_color("green", "red"), sa.CheckConstraint("x <> 'green' OR id > 0", name="ck_x"),
                        sa.Index("ix_x", "id", postgresql_where=sa.text("x = 'red'"))),
        rows={"item": [{"x": "red"}, {"x": "red"}]},
    ),
    Change(
        "type under a computed column",
        POSTGRESQL,
        lambda k: numbers(x(sa.Integer, sa.Computed("qty * 2", persisted=True))),
        lambda k: model(sa.Column("qty", sa.BigInteger), sa.Column("price", sa.Integer), sa.Column("pid", sa.Integer),
                        x(sa.Integer, sa.Computed("qty * 2", persisted=True))),
    ),
    Change(
        "sequence lifted over where it stands",
        POSTGRESQL,
        lambda k: model(more=lambda m: sa.Sequence("my_seq", metadata=m)),
        lambda k: model(more=lambda m: sa.Sequence("my_seq", start=5, minvalue=5, metadata=m)),
    ),
    Change(
        "sequence turned round",
        POSTGRESQL,
        lambda k: model(more=lambda m: sa.Sequence("my_seq", metadata=m)),
        lambda k: model(more=lambda m: sa.Sequence("my_seq", start=-1, increment=-1, metadata=m)),
    ),
    Change(
        "composite type changed",
        POSTGRESQL,
        lambda k: model(more=ddl("CREATE TYPE addr AS (street text, no int)")),
        lambda k: model(more=ddl("CREATE TYPE addr AS (street text, no bigint, zip text)")),
    ),
    Change(
        "rule added",
        POSTGRESQL,
        lambda k: model(),
        lambda k: model(more=ddl("CREATE RULE r1 AS ON DELETE TO item DO INSTEAD NOTHING")),
    ),
]  # fmt: skip
