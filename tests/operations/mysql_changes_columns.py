"""Changes of columns."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from tests.operations.mysql_rounds import Change, model
from whimbrel.commands.decisions import Decisions

COLUMNS: list[Change] = []
NOW = sa.text("CURRENT_TIMESTAMP")
TOUCHED = sa.text("CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP")


def x(*args: Any, **options: Any) -> sa.Column[Any]:
    return sa.Column("x", *args, **options)


def column(
    name: str,
    before: tuple[Any, ...] | sa.Column[Any] | None,
    after: tuple[Any, ...] | sa.Column[Any] | None,
    values: tuple[Any, Any] | None = None,
    **options: Any,
) -> None:
    """One column that changes; given as the arguments of `sa.Column`, made anew each time."""

    def side(given: Any) -> Any:
        if given is None:
            return model
        positional, named = given
        return lambda: model(x(*_fresh(positional), **named))

    if values is not None:
        options["rows"] = {"item": [{"x": value} for value in values]}
    COLUMNS.append(Change(name, side(before), side(after), **options))


def _fresh(positional: tuple[Any, ...]) -> list[Any]:
    return [one() if callable(one) and not isinstance(one, type) else one for one in positional]


def c(*positional: Any, **named: Any) -> tuple[Any, ...]:
    return positional, named


def to_parent(**options: Any) -> Any:
    return lambda: sa.ForeignKey("parent.id", **options)


column("column add", None, c(sa.String(10)), says=("add_column",))
column("column add with default", None, c(sa.String(10), nullable=False, server_default="a"))
column(
    "column add not null",
    None,
    c(sa.String(10), nullable=False, comment="it's"),
    decisions=Decisions(fills={"item.x": "concat('r', id)"}),
)
column("column add json not null", None, c(sa.JSON, nullable=False), decisions=Decisions(fills={"item.x": "'{}'"}))
column("column add json", None, c(sa.JSON))
column("column add enum", None, c(sa.Enum("red", "green", name="color")))
column("column add boolean", None, c(sa.Boolean, nullable=False, server_default=sa.false()))
column("column add with foreign key", None, c(to_parent()))
column("column add with named foreign key", None, c(to_parent(name="fk_x", ondelete="SET NULL")))
column("column add unique", None, c(sa.String(20), unique=True))
column("column add generated", None, c(sa.Integer, lambda: sa.Computed("length(name)", persisted=True)))
column("column drop", c(sa.String(20)), None, ("u", "v"), lost=frozenset({"item.x"}))
column("column drop not null", c(sa.String(20), nullable=False), None, ("u", "v"), lost=frozenset({"item.x"}))
column(
    "column drop date not null",
    c(sa.Date, nullable=False),
    None,
    (sa.func.current_date(), sa.func.current_date()),
    lost=frozenset({"item.x"}),
)
column("column drop json not null", c(sa.JSON, nullable=False), None, ({}, {}), lost=frozenset({"item.x"}))
column(
    "column drop enum",
    c(sa.Enum("red", "green", name="color"), nullable=False),
    None,
    ("red", "green"),
    lost=frozenset({"item.x"}),
)
column(
    "column drop collated",
    c(sa.String(20, collation="utf8mb4_bin"), nullable=False, comment="a:b % c", index=True),
    None,
    ("u", "v"),
    lost=frozenset({"item.x"}),
)
column("column drop indexed", c(sa.String(20), index=True), None, ("u", "v"), lost=frozenset({"item.x"}))
column("column drop with foreign key", c(to_parent()), None, (1, 2), lost=frozenset({"item.x"}))
column(
    "column drop with check",
    c(sa.Integer, lambda: sa.CheckConstraint("x > 0")),
    None,
    (1, 2),
    lost=frozenset({"item.x"}),
)
column("column drop generated", c(sa.Integer, lambda: sa.Computed("length(name)")), None, lost=frozenset({"item.x"}))
column(
    "column drop timestamp",
    c(mysql.TIMESTAMP, nullable=False, server_default=TOUCHED),
    None,
    lost=frozenset({"item.x"}),
)

TYPES: tuple[tuple[str, Any, Any, Any, Any], ...] = (
    ("longer", sa.String(50), sa.String(100), "u", "v"),
    ("shorter", sa.String(50), sa.String(20), "u", "v"),
    ("string to text", sa.String(50), sa.Text, "u", "v"),
    ("text to string", sa.Text, sa.String(50), "u", "v"),
    ("string to integer", sa.String(20), sa.Integer, "1", "2"),
    ("integer to string", sa.Integer, sa.String(20), 1, 2),
    ("integer to bigint", sa.Integer, sa.BigInteger, 1, 2),
    ("bigint to integer", sa.BigInteger, sa.Integer, 1, 2),
    ("integer to boolean", sa.Integer, sa.Boolean, 0, 1),
    ("unsigned", sa.Integer, mysql.INTEGER(unsigned=True), 1, 2),
    ("float to numeric", sa.Float, sa.Numeric(10, 2), 1.5, 2),
    ("numeric scale", sa.Numeric(10, 2), sa.Numeric(12, 4), 1.5, 2),
    ("string to numeric", sa.String(20), sa.Numeric(10, 2), "1.5", " 2"),
    ("string to float", sa.String(20), sa.Float, "1.5", "2e3"),
    ("string to date", sa.String(20), sa.Date, "2024-01-31", "2024-02-29"),
    ("string to datetime", sa.String(20), sa.DateTime, "2024-01-31 10:00", "2024-02-29"),
    ("date to datetime", sa.Date, sa.DateTime, sa.func.current_date(), sa.func.current_date()),
    ("datetime fractions", sa.DateTime, mysql.DATETIME(fsp=6), sa.func.now(), sa.func.now()),
    ("datetime to timestamp", sa.DateTime, mysql.TIMESTAMP, sa.func.now(), sa.func.now()),
    ("text size", sa.Text, mysql.LONGTEXT, "u", "v"),
    ("text to json", sa.Text, sa.JSON, "{}", "[1]"),
    ("json to text", sa.JSON, sa.Text, {}, {}),
    ("blob size", sa.LargeBinary, mysql.MEDIUMBLOB, b"u", b"v"),
    ("binary length", sa.BINARY(10), sa.BINARY(16), b"u", b"v"),
    ("char length", sa.CHAR(3), sa.CHAR(4), "u", "v"),
    ("string to enum", sa.String(20), sa.Enum("red", "green", name="color"), "red", "green"),
    ("enum to string", sa.Enum("red", "green", name="color"), sa.String(20), "red", "green"),
    (
        "enum value",
        sa.Enum("red", "green", name="color"),
        sa.Enum("red", "green", "blue", name="color"),
        "red",
        "green",
    ),
    ("enum reorder", sa.Enum("red", "green", name="color"), sa.Enum("green", "red", name="color"), "red", "green"),
    ("enum value gone", sa.Enum("red", "green", name="color"), sa.Enum("red", name="color"), "red", "red"),
    ("set values", mysql.SET("a", "b"), mysql.SET("a", "b", "c"), {"a"}, {"b"}),
    ("string to uuid", sa.String(36), sa.Uuid, *["11111111-1111-1111-1111-111111111111"] * 2),
    ("year", sa.SmallInteger, mysql.YEAR, 2001, 2002),
    ("bit", mysql.BIT(3), mysql.BIT(5), 1, 2),
)
for _name, _before, _after, *_values in TYPES:
    column(f"type {_name}", c(_before), c(_after), tuple(_values))  # type: ignore[arg-type]

ENUM = "item.x"
for _name, _before, _after, _pairs in (
    ("enum value renamed", ("red", "green"), ("red", "lime"), [("item.x", "green", "lime")]),
    ("enum value renamed by type", ("red", "green"), ("red", "lime"), [("color", "green", "lime")]),
    ("enum value renamed in case", ("red", "green"), ("red", "Green"), [("item.x", "green", "Green")]),
    ("enum value renamed and added", ("red", "green"), ("blue", "lime", "red"), [("item.x", "green", "lime")]),
    ("enum values renamed", ("red", "green"), ("rot", "it's"), [("color", "red", "rot"), ("color", "green", "it's")]),
):
    column(
        _name,
        c(sa.Enum(*_before, name="color"), nullable=False),
        c(sa.Enum(*_after, name="color"), nullable=False),
        ("red", "green"),
        decisions=Decisions(values=tuple(_pairs)),
    )
column(
    "enum value renamed under a default",
    c(sa.Enum("red", "green", name="color"), server_default="green"),
    c(sa.Enum("red", "lime", name="color"), server_default="lime"),
    ("red", "green"),
    decisions=Decisions(values=(("item.x", "green", "lime"),)),
)

column(
    "cast by expression",
    c(sa.String(20), nullable=False, index=True),
    c(sa.Integer, nullable=False, index=True),
    ("one", "two"),
    decisions=Decisions(casts={"item.x": "CASE x WHEN 'one' THEN 1 ELSE 2 END"}),
)
column(
    "cast in place",
    c(sa.Integer),
    c(sa.Enum("off", "on", name="state")),
    (0, 1),
    decisions=Decisions(casts={"item.x": "IF(x, 'on', 'off')"}),
)

column(
    "not null",
    c(sa.String(20)),
    c(sa.String(20), nullable=False),
    ("u", None),
    decisions=Decisions(fills={"item.x": "''"}),
    says=("alter_column",),
)
column(
    "not null with collation",
    c(sa.String(20, collation="utf8mb4_bin")),
    c(sa.String(20, collation="utf8mb4_bin"), nullable=False),
    ("u", None),
    decisions=Decisions(fills={"item.x": "'it''s'"}),
)
column("nullable", c(sa.String(20), nullable=False), c(sa.String(20)), ("u", "v"))
column(
    "nullable timestamp",
    c(mysql.TIMESTAMP, nullable=False, server_default=NOW),
    c(mysql.TIMESTAMP, nullable=True, server_default=NOW),
)

DEFAULTS: tuple[tuple[str, Any, Any, Any], ...] = (
    ("added", sa.String(20), None, "abc"),
    ("dropped", sa.String(20), "abc", None),
    ("quoted", sa.String(20), "abc", "it's"),
    ("odd", sa.String(40), "a\\b", "50% :x \\n %(a)s"),
    ("empty", sa.String(20), None, ""),
    ("number", sa.Integer, "0", "1"),
    ("boolean", sa.Boolean, sa.false(), sa.true()),
    ("now", sa.DateTime, None, sa.func.now()),
    ("now gone", sa.DateTime, sa.func.now(), None),
    ("touched", sa.DateTime, NOW, TOUCHED),
    ("expression", sa.Integer, sa.text("(1 + 1)"), sa.text("(1 + 2)")),
    ("call", sa.String(40), None, sa.text("(uuid())")),
    ("null text", sa.String(20), None, "NULL"),
    ("decimal", sa.Numeric(10, 2), "1.50", "2.50"),
    ("bits", mysql.BIT(3), sa.text("b'101'"), sa.text("b'1'")),
    ("enum", sa.Enum("red", "green", name="color"), "red", "green"),
    ("text", sa.Text, None, sa.text("('abc')")),
    ("date", sa.Date, "2020-01-01", "2021-01-01"),
)
for _name, _type, _before, _after in DEFAULTS:
    column(f"default {_name}", c(_type, server_default=_before), c(_type, server_default=_after))

column("comment", c(sa.Integer, comment="one"), c(sa.Integer, comment="it's \\ 50% :two"), (1, 2))
column(
    "comment gone",
    c(sa.String(20), nullable=False, server_default="a", comment="one"),
    c(sa.String(20), nullable=False, server_default="a"),
)
column(
    "comment on collated",
    c(sa.String(20, collation="utf8mb4_bin")),
    c(sa.String(20, collation="utf8mb4_bin"), comment="c"),
    ("u", "v"),
)
column("collation", c(sa.String(20)), c(sa.String(20, collation="utf8mb4_bin")), ("u", "v"))
column(
    "collation of an indexed one",
    c(sa.String(20), unique=True),
    c(sa.String(20, collation="utf8mb4_bin"), unique=True),
    ("u", "v"),
)
column("character set", c(sa.String(20)), c(mysql.VARCHAR(20, charset="latin1")), ("u", "v"))
column(
    "longer in a character set",
    c(mysql.VARCHAR(20, charset="latin1")),
    c(mysql.VARCHAR(30, charset="latin1")),
    ("u", "v"),
)
column("check on a column", c(sa.Integer), c(sa.Integer, lambda: sa.CheckConstraint("x > 0")), (1, 2))
column(
    "check on a column changed",
    c(sa.Integer, lambda: sa.CheckConstraint("x > 0")),
    c(sa.Integer, lambda: sa.CheckConstraint("x > -5")),
    (1, 2),
)
column(
    "check on a column gone",
    c(sa.Integer, lambda: sa.CheckConstraint("x > 0"), nullable=False),
    c(sa.Integer, nullable=False),
    (1, 2),
)
column(
    "two aspects",
    c(sa.String(20)),
    c(sa.Integer, nullable=False, server_default="7", comment="n"),
    ("1", None),
    decisions=Decisions(fills={"item.x": "'0'"}),
)


def generated(name: str, before: Any, after: Any, *, index: bool = False) -> None:
    def side(text: str | None, persisted: bool) -> sa.MetaData:
        computed = [sa.Computed(text, persisted=persisted)] if text else []
        return model(sa.Column("qty", sa.Integer), x(sa.Integer, *computed, index=index))

    rows = {"item": [{"qty": 1}, {"qty": 2}]}
    COLUMNS.append(Change(name, lambda: side(*before), lambda: side(*after), rows))


STORED, OTHER, VIRTUAL = ("qty * 2", True), ("qty * 3", True), ("qty * 2", False)
generated("generated text", STORED, OTHER)
generated("generated virtual text", VIRTUAL, ("qty * 3", False))
generated("generated stored to virtual", STORED, VIRTUAL)
generated("generated virtual to stored", VIRTUAL, STORED)
generated("generated stored to plain", STORED, (None, False))
generated("generated virtual to plain", VIRTUAL, (None, False))
generated("generated virtual to plain under an index", VIRTUAL, (None, False), index=True)
generated("generated stored to virtual under an index", STORED, VIRTUAL, index=True)
generated("plain to generated", (None, False), STORED)
generated("plain to generated virtual", (None, False), VIRTUAL)
column("with a check of its own added", None, c(sa.Integer, lambda: sa.CheckConstraint("x > 0 AND x <> 3")))
