"""What the catalogues of the servers do not tell by themselves, and what they tell too much of."""

import pytest

from tests.hazards.stage import Stage
from tests.support.databases import Database


@pytest.fixture
def stage(database: Database) -> Stage:
    return Stage(database)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_check_is_seen_where_no_pragma_tells_of_it(stage: Stage) -> None:
    added = 'op.create_check_constraint("ck_age", "users", "age > 0")'
    assert {"rows-in-the-way", "rules-in-the-file"} <= {one.rule for one in stage.hazards(added)}
    stage.is_fresh = False
    dropped = stage.hazards(
        'op.drop_constraint("ck_total", "sales", type_="check")',
        "CREATE TABLE sales (total INTEGER CONSTRAINT ck_total CHECK (total > 0))",
    )
    assert [one.what for one in dropped if one.rule == "guard-dropped"] == ["drops CHECK ck_total of sales"]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_what_sqlite_keeps_for_itself_is_nobodys(stage: Stage) -> None:
    body = (
        'op.create_table("t", sa.Column("id", sa.Integer, primary_key=True), sqlite_autoincrement=True)\n'
        'op.execute("CREATE VIRTUAL TABLE ft USING fts5(body)")'
    )
    made = {(e.kind, e.fact.table or e.fact.name) for seen in stage.observe(body).statements for e in seen.effects}
    assert {table for _, table in made} == {"t", "ft"}


@pytest.mark.parametrize("backend", ["mariadb"], indirect=True)
def test_the_words_of_a_refusal_are_the_servers(stage: Stage) -> None:
    (found,) = (one for one in stage.hazards('op.drop_column("users", "nowhere")') if one.rule == "refused")
    assert found.what == "is refused: Can't DROP COLUMN `nowhere`; check that it exists"
