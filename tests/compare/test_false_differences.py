"""Databases with a past look like fresh ones where they are the same, and not where they are not."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from tests.compare.cases.pasts import PASTS, Past
from tests.compare.pictures import drop_databases, emptied, snapshot_after, told
from tests.support.databases import BACKENDS
from whimbrel.compare import compare


@pytest.fixture(scope="module", autouse=True)
def _databases() -> Iterator[None]:
    yield
    drop_databases()


@pytest.mark.parametrize(
    "past", [pytest.param(each, id=f"{each.kind}-{each.id}") for each in PASTS if each.kind in BACKENDS]
)
def test_a_database_with_a_past_differs_only_where_it_is_different(past: Past) -> None:
    with emptied(past.kind) as engine:
        found = snapshot_after(engine, past.history)
    with emptied(past.kind) as engine:
        wanted = snapshot_after(engine, past.fresh)
    changes = compare(found, wanted, ours=found.by_key.keys()).changes
    assert told(changes) == sorted(past.differs)


def test_a_schema_restored_from_the_servers_own_texts_is_the_same() -> None:
    """What a dump writes is run again, three times over: the texts drift, the meaning does not."""
    if "postgresql" not in BACKENDS:
        pytest.skip("PostgreSQL takes no part in this run.")
    metadata = sa.MetaData()
    column = sa.Column("x", sa.String(20), server_default="a")
    sa.Table(
        "t",
        metadata,
        column,
        sa.CheckConstraint("x IN ('a', 'b') OR x = 'c' OR x LIKE ANY ('{d%}')", name="c"),
        sa.Index("i", "x", postgresql_where=sa.text("x NOT IN ('e', 'f')")),
    )
    with emptied("postgresql") as engine:
        metadata.create_all(engine)
        wanted = snapshot_after(engine, ())
        for _ in range(3):
            table = snapshot_after(engine, ()).table("t")
            assert table is not None
            check, index = table.checks[0].text, table.indexes[0].where
            statements = (
                f"ALTER TABLE t DROP CONSTRAINT c, ADD CONSTRAINT c CHECK ({check})",
                f"DROP INDEX i; CREATE INDEX i ON t (x) WHERE {index}",
            )
            found = snapshot_after(engine, statements)
            assert compare(found, wanted, ours=()).changes == ()
