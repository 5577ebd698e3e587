"""Columns that get another name, with all that stands on them and together with other changes."""

from typing import Any

import sqlalchemy as sa

from tests.operations.mysql_changes_columns import TOUCHED, c, column, x
from tests.operations.mysql_rounds import Change, ddl, model
from whimbrel.commands.decisions import Decisions

RENAMES: list[Change] = []


def renamed(name: str, parts: Any, *, columns: Any = "xy", **options: Any) -> None:
    """Column x becomes y, with all that is on it."""
    flags = Decisions(renames=(("item.x", "item.y"),), **options)
    RENAMES.append(
        Change(
            name,
            lambda: model(*parts("x")),
            lambda: model(*parts("y")),
            {"item": [{"x": 1}, {"x": 2}]},
            flags,
            renames={"item.x": "item.y"},
        )
    )


C = sa.Column
renamed("rename", lambda n: [C(n, sa.Integer, nullable=False, server_default="3", comment="c")])
renamed("rename collated", lambda n: [C(n, sa.String(20, collation="utf8mb4_bin"))])
renamed("rename under an index", lambda n: [C(n, sa.Integer, index=True)])
renamed("rename under a prefix index", lambda n: [C(n, sa.String(30)), sa.Index("ix_p", n, mysql_length=10)])
renamed("rename of a foreign key", lambda n: [C(n, sa.ForeignKey("parent.id"))])
renamed("rename of a unique column", lambda n: [C(n, sa.Integer, unique=True)])
renamed("rename under a check", lambda n: [C(n, sa.Integer), sa.CheckConstraint(f"{n} > 0", name="ck_i")])
renamed("rename with its check", lambda n: [C(n, sa.Integer, sa.CheckConstraint(f"{n} > 0"))])
renamed("rename under a generated column", lambda n: [C(n, sa.Integer), C("g", sa.Integer, sa.Computed(f"{n} * 2"))])
RENAMES += [
    Change(
        "rename and longer",
        lambda: model(x(sa.String(20))),
        lambda: model(C("y", sa.String(40), nullable=False)),
        {"item": [{"x": "a"}, {"x": "b"}]},
        Decisions(renames=(("item.x", "item.y"),)),
        renames={"item.x": "item.y"},
    ),
    Change(
        "rename under a view",
        lambda: model(x(sa.Integer), more=ddl("CREATE VIEW v AS SELECT id, x FROM item")),
        lambda: model(C("y", sa.Integer), more=ddl("CREATE VIEW v AS SELECT id, y FROM item")),
        {"item": [{"x": 1}, {"x": 2}]},
        Decisions(renames=(("item.x", "item.y"),)),
        renames={"item.x": "item.y"},
    ),
    Change(
        "rename under a trigger",
        lambda: model(x(sa.Integer), more=ddl("CREATE TRIGGER t BEFORE INSERT ON item FOR EACH ROW SET NEW.x = 1")),
        lambda: model(
            C("y", sa.Integer), more=ddl("CREATE TRIGGER t BEFORE INSERT ON item FOR EACH ROW SET NEW.y = 1")
        ),
        {"item": [{"x": 1}, {"x": 2}]},
        Decisions(renames=(("item.x", "item.y"),)),
        renames={"item.x": "item.y"},
    ),
    Change(
        "rename in a circle",
        lambda: model(x(sa.Integer), C("y", sa.String(20))),
        lambda: model(x(sa.String(20)), C("y", sa.Integer)),
        {"item": [{"x": 1, "y": "a"}, {"x": 2, "y": "b"}]},
        Decisions(renames=(("item.x", "item.y"), ("item.y", "item.x"))),
        renames={"item.x": "item.y", "item.y": "item.x"},
    ),
    Change(
        "rename in a chain",
        lambda: model(x(sa.Integer), C("y", sa.String(20))),
        lambda: model(
            C("y", sa.Integer, info={"renamed_from": "x"}), C("z", sa.String(20), info={"renamed_from": "y"})
        ),
        {"item": [{"x": 1, "y": "a"}, {"x": 2, "y": "b"}]},
        renames={"item.x": "item.y", "item.y": "item.z"},
    ),
    Change(
        "invisible",
        lambda: model(x(sa.Integer)),
        lambda: model(x(sa.Integer), more=ddl("ALTER TABLE item MODIFY x INTEGER INVISIBLE")),
        {"item": [{"x": 1}, {"x": 2}]},
        lost=frozenset({"item.x"}),
    ),
    Change(
        "odd names",
        model,
        lambda: model(
            C("order", sa.Integer), C("a b`c%d", sa.Integer), sa.Index("key", "order"), sa.Index("ix 2", "a b`c%d")
        ),
    ),
    Change(
        "odd names gone",
        lambda: model(
            C("order", sa.Integer, sa.Computed("length(name)")),
            C("a`b", sa.Integer),
            sa.Index("key", "order"),
            sa.Index("ix 2", "a`b", "name", mysql_length={"name": 3}),
        ),
        model,
        lost=frozenset({"item.order"}),
    ),
]
CHECKED = {"native_enum": False, "create_constraint": True}
column("column add checked enum", None, c(sa.Enum("a", "b", name="kind", **CHECKED)))
column("column add checked boolean", None, c(sa.Boolean(create_constraint=True, name="truth")))
column(
    "column drop checked enum",
    c(sa.Enum("a", "b", name="kind", **CHECKED)),
    None,
    ("a", "b"),
    lost=frozenset({"item.x"}),
)
column("column add point", None, c(sa.dialects.mysql.VARBINARY(5), nullable=False, server_default="a"))
RENAMES += [
    Change(
        "fill beside what is touched",
        lambda: model(x(sa.String(20)), C("at", sa.DateTime, server_default=TOUCHED)),
        lambda: model(
            x(sa.String(20), nullable=False),
            C("at", sa.DateTime, server_default=TOUCHED),
            C("z", sa.DateTime, server_default=TOUCHED),
        ),
        {"item": [{"x": "a", "at": "2020-01-01"}, {"x": None, "at": "2020-01-01"}]},
        Decisions(fills={"item.x": "''"}),
        says=("at = at",),
    ),
    Change(
        "rename onto a dropped one",
        lambda: model(x(sa.Integer), C("y", sa.String(20))),
        lambda: model(C("y", sa.Integer)),
        {"item": [{"x": 1, "y": "a"}, {"x": 2, "y": "b"}]},
        Decisions(renames=(("item.x", "item.y"),)),
        lost=frozenset({"item.y"}),
        renames={"item.x": "item.y"},
    ),
    Change(
        "rename and cast",
        lambda: model(x(sa.String(20))),
        lambda: model(C("y", sa.Integer)),
        {"item": [{"x": "one"}, {"x": "two"}]},
        Decisions(renames=(("item.x", "item.y"),), casts={"item.y": "IF(y = 'one', 1, 2)"}),
        renames={"item.x": "item.y"},
    ),
    Change(
        "several at once",
        lambda: model(x(sa.String(20), index=True), C("gone", sa.Integer)),
        lambda: model(C("a", sa.Integer), x(sa.Text), C("b", sa.String(5), index=True), comment="c"),
        {"item": [{"x": "a", "gone": 1}, {"x": "b", "gone": 2}]},
        Decisions(not_renames=frozenset({"item.gone"})),
        lost=frozenset({"item.gone"}),
    ),
]
