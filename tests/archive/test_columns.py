"""A dropped column comes back with its values, whatever it was, and whatever happened to the rows meanwhile."""

import pytest

from tests.archive.stage import kept, lay_out_shop, rows, set_most
from tests.support.project import Project

# What is dropped, and the column as the script adds it again.
COLUMNS = {
    "text": ("note", 'sa.Column("note", sa.Text)'),
    "number": ("price", 'sa.Column("price", sa.Numeric(8, 2))'),
    "time": ("sold", 'sa.Column("sold", sa.DateTime)'),
    "enum": ("color", 'sa.Column("color", sa.Enum("red", "green", name="color", create_type=False))'),
    "foreign key": ("maker_id", 'sa.Column("maker_id", sa.Integer)'),
    "not null": ("name", 'sa.Column("name", sa.String(40), nullable=False)'),
    "default": ("note", 'sa.Column("note", sa.Text, server_default="new")'),
}
BEFORE = {
    "not null": (
        'op.drop_index("ix_item_name", "item")',
        'op.create_index("ix_item_name", "item", ["name"], unique=True)',
    ),
    "number": (
        'op.drop_constraint("ck_item_price", "item", type_="check")',
        'op.create_check_constraint("ck_item_price", "item", "price >= 0")',
    ),
    "foreign key": (
        'op.drop_constraint("fk_item_maker", "item", type_="foreignkey")',
        'op.create_foreign_key("fk_item_maker", "item", "maker", ["maker_id"], ["id"])',
    ),
}


@pytest.mark.parametrize("most", [100, 2], ids=["copied", "in their place"])
def test_all_columns_of_a_table_come_back_with_their_values(project: Project, most: int) -> None:
    cases = [case for case in COLUMNS if case != "default"]
    drops = [
        line for case in cases for line in (BEFORE.get(case, ("",))[0], f'op.drop_column("item", "{COLUMNS[case][0]}")')
    ]
    adds = [
        line for case in cases for line in (f'op.add_column("item", {COLUMNS[case][1]})', BEFORE.get(case, ("", ""))[1])
    ]
    lay_out_shop(project, "\n    ".join(drops), "\n    ".join(adds))
    set_most(project, most)
    full = rows(project.database, "item")
    for _ in range(2):
        outcome = project.flask("upgrade")
        assert outcome.stderr.count("Kept item.") == len(cases)
        assert [name for name in rows(project.database, "item")[0] if not name.startswith("whimbrel_")] == ["id"]
        assert project.flask("check", check=False).stdout.count("whimbrel") == 0
        outcome = project.flask("downgrade")
        assert outcome.stderr.count("Put back item.") == len(cases)
        assert rows(project.database, "item") == full
        assert kept(project.database) == []


@pytest.mark.sweep
@pytest.mark.parametrize("batch", [False, True], ids=["plain", "batch"])
@pytest.mark.parametrize("case", COLUMNS)
def test_a_dropped_column_comes_back_with_its_values(project: Project, case: str, batch: bool) -> None:
    column, definition = COLUMNS[case]
    before, after = BEFORE.get(case, ("pass", "pass"))
    drop, add = f'op.drop_column("item", "{column}")', f'op.add_column("item", {definition})'
    if batch:
        inside = 'with op.batch_alter_table("item") as batch:\n        batch.'
        drop, add = f'{inside}drop_column("{column}")', f"{inside}add_column({definition})"
    lay_out_shop(project, f"{before}\n    {drop}", f"{add}\n    {after}")
    full = rows(project.database, "item")

    outcome = project.flask("upgrade")
    assert f"Kept item.{column}: 3 rows" in outcome.stderr
    assert column not in rows(project.database, "item")[0]
    outcome = project.flask("downgrade")
    assert rows(project.database, "item") == full
    assert f"Put back item.{column}: 3 rows" in outcome.stderr
    assert kept(project.database) == []

    project.flask("upgrade")
    project.flask("downgrade")
    assert rows(project.database, "item") == full


@pytest.mark.sweep
@pytest.mark.parametrize("case", COLUMNS)
def test_a_column_of_a_large_table_stays_in_its_place_and_comes_back(project: Project, case: str) -> None:
    column, definition = COLUMNS[case]
    before, after = BEFORE.get(case, ("pass", "pass"))
    drop, add = f'op.drop_column("item", "{column}")', f'op.add_column("item", {definition})'
    lay_out_shop(project, f"{before}\n    {drop}", f"{add}\n    {after}")
    full = rows(project.database, "item")
    project.write(
        "hello.py", project.read("hello.py").replace("db = ", 'app.config["MIGRATE_ARCHIVE_COPY"] = 2\ndb = ')
    )

    outcome = project.flask("upgrade")
    assert f"Kept item.{column}: more than 2 rows, as whimbrel_1_{column}" in outcome.stderr
    names = [name for name in rows(project.database, "item")[0] if name != "name"]
    assert column not in names
    project.database.execute(
        "INSERT INTO item (id, maker_id) VALUES (4, 2)"
        if "maker_id" in names and "name" not in rows(project.database, "item")[0]
        else "INSERT INTO item (id, name) VALUES (4, 'new')"
    )
    assert project.flask("check", check=False).stdout.count("whimbrel") == 0

    project.flask("downgrade")
    assert [one for one in rows(project.database, "item") if one["id"] != 4] == full
    project.database.execute("DELETE FROM item WHERE id = 4")
    project.flask("upgrade")
    project.flask("downgrade")
    assert rows(project.database, "item") == full
    assert kept(project.database) == []


def test_rows_that_came_and_went_meanwhile_are_no_hindrance(project: Project) -> None:
    drop = 'op.drop_column("item", "name")'
    before, after = BEFORE["not null"]
    add = 'op.add_column("item", sa.Column("name", sa.String(40), nullable=False))'
    lay_out_shop(project, f"{before}\n    {drop}", f"{add}\n    {after}")
    project.flask("upgrade")
    project.database.execute("DELETE FROM item WHERE id = 2")
    project.database.execute("INSERT INTO item (id, price) VALUES (9, 1)")

    outcome = project.flask("downgrade")
    assert {one["id"]: one["name"] for one in rows(project.database, "item")} == {1: "cup", 3: "pot", 9: None}
    assert "item.name is left nullable: 1 row" in outcome.stderr
    assert "1 row of what was kept found no place" in outcome.stderr
    assert len(kept(project.database)) == 1


def test_a_column_of_another_revision_stays_in_the_archive(project: Project) -> None:
    from tests.core.repository import add_script

    lay_out_shop(project, 'op.drop_column("item", "note")', 'op.add_column("item", sa.Column("note", sa.Text))')
    add_script(project, "c", "b", 'op.add_column("item", sa.Column("note", sa.Text))', 'op.drop_column("item", "note")')
    full = rows(project.database, "item")
    project.flask("upgrade")
    assert {one["note"] for one in rows(project.database, "item")} == {None}
    project.database.execute("UPDATE item SET note = 'later'")
    project.flask("downgrade", "a")
    assert rows(project.database, "item") == full
    project.flask("upgrade")
    assert {one["note"] for one in rows(project.database, "item")} == {"later"}
