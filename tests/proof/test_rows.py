"""Rows for any schema: all of them go in, awkward ones among them, and the same seed gives the same."""

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql as my
from sqlalchemy.dialects import postgresql as pg

from tests.operations.grounds import Ground, ground
from whimbrel.backends.rows import rows_for
from whimbrel.proof.contents import Contents, contents
from whimbrel.proof.filling import fill
from whimbrel.proof.rows import Recipe, choose
from whimbrel.proof.rules import rules_of

COUNT = 20

ANYWHERE: dict[str, Any] = {
    "small": sa.SmallInteger, "whole": sa.Integer, "large": sa.BigInteger, "real": sa.Float, "double": sa.Double,
    "money": sa.Numeric(12, 2), "short": sa.String(3), "word": sa.String(40), "words": sa.Text, "flag": sa.Boolean,
    "day": sa.Date, "moment": sa.DateTime, "hour": sa.Time, "bytes": sa.LargeBinary, "doc": sa.JSON, "ident": sa.Uuid,
    "state": sa.Enum("new", "it's", "søn", name="state"), "span": sa.Interval,
}  # fmt: skip
OWN: dict[str, dict[str, Any]] = {
    "sqlite": {},
    "postgresql": {
        "words_": pg.ARRAY(sa.Text), "numbers": pg.ARRAY(sa.Integer, dimensions=2), "address": pg.INET, "net": pg.CIDR,
        "card": pg.MACADDR, "bits": pg.BIT(5), "doc_": pg.JSONB, "aware": sa.DateTime(timezone=True),
        "during": pg.TSTZRANGE,
        "found": pg.TSVECTOR, "states": pg.ARRAY(sa.Enum("a", "b", name="letter")), "cash": pg.MONEY,
        "even": pg.DOMAIN("even", sa.Integer, check="VALUE % 2 = 0"), "char_": sa.CHAR(4),
        "seconds": pg.TIMESTAMP(precision=0),
    },
    "mariadb": {
        "tiny": my.TINYINT(unsigned=True), "positive": my.BIGINT(unsigned=True), "year_": my.YEAR,
        "set_": my.SET("a", "b"),
        "bits": my.BIT(5), "exact": my.DATETIME(fsp=6), "stamp": my.TIMESTAMP(fsp=6), "fixed": my.BINARY(8),
        "text_": my.TINYTEXT, "medium": my.MEDIUMINT, "latin": my.VARCHAR(20, charset="utf8mb4"),
    },
}  # fmt: skip


@pytest.fixture
def playground(backend: str) -> Ground:
    return ground(backend, "proof").emptied()


def filled(playground: Ground, metadata: sa.MetaData, **how: Any) -> Contents:
    """Make what the models say, fill it, and return what is in it."""
    side = playground.build(metadata).picture()
    rows = rows_for(side.kind, side.default_schema)
    chosen = choose(rules_of(side, rows.holds), Recipe(how.get("seed", 1), COUNT, how.get("is_plain", False)))
    with playground.engine.connect() as connection:
        working = connection.execution_options(isolation_level="AUTOCOMMIT")
        fill(working, rows, side, chosen)
        return contents(working, side)


def counts(held: Contents) -> dict[str, int]:
    return {key.name: len(one.lines) for key, one in held.tables.items()}


@pytest.mark.parametrize("is_plain", [False, True], ids=["awkward", "plain"])
def test_each_type_takes_its_values_with_NULLs_and_without(playground: Ground, is_plain: bool) -> None:
    metadata = sa.MetaData()
    for name, nullable in (("maybe", True), ("surely", False)):
        columns = [
            sa.Column(one, kind, nullable=nullable) for one, kind in {**ANYWHERE, **OWN[playground.kind]}.items()
        ]
        sa.Table(name, metadata, sa.Column("id", sa.Integer, primary_key=True), *columns)
    held = filled(playground, metadata, is_plain=is_plain)
    assert counts(held) == {"maybe": COUNT, "surely": COUNT}
    sure = next(one for key, one in held.tables.items() if key.name == "surely")
    alike = [name for name in sure.columns if len(set(sure.column(name))) < 2]
    assert is_plain or alike == [], "a column of one value shows little"


def test_rows_point_to_rows_in_circles_too(playground: Ground) -> None:
    metadata = sa.MetaData()
    sa.Table(
        "boss", metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("up", sa.Integer, sa.ForeignKey("boss.id", name="fk_up"), nullable=False),
        sa.Column("best", sa.Integer, sa.ForeignKey("firm.id", name="fk_best", use_alter=True), nullable=False),
    )  # fmt: skip
    sa.Table(
        "firm", metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("owner", sa.Integer, sa.ForeignKey("boss.id", name="fk_owner"), nullable=False),
    )  # fmt: skip
    sa.Table(
        "share", metadata,
        sa.Column("firm", sa.Integer, sa.ForeignKey("firm.id"), primary_key=True),
        sa.Column("boss", sa.Integer, sa.ForeignKey("boss.id"), primary_key=True),
    )  # fmt: skip
    sa.Table(
        "vote", metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("firm", sa.Integer),
        sa.Column("boss", sa.Integer),
        sa.ForeignKeyConstraint(["firm", "boss"], ["share.firm", "share.boss"]),
    )  # fmt: skip
    held = filled(playground, metadata)
    found = counts(held)
    assert (found["boss"], found["firm"], found["vote"]) == (COUNT, COUNT, COUNT)
    assert found["share"] >= COUNT // 2
    tables = {key.name: one for key, one in held.tables.items()}
    ids = set(tables["firm"].column("id"))
    assert set(tables["boss"].column("best")) <= ids
    assert set(tables["share"].column("firm")) <= ids


def test_rows_keep_what_conditions_ask(playground: Ground) -> None:
    metadata = sa.MetaData()
    sa.Table(
        "item", metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("code", sa.String(12), nullable=False, unique=True),
        sa.Column("kind", sa.String(9), nullable=False),
        sa.Column("price", sa.Integer, nullable=False),
        sa.Column("mail", sa.String(40), nullable=False),
        sa.CheckConstraint("kind IN ('book', 'toy')"),
        sa.CheckConstraint("price BETWEEN 10 AND 99 OR price = 1000"),
        sa.CheckConstraint("mail LIKE '%@%'"),
        sa.CheckConstraint("length(code) >= 3"),
    )  # fmt: skip
    held = filled(playground, metadata)
    (item,) = held.tables.values()
    assert len(item.lines) >= COUNT // 2
    assert set(item.column("kind")) == {"book", "toy"}


def test_the_same_seed_gives_the_same_rows_and_another_seed_others(playground: Ground) -> None:
    def lines(seed: int) -> Any:
        metadata = sa.MetaData()
        sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("x", sa.String(30)))
        return [one.lines for one in filled(playground.emptied(), metadata, seed=seed).tables.values()]

    assert lines(1) == lines(1) != lines(2)


def test_awkward_values_are_among_them(playground: Ground) -> None:
    metadata = sa.MetaData()
    columns = [sa.Column("x", sa.String(30)), sa.Column("n", sa.Integer)]
    sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True), *columns)
    (held,) = filled(playground, metadata).tables.values()
    assert {None, "", "O'Hara", "日本語", "ö" * 30} <= set(held.column("x"))
    assert {str(2**31 - 1), str(-(2**31)), "0"} <= set(held.column("n"))


def test_rows_point_to_those_of_other_numbers_to_some_often_and_to_some_never(playground: Ground) -> None:
    metadata = sa.MetaData()
    sa.Table("authors", metadata, sa.Column("id", sa.Integer, primary_key=True))
    author = sa.Column("author_id", sa.Integer, sa.ForeignKey("authors.id"), nullable=False)
    sa.Table("books", metadata, sa.Column("id", sa.Integer, primary_key=True), author)
    held = next(one for key, one in filled(playground, metadata).tables.items() if key.name == "books")
    pairs = list(zip(held.column("id"), held.column("author_id"), strict=True))
    assert len(pairs) == COUNT
    assert sum(mine != other for mine, other in pairs) > COUNT / 2
    assert len({other for _, other in pairs}) < COUNT
    assert {(other, mine) for mine, other in pairs} != set(pairs)
