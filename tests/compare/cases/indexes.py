"""Indexes in all their forms."""

import sqlalchemy as sa

from tests.compare.cases.model import case, ddl, numbers


def ix(*parts: object, name: str = "ix_i", **options: object) -> sa.Index:
    return sa.Index(name, *parts, **options)  # type: ignore[arg-type]


def text(value: str) -> sa.TextClause:
    return sa.text(value)


case(
    "index add",
    "spm",
    lambda k: numbers(),
    lambda k: numbers(ix("qty")),
    "+ index item.ix_i",
    alter={"spm": "CREATE INDEX ix_i ON item (qty)"},
)
case(
    "index drop",
    "spm",
    lambda k: numbers(ix("qty")),
    lambda k: numbers(),
    "- index item.ix_i",
    alter={"sp": "DROP INDEX ix_i", "m": "DROP INDEX ix_i ON item"},
)
case(
    "index columns",
    "spm",
    lambda k: numbers(ix("qty")),
    lambda k: numbers(ix("qty", "price")),
    "~ index item.ix_i: parts",
    alter={
        "sp": "DROP INDEX ix_i;; CREATE INDEX ix_i ON item (qty, price)",
        "m": "DROP INDEX ix_i ON item;; CREATE INDEX ix_i ON item (qty, price)",
    },
)
case(
    "index column order",
    "spm",
    lambda k: numbers(ix("qty", "price")),
    lambda k: numbers(ix("price", "qty")),
    "~ index item.ix_i: parts",
)
case(
    "index unique",
    "spm",
    lambda k: numbers(ix("qty")),
    lambda k: numbers(ix("qty", unique=True)),
    "~ index item.ix_i: unique",
)
case(
    "index renamed",
    "spm",
    lambda k: numbers(ix("qty")),
    lambda k: numbers(ix("qty", name="ix_j")),
    "> index item.ix_i -> item.ix_j",
    alter={"p": "ALTER INDEX ix_i RENAME TO ix_j", "m": "ALTER TABLE item RENAME INDEX ix_i TO ix_j"},
)
case(
    "index descending",
    "spm",
    lambda k: numbers(ix("qty")),
    lambda k: numbers(ix(text("qty DESC"))),
    "~ index item.ix_i: parts",
)
case(
    "index nulls order",
    "p",
    lambda k: numbers(ix(text("qty DESC"))),
    lambda k: numbers(ix(text("qty DESC NULLS LAST"))),
    "~ index item.ix_i: parts",
)
case(
    "index partial",
    "sp",
    lambda k: numbers(ix("qty", sqlite_where=text("qty > 0"), postgresql_where=text("qty > 0"))),
    lambda k: numbers(ix("qty", sqlite_where=text("qty > 9"), postgresql_where=text("qty > 9"))),
    "~ index item.ix_i: where",
)
case(
    "index partial on text",
    "p",
    lambda k: numbers(ix("qty", postgresql_where=text("name = 'it''s'"))),
    lambda k: numbers(ix("qty", postgresql_where=text("name = 'its'"))),
    "~ index item.ix_i: where",
)
case(
    "index expression add",
    "sp",
    lambda k: numbers(),
    lambda k: numbers(ix(text("lower(name)"))),
    "+ index item.ix_i",
    alter={"s": "CREATE INDEX ix_i ON item (LOWER( name ))", "p": "CREATE INDEX ix_i ON item (lower(name))"},
)
case(
    "index expression",
    "sp",
    lambda k: numbers(ix(text("lower(name)"))),
    lambda k: numbers(ix(text("upper(name)"))),
    "~ index item.ix_i: parts",
)
case(
    "index expression and column",
    "sp",
    lambda k: numbers(ix(text("lower(name)"), "qty")),
    lambda k: numbers(ix("qty", text("lower(name)"))),
    "~ index item.ix_i: parts",
)
case(
    "index collation",
    "sp",
    lambda k: numbers(ix("name")),
    lambda k: numbers(ix(text({"sqlite": "name COLLATE NOCASE", "postgresql": 'name COLLATE "C"'}[k]))),
    "~ index item.ix_i: parts",
)
case(
    "index method",
    "p",
    lambda k: numbers(ix("qty")),
    lambda k: numbers(ix("qty", postgresql_using="hash")),
    "~ index item.ix_i: method",
)
case(
    "index operator class",
    "p",
    lambda k: numbers(ix("name")),
    lambda k: numbers(ix("name", postgresql_ops={"name": "varchar_pattern_ops"})),
    "~ index item.ix_i: parts",
)
case(
    "index include",
    "p",
    lambda k: numbers(ix("qty")),
    lambda k: numbers(ix("qty", postgresql_include=["price"])),
    "~ index item.ix_i: include",
)
case(
    "index nulls not distinct",
    "p",
    lambda k: numbers(ix("qty", unique=True)),
    lambda k: numbers(ix("qty", unique=True, postgresql_nulls_not_distinct=True)),
    "~ index item.ix_i: nulls_not_distinct",
    since=15,
)
case(
    "index fillfactor",
    "p",
    lambda k: numbers(ix("qty")),
    lambda k: numbers(ix("qty", postgresql_with={"fillfactor": 70})),
    "~ index item.ix_i: options",
    alter={"p": "ALTER INDEX ix_i SET (fillfactor = 70)"},
)
case(
    "index comment",
    "p",
    lambda k: numbers(ix("qty")),
    lambda k: numbers(ix("qty"), more=ddl("COMMENT ON INDEX ix_i IS 'why'")),
    "~ index item.ix_i: comment",
)
case(
    "index fulltext",
    "m",
    lambda k: numbers(ix("name")),
    lambda k: numbers(ix("name", mysql_prefix="FULLTEXT", mariadb_prefix="FULLTEXT")),
    "~ index item.ix_i: method",
)
case(
    "index prefix length",
    "m",
    lambda k: numbers(ix("name")),
    lambda k: numbers(ix("name", mysql_length=10, mariadb_length=10)),
    "~ index item.ix_i: parts",
)
case(
    "index ignored",
    "m",
    lambda k: numbers(ix("qty")),
    lambda k: numbers(ix("qty"), more=ddl("ALTER TABLE item ALTER INDEX ix_i IGNORED")),
    "~ index item.ix_i: options",
)
case(
    "index gin",
    "p",
    lambda k: numbers(),
    lambda k: numbers(
        sa.Column("doc", sa.dialects.postgresql.JSONB),
        ix("doc", postgresql_using="gin", postgresql_ops={"doc": "jsonb_path_ops"}),
    ),
    "+ column item.doc",
    "+ index item.ix_i",
)
