"""What a comparison costs does not grow with what is not affected."""

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.asking.stage import Models, Stage
from tests.support.listening import statements


def chain(length: int, *more: sa.Column[Any]) -> Models:
    """Describe tables each of which refers to the one before; the one in the middle has more columns."""

    def models(metadata: sa.MetaData) -> None:
        for number in range(length):
            before = sa.ForeignKey(f"t{max(number - 1, 0)}.id", name=f"fk_{number}")
            columns = [one._copy() for one in more] if number == length // 2 else []
            sa.Table(
                f"t{number}",
                metadata,
                sa.Column("id", sa.Integer, primary_key=True),
                sa.Column("before", before),
                sa.Column("name", sa.String(20), index=True),
                *columns,
            )

    return models


def test_the_number_of_queries_is_the_same_for_3_tables_and_for_30(stage: Stage) -> None:
    counts = []
    for models in (chain(3), chain(30)):
        if counts:
            stage.migrate(models)
            stage.upgrade(models)
        else:
            stage.begin(models)
        with statements() as said:
            assert not stage.migrate(models).scripts
        counts.append(len(said))

    assert counts[0] == counts[1]


@pytest.mark.parametrize("backend", ["postgresql", "mariadb"], indirect=True)
def test_one_changed_table_costs_the_same_among_30_as_among_3(stage: Stage) -> None:
    """SQLAlchemy's reflection of the one table, for the way back, is in it, and the scratch database."""
    more = sa.Column("more", sa.Integer)
    counts = []
    for length in (3, 30):
        if counts:
            stage.migrate(chain(length))
            stage.upgrade(chain(length))
        else:
            stage.begin(chain(length))
        with statements() as said:
            assert stage.diff(chain(length, more)).count == 1
        counts.append(len(said))

    assert counts[0] == counts[1]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_long_chain_of_foreign_keys_is_no_obstacle(stage: Stage) -> None:
    stage.begin(chain(200))

    written = stage.migrate(chain(200, sa.Column("more", sa.Integer)))

    assert "add_column" in Path(written.scripts[0].path).read_text()
