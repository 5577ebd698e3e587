"""A table becomes partitioned only where each of its rows has a partition to go to."""

from typing import Any

import pytest
import sqlalchemy as sa

from tests.asking.stage import Models, Stage
from whimbrel.errors import CannotChange

pytestmark = pytest.mark.parametrize("backend", ["postgresql"], indirect=True)


def log(*partitions: str, **options: Any) -> Models:
    def models(metadata: sa.MetaData) -> None:
        made = sa.Table("log", metadata, sa.Column("id", sa.Integer, primary_key=True), **options)
        for text in partitions:
            sa.event.listen(made, "after_create", sa.DDL(text))

    return models


def parted(*partitions: str) -> Models:
    return log(*partitions, postgresql_partition_by="RANGE (id)")


FIRST = "CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM (0) TO (10)"
SECOND = "CREATE TABLE log_2 PARTITION OF log FOR VALUES FROM (10) TO (100) PARTITION BY LIST (id)"
REST = "CREATE TABLE log_3 PARTITION OF log_2 DEFAULT"


def test_rows_without_a_partition_are_counted_before_anything_is_written(stage: Stage) -> None:
    stage.begin(log())
    stage.database.execute("INSERT INTO log VALUES (1), (2), (10)")
    scripts = stage.scripts

    with pytest.raises(CannotChange, match="3 rows of log would be in no partition"):
        stage.migrate(parted())
    with pytest.raises(CannotChange, match="1 row of log would be in no partition"):
        stage.migrate(parted(FIRST, SECOND))

    assert stage.scripts == scripts


def test_rows_go_to_their_partitions_and_numbers_go_on(stage: Stage) -> None:
    stage.begin(log())
    stage.database.execute("INSERT INTO log DEFAULT VALUES", "INSERT INTO log VALUES (10)")

    stage.migrate(parted(FIRST, SECOND, REST))
    stage.upgrade(parted(FIRST, SECOND, REST))
    stage.database.execute("INSERT INTO log DEFAULT VALUES")

    assert stage.database.rows("SELECT id FROM log_1 ORDER BY id") == [(1,), (2,)]
    assert stage.database.rows("SELECT id FROM log_3") == [(10,)]
    assert not stage.diff(parted(FIRST, SECOND, REST)).count


def test_columns_do_not_change_on_the_way(stage: Stage) -> None:
    def wider(metadata: sa.MetaData) -> None:
        parted()(metadata)
        metadata.tables["log"].append_column(sa.Column("x", sa.Integer))

    stage.begin(log())
    with pytest.raises(CannotChange, match="its column x changes too"):
        stage.migrate(wider)
