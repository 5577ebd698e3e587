"""Whole tables, their options, schemas and partitions."""

import sqlalchemy as sa

from tests.compare.cases.model import case, ddl, model, numbers

ROWS = {"mysql_row_format": "COMPRESSED", "mariadb_row_format": "COMPRESSED"}


def third(schema: str | None = None, **options: object) -> object:
    def build(metadata: sa.MetaData) -> None:
        sa.Table("third", metadata, sa.Column("id", sa.Integer, primary_key=True),
                 sa.Column("pid", sa.ForeignKey("parent.id")), sa.Column("label", sa.String(10), index=True),
                 schema=schema, **options)  # fmt: skip

    return build


def told_by_expressions(metadata: sa.MetaData) -> None:
    """What drivers and `text()` take for placeholders stands in everything that has an expression."""
    label = sa.Column("label", sa.String(10))
    where = sa.text("label <> '50% \\:x'")
    sa.Table(
        "third",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        label,
        sa.Column("n", sa.Integer, sa.Computed("length(label || '% \\:x')", persisted=True)),
        sa.CheckConstraint("label <> 'a:b%c \\:x'", name="ck_label"),
        sa.Index("ix_where", label, sqlite_where=where, postgresql_where=where),
        sa.Index("ix_expression", sa.text("(label || '% \\:x')")),
    )


def cycle(metadata: sa.MetaData) -> None:
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


def event(key: str | None = None) -> object:
    def build(metadata: sa.MetaData) -> None:
        options = {"postgresql_partition_by": key} if key else {}
        sa.Table(
            "ev",
            metadata,
            sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column("at", sa.Date, primary_key=True),
            **options,
        )
        if key:
            ddl("CREATE TABLE ev_1 PARTITION OF ev FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')")(metadata)

    return build


case("table add", "spm", lambda k: model(), lambda k: model(more=third()), "+ table third")
case(
    "table add with expressions",
    "sp",
    lambda k: model(),
    lambda k: model(more=told_by_expressions),
    "+ table third",
)
case(
    "table drop",
    "spm",
    lambda k: model(more=third()),
    lambda k: model(),
    "- table third",
    alter={"spm": "DROP TABLE third"},
)
case(
    "table undecided rename",
    "spm",
    lambda k: model(),
    lambda k: model(name="product"),
    "- table item",
    "+ table product",
)
case("table cycle", "spm", lambda k: model(), lambda k: model(more=cycle), "+ table a", "+ table b")
case(
    "table comment",
    "pm",
    lambda k: model(),
    lambda k: model(comment="it's"),
    "~ table item: comment",
    alter={"p": "COMMENT ON TABLE item IS 'it''s'", "m": "ALTER TABLE item COMMENT 'it''s'"},
)
case("table comment change", "pm", lambda k: model(comment="a"), lambda k: model(comment="b"), "~ table item: comment")
case(
    "table in a schema",
    "p",
    lambda k: model(),
    lambda k: model(more=third("other")),
    "+ table other.third",
    prepare=("CREATE SCHEMA other",),
)
case(
    "table undecided move",
    "p",
    lambda k: model(),
    lambda k: model(schema="other"),
    "- table item",
    "+ table other.item",
    prepare=("CREATE SCHEMA other",),
)
case(
    "schema add",
    "p",
    lambda k: model(),
    lambda k: model(more=ddl("CREATE SCHEMA fresh", "COMMENT ON SCHEMA fresh IS 'new'")),
    "+ schema fresh",
)
case(
    "row format",
    "m",
    lambda k: model(),
    lambda k: model(**ROWS),
    "~ table item: options",
    alter={"m": "ALTER TABLE item ROW_FORMAT=COMPRESSED"},
)
case(
    "engine",
    "m",
    lambda k: model(),
    lambda k: model(mysql_engine="MyISAM", mariadb_engine="MyISAM"),
    "~ table item: options",
    alter={"m": "ALTER TABLE item ENGINE=MyISAM"},
)
case(
    "table collation",
    "m",
    lambda k: model(),
    lambda k: model(
        mysql_default_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mariadb_default_charset="utf8mb4",
        mariadb_collate="utf8mb4_bin",
    ),
    "~ table item: options",
    alter={"m": "ALTER TABLE item CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"},
)
case(
    "strict",
    "s",
    lambda k: model(more=lambda m: sa.Table("t", m, sa.Column("id", sa.Integer, primary_key=True))),
    lambda k: model(more=lambda m: sa.Table("t", m, sa.Column("id", sa.Integer, primary_key=True), sqlite_strict=True)),
    "~ table t: options",
)
case("without rowid", "s", lambda k: model(), lambda k: model(sqlite_with_rowid=False), "~ table item: options")
case(
    "unlogged",
    "p",
    lambda k: model(),
    lambda k: model(prefixes=["UNLOGGED"]),
    "~ table item: options",
    alter={"p": "ALTER TABLE item SET UNLOGGED;; ALTER TABLE item SET UNLOGGED"},
)
case(
    "storage parameters",
    "p",
    lambda k: model(),
    lambda k: model(postgresql_with={"fillfactor": 70}),
    "~ table item: options",
    alter={"p": "ALTER TABLE item SET (fillfactor = 70)"},
)
case(
    "replica identity",
    "p",
    lambda k: model(),
    lambda k: model(more=ddl("ALTER TABLE item REPLICA IDENTITY FULL")),
    "~ table item: options",
)
case(
    "inherits",
    "p",
    lambda k: model(),
    lambda k: model(more=ddl("CREATE TABLE child (extra int) INHERITS (item)")),
    "+ table child",
)
case(
    "partitioned table add",
    "p",
    lambda k: model(),
    lambda k: model(more=event("RANGE (at)")),
    "+ table ev",
    "+ table ev_1",
)
case(
    "partitioning of a table",
    "p",
    lambda k: model(more=event()),
    lambda k: model(more=event("RANGE (at)")),
    "~ table ev: partition_by",
    "+ table ev_1",
)
case(
    "partition attached",
    "p",
    lambda k: model(more=event("RANGE (at)")),
    lambda k: model(
        more=lambda m: (
            event("RANGE (at)")(m),
            ddl("CREATE TABLE ev_2 PARTITION OF ev FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')")(m),
        )
    ),
    "+ table ev_2",
    alter={
        "p": "CREATE TABLE ev_2 (at date NOT NULL, id integer NOT NULL);; ALTER TABLE ev_2 ADD PRIMARY KEY (id, at);; "
        "ALTER TABLE ev ATTACH PARTITION ev_2 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')"
    },
)
case(
    "partitions of mysql",
    "m",
    lambda k: numbers(),
    lambda k: numbers(
        mysql_partition_by="HASH(id)", mysql_partitions="4", mariadb_partition_by="HASH(id)", mariadb_partitions="4"
    ),
    "~ table item: partition_by partitions",
    alter={"m": "ALTER TABLE item PARTITION BY HASH(id) PARTITIONS 4"},
)


def grown(metadata: sa.MetaData) -> None:
    """Put on a partitioned table what its partition then has as well."""
    event("RANGE (at)")(metadata)
    ddl(
        "ALTER TABLE ev ADD COLUMN x integer DEFAULT 1 CHECK (x > 0)",
        "CREATE INDEX ix_ev ON ev (x)",
        "ALTER TABLE ev ADD UNIQUE (at, x)",
        "ALTER TABLE ev_1 ALTER COLUMN x SET DEFAULT 2",
    )(metadata)


case(
    "partitioned table grown",
    "p",
    lambda k: model(more=event("RANGE (at)")),
    lambda k: model(more=grown),
    "+ check ev.ev_x_check",
    "+ column ev.x",
    "+ column ev_1.x",
    "+ index ev.ix_ev",
    "+ unique ev.ev_at_x_key",
)
