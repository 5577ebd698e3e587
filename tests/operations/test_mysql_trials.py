"""Values that do not fit another type are found before anything is changed, and the others are not."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.support.databases import BACKENDS, Database, create_database
from whimbrel.backends.ddl import ddl_for
from whimbrel.backends.mysql.trials import MySQLTrials
from whimbrel.backends.trials import Cast
from whimbrel.snapshot import Column, Key, Table

SERVERS = [kind for kind in BACKENDS if kind in ("mariadb", "mysql")]
# Old type, new type, values that fit, values that do not.
CASTS = [
    ("varchar(20)", "int(11)", ["1", " -2 ", "2147483647"], ["x", "", "1.5", "3.0", "1e3", "2147483648"]),
    ("varchar(20)", "int(10) unsigned", ["0", "4294967295"], ["-1", "4294967296"]),
    ("int(11)", "tinyint(1)", ["0", "127", "-128"], ["128", "-129"]),
    ("bigint(20)", "int(11)", ["2147483647"], ["2147483648"]),
    ("varchar(20)", "decimal(4,1)", ["999.9", "-1", ".5"], ["1000", "abc", "1,5"]),
    ("double", "decimal(4,1)", ["999.9"], ["1000"]),
    ("varchar(20)", "float", ["1e3", "-.5"], ["one", ""]),
    ("varchar(20)", "date", ["2024-02-29", "2024-1-2"], ["2023-02-29", "soon"]),
    ("varchar(20)", "datetime", ["2024-02-29 10:00", "2024-02-29"], ["tomorrow", "2024-02-30 10:00"]),
    ("varchar(20)", "varchar(3)", ["abc", "äöü"], ["abcd"]),
    ("varchar(20)", "enum('red','it''s')", ["red", "it's"], ["green", ""]),
    ("enum('a','b')", "enum('a')", ["a"], ["b"]),
    ("int(11)", "varchar(2)", ["-1", "99"], ["100"]),
    ("binary(6)", "binary(3)", ["abc"], ["abcd"]),
]


@pytest.fixture
def database(kind: str, tmp_path: Path) -> Iterator[Database]:
    made = create_database(kind, tmp_path)
    yield made
    made.drop()


@pytest.mark.parametrize("kind", SERVERS)
def test_values_that_do_not_fit_are_told(database: Database, kind: str) -> None:
    trials = MySQLTrials(ddl_for(kind))
    wrong = []
    with sa.create_engine(database.url, poolclass=sa.NullPool).begin() as connection:
        for place, (old, new, fit, misfit) in enumerate(CASTS):
            table = f"t{place}"
            connection.execute(sa.text(f"CREATE TABLE {table} (x {old})"))
            for value in [*fit, *misfit, None]:
                connection.execute(sa.text(f"INSERT INTO {table} VALUES (:value)"), {"value": value})
            cast = Cast(Key("table", "", table), Column("x", old), "x", new)
            told = {value.rstrip("\0") for value, _ in trials.failing(connection, cast, 99)}
            rows = connection.exec_driver_sql(trials.cast(cast) or "").all()
            if told != set(misfit) or f"{len(misfit)} row" not in (trials.words(rows) or ""):
                wrong.append((old, new, told, trials.words(rows)))
    assert wrong == []


def is_refused(connection: sa.Connection, statements: Sequence[str]) -> bool:
    try:
        for statement in statements:
            connection.exec_driver_sql(statement)
    except sa.exc.DBAPIError:
        return True
    return False


@pytest.mark.parametrize("kind", SERVERS)
def test_the_server_refuses_exactly_what_is_told(database: Database, kind: str) -> None:
    ddl, table, wrong = ddl_for(kind), Table("", "t"), []
    with sa.create_engine(database.url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT").connect() as connection:
        for old, new, fit, misfit in CASTS:
            for value in [*fit, *misfit]:
                connection.execute(sa.text(f"CREATE OR REPLACE TABLE t (x {old})"))
                connection.execute(sa.text("INSERT INTO t VALUES (:value)"), {"value": value})
                statements = ddl.alter_part(table, Column("x", old), Column("x", new), ("type",))
                refused = is_refused(connection, statements or ())
                wrong += [(old, new, value, refused)] if refused != (value in misfit) else []
    # Fractions and exponents are read and rounded; that is a loss all the same.
    assert {one for one in wrong if one[2] not in ("1.5", "1e3")} == set()


@pytest.mark.parametrize("kind", SERVERS)
def test_an_expression_is_tried_on_the_rows(database: Database, kind: str) -> None:
    trials = MySQLTrials(ddl_for(kind))
    database.execute("CREATE TABLE t (x VARCHAR(9), `order` INT)", "INSERT INTO t VALUES ('one', 1), ('50%', 2)")
    with sa.create_engine(database.url, poolclass=sa.NullPool).begin() as connection:
        cast = Cast(Key("table", "", "t"), Column("x", "varchar(9)"), "y", "int(11)", "IF(y = '50%', 2, 1)")
        how = {"no_parameters": True}
        assert trials.words(connection.exec_driver_sql(trials.cast(cast) or "", execution_options=how).all()) is None
        bad = Cast(cast.table, cast.column, "y", "int(11)", "concat(y, '')")
        rows = connection.exec_driver_sql(trials.cast(bad) or "", execution_options=how).all()
        assert trials.words(rows) == "2 rows do not fit, such as '50%'"
        assert trials.failing(connection, Cast(cast.table, cast.column, "y", "int(11)"), 1) == (("50%", 1),)
        taken = Cast(
            cast.table,
            cast.column,
            "order",
            "int(11)",
            "IF(`order` = '50%', 2, 1)",
            others=(Column("order", "int(11)"),),
        )
        assert trials.words(connection.exec_driver_sql(trials.cast(taken) or "", execution_options=how).all()) is None
