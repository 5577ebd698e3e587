"""A dropped table comes back with its rows, and the archive hinders nobody meanwhile."""

import pytest

from tests.archive.stage import SHOP, UNSHOP, fill, kept, lay_out_shop, rows
from tests.core.repository import add_script, lay_out
from tests.support.project import Project

# The table alone, as autogenerate writes it.
ITEM = SHOP[SHOP.index('op.create_table("item"') :].replace('name="color")', 'name="color", create_type=False)')
ON_POSTGRESQL = 'if op.get_context().dialect.name == "postgresql" else None'
DROP_TYPE = f'op.execute("DROP TYPE color") {ON_POSTGRESQL}'
MAKE_TYPE = f"""op.execute("CREATE TYPE color AS ENUM ('red', 'green')") {ON_POSTGRESQL}"""


def test_a_dropped_table_comes_back_with_its_rows(project: Project) -> None:
    lay_out_shop(project, f'op.drop_table("item")\n    {DROP_TYPE}', f"{MAKE_TYPE}\n    {ITEM}")
    full, schema = rows(project.database, "item"), project.database.schema()

    outcome = project.flask("upgrade")
    assert "Kept item: 3 rows" in outcome.stderr
    assert "item:" not in project.database.schema()
    project.database.execute("DELETE FROM maker WHERE id = 1")  # nothing that is kept hinders it
    project.database.execute("INSERT INTO maker (id, name) VALUES (1, 'Anna')")

    outcome = project.flask("downgrade")
    assert rows(project.database, "item") == full
    assert project.database.schema() == schema
    assert "Put back item: 3 rows" in outcome.stderr
    assert kept(project.database) == []
    project.database.execute(
        "INSERT INTO item (name) VALUES ('new')"
        if project.database.kind != "postgresql"
        else "INSERT INTO item (id, name) VALUES (77, 'new')"
    )

    project.flask("upgrade")
    project.flask("downgrade")
    assert len(rows(project.database, "item")) == 4


def test_rows_without_their_parent_stay_in_the_archive(project: Project) -> None:
    lay_out_shop(project, 'op.drop_table("item")', ITEM)
    project.flask("upgrade")
    project.database.execute("DELETE FROM maker WHERE id = 2")
    outcome = project.flask("downgrade")
    assert [one["id"] for one in rows(project.database, "item")] == [1, 2]
    assert "1 row of what was kept found no place" in outcome.stderr
    assert len(kept(project.database)) == 1


def test_both_tables_of_a_foreign_key_come_back(project: Project) -> None:
    lay_out(project)
    add_script(project, "root", None, "pass", "pass")
    add_script(project, "a", "root", SHOP, f"{UNSHOP}\n    {DROP_TYPE}")
    project.flask("upgrade")
    fill(project.database)
    full = rows(project.database, "item"), rows(project.database, "maker")
    project.flask("downgrade", "root")
    project.flask("upgrade")
    assert (rows(project.database, "item"), rows(project.database, "maker")) == full


def test_after_a_downgrade_to_base_an_upgrade_starts_empty(project: Project) -> None:
    lay_out(project)
    add_script(project, "a", None, SHOP, f"{UNSHOP}\n    {DROP_TYPE}")
    project.flask("upgrade")
    for _ in range(3):
        fill(project.database)
        project.flask("downgrade", "base")
        outcome = project.flask("upgrade")
        assert rows(project.database, "item") == []
        assert "item starts empty: 3 rows" in outcome.stderr
    assert len(kept(project.database)) == 6


SEEDS = """
    tag = sa.table("tag", sa.column("id"), sa.column("name"))
    op.bulk_insert(tag, [{"id": 1, "name": "old"}, {"id": 2, "name": "new"}])"""
TAGS = 'op.create_table("tag", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(40)))'


def test_rows_that_the_script_itself_inserts_do_not_come_twice(project: Project) -> None:
    lay_out(project)
    add_script(project, "root", None, "pass", "pass")
    add_script(project, "a", "root", TAGS + SEEDS, 'op.drop_table("tag")')
    project.flask("upgrade")
    project.database.execute("UPDATE tag SET name = 'changed' WHERE id = 1")
    project.database.execute("INSERT INTO tag (id, name) VALUES (3, 'mine')")
    full = rows(project.database, "tag")
    project.flask("downgrade")
    project.flask("upgrade")
    assert rows(project.database, "tag") == full


def test_what_a_script_takes_from_elsewhere_counts_more_than_what_was_kept(project: Project) -> None:
    """The table was split off; going back and forth, its values were changed where they came from."""
    move = (
        TAGS.replace('"tag"', '"label"')
        + """
    op.execute("INSERT INTO label (id, name) SELECT id, name FROM maker")"""
    )
    lay_out_shop(project, move, 'op.drop_table("label")')
    project.flask("upgrade")
    project.database.execute("INSERT INTO label (id, name) VALUES (7, 'only here')")
    project.flask("downgrade")
    project.database.execute("UPDATE maker SET name = 'Anna K.' WHERE id = 1")
    outcome = project.flask("upgrade")
    assert [one["name"] for one in rows(project.database, "label")] == ["Anna K.", "Žižka", "only here"]
    assert "label: 1 row of what was kept found no place" in outcome.stderr


def test_rows_that_the_server_numbers_when_a_script_takes_them_from_elsewhere_do_not_come_twice(
    project: Project,
) -> None:
    move = (
        TAGS.replace('"tag"', '"label"')
        + """
    op.execute("INSERT INTO label (name) SELECT name FROM maker ORDER BY id")"""
    )
    lay_out_shop(project, move, 'op.drop_table("label")')
    project.flask("upgrade")
    project.database.execute("INSERT INTO label (name) VALUES ('only here')")
    full = rows(project.database, "label")
    for _ in range(2):
        project.flask("downgrade")
        project.flask("upgrade")
        assert rows(project.database, "label") == full
    project.database.execute("INSERT INTO label (name) VALUES ('after it')")
    assert len({one["id"] for one in rows(project.database, "label")}) == 4


def test_a_table_that_a_script_fills_for_a_column_that_refers_to_it_comes_once(project: Project) -> None:
    """As scripts are written mostly: first all that autogenerate has found, then what becomes of the rows."""
    split = (
        TAGS.replace('"tag"', '"label"').replace("sa.String(40)", "sa.String(40), unique=True")
        + """
    with op.batch_alter_table("item") as batch_op:
        batch_op.add_column(sa.Column("label_id", sa.Integer, sa.ForeignKey("label.id", name="fk_item_label")))
    op.execute("INSERT INTO label (name) SELECT DISTINCT name FROM item WHERE id < 9 ORDER BY name")
    op.execute("UPDATE item SET label_id = (SELECT id FROM label WHERE label.name = item.name) WHERE id < 9")"""
    )
    join = """with op.batch_alter_table("item") as batch_op:
        batch_op.drop_constraint("fk_item_label", type_="foreignkey")
        batch_op.drop_column("label_id")
    op.drop_table("label")"""
    lay_out_shop(project, split, join)
    project.flask("upgrade")
    project.database.execute("INSERT INTO label (name) VALUES ('only here')")
    project.database.execute("INSERT INTO item (id, name, label_id) SELECT 9, 'new', id FROM label WHERE id = 4")
    full = rows(project.database, "item"), rows(project.database, "label")
    assert full[0][-1]["label_id"] == 4
    for _ in range(2):
        project.flask("downgrade")
        project.flask("upgrade")
        assert (rows(project.database, "item"), rows(project.database, "label")) == full
    project.flask("downgrade")
    project.database.execute("DELETE FROM item WHERE id = 1")
    outcome = project.flask("upgrade")
    assert [one["name"] for one in rows(project.database, "label")][:2] == ["jug", "pot"]
    assert "found no place" in outcome.stderr


@pytest.mark.parametrize("statement", ["DROP TABLE item", "DROP TABLE IF EXISTS item;"])
def test_raw_sql_is_no_way_round(project: Project, statement: str) -> None:
    lay_out_shop(project, f'op.get_bind().exec_driver_sql("{statement}")', ITEM)
    full = rows(project.database, "item")
    assert "Kept item: 3 rows" in project.flask("upgrade").stderr
    project.flask("downgrade")
    assert rows(project.database, "item") == full


def test_a_drop_that_the_server_refuses_stays_refused(project: Project) -> None:
    lay_out_shop(project, 'op.drop_table("maker")', "pass")
    if project.database.kind == "sqlite":
        pytest.skip("SQLite drops it.")
    schema = project.database.schema()
    outcome = project.flask("upgrade", check=False)
    assert outcome.rc != 0
    assert "maker" in outcome.stderr or "parent row" in outcome.stderr
    assert project.database.schema() == schema
    assert kept(project.database) == []
