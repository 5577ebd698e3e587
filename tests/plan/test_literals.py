"""A statement is shown with its values, as a person would type it."""

import datetime
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql, sqlite

from whimbrel.run.literals import with_values

DIALECTS: dict[str, sa.Dialect] = {
    "qmark": sqlite.dialect(),
    "format": mysql.dialect(paramstyle="format"),
    "pyformat": postgresql.dialect(paramstyle="pyformat"),
    "numeric_dollar": postgresql.dialect(paramstyle="numeric_dollar"),
}


@pytest.mark.parametrize(
    ("style", "statement", "values", "shown"),
    [
        ("qmark", "SELECT ?, '?', ?", (1, "it's"), "SELECT 1, '?', 'it''s'"),
        ("format", "SELECT %s, '100%%'", (None,), "SELECT NULL, '100%'"),
        ("pyformat", "SELECT %(b)s, %(a)s", {"a": 1, "b": Decimal("1.5")}, "SELECT 1.5, 1"),
        ("numeric_dollar", "SELECT $2, $1", ("x", 2), "SELECT 2, 'x'"),
        ("qmark", "SELECT ?", (datetime.date(2026, 1, 2),), "SELECT '2026-01-02'"),
        ("qmark", "SELECT ?", (b"\x00\xff",), "SELECT X'00ff'"),
        ("qmark", "SELECT 1", (), "SELECT 1"),
        ("pyformat", "COMMENT ON TABLE t IS '100%%'", {}, "COMMENT ON TABLE t IS '100%'"),
        ("format", "SELECT '100%%'", (), "SELECT '100%'"),
        ("format", "SELECT '100%%'", None, "SELECT '100%%'"),
        ("qmark", "SELECT '100%%'", (), "SELECT '100%%'"),
        ("qmark", "INSERT INTO t VALUES (?)", [(1,), (2,)], "INSERT INTO t VALUES (1);\nINSERT INTO t VALUES (2)"),
        ("qmark", "SELECT ?, ?", (1,), "SELECT ?, ? -- with (1,)"),
    ],
)
def test_values_stand_in_their_places(style: str, statement: str, values: Any, shown: str) -> None:
    assert with_values(statement, values, DIALECTS[style]) == shown


def test_of_many_rows_only_the_first_are_written() -> None:
    text = with_values("INSERT INTO t VALUES (?)", [(number,) for number in range(100_000)], DIALECTS["qmark"])
    assert text.startswith("INSERT INTO t VALUES (0);\nINSERT INTO t VALUES (1);\n")
    assert text.endswith("\n-- and 99,980 times more")
    assert text.count("INSERT") == 20
