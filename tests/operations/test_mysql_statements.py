"""MariaDB's statements, from facts alone."""

import pytest

from whimbrel.backends.mysql.ddl import MySQLDdl
from whimbrel.backends.mysql.ddl_values import enum_labels, misfits
from whimbrel.snapshot import Column, Index, PrimaryKey, Table

DDL = MySQLDdl()
ITEM = Table("", "item", (Column("id", "int(11)", False), Column("at", "datetime", on_update="current_timestamp()")))


@pytest.mark.parametrize(
    ("name", "written"),
    [("item", "item"), ("order", "`order`"), ("Item", "`Item`"), ("a`b", "`a``b`"), ("offset", "`offset`")],
)
def test_a_name_is_quoted_where_it_needs_it(name: str, written: str) -> None:
    assert DDL.name(name) == written


def test_a_backslash_in_a_text_stays_one() -> None:
    assert DDL.literal("it's \\n") == "'it''s \\\\n'"


@pytest.mark.parametrize(
    ("column", "written"),
    [
        (Column("x", "int(11)"), "x int(11) NULL"),
        (Column("x", "varchar(5)", False, "'a'", comment="c"), "x varchar(5) NOT NULL DEFAULT 'a' COMMENT 'c'"),
        (Column("x", "char(36)", default="uuid()"), "x char(36) NULL DEFAULT (uuid())"),
        (
            Column("x", "timestamp", False, "current_timestamp()", on_update="current_timestamp()"),
            "x timestamp NOT NULL DEFAULT current_timestamp() ON UPDATE current_timestamp()",
        ),
        (Column("x", "int(11)", generated="`a` * 2"), "x int(11) GENERATED ALWAYS AS (`a` * 2) VIRTUAL"),
        (
            Column("x", "longtext", collation="utf8mb4_bin", options=("check json_valid(`x`)", "invisible")),
            "x longtext COLLATE utf8mb4_bin NULL INVISIBLE CHECK (json_valid(`x`))",
        ),
    ],
)
def test_a_column_is_said_whole(column: Column, written: str) -> None:
    assert DDL.column(column) == written


def test_keys_change_in_one_statement_and_back() -> None:
    number = Column("id", "int(11)", False, autoincrement=True)
    before = [PrimaryKey("", ("code",)), Index("ix", ("code(3)",))]
    after = [number, PrimaryKey("", ("id",)), Index("ix", ("order DESC",), unique=True)]
    assert DDL.change_keys(ITEM, ITEM, before, after) == [
        (
            "ALTER TABLE item DROP PRIMARY KEY, DROP INDEX ix, ADD COLUMN id int(11) NOT NULL AUTO_INCREMENT, "
            "ADD PRIMARY KEY (id), ADD UNIQUE INDEX ix (`order` DESC)"
        )
    ]
    assert DDL.change_keys(ITEM, ITEM, after, before) == [
        (
            "ALTER TABLE item DROP PRIMARY KEY, DROP INDEX ix, ADD PRIMARY KEY (code), ADD INDEX ix (code(3)), "
            "DROP COLUMN id"
        )
    ]


def test_rows_that_get_values_keep_what_on_update_would_set() -> None:
    assert DDL.update(ITEM, "x", "''", "x IS NULL") == "UPDATE item SET x = '', at = at WHERE x IS NULL"


def test_values_of_an_enum_are_read_with_their_quotes() -> None:
    assert enum_labels("enum('a','it''s','b,c)')") == ("a", "it's", "b,c)")
    assert enum_labels("varchar(10)") == ()


@pytest.mark.parametrize(
    ("old", "new"),
    [("int(11)", "text"), ("date", "datetime"), ("varchar(10)", "longtext"), ("int(11)", "geometry")],
)
def test_nothing_is_asked_where_all_values_fit(old: str, new: str) -> None:
    assert misfits("x", old, new) is None
