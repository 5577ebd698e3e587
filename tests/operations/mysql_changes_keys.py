"""Changes of keys, constraints and indexes."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from tests.operations.mysql_rounds import Change, ddl, model
from whimbrel.commands.decisions import Decisions

KEYS: list[Change] = []
ROWS = {"item": [{"qty": 1, "price": 1, "pid": 1}, {"qty": 2, "price": 2, "pid": 2}]}
Parts = Callable[[], list[Any]]


def numbers(*parts: Any, **options: Any) -> sa.MetaData:
    """Make the two tables with three integer columns more, to hang constraints and indexes on."""
    return model(*(sa.Column(name, sa.Integer) for name in ("qty", "price", "pid")), *parts, **options)


def parts(name: str, before: Parts, after: Parts, **options: Any) -> None:
    KEYS.append(Change(name, lambda: numbers(*before()), lambda: numbers(*after()), ROWS, **options))


def tables(name: str, before: Callable[[], sa.MetaData], after: Callable[[], sa.MetaData], **options: Any) -> None:
    KEYS.append(Change(name, before, after, **options))


def fk(*columns: str, target: str = "parent.id", **options: Any) -> Any:
    return sa.ForeignKeyConstraint(list(columns) or ["pid"], [target], **options)


NONE: Parts = list
# primary keys
PLAIN = {"primary_key": True, "autoincrement": False}


def ident(*args: Any, **options: Any) -> sa.Column[Any]:
    return sa.Column("id", *(args or (sa.Integer,)), **{"primary_key": True, **options})


def x(*args: Any, **options: Any) -> sa.Column[Any]:
    return sa.Column("x", *(args or (sa.Integer,)), **options)


X = {"item": [{"x": 1}, {"x": 2}]}
tables(
    "key grows",
    lambda: model(x(nullable=False), ident=ident(autoincrement=False)),
    lambda: model(x(**PLAIN), ident=ident(autoincrement=False)),
    rows=X,
)
tables(
    "key shrinks",
    lambda: model(x(**PLAIN), ident=ident(autoincrement=False)),
    lambda: model(x(nullable=False), ident=ident(autoincrement=False)),
    rows=X,
)
tables("numbered key grows", lambda: model(x(nullable=False)), lambda: model(x(**PLAIN)), rows=X)
tables(
    "numbered key grows and goes on numbering",
    lambda: model(x(nullable=False)),
    lambda: model(x(**PLAIN), ident=ident(autoincrement=True)),
    rows=X,
)
tables(
    "key shrinks and numbers",
    lambda: model(x(**PLAIN), ident=ident(autoincrement=False)),
    lambda: model(x(nullable=False)),
    rows=X,
)
tables("key numbers", lambda: model(ident=ident(autoincrement=False)), model)
tables("key numbers no more", model, lambda: model(ident=ident(autoincrement=False)))
tables("key to bigint", model, lambda: model(ident=ident(sa.BigInteger)))
tables(
    "key to unsigned with comment",
    model,
    lambda: model(ident=ident(mysql.INTEGER(unsigned=True), comment="c")),
)
tables("key to string", model, lambda: model(ident=ident(sa.String(20))))
tables(
    "key moves to another column",
    lambda: model(x(sa.String(20), nullable=False)),
    lambda: model(x(sa.String(20), primary_key=True), ident=sa.Column("id", sa.Integer, nullable=False)),
    rows=X,
)
tables(
    "key by a new column",
    lambda: model(ident=sa.Column("code", sa.String(20), primary_key=True)),
    lambda: model(sa.Column("code", sa.String(20), nullable=False)),
    rows={"item": [{"code": "a"}, {"code": "b"}]},
)
tables(
    "numbered key gone",
    lambda: model(sa.Column("code", sa.String(20), nullable=False)),
    lambda: model(ident=sa.Column("code", sa.String(20), primary_key=True)),
    rows={"item": [{"code": "a"}, {"code": "b"}]},
    lost=frozenset({"item.id"}),
)
tables(
    "referred key to bigint",
    lambda: model(sa.Column("pid", sa.ForeignKey("parent.id"))),
    lambda: model(sa.Column("pid", sa.ForeignKey("parent.id")), parent=ident(sa.BigInteger)),
    rows={"item": [{"pid": 1}, {"pid": 2}]},
)
tables(
    "referred key grows",
    lambda: model(sa.Column("pid", sa.ForeignKey("parent.id")), parent=ident(autoincrement=False)),
    lambda: model(
        sa.Column("pid", sa.ForeignKey("parent.id")),
        parent=ident(autoincrement=False),
        more=lambda m: m.tables["parent"].append_column(sa.Column("n", sa.Integer, server_default="1", **PLAIN)),
    ),
    rows={"item": [{"pid": 1}, {"pid": 2}]},
)
tables(
    "referring text to a longer one",
    lambda: model(x(sa.ForeignKey("parent.id")), parent=ident(sa.String(10))),
    lambda: model(x(sa.ForeignKey("parent.id")), parent=ident(sa.String(20))),
    rows={"parent": [{"id": "1"}, {"id": "2"}], "item": [{"x": "1"}, {"x": "2"}]},
)
# foreign keys
parts("foreign key add", NONE, lambda: [fk(name="fk_i")], says=("create_foreign_key",))
parts("foreign key add unnamed", NONE, lambda: [fk()])
parts("foreign key add second unnamed", lambda: [fk("qty")], lambda: [fk("qty"), fk()])
parts("foreign key add on indexed", lambda: [sa.Index("ix_p", "pid")], lambda: [sa.Index("ix_p", "pid"), fk()])
parts("foreign key drop", lambda: [fk(name="fk_i")], NONE, says=("drop_constraint",))
parts("foreign key drop unnamed", lambda: [fk()], NONE)
parts(
    "foreign key drop, index stays",
    lambda: [fk(name="fk_i"), sa.Index("ix_p", "pid")],
    lambda: [sa.Index("ix_p", "pid")],
)
parts("foreign key action", lambda: [fk()], lambda: [fk(ondelete="CASCADE")])
parts("foreign key action of the first", lambda: [fk(), fk("qty")], lambda: [fk(ondelete="CASCADE"), fk("qty")])
parts("foreign key action and an index", lambda: [fk()], lambda: [fk(ondelete="CASCADE"), sa.Index("ix_p", "pid")])
parts(
    "foreign key action over a unique one",
    lambda: [fk(), sa.UniqueConstraint("pid")],
    lambda: [fk(ondelete="CASCADE"), sa.UniqueConstraint("pid")],
)
parts("foreign key to another table", lambda: [fk()], lambda: [fk(target="item.id")])
tables(
    "foreign key action and not null no more",
    lambda: model(x(nullable=False), fk("x")),
    lambda: model(x(), fk("x", ondelete="SET NULL")),
    rows=X,
)
parts(
    "foreign key actions of a named one",
    lambda: [fk(name="fk_i", ondelete="SET NULL")],
    lambda: [fk(name="fk_i", onupdate="CASCADE")],
)
parts("foreign key renamed", lambda: [fk(name="fk_i")], lambda: [fk(name="fk_j")])
parts("foreign key named", lambda: [fk()], lambda: [fk(name="fk_j")])
parts("foreign key moves to another column", lambda: [fk(name="fk_i")], lambda: [fk("qty", name="fk_i")])
parts("foreign key on itself", NONE, lambda: [fk(target="item.id")])
parts(
    "index under a foreign key widened",
    lambda: [fk(), sa.Index("ix_p", "pid")],
    lambda: [fk(), sa.Index("ix_p", "pid", "qty")],
)
parts("index under a foreign key takes over", lambda: [fk()], lambda: [fk(), sa.Index("ix_p", "pid", "qty")])
parts("index under a foreign key gone", lambda: [fk(), sa.Index("ix_p", "pid")], lambda: [fk()])
parts(
    "index under a foreign key unique",
    lambda: [fk(), sa.Index("ix_p", "pid")],
    lambda: [fk(), sa.UniqueConstraint("pid", name="ix_p")],
)
# unique constraints and indexes
parts("unique add", NONE, lambda: [sa.UniqueConstraint("qty", name="uq_i")])
parts("unique add unnamed", NONE, lambda: [sa.UniqueConstraint("qty")])
parts("unique drop", lambda: [sa.UniqueConstraint("qty", name="uq_i")], NONE)
parts(
    "unique columns",
    lambda: [sa.UniqueConstraint("qty", name="uq_i")],
    lambda: [sa.UniqueConstraint("qty", "price", name="uq_i")],
)
parts(
    "unique renamed",
    lambda: [sa.UniqueConstraint("qty", name="uq_i")],
    lambda: [sa.UniqueConstraint("qty", name="uq_j")],
)
parts(
    "second unnamed unique",
    lambda: [sa.UniqueConstraint("qty")],
    lambda: [sa.UniqueConstraint("qty", "price"), sa.UniqueConstraint("qty")],
)
parts("index add", NONE, lambda: [sa.Index("ix_i", "qty")], says=("create_index",))
parts("index drop", lambda: [sa.Index("ix_i", "qty")], NONE)
parts("index columns", lambda: [sa.Index("ix_i", "qty")], lambda: [sa.Index("ix_i", "qty", "price")])
parts("index renamed", lambda: [sa.Index("ix_i", "qty")], lambda: [sa.Index("ix_j", "qty")])
parts("index unique", lambda: [sa.Index("ix_i", "qty")], lambda: [sa.Index("ix_i", "qty", unique=True)])
parts("index descending", lambda: [sa.Index("ix_i", "qty")], lambda: [sa.Index("ix_i", sa.desc("qty"))])
parts("index descending drop", lambda: [sa.Index("ix_i", sa.desc("qty"), "price")], NONE)
parts("index prefix", lambda: [sa.Index("ix_i", "name")], lambda: [sa.Index("ix_i", "name", mysql_length=10)])
parts("index prefix drop", lambda: [sa.Index("ix_i", "name", mysql_length=10)], NONE)
HIDDEN = ddl("ALTER TABLE item ALTER INDEX ix_i /*M! IGNORED */ /*!80000 INVISIBLE */")
tables(
    "index hidden",
    lambda: numbers(sa.Index("ix_i", "qty")),
    lambda: numbers(sa.Index("ix_i", "qty"), more=HIDDEN),
    says=("ALTER INDEX ix_i",),
)
tables(
    "index shown again",
    lambda: numbers(sa.Index("ix_i", "qty"), more=HIDDEN),
    lambda: numbers(sa.Index("ix_i", "qty")),
)
tables("index hidden made", lambda: numbers(), lambda: numbers(sa.Index("ix_i", "qty"), more=HIDDEN))
tables("index hidden dropped", lambda: numbers(sa.Index("ix_i", "qty"), more=HIDDEN), lambda: numbers())
tables(
    "index hidden widened",
    lambda: numbers(sa.Index("ix_i", "qty"), more=HIDDEN),
    lambda: numbers(sa.Index("ix_i", "qty", "price"), more=HIDDEN),
)
parts("index fulltext", lambda: [sa.Index("ix_i", "name")], lambda: [sa.Index("ix_i", "name", mysql_prefix="FULLTEXT")])
parts("index fulltext drop", lambda: [sa.Index("ix_i", "name", mysql_prefix="FULLTEXT")], NONE)
tables(
    "index comment",
    lambda: numbers(sa.Index("ix_i", "qty")),
    lambda: numbers(more=ddl("CREATE INDEX ix_i ON item (qty) COMMENT 'it''s'")),
    rows=ROWS,
)
tables(
    "index spatial",
    lambda: model(more=ddl("ALTER TABLE item ADD g POINT NOT NULL")),
    lambda: model(more=ddl("ALTER TABLE item ADD g POINT NOT NULL", "CREATE SPATIAL INDEX ix_g ON item (g)")),
    rows={"item": [], "parent": []},
)
# checks
parts("check add", NONE, lambda: [sa.CheckConstraint("qty > 0 AND name <> '50%: it''s'", name="ck_i")])
parts("check add unnamed", NONE, lambda: [sa.CheckConstraint("qty > 0")])
parts(
    "check add second unnamed",
    lambda: [sa.CheckConstraint("qty > 0")],
    lambda: [sa.CheckConstraint("qty > 0"), sa.CheckConstraint("price > 0")],
)
parts("check drop", lambda: [sa.CheckConstraint("qty > 0", name="ck_i")], NONE)
parts("check drop unnamed", lambda: [sa.CheckConstraint("name <> 'a:b%c'")], NONE)
parts(
    "check text",
    lambda: [sa.CheckConstraint("qty > 0", name="ck_i")],
    lambda: [sa.CheckConstraint("qty > -5", name="ck_i")],
)
parts("check text unnamed", lambda: [sa.CheckConstraint("qty > 0")], lambda: [sa.CheckConstraint("qty > -5")])
parts("check named", lambda: [sa.CheckConstraint("qty > 0")], lambda: [sa.CheckConstraint("qty > 0", name="ck_i")])
parts(
    "check renamed",
    lambda: [sa.CheckConstraint("qty > 0", name="ck_i")],
    lambda: [sa.CheckConstraint("qty > 0", name="ck_j")],
)
tables(
    "check of an enum",
    lambda: model(x(sa.Enum("a", "b", name="e", native_enum=False, create_constraint=True))),
    lambda: model(x(sa.Enum("a", "b", "c", name="e", native_enum=False, create_constraint=True, length=1))),
    rows={"item": [{"x": "a"}, {"x": "b"}]},
)
NAMED = Decisions(renames=(("item", "product"),))
tables(
    "column that numbers beside the key",
    lambda: model(ident=sa.Column("id", sa.String(5), primary_key=True)),
    lambda: model(
        sa.Column("n", sa.Integer, nullable=False),
        ident=sa.Column("id", sa.String(5), primary_key=True),
        more=ddl("ALTER TABLE item MODIFY n INTEGER NOT NULL AUTO_INCREMENT UNIQUE"),
    ),
    rows={"item": [{"id": "a"}, {"id": "b"}]},
    decisions=Decisions(fills={"item.n": "0"}),
)
tables(
    "referred text and its collation",
    lambda: model(x(sa.ForeignKey("parent.id")), parent=ident(sa.String(10))),
    lambda: model(x(sa.ForeignKey("parent.id")), parent=ident(sa.String(10, collation="utf8mb4_bin"))),
    rows={"parent": [{"id": "1"}, {"id": "2"}], "item": [{"x": "1"}, {"x": "2"}]},
)
tables(
    "referred key renamed",
    lambda: model(x(sa.ForeignKey("parent.id"))),
    lambda: model(x(sa.ForeignKey("parent.pk")), parent=sa.Column("pk", sa.Integer, primary_key=True)),
    rows={"item": [{"x": 1}, {"x": 2}]},
    decisions=Decisions(renames=(("parent.id", "parent.pk"),)),
    renames={"parent.id": "parent.pk"},
)
parts(
    "column under an index dropped",
    lambda: [sa.Column("x", sa.Integer), sa.Index("ix_p", "pid", "x"), fk()],
    lambda: [sa.Index("ix_p", "pid"), fk()],
)
