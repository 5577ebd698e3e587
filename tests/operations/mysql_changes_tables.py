"""Changes of tables and of what stands beside them."""

from datetime import date
from typing import Any

import sqlalchemy as sa

from tests.operations.mysql_rounds import Change, ddl, model
from whimbrel.commands.decisions import Decisions

TABLES: list[Change] = []


def change(name: str, before: Any, after: Any, **options: Any) -> None:
    TABLES.append(Change(name, before, after, **options))


def both(**options: Any) -> dict[str, Any]:
    return {f"{kind}_{name}": value for name, value in options.items() for kind in ("mysql", "mariadb")}


def third(**options: Any) -> Any:
    def build(metadata: sa.MetaData) -> None:
        sa.Table(
            "third",
            metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("pid", sa.ForeignKey("parent.id", ondelete="CASCADE"), nullable=False),
            sa.Column("label", sa.String(10), index=True, unique=True, server_default="it's"),
            sa.Column("doc", sa.JSON),
            sa.Column("n", sa.Integer, sa.Computed("length(concat(label, '% \\:x'))")),
            sa.Column("bin", sa.String(20, collation="utf8mb4_bin"), comment="50% :c"),
            sa.CheckConstraint("pid > 0"),
            sa.CheckConstraint("label <> 'a:b%c \\:x'", name="ck_label"),
            sa.Index("ix_pid_label", "pid", "label", mysql_length={"label": 3}),
            **options,
        )

    return build


def checked(*events: str) -> Any:
    """Make a table whose column has a CHECK of its own, and then what only events do to it."""

    def build(metadata: sa.MetaData) -> None:
        third()(metadata)
        sa.Table("fourth", metadata, sa.Column("id", sa.Integer, primary_key=True),
                 sa.Column("n", sa.Integer, sa.CheckConstraint("n > 0 AND n <> 2"), nullable=False))  # fmt: skip
        ddl(*events)(metadata)

    return build


def circle(metadata: sa.MetaData) -> None:
    sa.Table(
        "a",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("b_id", sa.ForeignKey("b.id", name="fk_a_b", use_alter=True)),
    )
    sa.Table(
        "b",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("a_id", sa.ForeignKey("a.id", name="fk_b_a")),
    )


COMPRESSED = both(row_format="COMPRESSED")
HELD = {"third": [{"id": 1, "pid": 1, "label": "a", "doc": {}}, {"id": 2, "pid": 2, "label": "b", "doc": []}]}
change("table add", model, lambda: model(more=third(**both(engine="InnoDB"), comment="it's 50% :x")))
change(
    "table drop",
    lambda: model(more=third(comment="it's 50% :x", **COMPRESSED)),
    model,
    rows=HELD,
    lost=frozenset({"third"}),
)
change("tables in a circle", model, lambda: model(more=circle))
change("tables in a circle gone", lambda: model(more=circle), model, rows={"a": [], "b": []})
RENAMED: dict[str, Any] = {"decisions": Decisions(renames=(("item", "product"),)), "renames": {"item": "product"}}
change("table renamed", model, lambda: model(name="product"), **RENAMED)


def rich(name: str, **options: Any) -> sa.MetaData:
    return model(
        sa.Column("pid", sa.ForeignKey("parent.id")),
        sa.Column("qty", sa.Integer, index=True),
        sa.Column("who", sa.Integer),
        sa.ForeignKeyConstraint(["who"], ["parent.id"], name=f"fk_{name}_who"),
        sa.CheckConstraint("qty > 0"),
        sa.CheckConstraint("qty > 1", name=f"ck_{name}_qty"),
        sa.UniqueConstraint("pid", "qty", name=f"uq_{name}"),
        name=name,
        **options,
    )


PARTS = {"item": [{"pid": 1, "qty": 2, "who": 1}, {"pid": 2, "qty": 3, "who": 2}]}
change("table renamed with its parts", lambda: rich("item"), lambda: rich("product"), rows=PARTS, **RENAMED)
change(
    "table renamed under a view and a trigger",
    lambda: model(
        more=ddl(
            "CREATE VIEW v AS SELECT id FROM item",
            "CREATE TRIGGER t BEFORE INSERT ON item FOR EACH ROW SET NEW.name = 'x'",
        )
    ),
    lambda: model(
        name="product",
        more=ddl(
            "CREATE VIEW v AS SELECT id FROM product",
            "CREATE TRIGGER t BEFORE INSERT ON product FOR EACH ROW SET NEW.name = 'x'",
        ),
    ),
    **RENAMED,
)
change(
    "table renamed and referred to",
    lambda: model(
        more=lambda m: sa.Table(
            "line", m, sa.Column("id", sa.Integer, primary_key=True), sa.Column("item_id", sa.ForeignKey("item.id"))
        )
    ),
    lambda: model(
        name="product",
        more=lambda m: sa.Table(
            "line", m, sa.Column("id", sa.Integer, primary_key=True), sa.Column("item_id", sa.ForeignKey("product.id"))
        ),
    ),
    **RENAMED,
)
change(
    "table renamed and changed",
    lambda: model(sa.Column("x", sa.String(20)), sa.Column("gone", sa.Integer)),
    lambda: model(sa.Column("y", sa.String(40), nullable=False), sa.Column("z", sa.Integer), name="product"),
    rows={"item": [{"x": "a"}, {"x": "b"}]},
    decisions=Decisions(renames=(("item", "product"), ("item.x", "product.y")), not_renames=frozenset({"item.gone"})),
    renames={"item": "product", "item.x": "product.y"},
)
# options
change("row format", model, lambda: model(**COMPRESSED))
change("engine", model, lambda: model(**both(engine="MyISAM")))
change(
    "table of another engine gone",
    lambda: model(
        more=lambda m: sa.Table("t", m, sa.Column("id", sa.Integer, primary_key=True), **both(engine="Aria"))
    ),
    model,
)
change(
    "several options",
    lambda: model(**both(row_format="DYNAMIC", stats_persistent="1")),
    lambda: model(**both(stats_persistent="0", max_rows="1000")),
)
change("table comment", model, lambda: model(comment="it's 50% :x \\"))
change("table comment gone", lambda: model(comment="one"), model)
BINARY = both(default_charset="utf8mb4", collate="utf8mb4_bin")


def texts() -> list[sa.Column[Any]]:
    return [
        sa.Column("t", sa.Text),
        sa.Column("b", sa.String(20, collation="utf8mb4_bin")),
        sa.Column("e", sa.Enum("a", "b"), nullable=False, server_default="a"),
    ]


change("table collation", model, lambda: model(**BINARY))
change("collation gone", lambda: model(**BINARY), model)
change("collation over columns", lambda: model(*texts()[::2]), lambda: model(*texts()[::2], **BINARY))
change("table character set", lambda: model(*texts()), lambda: model(*texts(), **both(default_charset="latin1")))
change(
    "collation and longer",
    lambda: model(sa.Column("x", sa.String(20))),
    lambda: model(sa.Column("x", sa.String(40), nullable=False), sa.Column("z", sa.String(5)), **BINARY),
    rows={"item": [{"x": "a"}, {"x": "b"}]},
)
# partitions
HASH = both(partition_by="HASH(id)", partitions="4")
change("partitions", model, lambda: model(**HASH))
change("partitions gone", lambda: model(**HASH), model)
change(
    "partitions by range",
    model,
    lambda: model(
        **both(partition_by="RANGE (id) (PARTITION a VALUES LESS THAN (10), PARTITION b VALUES LESS THAN MAXVALUE)")
    ),
)
change(
    "partitioned table gone",
    lambda: model(
        more=lambda m: sa.Table(
            "ev",
            m,
            sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column("at", sa.Date, primary_key=True),
            **both(
                partition_by="RANGE COLUMNS (at) (PARTITION a VALUES LESS THAN ('2024-01-01'), "
                "PARTITION b VALUES LESS THAN (MAXVALUE))"
            ),
        )
    ),
    model,
    rows={"ev": [{"id": 1, "at": date(2024, 2, 29)}]},
    lost=frozenset({"ev"}),
)
change("partitions more", lambda: model(**HASH), lambda: model(**both(partition_by="HASH(id)", partitions="6")))
# beside tables
SEQ = "CREATE SEQUENCE s START WITH 100 INCREMENT BY 5 MAXVALUE 9000 CACHE 10 CYCLE"
change("sequence", model, lambda: model(more=lambda m: sa.Sequence("s", start=100, metadata=m)))
FAR = "CREATE SEQUENCE s START WITH 100 INCREMENT BY 5 MINVALUE 10 MAXVALUE 1000 CACHE 7 CYCLE"
change("sequence counts elsewhere", lambda: model(more=ddl("CREATE SEQUENCE s")), lambda: model(more=ddl(FAR)))
DOWN = "CREATE SEQUENCE s START WITH -1 INCREMENT BY -1"
change("sequence counts down", lambda: model(more=ddl("CREATE SEQUENCE s")), lambda: model(more=ddl(DOWN)))
change(
    "sequence counts further down",
    lambda: model(more=ddl(DOWN)),
    lambda: model(more=ddl("CREATE SEQUENCE s START WITH -50 INCREMENT BY -1 MAXVALUE -10")),
)
change("sequence gone", lambda: model(more=ddl(SEQ)), model)
change("sequence changed", lambda: model(more=ddl("CREATE SEQUENCE s")), lambda: model(more=ddl(SEQ)))
change(
    "sequence as a default",
    model,
    lambda: model(
        sa.Column("x", sa.Integer, server_default=sa.text("(NEXT VALUE FOR s)")),
        more=lambda m: sa.Sequence("s", metadata=m),
    ),
)
V = "CREATE VIEW v AS SELECT id FROM item WHERE name LIKE 'a:b%'"
change("view", model, lambda: model(more=ddl(V)))
change("view changed", lambda: model(more=ddl(V)), lambda: model(more=ddl(V.replace("id", "id, name"))))
change(
    "view gone",
    lambda: model(
        more=ddl(
            "CREATE ALGORITHM=MERGE SQL SECURITY INVOKER VIEW v AS SELECT id FROM item "
            "WHERE id > 0 WITH CASCADED CHECK OPTION"
        )
    ),
    model,
)
change(
    "views on views",
    model,
    lambda: model(more=ddl("CREATE VIEW z AS SELECT id FROM item", "CREATE VIEW a AS SELECT id FROM z")),
)
change(
    "views on views gone",
    lambda: model(more=ddl("CREATE VIEW z AS SELECT id FROM item", "CREATE VIEW a AS SELECT id FROM z")),
    model,
)
change(
    "view over a dropped column",
    lambda: model(sa.Column("x", sa.Integer), more=ddl("CREATE VIEW v AS SELECT id, x FROM item")),
    lambda: model(more=ddl("CREATE VIEW v AS SELECT id FROM item")),
)
T = "CREATE TRIGGER t BEFORE INSERT ON item FOR EACH ROW SET NEW.name = '{}'"
change("trigger", model, lambda: model(more=ddl(T.format("a:b%c"))))
change("trigger changed", lambda: model(more=ddl(T.format("a"))), lambda: model(more=ddl(T.format("b"))))
change("trigger gone", lambda: model(more=ddl(T.format("a"))), model)
LONG = (
    "CREATE TRIGGER t AFTER UPDATE ON item FOR EACH ROW BEGIN\n  SET @n := OLD.id;\n  SET @m = 'it''s \\\\ :x %';\nEND"
)
change("trigger of several lines", model, lambda: model(more=ddl(LONG)))
P = "CREATE PROCEDURE p(IN a INT, OUT b VARCHAR(10)) COMMENT 'c' BEGIN\n  SET b = concat(a, ':x % \\\\n \\n');\nEND"
F = "CREATE FUNCTION f(a INT) RETURNS INT DETERMINISTIC NO SQL RETURN a + {}"
change("procedure", model, lambda: model(more=ddl(P)))
change("procedure gone", lambda: model(more=ddl(P)), model)
G = "CREATE FUNCTION g(a INT) RETURNS VARCHAR(20) DETERMINISTIC RETURN concat('%\\\\', \"d\\\\q\", a)"
change("function with backslashes", model, lambda: model(more=ddl(G)))
change("function changed", lambda: model(more=ddl(F.format(1))), lambda: model(more=ddl(F.format(2))))
E = "CREATE EVENT e ON SCHEDULE EVERY {} DAY STARTS '2030-01-01 00:00:00' COMMENT 'c\\\\' DO DELETE FROM item WHERE name = '\\\\'"
change("event", model, lambda: model(more=ddl(E.format(1))))
change("event changed", lambda: model(more=ddl(E.format(1))), lambda: model(more=ddl(E.format(2))))

change(
    "default of a boolean under a changed type",
    lambda: model(sa.Column("x", sa.Integer, server_default="0", nullable=False)),
    lambda: model(sa.Column("x", sa.Boolean, server_default=sa.false(), nullable=False)),
)
change("table add with a check on a column", model, lambda: model(more=checked()))
change(
    "table add and events",
    model,
    lambda: model(
        more=checked(
            "CREATE INDEX by_event ON third (n, pid)",
            "CREATE UNIQUE INDEX only_one ON third (label, id)",
            "ALTER TABLE fourth ADD CONSTRAINT fk_n FOREIGN KEY (n) REFERENCES parent (id), ADD CONSTRAINT few CHECK (n < 9)",
            "ALTER TABLE fourth ADD extra int",
        )
    ),
)
change(
    "table add with a unique without a name on columns in quotes",
    model,
    lambda: model(
        more=lambda m: sa.Table(
            "fifth",
            m,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("group", sa.Integer),
            sa.Column("two words", sa.ForeignKey("parent.id")),
            sa.UniqueConstraint("group", "two words"),
        )
    ),
)


def hidden_in_third(metadata: sa.MetaData) -> None:
    third()(metadata)
    ddl("ALTER TABLE third ALTER INDEX ix_pid_label /*M! IGNORED */ /*!80000 INVISIBLE */")(metadata)


change("table with a hidden index made", model, lambda: model(more=hidden_in_third))
change("table with a hidden index dropped", lambda: model(more=hidden_in_third), model)
